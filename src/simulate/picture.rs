//! Pictures: a wall of faces at a moment of the lesson, as a client's screen capture or a photo taken with a phone.

use super::chance::Chance;
use super::draw::{Colour, Frame, scene};
use crate::error::{Error, Result};
use crate::time::Time;
use image::codecs::jpeg::JpegEncoder;

/// A picture to be made. Equal photos give equal bytes.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Photo {
    /// Everything by chance in it follows from this.
    pub seed: u64,
    /// When it was taken.
    pub at: Time,
    /// How many people are in it.
    pub faces: u32,
    /// Capital letters and digits shown in the title row.
    pub code: String,
    /// Maker and model of the camera, for a photo; none for a screen capture, which carries no EXIF.
    pub camera: Option<(&'static str, &'static str)>,
}

/// Width and height of every picture.
pub(super) const SIZE: (u32, u32) = (640, 360);

impl Photo {
    /// The picture as JPEG.
    ///
    /// # Errors
    /// Only if the encoder refuses the picture, which would be a fault here.
    pub fn encode(&self) -> Result<Vec<u8>> {
        let local = self.at.utc().with_timezone(&chrono_tz::Asia::Shanghai);
        let mut frame = Frame::new(SIZE.0, SIZE.1, Colour::rgb(0, 0, 0));
        scene::wall(&mut frame, self.faces.max(1), &self.code, &mut Chance::new(self.seed));
        scene::clock(&mut frame, (SIZE.0 as i32 - 258, 4), 2, &local.format("%Y-%m-%d %H:%M:%S").to_string());
        frame.grain(self.seed);
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, 80)
            .encode(&frame.to_rgb(), SIZE.0, SIZE.1, image::ExtendedColorType::Rgb8)
            .map_err(Error::internal)?;
        Ok(match self.camera {
            Some((make, model)) => with_exif(&jpeg, make, model, &local.format("%Y:%m:%d %H:%M:%S").to_string()),
            None => jpeg,
        })
    }
}

/// The JPEG with an APP1 segment behind its first two bytes: maker, model, time taken and its offset.
fn with_exif(jpeg: &[u8], make: &str, model: &str, taken: &str) -> Vec<u8> {
    // TIFF, little endian. Directory 0 at 8 with 5 entries of 12 bytes; the EXIF directory behind it with 2; then the texts.
    let (first, second) = (8_u32, 8 + 2 + 5 * 12 + 4);
    let texts = second + 2 + 2 * 12 + 4;
    let mut data: Vec<u8> = Vec::new();
    let mut tiff = Vec::from(*b"II*\0\x08\0\0\0");
    let mut text_entry = |tiff: &mut Vec<u8>, tag: u16, text: &str| {
        let offset = texts + data.len() as u32;
        data.extend(text.bytes());
        data.push(0);
        data.resize(data.len().next_multiple_of(2), 0);
        entry(tiff, tag, 2, text.len() as u32 + 1, offset);
    };
    debug_assert_eq!(tiff.len() as u32, first);
    tiff.extend(5_u16.to_le_bytes());
    text_entry(&mut tiff, 0x010f, make);
    text_entry(&mut tiff, 0x0110, model);
    entry(&mut tiff, 0x0112, 3, 1, 1); // upright
    text_entry(&mut tiff, 0x0132, taken);
    entry(&mut tiff, 0x8769, 4, 1, second);
    tiff.extend(0_u32.to_le_bytes());
    tiff.extend(2_u16.to_le_bytes());
    text_entry(&mut tiff, 0x9003, taken);
    text_entry(&mut tiff, 0x9011, "+08:00");
    tiff.extend(0_u32.to_le_bytes());
    tiff.extend(data);
    let mut out = Vec::with_capacity(jpeg.len() + tiff.len() + 10);
    out.extend(&jpeg[..2]);
    out.extend([0xff, 0xe1]);
    out.extend((tiff.len() as u16 + 8).to_be_bytes());
    out.extend(b"Exif\0\0");
    out.extend(tiff);
    out.extend(&jpeg[2..]);
    out
}

fn entry(tiff: &mut Vec<u8>, tag: u16, kind: u16, count: u32, value: u32) {
    tiff.extend(tag.to_le_bytes());
    tiff.extend(kind.to_le_bytes());
    tiff.extend(count.to_le_bytes());
    tiff.extend(value.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn photo(camera: Option<(&'static str, &'static str)>) -> Photo {
        Photo { seed: 4, at: "2020-03-03T09:10:11+08:00".parse().expect("a time"), faces: 12, code: "DG K01".into(), camera }
    }

    #[test]
    fn a_picture_opens_and_has_its_size() {
        let jpeg = photo(None).encode().expect("encodes");
        let opened = image::load_from_memory(&jpeg).expect("opens");
        assert_eq!((opened.width(), opened.height()), SIZE);
        assert_eq!(photo(None).encode().expect("encodes"), jpeg, "the same bytes each time");
        assert_ne!(Photo { seed: 5, ..photo(None) }.encode().expect("encodes"), jpeg);
    }

    #[test]
    fn a_photo_says_in_its_exif_when_and_with_what_it_was_taken() {
        let jpeg = photo(Some(("HUAWEI", "VOG-AL10"))).encode().expect("encodes");
        image::load_from_memory(&jpeg).expect("still opens");
        let exif = exif::Reader::new().read_from_container(&mut std::io::Cursor::new(&jpeg)).expect("has exif");
        let text = |tag| exif.get_field(tag, exif::In::PRIMARY).expect("is there").display_value().to_string();
        assert_eq!(text(exif::Tag::Make), "\"HUAWEI\"");
        assert_eq!(text(exif::Tag::Model), "\"VOG-AL10\"");
        assert_eq!(text(exif::Tag::DateTimeOriginal), "2020-03-03 09:10:11");
        assert_eq!(text(exif::Tag::OffsetTimeOriginal), "\"+08:00\"");
        assert!(exif::Reader::new().read_from_container(&mut std::io::Cursor::new(photo(None).encode().expect("encodes"))).is_err());
    }
}
