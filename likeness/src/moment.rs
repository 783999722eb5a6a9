//! Which moment of a video a still picture shows: 'this screenshot is 12:31 of that recording'.

use crate::frames::Frame;
use crate::pdq::Fingerprint;
use crate::row::Row;

/// When a picture was on show. Times are milliseconds from the beginning of the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When it came.
    pub at_ms: u32,
    /// When something else came, or the last picture of the recording. A slide may stand for minutes: the picture is any moment of them.
    pub until_ms: u32,
    /// In how many bits the picture differs from the nearest one on show.
    pub distance: u32,
    /// How often else it was on show just as near.
    pub again: u32,
}

/// A picture further away is another one: the candidates' bound of PDQ.
const RADIUS: u32 = 31;

/// Bits within which pictures are not told apart: what coding changes on both sides.
const NOISE: u32 = 4;

/// Where a picture belongs in a recording, by the fingerprint of the whole of it and, if they are known, of its windows; `None` if nowhere.
/// The nearest place is told, the earliest of several.
pub fn place(views: &[Fingerprint], row: &[Frame]) -> Option<Moment> {
    let row = Row::of(row);
    let frames = row.frames();
    let away = |frame: &Frame| views.iter().map(|bits| bits.distance(&frame.bits)).min().filter(|_| frame.tells());
    let away: Vec<Option<u32>> = frames.iter().map(away).collect();
    let least = away.iter().flatten().min().copied().filter(|least| *least <= RADIUS)?;
    let shows = |at: usize| away[at].is_some_and(|distance| distance <= least + NOISE);
    let begins = |at: &usize| shows(*at) && (*at == 0 || !shows(at - 1));
    let spans: Vec<(usize, usize)> = (0..frames.len())
        .filter(begins)
        .map(|first| (first, (first..frames.len()).find(|at| !shows(*at)).unwrap_or(frames.len())))
        .collect();
    let holds_least = |(first, end): &&(usize, usize)| away[*first..*end].contains(&Some(least));
    let (first, end) = *spans.iter().find(holds_least)?;
    let until_ms = frames.get(end).or(frames.last())?.at_ms;
    Some(Moment { at_ms: frames[first].at_ms, until_ms, distance: least, again: spans.len() as u32 - 1 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::film::{quarters, shoot, slides, talking};

    #[test]
    fn a_picture_of_what_moves_is_placed_to_the_second() {
        let row = shoot(talking(1, 1), quarters(300, 0), 2, 1);
        let screenshot = shoot(talking(1, 1), [123_400], 3, 9)[0].bits;
        let found = place(&[screenshot], &row).unwrap();
        assert!(found.at_ms.abs_diff(123_400) <= 1_000 && found.until_ms.abs_diff(123_400) <= 1_000, "{found:?}");
    }

    #[test]
    fn a_picture_of_a_slide_is_any_moment_of_its_time() {
        let film = slides(2, 1);
        let row = shoot(&film, quarters(300, 0), 1, 1);
        let began = (0..100_000).rev().find(|at| film(*at) != film(100_000)).unwrap() + 1;
        let ended = (100_000..).find(|at| film(*at) != film(100_000)).unwrap();
        let found = place(&[film(100_000)], &row).unwrap();
        assert!(found.at_ms.abs_diff(began) <= 250 && found.until_ms.abs_diff(ended) <= 250 && found.again == 0, "{found:?}");
    }

    #[test]
    fn a_slide_shown_twice_is_placed_at_the_first_time_and_says_so() {
        let film = |at: u32| slides(3, 1)(if at < 200_000 { at } else { at - 200_000 });
        let found = place(&[film(50_000)], &shoot(film, quarters(400, 0), 0, 1)).unwrap();
        assert!(found.until_ms < 200_000 && found.again == 1, "{found:?}");
    }

    #[test]
    fn the_nearest_of_several_views_counts() {
        let row = shoot(slides(4, 1), quarters(60, 0), 0, 1);
        assert_eq!(place(&[Fingerprint([!0; 4]), slides(4, 1)(30_000)], &row).unwrap().distance, 0);
    }

    #[test]
    fn a_picture_of_something_else_is_nowhere() {
        let row = shoot(slides(4, 1), quarters(60, 0), 0, 1);
        assert_eq!(place(&[slides(5, 1)(0)], &row), None);
        assert_eq!(place(&[], &row), None);
        assert_eq!(place(&[slides(4, 1)(0)], &[]), None);
    }
}
