//! A decoded frame as a small grey picture.

use ffmpeg::format::Pixel;
use ffmpeg::frame;
use ffmpeg::software::scaling;
use ffmpeg_next as ffmpeg;
use image::{GrayImage, imageops};

/// Shrinks frames to one size, each pixel the mean of those it stands for; remembers the shape of the last frame.
pub(super) struct Shrinker {
    width: usize,
    height: usize,
    scaler: Option<scaling::Context>,
}

impl Shrinker {
    pub(super) fn to(width: usize, height: usize) -> Shrinker {
        Shrinker { width, height, scaler: None }
    }

    /// The light of a frame, row by row; `None` for pixel formats that cannot be scaled.
    pub(super) fn light(&mut self, decoded: &frame::Video) -> Option<Vec<u8>> {
        let shape = scaling::context::Definition { format: decoded.format(), width: decoded.width(), height: decoded.height() };
        if self.scaler.as_ref().is_none_or(|scaler| *scaler.input() != shape) {
            let (width, height) = (self.width as u32, self.height as u32);
            self.scaler =
                scaling::Context::get(shape.format, shape.width, shape.height, Pixel::GRAY8, width, height, scaling::Flags::AREA).ok();
        }
        let mut small = frame::Video::empty();
        self.scaler.as_mut()?.run(decoded, &mut small).ok()?;
        let rows = small.data(0).chunks(small.stride(0)).take(self.height);
        let light: Vec<u8> = rows.flat_map(|row| &row[..self.width]).copied().collect();
        (light.len() == self.width * self.height).then_some(light)
    }

    /// The same as a player shows it that turns it clockwise by so many degrees.
    pub(super) fn upright(&mut self, decoded: &frame::Video, rotation: Option<u16>) -> Option<GrayImage> {
        let light = GrayImage::from_raw(self.width as u32, self.height as u32, self.light(decoded)?)?;
        Some(match rotation {
            Some(90) => imageops::rotate90(&light),
            Some(180) => imageops::rotate180(&light),
            Some(270) => imageops::rotate270(&light),
            _ => light,
        })
    }
}

/// The size of a picture whose longer side is to have so many pixels at most: in shape, never larger than it was, never zero.
pub(super) fn within(width: u32, height: u32, longest: u32) -> (u32, u32) {
    let longer = width.max(height).max(1);
    let scale = |side: u32| (u64::from(side) * u64::from(longest.min(longer)) / u64::from(longer)).max(1) as u32;
    (scale(width), scale(height))
}
