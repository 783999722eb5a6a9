//! A frame as a small grey grid: enough to tell black from picture and still from moving, and cheap to keep.

use super::shrink::Shrinker;
use ffmpeg::frame;
use ffmpeg_next as ffmpeg;

/// Cells across and down, whatever the frame's shape: each averages 30 × 30 pixels of 1080p, so that coding noise cancels out.
const WIDTH: usize = 64;
const HEIGHT: usize = 36;
const CELLS: usize = WIDTH * HEIGHT;

/// Light by cell, 0 to 255.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grid(Vec<u8>);

impl Grid {
    /// FFmpeg's `blackdetect` as shipped: 98 of 100 pixels below a tenth of full light.
    pub(super) fn is_black(&self) -> bool {
        let dark = self.0.iter().filter(|cell| **cell < 26).count();
        dark * 100 >= CELLS * 98
    }

    /// Nothing moved between the two: on average they differ by 0.003 of full light at most (0.003 × 255 × 2304 cells = 1762), and no
    /// more than four cells (a mouse, a clock's digits) by 8 of 255. The second keeps a small camera tile on a still slide alive.
    pub(super) fn is_like(&self, other: &Grid) -> bool {
        self.is_within(1762, 8, 4, other)
    }

    /// Nothing stirred between two looks at one coded picture: what stands still is copied from frame to frame, and changes by what improves its quality
    /// at most (at crf 36, a second apart, 170 steps of light in all cells together and 7 in one were seen; after two seconds none).
    pub(super) fn is_the_same(&self, other: &Grid) -> bool {
        self.is_within(CELLS as u32 / 10, 7, 0, other)
    }

    /// What stood still after it had moved may have been poor until the next keyframe shows it well; without the filter against blocks, which is left out for
    /// speed, the two differed by up to 0.007 on average and by 21 of 255 in one cell (24 films at crf 36). Letters that come or go change a cell by more.
    pub(super) fn is_coded_better(&self, other: &Grid) -> bool {
        self.is_within(3 * 1762, 24, 0, other)
    }

    /// A picture that was coded anew, as keyframes are: at the lowest quality tried (crf 36) and with the finest detail the two differ by 0.005 on average, and
    /// no cell stands out.
    pub(super) fn is_coded_again(&self, other: &Grid) -> bool {
        self.is_within(2 * 1762, 8, 4, other)
    }

    /// Whether all cells together differ by no more than `total`, and each by no more than `most`, but for so many cells.
    fn is_within(&self, total: u32, most: u32, but_for: usize, other: &Grid) -> bool {
        let apart = || self.0.iter().zip(&other.0).map(|(one, two)| u32::from(one.abs_diff(*two)));
        apart().sum::<u32>() <= total && apart().filter(|difference| *difference > most).count() <= but_for
    }

    #[cfg(test)]
    pub(super) fn of(light: impl Fn(usize, usize) -> u8) -> Grid {
        Grid((0..CELLS).map(|cell| light(cell % WIDTH, cell / WIDTH)).collect())
    }
}

/// Makes grids of decoded frames.
pub(super) struct Gridder(Shrinker);

impl Default for Gridder {
    fn default() -> Gridder {
        Gridder(Shrinker::to(WIDTH, HEIGHT))
    }
}

impl Gridder {
    /// The grid of a frame; `None` for pixel formats that cannot be scaled.
    pub(super) fn grid(&mut self, decoded: &frame::Video) -> Option<Grid> {
        self.0.light(decoded).map(Grid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn black_may_carry_a_logo_but_not_a_picture() {
        assert!(Grid::of(|_, _| 3).is_black());
        assert!(Grid::of(|x, y| if x < 5 && y < 5 { 255 } else { 0 }).is_black());
        assert!(!Grid::of(|_, y| if y < 3 { 255 } else { 0 }).is_black());
    }

    #[test]
    fn coding_noise_is_not_movement_and_a_small_camera_tile_is() {
        let slide = Grid::of(|x, y| ((x * 7 + y * 3) % 200) as u8);
        let noisy = Grid::of(|x, y| ((x * 7 + y * 3) % 200) as u8 + u8::from((x + y) % 3 == 0));
        let speaker = Grid::of(|x, y| ((x * 7 + y * 3) % 200) as u8 + if x > 60 && y > 32 { 12 } else { 0 });
        assert!(slide.is_like(&noisy));
        assert!(!slide.is_like(&speaker));
    }

    #[test]
    fn a_keyframe_may_differ_more_but_not_in_one_place() {
        let before = Grid::of(|x, y| ((x * 7 + y * 3) % 200) as u8);
        let keyframe = Grid::of(|x, y| ((x * 7 + y * 3) % 200) as u8 + u8::from((x + y) % 8 != 0));
        let speaker = Grid::of(|x, y| ((x * 7 + y * 3) % 200) as u8 + if x > 60 && y > 32 { 12 } else { 0 });
        assert!(!before.is_like(&keyframe) && before.is_coded_again(&keyframe));
        assert!(!before.is_coded_again(&speaker));
    }

    #[test]
    fn a_blinking_mouse_does_not_end_a_freeze() {
        let slide = Grid::of(|_, _| 200);
        assert!(slide.is_like(&Grid::of(|x, y| if (x, y) == (10, 10) { 0 } else { 200 })));
    }
}
