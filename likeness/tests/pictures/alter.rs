//! What happens to a picture on its way to being handed in twice.

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageFormat};
use likeness::grey::{Grey, Part};

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alteration {
    Recoded,
    Scaled,
    CutLeft,
    CutBottom,
    CutAround,
    CutDeep,
    Marked,
    Brighter,
    Darker,
    Mirrored,
    Framed,
    /// Cut, framed, scaled and coded again.
    AllAtOnce,
}

pub(crate) const ALL: [Alteration; 12] = [
    Alteration::Recoded,
    Alteration::Scaled,
    Alteration::CutLeft,
    Alteration::CutBottom,
    Alteration::CutAround,
    Alteration::CutDeep,
    Alteration::Marked,
    Alteration::Brighter,
    Alteration::Darker,
    Alteration::Mirrored,
    Alteration::Framed,
    Alteration::AllAtOnce,
];

impl Alteration {
    pub(crate) fn of(self, picture: &Grey) -> Grey {
        match self {
            Alteration::Recoded => recoded(picture, 40),
            Alteration::Scaled => recoded(&picture.scaled(640, 360), 75),
            Alteration::CutLeft => recoded(&cut(picture, [100, 0, 0, 0]), 85),
            Alteration::CutBottom => recoded(&cut(picture, [0, 0, 0, 100]), 85),
            Alteration::CutAround => recoded(&cut(picture, [50; 4]), 85),
            // Ten percent of each side, which is 20 of both.
            Alteration::CutDeep => recoded(&cut(picture, [100; 4]), 85),
            Alteration::Marked => recoded(&marked(picture), 85),
            Alteration::Brighter => recoded(&toned(picture, 1.2), 85),
            Alteration::Darker => recoded(&toned(picture, 0.8), 85),
            Alteration::Mirrored => recoded(&picture.mirrored(), 85),
            Alteration::Framed => recoded(&framed(picture), 85),
            Alteration::AllAtOnce => recoded(&framed(&cut(picture, [0, 0, 60, 0])).scaled(640, 430), 60),
        }
    }
}

/// Through JPEG of a quality and back.
fn recoded(picture: &Grey, quality: u8) -> Grey {
    let (width, height) = (picture.width(), picture.height());
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, quality)
        .encode(picture.pixels(), width as u32, height as u32, ExtendedColorType::L8)
        .expect("the picture is not empty");
    let decoded = image::load_from_memory_with_format(&file, ImageFormat::Jpeg).expect("what was coded can be decoded").into_luma8();
    Grey::new(width, height, decoded.into_raw()).expect("a byte a pixel")
}

/// Left, top, right and bottom cut by so many thousandths.
fn cut(picture: &Grey, [left, top, right, bottom]: [usize; 4]) -> Grey {
    let (width, height) = (picture.width(), picture.height());
    let part =
        Part { columns: width * left / 1000..width * (1000 - right) / 1000, rows: height * top / 1000..height * (1000 - bottom) / 1000 };
    picture.crop(&part)
}

/// A logo of 20 % of the width and of the height in the lower right corner: letters on a box.
fn marked(picture: &Grey) -> Grey {
    let (width, height) = (picture.width(), picture.height());
    let (left, top) = (width * 78 / 100, height * 77 / 100);
    Grey::draw(width, height, |column, row| {
        let within = (left..left + width / 5).contains(&column) && (top..top + height / 5).contains(&row);
        match within {
            true if (column - left) % 40 < 18 && (row - top) % 60 < 40 => 30,
            true => 215,
            false => picture.row(row)[column],
        }
    })
}

fn toned(picture: &Grey, by: f32) -> Grey {
    Grey::draw(picture.width(), picture.height(), |column, row| (f32::from(picture.row(row)[column]) * by).min(255.0) as u8)
}

/// Black bars above and below, a sixth of the height each.
fn framed(picture: &Grey) -> Grey {
    let bar = picture.height() / 6;
    Grey::draw(picture.width(), picture.height() + 2 * bar, |column, row| {
        picture.row(row.wrapping_sub(bar)).get(column).copied().unwrap_or(0)
    })
}
