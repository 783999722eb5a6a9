//! A picture as light alone: what every comparison of pictures starts from.

use crate::block::Pair;
use crate::resample::{self, Tap};
use std::ops::Range;

/// A grey picture: one byte of light a pixel, row by row from the top left. Zero pixels are a picture, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grey {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

/// A part of a picture, in pixels from its top left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// From the left.
    pub columns: Range<usize>,
    /// From the top.
    pub rows: Range<usize>,
}

/// Light may stray this far (of 255) within a border, for what coding leaves of the picture's edge in it.
const STRAY: u8 = 16;

/// One in this many pixels of a border line may stray further: a mouse pointer, a speck.
const SPECKS: usize = 100;

/// A border leaves at least this part of each side, or it is no border but an empty page with a mark on it.
const LEAST_LEFT: usize = 4;

/// Pictures are compared as wholes this many pixels wide and high.
const WHOLE: usize = 48;

impl Grey {
    /// Takes rows without gaps; `None` if there are not `width` × `height` bytes.
    pub fn new(width: usize, height: usize, pixels: Vec<u8>) -> Option<Grey> {
        (width.checked_mul(height) == Some(pixels.len())).then_some(Grey { width, height, pixels })
    }

    /// Light at every column and row.
    pub fn draw(width: usize, height: usize, mut light: impl FnMut(usize, usize) -> u8) -> Grey {
        let mut pixels = Vec::with_capacity(width * height);
        for row in 0..height {
            pixels.extend((0..width).map(|column| light(column, row)));
        }
        Grey { width, height, pixels }
    }

    /// From rows of light that begin every `stride` bytes, as decoders hand them over; `None` if a row is cut short.
    pub fn from_luma(width: usize, height: usize, stride: usize, luma: &[u8]) -> Option<Grey> {
        let pixels = lines(width, height, stride, luma)?.flatten().copied().collect();
        Grey::new(width, height, pixels)
    }

    /// From rows of red, green and blue bytes that begin every `stride` bytes; `None` if a row is cut short. Light is the luma of ITU-R
    /// BT.601, 0.299 R + 0.587 G + 0.114 B, rounded.
    pub fn from_rgb(width: usize, height: usize, stride: usize, rgb: &[u8]) -> Option<Grey> {
        let luma = |pixel: &[u8]| ((299 * u32::from(pixel[0]) + 587 * u32::from(pixel[1]) + 114 * u32::from(pixel[2]) + 500) / 1000) as u8;
        let lines = lines(width.checked_mul(3)?, height, stride, rgb)?;
        Grey::new(width, height, lines.flat_map(|line| line.chunks_exact(3)).map(luma).collect())
    }

    /// Pixels across.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Pixels down.
    pub fn height(&self) -> usize {
        self.height
    }

    /// All pixels, row by row.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// One row; empty below the picture.
    pub fn row(&self, row: usize) -> &[u8] {
        if row < self.height { &self.pixels[row * self.width..(row + 1) * self.width] } else { &[] }
    }

    /// Left and right exchanged.
    pub fn mirrored(&self) -> Grey {
        let mut pixels = Vec::with_capacity(self.pixels.len());
        self.pixels.chunks_exact(self.width.max(1)).for_each(|row| pixels.extend(row.iter().rev()));
        Grey { pixels, ..*self }
    }

    /// A part, as far as it lies within.
    pub fn crop(&self, part: &Part) -> Grey {
        let within = |range: &Range<usize>, length: usize| {
            let end = range.end.min(length);
            range.start.min(end)..end
        };
        let (columns, rows) = (within(&part.columns, self.width), within(&part.rows, self.height));
        let mut pixels = Vec::with_capacity(columns.len() * rows.len());
        rows.clone().for_each(|row| pixels.extend_from_slice(&self.row(row)[columns.clone()]));
        Grey { width: columns.len(), height: rows.len(), pixels }
    }

    /// The whole picture at another size, each new pixel the mean of the area it covers. Made of no pixels, it is black.
    pub fn scaled(&self, width: usize, height: usize) -> Grey {
        let columns = resample::area(self.width, 0.0, self.width as f64, width);
        self.through(&resample::area(self.height, 0.0, self.height as f64, height), &columns)
    }

    /// The whole picture with its longer side at most `longest` pixels, at least one pixel each way; smaller ones stay as they are.
    pub fn within(&self, longest: usize) -> Grey {
        let longer = self.width.max(self.height);
        if longer <= longest.max(1) {
            return self.clone();
        }
        let side = |length: usize| (length * longest.max(1)).div_ceil(longer).max(1);
        self.scaled(side(self.width), side(self.height))
    }

    /// So many times as large, smooth between pixels.
    pub fn enlarged(&self, times: usize) -> Grey {
        self.through(&resample::cubic(self.height, times), &resample::cubic(self.width, times))
    }

    /// How alike two pictures run as a whole, whatever their size, light and contrast: 1 the same, 0 nothing in common, -1 the negative. `None` where one of
    /// them says too little.
    pub fn correlation(&self, other: &Grey) -> Option<f64> {
        let [one, two] = [self, other].map(|grey| grey.scaled(WHOLE, WHOLE));
        let pair = Pair::of(&one, (0, 0), &two, (0, 0), WHOLE);
        pair.is_textured().then(|| pair.correlation())
    }

    pub(crate) fn through(&self, rows: &[Tap], columns: &[Tap]) -> Grey {
        let samples = resample::across(&resample::down(&self.pixels, self.width, rows), self.width, columns);
        let mut pixels: Vec<u8> = samples.into_iter().map(|light| (light + 0.5) as u8).collect();
        pixels.resize(rows.len() * columns.len(), 0);
        Grey { width: columns.len(), height: rows.len(), pixels }
    }

    /// What is left without borders of one shade each: the bars above, below and beside a film, the margin of a page. `None` where there
    /// are none, or where they leave less than a quarter of either side.
    pub fn inside(&self) -> Option<Part> {
        let rows = bare(self.height, |row| Line { picture: self, start: row * self.width, step: 1, length: self.width });
        let (middle, top) = (rows.len(), rows.start);
        let columns = bare(self.width, |column| Line { picture: self, start: top * self.width + column, step: self.width, length: middle });
        let trimmed = columns.len() < self.width || rows.len() < self.height;
        let enough = columns.len() * LEAST_LEFT >= self.width && rows.len() * LEAST_LEFT >= self.height;
        (trimmed && enough && !columns.is_empty() && !rows.is_empty()).then_some(Part { columns, rows })
    }
}

/// The rows of a picture without what pads them.
fn lines(width: usize, height: usize, stride: usize, bytes: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    let needed = match height.checked_sub(1) {
        Some(before) => before.checked_mul(stride)?.checked_add(width)?,
        None => 0,
    };
    (stride >= width && bytes.len() >= needed).then(|| (0..height).map(move |row| &bytes[row * stride..row * stride + width]))
}

/// A row or a column.
struct Line<'a> {
    picture: &'a Grey,
    start: usize,
    step: usize,
    length: usize,
}

impl Line<'_> {
    fn pixels(&self) -> impl Iterator<Item = u8> {
        (0..self.length).map(|at| self.picture.pixels[self.start + at * self.step])
    }

    /// The shade half of the pixels are darker than.
    fn shade(&self) -> u8 {
        let mut pixels: Vec<u8> = self.pixels().collect();
        let middle = pixels.len() / 2;
        if pixels.is_empty() { 0 } else { *pixels.select_nth_unstable(middle).1 }
    }

    fn is_all(&self, shade: u8) -> bool {
        self.pixels().filter(|pixel| pixel.abs_diff(shade) > STRAY).count() <= self.length / SPECKS
    }
}

/// Lines that are left when those of one shade are taken from both ends.
fn bare<'a>(length: usize, line: impl Fn(usize) -> Line<'a>) -> Range<usize> {
    let Some(last) = length.checked_sub(1) else { return 0..0 };
    let (first_shade, last_shade) = (line(0).shade(), line(last).shade());
    let start = (0..length).take_while(|at| line(*at).is_all(first_shade)).count();
    let end = length - (start..length).rev().take_while(|at| line(*at).is_all(last_shade)).count();
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ramp(width: usize, height: usize) -> Grey {
        Grey::draw(width, height, |column, row| (column * 37 + row * 91) as u8)
    }

    /// A ramp in a frame of the given widths: left, top, right, bottom.
    fn framed([left, top, right, bottom]: [usize; 4], shade: u8) -> Grey {
        Grey::draw(left + 60 + right, top + 40 + bottom, |column, row| {
            let inside = (left..left + 60).contains(&column) && (top..top + 40).contains(&row);
            if inside { ((column * 37 + row * 91) % 256) as u8 } else { shade }
        })
    }

    #[test]
    fn pictures_run_alike_at_any_size_and_a_flat_one_says_nothing() {
        let hills = |width: usize, height: usize| {
            Grey::draw(width, height, |x, y| {
                (128.0 + 60.0 * (9.0 * x as f64 / width as f64).sin() + 60.0 * (7.0 * y as f64 / height as f64).cos()) as u8
            })
        };
        let (large, small) = (hills(640, 480), hills(160, 90));
        let negative = Grey::draw(160, 90, |x, y| 255 - small.row(y)[x]);
        assert!(large.correlation(&small).is_some_and(|alike| alike > 0.99));
        assert!(large.correlation(&negative).is_some_and(|alike| alike < -0.99));
        assert_eq!((large.correlation(&Grey::draw(9, 9, |_, _| 7)), Grey::draw(0, 0, |_, _| 0).correlation(&large)), (None, None));
    }

    #[test]
    fn light_is_luma_and_padding_is_left_out() {
        let rgb = [255, 0, 0, 0, 255, 0, 7, 7, 0, 0, 255, 255, 255, 255];
        let grey = Grey::from_rgb(2, 2, 8, &rgb).unwrap();
        assert_eq!(grey.pixels(), [76, 150, 29, 255]);
        assert_eq!(Grey::from_rgb(2, 2, 8, &rgb[..13]), None);
        assert_eq!(Grey::from_rgb(2, 2, 5, &rgb), None);
    }

    #[test]
    fn rows_that_overlap_or_end_early_are_refused() {
        assert_eq!(Grey::from_luma(3, 2, 4, &[1, 2, 3, 0, 4, 5, 6]).unwrap().pixels(), [1, 2, 3, 4, 5, 6]);
        assert_eq!(Grey::from_luma(3, 2, 4, &[1, 2, 3, 0, 4, 5]), None);
        assert_eq!(Grey::from_luma(3, usize::MAX, usize::MAX, &[0; 9]), None);
    }

    #[test]
    fn scaling_keeps_the_mean_of_what_each_pixel_covers() {
        let grey = Grey::new(4, 2, vec![0, 100, 200, 200, 100, 200, 0, 0]).unwrap();
        assert_eq!(grey.scaled(2, 1).pixels(), [100, 100]);
        assert_eq!(grey.scaled(4, 2), grey);
        assert_eq!(ramp(1000, 10).within(100).width(), 100);
        assert_eq!(ramp(1000, 1).within(100).height(), 1);
    }

    #[test]
    fn a_mirrored_crop_is_the_crop_of_the_other_side_mirrored() {
        let left = ramp(9, 5).crop(&Part { columns: 0..4, rows: 1..99 });
        let right = ramp(9, 5).mirrored().crop(&Part { columns: 5..9, rows: 1..5 });
        assert_eq!((left.width(), left.height()), (4, 4));
        assert_eq!(left.mirrored(), right);
    }

    #[test]
    fn bars_of_any_shade_are_found_on_each_side_alone() {
        for (frame, shade) in [([0, 9, 0, 9], 0), ([12, 0, 7, 0], 0), ([3, 5, 0, 0], 255), ([0, 0, 0, 1], 30)] {
            let [left, top, ..] = frame;
            assert_eq!(framed(frame, shade).inside(), Some(Part { columns: left..left + 60, rows: top..top + 40 }), "{frame:?}");
        }
    }

    #[test]
    fn a_picture_without_bars_and_a_mark_on_an_empty_page_have_no_inside() {
        assert_eq!(ramp(60, 40).inside(), None);
        assert_eq!(framed([200, 200, 200, 200], 255).inside(), None);
        assert_eq!(Grey::draw(60, 40, |_, _| 9).inside(), None);
    }

    #[test]
    fn a_speck_in_a_bar_does_not_end_it() {
        let mut grey = framed([0, 20, 0, 20], 0);
        grey = Grey::draw(300, 80, |column, row| if (column, row) == (7, 3) { 255 } else { grey.row(row)[column % 60] });
        assert_eq!(grey.inside().map(|part| part.rows), Some(20..60));
    }

    proptest! {
        #[test]
        fn no_size_is_too_small(width in 0usize..4, height in 0usize..4, to in (0usize..5, 0usize..5), cut in (0usize..5, 0usize..5)) {
            let grey = ramp(width, height);
            let scaled = grey.scaled(to.0, to.1);
            prop_assert_eq!(scaled.pixels().len(), to.0 * to.1);
            prop_assert_eq!(grey.mirrored().mirrored(), grey.clone());
            let crop = grey.crop(&Part { columns: cut.0.min(cut.1)..cut.1, rows: cut.0.min(2)..cut.1.max(2) });
            prop_assert_eq!(crop.pixels().len(), crop.width() * crop.height());
            prop_assert!(grey.within(2).width() <= 2);
            let _ = grey.inside();
        }
    }
}
