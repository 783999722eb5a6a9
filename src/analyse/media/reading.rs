//! What is read in whole pictures rather than compared: of a screenshot once, of a recording now and then.

use super::faces::Counting;
use super::facts::Facts;
use super::limits::Limits;
use super::text::Text;
use ffmpeg::format::Pixel;
use ffmpeg::frame;
use ffmpeg::software::scaling;
use ffmpeg_next as ffmpeg;
use image::{GrayImage, imageops};
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
    scaler: Option<scaling::Context>,
    rotation: Option<u16>,
    faces: Option<Counting>,
    text: Option<Text>,
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
        Reading { apart: APART.max(duration / MOST), latest: None, scaler: None, rotation, faces, text: Text::over(duration) }
    }

    /// Looks at a decoded frame of a recording, if its time has come.
    pub(super) fn frame(&mut self, at: i64, decoded: &frame::Video) {
        if self.latest.is_some_and(|latest| at - latest < self.apart) {
            return;
        }
        self.latest = Some(at);
        if let Some(still) = self.still(decoded) {
            self.see(at, &still);
        }
    }

    /// Looks at a picture as people see it: upright, in shades of grey. `at` is in microseconds, by the file's clock.
    pub(super) fn see(&mut self, at: i64, still: &GrayImage) {
        self.faces.iter_mut().for_each(|faces| faces.see(at, still));
        self.text.iter_mut().for_each(|text| text.see(at, still));
    }

    /// Adds what was read to the facts of a file that begins at `start` (microseconds).
    pub(super) fn tell(self, start: i64, facts: &mut Facts) {
        facts.faces = self.faces.map(|faces| faces.finish(start)).unwrap_or_default();
        if let Some(text) = self.text {
            text.finish(start, facts);
        }
    }

    /// The light of a frame, upright; `None` for pixel formats that cannot be scaled.
    fn still(&mut self, decoded: &frame::Video) -> Option<GrayImage> {
        let shape = scaling::context::Definition { format: decoded.format(), width: decoded.width(), height: decoded.height() };
        if self.scaler.as_ref().is_none_or(|scaler| *scaler.input() != shape) {
            let (width, height) = within(shape.width, shape.height);
            self.scaler =
                scaling::Context::get(shape.format, shape.width, shape.height, Pixel::GRAY8, width, height, scaling::Flags::AREA).ok();
        }
        let mut small = frame::Video::empty();
        self.scaler.as_mut()?.run(decoded, &mut small).ok()?;
        let (width, height) = (small.width(), small.height());
        let rows = small.data(0).chunks(small.stride(0)).take(height as usize);
        let light = GrayImage::from_raw(width, height, rows.flat_map(|row| &row[..width as usize]).copied().collect())?;
        Some(match self.rotation {
            Some(90) => imageops::rotate90(&light),
            Some(180) => imageops::rotate180(&light),
            Some(270) => imageops::rotate270(&light),
            _ => light,
        })
    }
}

/// A picture as it is read.
pub(super) fn still(grey: &Grey) -> GrayImage {
    let (width, height) = within(grey.width() as u32, grey.height() as u32);
    let grey = if width as usize == grey.width() { grey.clone() } else { grey.scaled(width as usize, height as usize) };
    GrayImage::from_raw(width, height, grey.pixels().to_vec()).unwrap_or_default()
}

/// The size of a still: [`SIDE`] at most, in shape, never zero.
fn within(width: u32, height: u32) -> (u32, u32) {
    let longer = width.max(height).max(1);
    let scale = |side: u32| (u64::from(side) * u64::from(SIDE.min(longer)) / u64::from(longer)).max(1) as u32;
    (scale(width), scale(height))
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
