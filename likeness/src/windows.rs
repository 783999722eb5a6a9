//! The windows of a picture whose fingerprints are kept, so that a picture that was cut is still found.
//!
//! A fingerprint of the whole does not survive a cut of five percent. A cut of one side up to 20 % is never further than 2 % from one of the
//! windows of that side, and that a fingerprint mostly survives. Of two pictures either may be the cut one, and either the mirrored one: keep
//! the windows of each that are not mirrored and ask with all, and the order in which the two came does not matter. Asking with all also
//! brings windows of both together that lie closer than the whole of one and any of the other: what is 10 % off is 2 % from the windows at
//! 8 and 12, but its own window at 12 is within 1 % of the one at 20.

use crate::grey::{Grey, Part};
use crate::pdq::{self, Fingerprint};
use crate::resample::{self, Tap};

/// How much a window leaves out, in percent of the side that is cut; of a cut all around, in percent of both sides, half at each end.
const CUTS: [u16; 5] = [4, 8, 12, 16, 20];

/// The whole; left, top, right, bottom and all around for each cut; without borders.
const SHAPES: u8 = 27;

/// The number of [`Window::WHOLE`], and that of the picture without borders.
const WHOLE: u8 = 0;
const INSIDE: u8 = SHAPES - 1;

/// Added to a window's number if it is seen in a mirror.
const MIRRORED: u8 = 32;

/// Cuts are taken from a copy of this many samples a side: a multiple of the 256 to which a fingerprint averages, so that the whole comes
/// out as if it had not been averaged before.
const COPY: usize = 512;

/// A rectangle of a picture, seen directly or in a mirror.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    number: u8,
    edges: [u16; 4],
}

impl Window {
    /// All of the picture.
    pub const WHOLE: Window = Window { number: WHOLE, edges: [0, 0, 1000, 1000] };

    /// The window of a number in this picture, as [`Window::number`] gave it; `None` if there is none, or none without borders.
    pub fn of(number: u8, picture: &Grey) -> Option<Window> {
        let inside = picture.inside().map(|part| thousandths(&part, picture));
        let edges = match number % MIRRORED {
            WHOLE => Window::WHOLE.edges,
            INSIDE => inside?,
            cut @ 1..INSIDE => within(inside.unwrap_or(Window::WHOLE.edges), cut_edges(cut)),
            _ => return None,
        };
        (number < 2 * MIRRORED).then_some(Window { number, edges })
    }

    /// A number below 64 that will always mean this window: 0 the whole; 26 what is left without borders; 5 n + 1, + 2, … + 5 for n from 0 to
    /// 4 what is left of that, or of the whole where there are none, by a cut of 4, 8, 12, 16 and 20 percent at the left, at the top, at the
    /// right, at the bottom, all around. Mirrored: 32 more.
    pub fn number(self) -> u8 {
        self.number
    }

    /// Left, top, right and bottom edge in thousandths of the picture's width and height, from its left and top, mirrored or not.
    pub fn edges(self) -> [u16; 4] {
        self.edges
    }

    /// The same part of the picture seen in a mirror as a whole, left and right exchanged, where it lies on the other side.
    pub(crate) fn seen_from_behind(self) -> Window {
        let [left, top, right, bottom] = self.edges;
        Window { edges: [1000 - right, top, 1000 - left, bottom], ..self }
    }

    /// Whether what it shows is then seen in a mirror, left and right exchanged.
    pub fn is_mirrored(self) -> bool {
        self.number >= MIRRORED
    }
}

/// A window with the fingerprint of what it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// What is seen.
    pub window: Window,
    /// As what.
    pub fingerprint: Fingerprint,
    /// How much is in it, 0 to 100; below [`pdq::LEAST_QUALITY`] the fingerprint means nothing.
    pub quality: u8,
}

/// All windows of a picture in the order of their numbers: 26 or, where the picture has borders, 27, and the same in a mirror.
pub fn windows(picture: &Grey) -> Vec<View> {
    let seen = seen(picture, [pdq::kept, pdq::kept_mirrored]);
    let direct = seen.iter().map(|(window, [direct, _])| view(*window, *direct));
    let mirrored = seen.iter().map(|(window, [_, mirrored])| view(Window { number: window.number + MIRRORED, ..*window }, *mirrored));
    direct.chain(mirrored).collect()
}

/// The same without those in a mirror, for what is kept and not asked for: half the work.
pub fn direct(picture: &Grey) -> Vec<View> {
    seen(picture, [pdq::kept]).into_iter().map(|(window, [direct])| view(window, direct)).collect()
}

fn view(window: Window, (fingerprint, quality): (Fingerprint, u8)) -> View {
    View { window, fingerprint, quality }
}

/// Which samples are kept of an axis of a length, between two points: directly, or in a mirror.
type Way = fn(usize, f64, f64) -> Vec<Tap>;

/// Each window that is not mirrored, with fingerprint and quality of what it shows in each way.
fn seen<const WAYS: usize>(picture: &Grey, ways: [Way; WAYS]) -> Vec<(Window, [(Fingerprint, u8); WAYS])> {
    let whole = Averaged::of(picture);
    let mut seen = vec![(Window::WHOLE, whole.see(Window::WHOLE.edges, ways))];
    // Not from the copy of the whole, in which the border has run into the picture.
    let inside = picture.inside();
    let (edges, cut_of) = match &inside {
        Some(part) => (thousandths(part, picture), &Averaged::of(&picture.crop(part))),
        None => (Window::WHOLE.edges, &whole),
    };
    seen.extend((1..INSIDE).map(|number| {
        let cut = cut_edges(number);
        (Window { number, edges: within(edges, cut) }, cut_of.see(cut, ways))
    }));
    seen.extend(inside.map(|_| (Window { number: INSIDE, edges }, cut_of.see(Window::WHOLE.edges, ways))));
    seen
}

/// A picture averaged to [`COPY`] samples a side.
struct Averaged(Vec<f32>);

impl Averaged {
    fn of(picture: &Grey) -> Averaged {
        let (width, height) = (picture.width(), picture.height());
        let lines = resample::down(picture.pixels(), width, &resample::area(height, 0.0, height as f64, COPY));
        Averaged(resample::across(&lines, width, &resample::area(width, 0.0, width as f64, COPY)))
    }

    /// Fingerprint and quality of what lies between edges in thousandths, in each way.
    fn see<const WAYS: usize>(&self, edges: [u16; 4], ways: [Way; WAYS]) -> [(Fingerprint, u8); WAYS] {
        let [left, top, right, bottom] = edges.map(|edge| f64::from(edge) / 1000.0 * COPY as f64);
        let lines = resample::down(&self.0, COPY, &pdq::kept(COPY, top, bottom));
        ways.map(|way| Fingerprint::of_samples(&resample::across(&lines, COPY, &way(COPY, left, right))))
    }
}

/// The edges of a cut by its number, in thousandths of what is cut.
fn cut_edges(number: u8) -> [u16; 4] {
    let (size, side) = ((number - 1) / 5, (number - 1) % 5);
    let cut = CUTS[usize::from(size)] * 10;
    match side {
        0 => [cut, 0, 1000, 1000],
        1 => [0, cut, 1000, 1000],
        2 => [0, 0, 1000 - cut, 1000],
        3 => [0, 0, 1000, 1000 - cut],
        _ => [cut / 2, cut / 2, 1000 - cut / 2, 1000 - cut / 2],
    }
}

/// Edges within others, both in thousandths, as thousandths of the picture.
fn within([left, top, right, bottom]: [u16; 4], cut: [u16; 4]) -> [u16; 4] {
    let at = |from: u16, to: u16, part: u16| ((u32::from(from) * 1000 + u32::from(to - from) * u32::from(part) + 500) / 1000) as u16;
    [at(left, right, cut[0]), at(top, bottom, cut[1]), at(left, right, cut[2]), at(top, bottom, cut[3])]
}

fn thousandths(part: &Part, picture: &Grey) -> [u16; 4] {
    let edge = |at: usize, length: usize| ((at * 1000 + length / 2) / length.max(1)).min(1000) as u16;
    let (width, height) = (picture.width(), picture.height());
    [edge(part.columns.start, width), edge(part.rows.start, height), edge(part.columns.end, width), edge(part.rows.end, height)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawn::drawn;
    use crate::pdq::{CANDIDATE, STRONG};
    use proptest::prelude::*;

    fn cut(picture: &Grey, [left, top, right, bottom]: [usize; 4]) -> Grey {
        let (width, height) = (picture.width(), picture.height());
        let part =
            Part { columns: width * left / 100..width * (100 - right) / 100, rows: height * top / 100..height * (100 - bottom) / 100 };
        picture.crop(&part)
    }

    /// The window of the picture most like one of the other's direct ones, and how far away that is.
    fn nearest(picture: &Grey, other: &Grey) -> (Window, u32) {
        let others: Vec<View> = windows(other).into_iter().filter(|view| !view.window.is_mirrored()).collect();
        let least = |view: &View| others.iter().map(|other| other.fingerprint.distance(&view.fingerprint)).min().unwrap();
        windows(picture).iter().map(|view| (view.window, least(view))).min_by_key(|(_, distance)| *distance).unwrap()
    }

    #[test]
    fn numbers_mean_the_same_window_for_good() {
        let framed = Grey::draw(100, 50, |column, row| if row < 10 { 0 } else { (column * 7 + row * 13) as u8 });
        let edges = |number| Window::of(number, &framed).map(Window::edges);
        assert_eq!(edges(0), Some([0, 0, 1000, 1000]));
        assert_eq!(edges(26), Some([0, 200, 1000, 1000]));
        assert_eq!(edges(1), Some([40, 200, 1000, 1000]));
        assert_eq!(edges(7), Some([0, 264, 1000, 1000]));
        assert_eq!(edges(13), Some([0, 200, 880, 1000]));
        assert_eq!(edges(19), Some([0, 200, 1000, 872]));
        assert_eq!(edges(25), Some([100, 280, 900, 920]));
        assert_eq!([27, 31, 59, 63, 64, 255].map(edges), [None; 6]);
        for view in windows(&framed) {
            assert_eq!(Window::of(view.window.number(), &framed), Some(view.window));
        }
        assert_eq!(windows(&framed).len(), 54);
        assert_eq!(direct(&framed), windows(&framed)[..27], "the same without a mirror");
    }

    #[test]
    fn the_whole_is_the_fingerprint_of_the_picture() {
        for (width, height) in [(1920, 1080), (640, 360), (300, 401)] {
            let picture = drawn(3, width, height);
            let (fingerprint, quality) = Fingerprint::of(&picture);
            let whole = windows(&picture)[0];
            assert!(whole.window == Window::WHOLE && whole.fingerprint.distance(&fingerprint) <= 2 && whole.quality == quality);
        }
    }

    #[test]
    fn a_cut_between_two_windows_is_found_where_the_whole_is_lost() {
        let picture = drawn(11, 800, 600);
        for percent in [6, 10, 14, 18, 20] {
            let all_around = [percent / 2; 4];
            let sides = (0..4).map(|side| std::array::from_fn(|at| if at == side { percent } else { 0 }));
            for sides in sides.chain([all_around]) {
                let (_, distance) = nearest(&picture, &cut(&picture, sides));
                assert!(distance <= CANDIDATE, "{sides:?}: {distance}");
            }
        }
        let lost = Fingerprint::of(&picture).0.distance(&Fingerprint::of(&cut(&picture, [10, 0, 0, 0])).0);
        assert!(lost > CANDIDATE);
    }

    #[test]
    fn a_cut_and_framed_picture_is_found_by_the_cuts_within_its_frame() {
        let picture = drawn(6, 640, 360);
        let piece = cut(&picture, [0, 0, 8, 0]);
        let framed = Grey::draw(piece.width(), 480, |column, row| piece.row(row.wrapping_sub(60)).get(column).copied().unwrap_or(0));
        let (window, distance) = nearest(&picture, &framed);
        assert!(window.number() == 8 && distance <= STRONG, "{window:?} {distance}");
    }

    #[test]
    fn a_mirrored_and_cut_picture_is_found_in_the_mirror() {
        let picture = drawn(5, 800, 600);
        let (window, distance) = nearest(&picture, &cut(&picture, [8, 0, 0, 0]).mirrored());
        assert!(window.is_mirrored() && distance <= STRONG, "{window:?} {distance}");
        assert_eq!((window.number(), window.edges()), (6 + 32, [80, 0, 1000, 1000]));
    }

    #[test]
    fn a_picture_in_a_frame_is_found_without_it() {
        let picture = drawn(6, 640, 360);
        let framed = Grey::draw(640, 480, |column, row| picture.row(row.wrapping_sub(60)).get(column).copied().unwrap_or(0));
        let inside = windows(&framed).into_iter().find(|view| view.window.number() == 26).unwrap();
        assert_eq!(inside.window.edges(), [0, 125, 1000, 875]);
        assert!(inside.fingerprint.distance(&Fingerprint::of(&picture).0) <= 2);
    }

    proptest! {
        #[test]
        fn no_size_is_too_small(width in 0usize..4, height in 0usize..4) {
            let views = windows(&Grey::draw(width, height, |column, row| (column * 255 + row * 90) as u8));
            prop_assert!(views.len() >= 52);
        }
    }
}
