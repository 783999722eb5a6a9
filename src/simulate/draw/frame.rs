//! A picture in planar YUV 4:2:0, as encoders take it.

use super::font;

/// A colour as luma and two chroma values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Colour {
    y: u8,
    u: u8,
    v: u8,
}

impl Colour {
    /// The colour of red, green and blue by BT.601, limited range, in integers: the same everywhere.
    pub(crate) const fn rgb(red: u8, green: u8, blue: u8) -> Colour {
        let (r, g, b) = (red as i32, green as i32, blue as i32);
        Colour {
            y: ((66 * r + 129 * g + 25 * b + 128) / 256 + 16) as u8,
            u: ((-38 * r - 74 * g + 112 * b + 128) / 256 + 128) as u8,
            v: ((112 * r - 94 * g - 18 * b + 128) / 256 + 128) as u8,
        }
    }
}

/// A picture of even width and height.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    width: i32,
    height: i32,
    data: Vec<u8>,
}

impl Frame {
    /// A picture of one colour.
    pub(crate) fn new(width: u32, height: u32, colour: Colour) -> Frame {
        let (width, height) = (width as i32 & !1, height as i32 & !1);
        let mut frame = Frame { width, height, data: vec![0; (width * height * 3 / 2) as usize] };
        frame.rect(0, 0, width, height, colour);
        frame
    }

    /// The planes one after the other: Y, U, V.
    pub(crate) fn planes(&self) -> &[u8] {
        &self.data
    }

    /// Width in pixels.
    pub(crate) fn width(&self) -> i32 {
        self.width
    }

    /// Height in pixels.
    pub(crate) fn height(&self) -> i32 {
        self.height
    }

    fn row(&mut self, y: i32, from: i32, until: i32, colour: Colour) {
        let (from, until) = (from.clamp(0, self.width), until.clamp(0, self.width));
        if y < 0 || y >= self.height || from >= until {
            return;
        }
        let start = (y * self.width) as usize;
        self.data[start + from as usize..start + until as usize].fill(colour.y);
        if y % 2 == 0 {
            let (half, plane) = (self.width / 2, (self.width * self.height) as usize);
            let (from, until) = ((from / 2) as usize, ((until + 1) / 2) as usize);
            let u = plane + (y / 2 * half) as usize;
            let v = u + plane / 4;
            self.data[u + from..u + until].fill(colour.u);
            self.data[v + from..v + until].fill(colour.v);
        }
    }

    /// Fills a rectangle; what lies outside the picture is left out.
    pub(crate) fn rect(&mut self, x: i32, y: i32, width: i32, height: i32, colour: Colour) {
        for line in y.max(0)..(y + height).min(self.height) {
            self.row(line, x, x + width, colour);
        }
    }

    /// Fills an ellipse around a centre.
    pub(crate) fn ellipse(&mut self, (x, y): (i32, i32), (across, down): (i32, i32), colour: Colour) {
        for line in -down..=down {
            // across · √(1 − (line ÷ down)²), in integers
            let square = i64::from(across) * i64::from(across) * i64::from(down * down - line * line) / i64::from((down * down).max(1));
            let reach = square.isqrt() as i32;
            self.row(y + line, x - reach, x + reach + 1, colour);
        }
    }

    /// Writes capital letters, digits and some signs, each pixel of the 5 × 7 face drawn as a square of `size`.
    pub(crate) fn text(&mut self, x: i32, y: i32, size: i32, text: &str, colour: Colour) {
        for (place, letter) in text.chars().enumerate() {
            let left = x + place as i32 * 6 * size;
            for (line, bits) in font::rows(letter).iter().enumerate() {
                for column in (0..5).filter(|column| bits >> (4 - column) & 1 == 1) {
                    self.rect(left + column * size, y + line as i32 * size, size, size, colour);
                }
            }
        }
    }

    /// Adds grain to the luma: pseudo-random, small, the same for the same seed. Gives every picture bytes of its own.
    pub(crate) fn grain(&mut self, mut seed: u64) {
        let luma = (self.width * self.height) as usize;
        for chunk in self.data[..luma].chunks_mut(8) {
            seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            for (value, byte) in chunk.iter_mut().zip((seed ^ (seed >> 29)).to_le_bytes()) {
                *value = value.saturating_add(byte & 3);
            }
        }
    }

    /// The picture as RGB, three bytes a pixel.
    pub(crate) fn to_rgb(&self) -> Vec<u8> {
        let (width, plane) = (self.width as usize, (self.width * self.height) as usize);
        let mut rgb = Vec::with_capacity(plane * 3);
        for (place, &luma) in self.data[..plane].iter().enumerate() {
            let half = place / width / 2 * (width / 2) + place % width / 2;
            let (c, d, e) =
                (i32::from(luma) - 16, i32::from(self.data[plane + half]) - 128, i32::from(self.data[plane + plane / 4 + half]) - 128);
            let values = [298 * c + 409 * e, 298 * c - 100 * d - 208 * e, 298 * c + 516 * d];
            rgb.extend(values.map(|value| ((value + 128) >> 8).clamp(0, 255) as u8));
        }
        rgb
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHITE: Colour = Colour::rgb(255, 255, 255);
    const RED: Colour = Colour::rgb(200, 30, 30);

    #[test]
    fn a_colour_survives_the_way_there_and_back() {
        let rgb = Frame::new(4, 4, RED).to_rgb();
        assert!(rgb.chunks(3).all(|pixel| pixel[0].abs_diff(200) < 4 && pixel[1].abs_diff(30) < 4 && pixel[2].abs_diff(30) < 4), "{rgb:?}");
    }

    #[test]
    fn shapes_that_reach_outside_are_cut_off() {
        let mut frame = Frame::new(16, 16, WHITE);
        frame.rect(-5, -5, 100, 8, RED);
        frame.ellipse((15, 15), (10, 10), RED);
        frame.text(12, 12, 3, "8", RED);
        assert_eq!(frame.planes().len(), 16 * 16 * 3 / 2);
        assert_eq!(frame.planes()[0], RED.y);
        assert_eq!(frame.planes()[4 * 16], WHITE.y);
    }
}
