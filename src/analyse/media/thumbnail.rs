//! Small JPEGs for pages.

use super::shrink;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, RgbImage, RgbaImage};

/// The longer side, in pixels.
pub(super) const SIDE: u32 = 320;

/// A photograph at this quality and [`SIDE`] takes 10 to 20 KiB.
const QUALITY: u8 = 80;

/// The width and height that fit into [`SIDE`], never larger than the picture, never zero.
pub(super) fn fit(width: u32, height: u32) -> (u32, u32) {
    shrink::within(width, height, SIDE)
}

/// The thumbnail of an upright picture; see-through parts become white, as pages are.
pub(super) fn of(upright: RgbaImage) -> Option<Vec<u8>> {
    let (width, height) = fit(upright.width(), upright.height());
    let small = DynamicImage::ImageRgba8(upright).thumbnail_exact(width, height).into_rgba8();
    let mut flat = RgbImage::new(width, height);
    for (to, from) in flat.pixels_mut().zip(small.pixels()) {
        let [r, g, b, alpha] = from.0.map(u32::from);
        to.0 = [r, g, b].map(|value| ((value * alpha + 255 * (255 - alpha)) / 255) as u8);
    }
    encode(&flat)
}

/// The JPEG of a picture that is small already.
pub(super) fn encode(small: &RgbImage) -> Option<Vec<u8>> {
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode_image(small).ok()?;
    Some(jpeg)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thumbnail_fits_and_keeps_its_shape() {
        assert_eq!(fit(1920, 1080), (320, 180));
        assert_eq!(fit(1080, 1920), (180, 320));
        assert_eq!(fit(100, 50), (100, 50));
        assert_eq!(fit(60_000, 1), (320, 1));
    }

    #[test]
    fn what_is_see_through_becomes_white() {
        let clear = RgbaImage::from_pixel(64, 64, image::Rgba([0, 0, 0, 0]));
        let jpeg = of(clear).unwrap();
        let shown = image::load_from_memory(&jpeg).unwrap().into_rgb8();
        assert!(shown.pixels().all(|pixel| pixel.0.iter().all(|value| *value > 250)));
    }
}
