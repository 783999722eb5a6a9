//! A decoded frame as a small grey picture.

use ffmpeg::format::Pixel;
use ffmpeg::frame;
use ffmpeg::software::scaling;
use ffmpeg_next as ffmpeg;

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
}
