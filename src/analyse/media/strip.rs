//! A strip: pictures of a recording in a row, evenly spread, by which it is looked over at a glance.

use super::facts::Strip;
use super::{shrink, thumbnail};
use ffmpeg::frame;
use ffmpeg_next as ffmpeg;
use image::{GenericImage, RgbImage, imageops};

/// The longer side of each picture, in pixels.
const SIDE: u32 = 160;

/// Pictures at most; from half of it on, where the recording lasts long enough.
const MOST: usize = 16;

/// Pictures are at least so far apart, in microseconds.
const APART: i64 = 1_000_000;

/// Takes pictures of a recording while it is decoded, however long it lasts.
pub(super) struct Strips {
    apart: i64,
    rotation: Option<u16>,
    pictures: Vec<(i64, RgbImage)>,
}

impl Strips {
    /// Of a recording that a player turns clockwise by so many degrees.
    pub(super) fn turned(rotation: Option<u16>) -> Strips {
        Strips { apart: APART, rotation, pictures: Vec::new() }
    }

    /// Takes a frame, if its time has come. Where there are too many, every second goes, and those to come are twice as far apart.
    pub(super) fn frame(&mut self, at: i64, decoded: &frame::Video) {
        if self.pictures.last().is_some_and(|(latest, _)| at - latest < self.apart) {
            return;
        }
        let (width, height) = shrink::within(decoded.width(), decoded.height(), SIDE);
        let Some(picture) = super::frames::scaled(decoded, width, height) else { return };
        self.take(at, picture);
    }

    fn take(&mut self, at: i64, picture: RgbImage) {
        if self.pictures.len() == MOST {
            let mut number = 0;
            self.pictures.retain(|_| {
                number += 1;
                number % 2 == 1
            });
            self.apart *= 2;
            if self.pictures.last().is_some_and(|(latest, _)| at - latest < self.apart) {
                return;
            }
        }
        let picture = match self.rotation {
            Some(90) => imageops::rotate90(&picture),
            Some(180) => imageops::rotate180(&picture),
            Some(270) => imageops::rotate270(&picture),
            _ => picture,
        };
        self.pictures.push((at, picture));
    }

    /// The pictures of a recording that begins at `start` in a row, as a JPEG; `None` if there are none.
    pub(super) fn finish(self, start: i64) -> Option<(Strip, Vec<u8>)> {
        let (width, height) = self.pictures.first()?.1.dimensions();
        // What changes its shape on the way is shown as far as it fits.
        let mut row = RgbImage::new(width * self.pictures.len() as u32, height);
        for ((_, picture), place) in self.pictures.iter().zip(0_u32..) {
            let fits = imageops::crop_imm(picture, 0, 0, width.min(picture.width()), height.min(picture.height())).to_image();
            row.copy_from(&fits, place * width, 0).ok()?;
        }
        let at_ms = self.pictures.iter().map(|(at, _)| u64::try_from((at - start) / 1000).unwrap_or(0)).collect();
        Some((Strip { width, height, at_ms }, thumbnail::encode(&row)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(seconds: i64) -> Strip {
        let mut strips = Strips::turned(None);
        for at in 0..seconds {
            if strips.pictures.last().is_none_or(|(latest, _)| at * 1_000_000 - latest >= strips.apart) {
                strips.take(at * 1_000_000, RgbImage::new(16, 9));
            }
        }
        strips.finish(0).unwrap().0
    }

    #[test]
    fn however_long_it_lasts_there_are_enough_pictures_evenly_spread_and_never_too_many() {
        for seconds in [1, 15, 16, 17, 600, 3_600, 36_000] {
            let Strip { at_ms, .. } = of(seconds);
            let least = MOST.div_euclid(2).min(seconds as usize);
            assert!((least..=MOST).contains(&at_ms.len()), "{seconds}: {at_ms:?}");
            let steps: Vec<u64> = at_ms.windows(2).map(|pair| pair[1] - pair[0]).collect();
            assert!(steps.iter().all(|step| *step == steps[0]), "{at_ms:?}");
        }
    }

    #[test]
    fn the_row_is_as_wide_as_its_pictures() {
        let mut strips = Strips::turned(Some(90));
        (0..3).for_each(|at| strips.take(at, RgbImage::from_pixel(16, 9, image::Rgb([200, 0, 0]))));
        let (strip, jpeg) = strips.finish(0).unwrap();
        let row = image::load_from_memory(&jpeg).unwrap();
        assert_eq!((strip.width, strip.height, row.width(), row.height()), (9, 16, 27, 16));
        assert_eq!(Strips::turned(None).finish(0), None);
    }
}
