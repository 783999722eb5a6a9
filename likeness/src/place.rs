//! Where one picture lies in another.
//!
//! The windows that matched say it to a few percent. Blocks of the one are then looked for near the place where they should be in the
//! other, at three sizes, and the line most of their moves agree on is taken: a search that cannot wander off, is the same every time, and
//! does not mind if half of the blocks show something else. Across and down are fitted apart, so that a stretched copy is found, too;
//! a turned one is not.

use crate::block::Pair;
use crate::grey::Grey;
use crate::line::Line;
use crate::resample;
use crate::windows::Window;
use std::ops::Range;

/// Points of the first picture, 0 to 1 from its left and top, and where they lie in the second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Place {
    pub(crate) across: Line,
    pub(crate) down: Line,
}

/// A round of the search.
struct Round {
    /// The longer side of what both have in common, in pixels.
    longest: usize,
    /// Blocks, and how far apart.
    side: usize,
    step: usize,
    /// How far a block may have moved.
    reach: usize,
}

/// Windows that match are up to 3 % off, which are 5 of 160 pixels. Each round leaves one pixel at most, which are two of the next.
const ROUNDS: [Round; 3] = [
    Round { longest: 160, side: 16, step: 14, reach: 6 },
    Round { longest: 320, side: 20, step: 24, reach: 3 },
    Round { longest: 640, side: 20, step: 44, reach: 2 },
];

/// Blocks that run less alike than this (correlation) have not been found again. Wrong ones among the others are outvoted.
const FOUND: f64 = 0.7;

/// What a pixel of way takes from the correlation: the lines of a page and the tiles of a grid are like their neighbours, and of equals the
/// near one is meant.
const WAY: f64 = 0.003;

/// The fewest blocks that must be found again in a round for it to move anything.
const FEWEST: usize = 8;

/// A round stretches by a tenth at most: windows that match are not further off.
const STRETCH: f64 = 0.1;

impl Place {
    /// Where these windows put the one picture in the other.
    pub(crate) fn by(here: Window, there: Window) -> Place {
        let (here, there) = (here.edges().map(f64::from), there.edges().map(f64::from));
        let line = |from: usize, to: usize| {
            let scale = (there[to] - there[from]) / (here[to] - here[from]).max(1.0);
            Line { scale, shift: (there[from] - here[from] * scale) / 1000.0 }
        };
        Place { across: line(0, 2), down: line(1, 3) }
    }

    /// What both show, across and down, as parts of the first picture's sides; `None` if that is nothing.
    pub(crate) fn common(self) -> Option<[Range<f64>; 2]> {
        let common = [self.across, self.down].map(|line| line.back(0.0).max(0.0)..line.back(1.0).min(1.0));
        common.iter().all(|range| range.end > range.start).then_some(common)
    }

    /// The area both show, as part of the first and of the second picture, the smaller of the two.
    pub(crate) fn overlap(self) -> f64 {
        let Some([across, down]) = self.common() else { return 0.0 };
        let here = (across.end - across.start) * (down.end - down.start);
        here.min(here * self.across.scale * self.down.scale)
    }

    /// What both show at one size, its longer side `longest` pixels, or fewer where one of them has fewer.
    pub(crate) fn views(self, here: &Grey, there: &Grey, longest: usize) -> Option<[Grey; 2]> {
        let [across, down] = self.common()?;
        let length = |range: &Range<f64>, of: usize| (range.end - range.start) * of as f64;
        let (width, height) = (length(&across, here.width()), length(&down, here.height()));
        let (least_width, least_height) =
            (width.min(length(&across, there.width()) * self.across.scale), height.min(length(&down, there.height()) * self.down.scale));
        let scale = (longest as f64 / width.max(height)).min(least_width / width).min(least_height / height);
        let (columns, rows) = ((width * scale).round() as usize, (height * scale).round() as usize);
        let view = |picture: &Grey, across: Range<f64>, down: Range<f64>| {
            let (width, height) = (picture.width(), picture.height());
            let rows = resample::area(height, down.start * height as f64, down.end * height as f64, rows);
            picture.through(&rows, &resample::area(width, across.start * width as f64, across.end * width as f64, columns))
        };
        let moved = |range: &Range<f64>, line: Line| line.at(range.start)..line.at(range.end);
        let there = view(there, moved(&across, self.across), moved(&down, self.down));
        (columns > 0 && rows > 0).then(|| [view(here, across, down), there])
    }

    /// The same place found exactly, as far as the pictures have something in common there.
    pub(crate) fn refined(self, here: &Grey, there: &Grey) -> Place {
        ROUNDS.iter().fold(self, |place, round| place.round(here, there, round).unwrap_or(place))
    }

    fn round(self, here: &Grey, there: &Grey, round: &Round) -> Option<Place> {
        let [across, down] = self.common()?;
        let [one, two] = self.views(here, there, round.longest)?;
        let moves = moves(&one, &two, round);
        if moves.len() < FEWEST {
            return None;
        }
        let moved = |line: Line, common: Range<f64>, length: usize, points: Vec<(f64, f64)>| {
            let moved = Line::through_most(&points, length as f64 / 4.0, 1.0, |scale| (scale - 1.0).abs() <= STRETCH)?;
            // From parts of the side to pixels, along the move, and back.
            let pixels = length as f64 / (common.end - common.start);
            let shift = (moved.shift + (moved.scale - 1.0) * -common.start * pixels) / pixels;
            Some(Line { scale: line.scale * moved.scale, shift: line.scale * shift + line.shift })
        };
        let place = Place {
            across: moved(self.across, across, one.width(), moves.iter().map(|(from, to)| (from.0, to.0)).collect())?,
            down: moved(self.down, down, one.height(), moves.iter().map(|(from, to)| (from.1, to.1)).collect())?,
        };
        place.common().map(|_| place)
    }
}

/// A point, in pixels.
type Point = (f64, f64);

/// The middles of blocks of the first view that were found again, and where.
fn moves(one: &Grey, two: &Grey, round: &Round) -> Vec<(Point, Point)> {
    let starts = |length: usize| (round.reach..(length + 1).saturating_sub(round.side + round.reach)).step_by(round.step);
    let blocks = starts(one.height()).flat_map(|y| starts(one.width()).map(move |x| (x, y)));
    let middle = |at: f64| at + round.side as f64 / 2.0;
    blocks
        .filter(|at| Pair::of(one, *at, one, *at, round.side).is_textured())
        .filter_map(|(x, y)| found((x, y), one, two, round).map(|(u, v)| ((middle(x as f64), middle(y as f64)), (middle(u), middle(v)))))
        .collect()
}

/// Where a block of the first view is in the second, left and top, between pixels.
fn found((x, y): (usize, usize), one: &Grey, two: &Grey, round: &Round) -> Option<Point> {
    let alike = |at: (usize, usize)| Pair::of(one, (x, y), two, at, round.side).correlation();
    let places = (y - round.reach..=y + round.reach).flat_map(|v| (x - round.reach..=x + round.reach).map(move |u| (u, v)));
    let way = |(u, v): (usize, usize)| (x.abs_diff(u) + y.abs_diff(v)) as f64;
    let worth = |(correlation, at): (f64, (usize, usize))| correlation - WAY * way(at);
    let known = places.map(|at| (alike(at), at));
    let (correlation, (u, v)) = known.reduce(|best, next| if worth(next) > worth(best) { next } else { best })?;
    let inside = (1..two.width() - round.side).contains(&u) && (1..two.height() - round.side).contains(&v);
    let (dx, dy) = match inside {
        true => (top(alike((u - 1, v)), correlation, alike((u + 1, v))), top(alike((u, v - 1)), correlation, alike((u, v + 1)))),
        false => (0.0, 0.0),
    };
    (correlation >= FOUND).then_some((u as f64 + dx, v as f64 + dy))
}

/// Where the parabola through three heights, one apart, has its top, from the middle one; where that is not the highest, there.
fn top(before: f64, here: f64, after: f64) -> f64 {
    let bend = before - 2.0 * here + after;
    if here > before && here > after { (before - after) / 2.0 / bend } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawn::drawn;
    use crate::grey::Part;

    #[test]
    fn windows_say_where_the_one_lies_in_the_other() {
        let picture = drawn(1, 200, 100);
        let (cut, whole) = (Window::of(6, &picture).unwrap(), Window::WHOLE);
        let place = Place::by(cut, whole);
        assert!((place.across.at(0.08)).abs() < 1e-9 && (place.across.at(1.0) - 1.0).abs() < 1e-9 && place.down == Line::SAME);
        assert_eq!(place.common(), Some([place.across.back(0.0)..1.0, 0.0..1.0]));
        assert!((place.overlap() - 0.92).abs() < 1e-9 && (Place::by(whole, cut).overlap() - 0.92).abs() < 1e-9);
    }

    #[test]
    fn a_cut_and_stretched_picture_is_found_to_half_a_pixel() {
        let picture = drawn(3, 640, 360);
        let piece = picture.crop(&Part { columns: 12..630, rows: 5..349 }).scaled(500, 400);
        let place = Place::by(Window::WHOLE, Window::WHOLE).refined(&picture, &piece);
        let edges = [(place.across, 12.0, 630.0, 640.0), (place.down, 5.0, 349.0, 360.0)];
        for (line, from, to, length) in edges {
            assert!((line.back(0.0) * length - from).abs() <= 0.5 && (line.back(1.0) * length - to).abs() <= 0.5, "{line:?}");
        }
    }

    #[test]
    fn equal_lines_do_not_slip_and_another_picture_moves_nothing() {
        let lines = Grey::draw(640, 360, |column, row| if row % 12 < 6 && column % 14 < 8 { 20 } else { 250 });
        let start = Place::by(Window::WHOLE, Window::WHOLE);
        let place = start.refined(&lines, &lines);
        assert!((place.across.at(0.5) - 0.5).abs() < 1e-3 && (place.down.at(0.5) - 0.5).abs() < 1e-3, "{place:?}");
        assert_eq!(start.refined(&lines, &Grey::draw(640, 360, |_, _| 90)), start);
    }
}
