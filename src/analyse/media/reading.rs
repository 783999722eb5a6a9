//! What is read in whole pictures rather than compared: of a screenshot once, of a recording now and then.

use super::codes::Codes;
use super::faces::Counting;
use super::facts::Facts;
use super::limits::Limits;
use super::shrink::{self, Shrinker};
use super::text::Text;
use ffmpeg::frame;
use ffmpeg_next as ffmpeg;
use image::GrayImage;
use likeness::grey::Grey;

/// The longer side of a still at most, in pixels: letters of 12 pixels on a screen of 4K are still 6 high.
const SIDE: u32 = 1920;

/// Stills of a recording are this far apart (microseconds), and further where it lasts longer than [`MOST`] of them: what is to be read stands longer.
const APART: i64 = 15_000_000;

/// Stills of one recording at most; an hour has 240.
const MOST: i64 = 480;

/// All that is read.
pub(super) struct Reading {
    /// How far stills are apart, in microseconds.
    apart: i64,
    latest: Option<i64>,
    rotation: Option<u16>,
    faces: Option<Counting>,
    text: Option<Text>,
    codes: Codes,
}

impl Reading {
    /// Reads one picture.
    pub(super) fn of_picture(limits: &Limits) -> Reading {
        Reading::of_recording(0, None, limits)
    }

    /// Reads a recording of this length that a player turns clockwise by so many degrees.
    pub(super) fn of_recording(duration_ms: u64, rotation: Option<u16>, limits: &Limits) -> Reading {
        let duration = i64::try_from(duration_ms.saturating_mul(1000)).unwrap_or(i64::MAX);
        let faces = limits.faces.then(|| Counting::over(duration));
        Reading { apart: APART.max(duration / MOST), latest: None, rotation, faces, codes: Codes::default(), text: Text::over(duration) }
    }

    /// Looks at a decoded frame of a recording, if its time has come.
    pub(super) fn frame(&mut self, at: i64, decoded: &frame::Video) {
        if self.latest.is_some_and(|latest| at - latest < self.apart) {
            return;
        }
        self.latest = Some(at);
        let (width, height) = within(decoded.width(), decoded.height());
        if let Some(still) = Shrinker::to(width as usize, height as usize).upright(decoded, self.rotation) {
            self.see(at, &still);
        }
    }

    /// Looks at a picture as people see it: upright, in shades of grey. `at` is in microseconds, by the file's clock.
    pub(super) fn see(&mut self, at: i64, still: &GrayImage) {
        self.faces.iter_mut().for_each(|faces| faces.see(at, still));
        self.text.iter_mut().for_each(|text| text.see(at, still));
        self.codes.see(at, still);
    }

    /// Adds what was read to the facts of a file that begins at `start` (microseconds).
    pub(super) fn tell(self, start: i64, facts: &mut Facts) {
        facts.faces = self.faces.map(|faces| faces.finish(start)).unwrap_or_default();
        facts.codes = self.codes.finish(start);
        if let Some(text) = self.text {
            text.finish(start, facts);
        }
    }
}

/// A picture as it is read.
pub(super) fn still(grey: &Grey) -> GrayImage {
    let (width, height) = within(grey.width() as u32, grey.height() as u32);
    let grey = if width as usize == grey.width() { grey.clone() } else { grey.scaled(width as usize, height as usize) };
    GrayImage::from_raw(width, height, grey.pixels().to_vec()).unwrap_or_default()
}

/// The size of a still.
fn within(width: u32, height: u32) -> (u32, u32) {
    shrink::within(width, height, SIDE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_still_keeps_its_shape_and_is_never_larger_than_it_was() {
        assert_eq!(within(1280, 720), (1280, 720));
        assert_eq!(within(3840, 2160), (1920, 1080));
        assert_eq!(within(60_000, 1), (1920, 1));
        let grey = Grey::draw(2000, 10, |x, _| (x % 256) as u8);
        assert_eq!(still(&grey).dimensions(), (1920, 9));
    }

    #[test]
    fn stills_of_a_long_recording_are_further_apart() {
        let apart = |hours: u64| Reading::of_recording(hours * 3_600_000, None, &Limits::default()).apart;
        assert_eq!((apart(1), apart(4)), (APART, 30_000_000));
    }
}
