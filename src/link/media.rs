//! Where in time a picture or a video belongs.
//!
//! Times are claims: the submitter's go before the file's own, since a file's clock has no zone or a wrong one more often than not. A picture without
//! any time speaks for no minute; that is neutral, not suspicious. A video handed in for a lesson without a time is taken to start with it.

use super::credit::Shows;
use super::span::Span;
use crate::time::{MILLI, Time};

/// What is claimed and measured about one file.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clues {
    pub(super) claimed_from: Option<Time>,
    pub(super) claimed_until: Option<Time>,
    /// Measured length of a video.
    pub(super) duration_ms: Option<i64>,
    /// When the camera says a picture was taken.
    pub(super) taken_at: Option<Time>,
    /// Start of the lesson, when the file was handed in for this very lesson.
    pub(super) lesson_start: Option<Time>,
}

/// The time a video shows: never longer than it plays, never past what is claimed.
pub(super) fn video(clues: Clues) -> Option<Shows> {
    let plays = clues.duration_ms.filter(|ms| *ms > 0)?.saturating_mul(MILLI);
    let before_the_end = || clues.claimed_until.map(|until| until.plus(-plays));
    let from = clues.claimed_from.or_else(before_the_end).or(clues.lesson_start)?;
    let end = from.plus(plays);
    Some(Shows::Stretch(Span::new(from, clues.claimed_until.map_or(end, |until| until.min(end)))))
}

/// The moment a picture shows.
pub(super) fn picture(clues: Clues) -> Option<Shows> {
    clues.claimed_from.or(clues.claimed_until).or(clues.taken_at).map(Shows::Moment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::SECOND;

    fn at(second: i64) -> Option<Time> {
        Some(Time(second * SECOND))
    }

    fn stretch(from: i64, until: i64) -> Option<Shows> {
        Some(Shows::Stretch(Span::new(Time(from * SECOND), Time(until * SECOND))))
    }

    #[test]
    fn a_video_shows_no_more_time_than_it_plays_or_claims() {
        let hour = Clues { claimed_from: at(100), duration_ms: Some(60_000), ..Clues::default() };
        assert_eq!(video(Clues { claimed_until: at(4000), ..hour }), stretch(100, 160));
        assert_eq!(video(Clues { claimed_until: at(130), ..hour }), stretch(100, 130));
        assert_eq!(video(Clues { duration_ms: None, ..hour }), None);
    }

    #[test]
    fn a_video_without_a_start_ends_as_claimed_or_starts_with_its_lesson() {
        let clip = Clues { duration_ms: Some(60_000), ..Clues::default() };
        assert_eq!(video(Clues { claimed_until: at(160), ..clip }), stretch(100, 160));
        assert_eq!(video(Clues { lesson_start: at(500), ..clip }), stretch(500, 560));
        assert_eq!(video(clip), None);
    }

    #[test]
    fn a_picture_is_placed_by_the_claim_then_by_the_camera_else_nowhere() {
        let taken = Clues { taken_at: at(9), ..Clues::default() };
        assert_eq!(picture(Clues { claimed_from: at(5), ..taken }), at(5).map(Shows::Moment));
        assert_eq!(picture(taken), at(9).map(Shows::Moment));
        assert_eq!(picture(Clues { lesson_start: at(1), ..Clues::default() }), None);
    }
}
