//! Whether two pictures are one: laid over each other, block by block.
//!
//! A fingerprint sees the arrangement of light, and a meeting looks like itself a week later. What tells a copy is that nothing has changed
//! where cameras look: not the page, which is shown again and again, but faces, shirts and walls. So the pictures are laid over
//! each other, brought to the same light and contrast, and compared in blocks; blocks of one shade and blocks of letters on a page say
//! nothing, and where there are no others nothing is said.

use crate::block::{self, Kind, Pair};
use crate::grey::Grey;
use crate::line::Line;
use crate::place::Place;
use crate::windows::Window;

/// The longer side of the part both pictures show, in pixels, when it is compared: what is left of a screen after sharing at 360 lines.
const LONGEST: usize = 640;

/// The side of a block. A camera tile of a grid of 5 × 5 is 128 × 72 pixels at this size and has 18 of them, a face about six.
const SIDE: usize = 20;

/// Pictures are first made this small: twice the size compared, so that a cut of half still has all its pixels.
const AT_MOST: usize = 2 * LONGEST;

/// Fewer blocks of continuous tones are too few to say anything: one camera tile of 6 × 3 in a grid of 5 × 5 and half of another.
const LEAST_LIVE: usize = 27;

/// With less than this of both pictures in common they are not one, and what is in common proves little.
const LEAST_OVERLAP: f64 = 0.5;

/// At most this share of live blocks changed: a copy. Of the drawn meetings in `tests/pictures` whose fingerprints led here, copies without a
/// mark changed 0.01 at most, the same people before the same wall a moment later at least 0.16: room on both sides for what real cameras do.
const COPY: f64 = 0.05;

/// Up to this share, if all that changed is one rectangle of no more than this part of what both show: a copy with something laid over it.
/// A logo takes more of the live blocks than of the picture where people are only at the side it lies on.
const PATCHED: f64 = 0.25;
const PATCH: f64 = 0.15;

/// A rectangle holds at least this part of all blocks that changed, and is itself changed to at least this part: a round mark fills 0.79.
const IN_RECTANGLE: f64 = 0.9;
const FILLED: f64 = 0.6;

/// Blocks that run at least this alike, or whose light differs by no more than this (root mean square, of 255), have not changed …
const ALIKE: f64 = 0.8;
const NO_DIFFERENCE: f64 = 7.0;

/// … if their mean light differs by no more than this.
const SAME_LIGHT: f64 = 14.0;

/// Blocks whose mean light is outside of this may have lost some of it at black or white, and tell nothing of tones.
const CLEAR: std::ops::Range<f64> = 10.0..240.0;

/// Which windows of the two pictures had fingerprints near each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hint {
    /// Of the first picture.
    pub here: Window,
    /// Of the second.
    pub there: Window,
}

/// The wholes.
impl Default for Hint {
    fn default() -> Hint {
        Hint { here: Window::WHOLE, there: Window::WHOLE }
    }
}

/// What can be said of two pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// One was made of the other.
    Copy,
    /// One was made of the other, and something was laid over a rectangle of it.
    CopyWithPatch,
    /// Two moments, two groups, or two pictures with nothing in common.
    Different,
    /// Too little in them that a camera saw, such as a page without people.
    Inconclusive,
}

/// Two pictures laid over each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// The area both show as a share, 0 to 1, of the picture of which it is the smaller share.
    pub overlap: f64,
    /// Blocks of 20 pixels, of a common part at most 640 pixels long, in which at least one of the pictures has continuous tones.
    pub live_blocks: usize,
    /// The share of these, 0 to 1, that is not the same in both; 0 if there are none.
    pub changed_share: f64,
    /// Where all that changed lies within one rectangle: its left, top, right and bottom edge in thousandths of the first picture.
    pub rectangle: Option<[u16; 4]>,
    /// What follows.
    pub verdict: Verdict,
}

/// Lays the second picture over the first where the hint says and compares them.
pub fn compare(here: &Grey, there: &Grey, hint: Hint) -> Comparison {
    let mirrored = hint.here.is_mirrored() != hint.there.is_mirrored();
    let (here, there) = (here.within(AT_MOST), there.within(AT_MOST));
    let (there, window) = if mirrored { (there.mirrored(), hint.there.seen_from_behind()) } else { (there, hint.there) };
    let place = Place::by(hint.here, window).refined(&here, &there);
    let blocks = place.views(&here, &there, LONGEST).map(|[one, two]| Blocks::of(&one, &two)).unwrap_or_default();
    let live = || blocks.all.iter().filter(|block| block.live);
    let (live_blocks, changed) = (live().count(), live().filter(|block| block.changed).count());
    let changed_share = changed as f64 / live_blocks.max(1) as f64;
    let rectangle = blocks.rectangle();
    let is_patch = |rectangle: Rectangle| area(rectangle) as f64 <= PATCH * blocks.all.len() as f64;
    let overlap = place.overlap().min(1.0);
    let verdict = match changed_share {
        _ if overlap < LEAST_OVERLAP => Verdict::Different,
        _ if live_blocks < LEAST_LIVE => Verdict::Inconclusive,
        share if share <= COPY => Verdict::Copy,
        share if share <= PATCHED && rectangle.is_some_and(is_patch) => Verdict::CopyWithPatch,
        _ => Verdict::Different,
    };
    Comparison { overlap, live_blocks, changed_share, rectangle: rectangle.and_then(|rectangle| blocks.edges(rectangle, place)), verdict }
}

#[derive(Clone, Copy, Debug)]
struct Block {
    live: bool,
    changed: bool,
}

/// All blocks, row by row.
#[derive(Debug, Default)]
struct Blocks {
    across: usize,
    /// The size of what was compared, in pixels.
    size: [usize; 2],
    all: Vec<Block>,
}

/// First and last column and row of blocks.
type Rectangle = [usize; 4];

impl Blocks {
    fn of(one: &Grey, two: &Grey) -> Blocks {
        let (across, down) = (one.width() / SIDE, one.height() / SIDE);
        let places: Vec<(usize, usize)> = (0..down).flat_map(|row| (0..across).map(move |column| (column * SIDE, row * SIDE))).collect();
        let toned = toned(one, two, &places);
        let all = places.into_iter().map(|at| judge(one, two, &toned, at)).collect();
        Blocks { across, size: [one.width(), one.height()], all }
    }

    /// The rectangle around the greatest group of changed blocks that touch, if it is nearly all that changed and nearly all changed.
    fn rectangle(&self) -> Option<Rectangle> {
        let changed = self.all.iter().filter(|block| block.changed).count();
        let greatest = self.groups().into_iter().max_by_key(Vec::len)?;
        let columns = || greatest.iter().map(|at| at % self.across);
        let rows = || greatest.iter().map(|at| at / self.across);
        let rectangle = [columns().min()?, rows().min()?, columns().max()?, rows().max()?];
        let count = greatest.len() as f64;
        (count >= IN_RECTANGLE * changed as f64 && count >= FILLED * area(rectangle) as f64).then_some(rectangle)
    }

    /// Changed blocks that touch, by side or corner.
    fn groups(&self) -> Vec<Vec<usize>> {
        let mut left: Vec<bool> = self.all.iter().map(|block| block.changed).collect();
        let mut groups = Vec::new();
        for start in 0..left.len() {
            let mut open = if std::mem::take(&mut left[start]) { vec![start] } else { continue };
            let mut group = Vec::new();
            while let Some(at) = open.pop() {
                group.push(at);
                let (column, row) = (at % self.across, at / self.across);
                let near = (row.saturating_sub(1)..=row + 1)
                    .flat_map(|row| (column.saturating_sub(1)..=column + 1).map(move |column| (column, row)));
                let near = near.filter(|(column, _)| *column < self.across).map(|(column, row)| row * self.across + column);
                open.extend(near.filter(|at| left.get_mut(*at).is_some_and(std::mem::take)));
            }
            groups.push(group);
        }
        groups
    }

    /// The edges of a rectangle in thousandths of the first picture.
    fn edges(&self, [left, top, right, bottom]: Rectangle, place: Place) -> Option<[u16; 4]> {
        let [across, down] = place.common()?;
        let edge = |block: usize, pixels: usize, range: &std::ops::Range<f64>| {
            let part = (block * SIDE) as f64 / pixels.max(1) as f64;
            ((range.start + (range.end - range.start) * part) * 1000.0).round().clamp(0.0, 1000.0) as u16
        };
        let [width, height] = self.size;
        Some([edge(left, width, &across), edge(top, height, &down), edge(right + 1, width, &across), edge(bottom + 1, height, &down)])
    }
}

fn area([left, top, right, bottom]: Rectangle) -> usize {
    (right - left + 1) * (bottom - top + 1)
}

/// Both pictures in the other's light and contrast. What is lost where a brighter copy ends at white is only lost in one of them.
fn toned(one: &Grey, two: &Grey, places: &[(usize, usize)]) -> [Grey; 2] {
    // A page would say where white went, not where light did.
    let live = places.iter().filter(|at| block::kind(one, **at, SIDE) == Kind::Live);
    let means = live.map(|at| Pair::of(one, *at, two, *at, SIDE).means());
    let means: Vec<(f64, f64)> = means.filter(|means| [means.0, means.1].iter().all(|mean| CLEAR.contains(mean))).collect();
    // Half to twice the contrast; blocks at least 16 levels apart to tell it, within 4 of the line to count.
    let tone = Line::through_most(&means, 16.0, 4.0, |scale| (0.5..=2.0).contains(&scale)).unwrap_or(Line::SAME);
    let map = |picture: &Grey, tone: &dyn Fn(f64) -> f64| {
        let table: Vec<u8> = (0..=255).map(|light| tone(f64::from(light)).round().clamp(0.0, 255.0) as u8).collect();
        Grey::draw(picture.width(), picture.height(), |column, row| table[usize::from(picture.row(row)[column])])
    };
    [map(one, &|light| tone.at(light)), map(two, &|light| tone.back(light))]
}

fn judge(one: &Grey, two: &Grey, [as_two, as_one]: &[Grey; 2], at: (usize, usize)) -> Block {
    let forth = (block::kind(as_two, at, SIDE), block::kind(two, at, SIDE));
    let back = (block::kind(one, at, SIDE), block::kind(as_one, at, SIDE));
    // Live in both lights, or light alone would make it so.
    let live = |(one, two): (Kind, Kind)| one == Kind::Live || two == Kind::Live;
    Block { live: live(forth) && live(back), changed: !(is_same(as_two, two, at) || is_same(one, as_one, at)) }
}

/// Whether a block is the same in both, give or take a pixel.
fn is_same(one: &Grey, two: &Grey, (x, y): (usize, usize)) -> bool {
    let same = |pair: Pair| {
        let (mean, other) = pair.means();
        (mean - other).abs() <= SAME_LIGHT && (pair.difference() <= NO_DIFFERENCE || pair.correlation() >= ALIKE)
    };
    let lies_within = |(u, v): &(usize, usize)| u + SIDE <= two.width() && v + SIDE <= two.height();
    let near = (y.saturating_sub(1)..=y + 1).flat_map(|v| (x.saturating_sub(1)..=x + 1).map(move |u| (u, v)));
    same(Pair::of(one, (x, y), two, (x, y), SIDE)) || near.filter(lies_within).any(|at| same(Pair::of(one, (x, y), two, at, SIDE)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawn::drawn;
    use crate::grey::Part;
    use proptest::prelude::*;

    /// A picture as a camera gives it: shapes under noise.
    fn camera(seed: u32) -> Grey {
        let shapes = drawn(seed, 640, 360);
        let mut state = seed;
        Grey::draw(640, 360, |column, row| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (shapes.row(row)[column] / 2).wrapping_add(40 + ((column / 5 * 7 + row / 4 * 11) % 29) as u8 + (state >> 29) as u8)
        })
    }

    /// A page: lines of marks on white.
    fn page(seed: usize) -> Grey {
        Grey::draw(640, 360, |column, row| if row % 24 < 9 && (column / 4 * 31 + row / 24 * 17 + seed) % 7 < 2 { 20 } else { 250 })
    }

    /// The first picture with a part of the second.
    fn with(picture: &Grey, part: Part, of: &Grey) -> Grey {
        let within = |column: &usize, row: &usize| part.columns.contains(column) && part.rows.contains(row);
        Grey::draw(640, 360, |column, row| if within(&column, &row) { of.row(row)[column] } else { picture.row(row)[column] })
    }

    fn verdict(here: &Grey, there: &Grey) -> Verdict {
        compare(here, there, Hint::default()).verdict
    }

    #[test]
    fn a_picture_is_its_own_copy_and_no_others() {
        let whole = compare(&camera(1), &camera(1), Hint::default());
        assert_eq!((whole.verdict, whole.changed_share, whole.rectangle), (Verdict::Copy, 0.0, None));
        assert!(whole.overlap > 0.99 && whole.live_blocks > 300, "{whole:?}");
        let other = compare(&camera(1), &camera(2), Hint::default());
        assert!(other.verdict == Verdict::Different && other.changed_share > 0.5, "{other:?}");
    }

    #[test]
    fn a_hint_that_is_nearly_right_is_enough_and_the_overlap_is_exact() {
        let picture = camera(3);
        let piece = picture.crop(&Part { columns: 45..640, rows: 0..360 }).scaled(500, 300);
        // 7 % were cut, the hint says 8 % and a bit.
        let hint = Hint { here: Window::of(6, &picture).unwrap(), there: Window::WHOLE };
        for (one, two, hint) in [(&picture, &piece, hint), (&piece, &picture, Hint { here: hint.there, there: hint.here })] {
            let found = compare(one, two, hint);
            assert_eq!(found.verdict, Verdict::Copy, "{found:?}");
            assert!((found.overlap - 595.0 / 640.0).abs() < 0.004, "{found:?}");
        }
    }

    #[test]
    fn a_mirrored_piece_is_turned_back() {
        let picture = camera(4);
        let piece = picture.crop(&Part { columns: 51..640, rows: 0..360 }).mirrored();
        let mirrored = Window::of(6 + 32, &picture).unwrap();
        for hint in [
            Hint { here: mirrored, there: Window::WHOLE },
            Hint { here: Window::of(6, &picture).unwrap(), there: Window::of(32, &piece).unwrap() },
        ] {
            assert_eq!(compare(&picture, &piece, hint).verdict, Verdict::Copy);
        }
        assert_eq!(verdict(&picture, &piece), Verdict::Different);
    }

    #[test]
    fn light_and_contrast_make_no_other_picture_even_where_they_end_at_white() {
        let picture = camera(5);
        for (by, plus) in [(1.6, 0), (0.6, 0), (1.0, 60), (0.7, 70)] {
            let toned = Grey::draw(640, 360, |column, row| (f64::from(picture.row(row)[column]) * by + f64::from(plus)).min(255.0) as u8);
            assert_eq!([verdict(&picture, &toned), verdict(&toned, &picture)], [Verdict::Copy; 2], "× {by} + {plus}");
        }
    }

    #[test]
    fn a_mark_is_told_with_its_place_and_scattered_changes_are_no_mark() {
        let (picture, other) = (camera(6), camera(7));
        let marked = with(&picture, Part { columns: 440..620, rows: 240..360 }, &other);
        let found = compare(&picture, &marked, Hint::default());
        let edges = found.rectangle.unwrap();
        let exact = edges.iter().zip([688, 667, 969, 1000]).all(|(edge, expected)| edge.abs_diff(expected) <= 2);
        assert!(found.verdict == Verdict::CopyWithPatch && exact, "{found:?}");
        let scattered = [0..90, 200..290, 400..490].into_iter().fold(picture.clone(), |made, columns| {
            let made = with(&made, Part { columns: columns.clone(), rows: 20..80 }, &other);
            with(&made, Part { columns, rows: 220..280 }, &other)
        });
        let found = compare(&picture, &scattered, Hint::default());
        assert_eq!((found.verdict, found.rectangle), (Verdict::Different, None), "{found:?}");
    }

    #[test]
    fn a_page_proves_nothing_and_a_person_before_it_does() {
        assert_eq!(verdict(&page(1), &page(1)), Verdict::Inconclusive);
        assert_eq!(verdict(&Grey::draw(640, 360, |_, _| 90), &Grey::draw(640, 360, |_, _| 90)), Verdict::Inconclusive);
        let beside = Part { columns: 480..640, rows: 0..360 };
        let lesson = with(&page(1), beside.clone(), &camera(8));
        assert_eq!(verdict(&lesson, &lesson), Verdict::Copy);
        assert_eq!(verdict(&lesson, &with(&page(1), beside, &camera(9))), Verdict::Different);
    }

    #[test]
    fn pictures_that_share_a_strip_are_not_one() {
        let (one, two) = (camera(10), camera(11));
        let part = |picture: &Grey, columns| picture.crop(&Part { columns, rows: 0..360 });
        let hint = Hint { here: Window::of(21, &one).unwrap(), there: Window::of(21, &two).unwrap() };
        assert_eq!(compare(&part(&one, 0..400), &part(&one, 300..640), hint).verdict, Verdict::Different);
    }

    proptest! {
        #[test]
        fn no_size_is_too_small(one in (0usize..40, 0usize..40), two in (0usize..3, 0usize..3), numbers in (0u8..64, 0u8..64)) {
            let [one, two] = [one, two].map(|(width, height)| Grey::draw(width, height, |column, row| (column * 91 + row * 37) as u8));
            let window = |number, picture: &Grey| Window::of(number, picture).unwrap_or(Window::WHOLE);
            let hint = Hint { here: window(numbers.0, &one), there: window(numbers.1, &two) };
            for (one, two) in [(&one, &two), (&two, &one), (&one, &one)] {
                let found = compare(one, two, hint);
                prop_assert!((0.0..=1.0).contains(&found.overlap) && (0.0..=1.0).contains(&found.changed_share));
                prop_assert!(found.verdict != Verdict::Copy);
            }
        }
    }
}
