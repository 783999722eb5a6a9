//! What of a recording shows no lesson, out of the spans that were told of it. Pure.

use super::facts::{Span, SpanKind};
use super::spans::{both, total, union};
use super::stillness::least;

/// What is wrong with a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It is black.
    Black,
    /// It stands still while nothing is heard. Still pictures that are spoken to are slides, and silence before a camera is a pause.
    Dead,
    /// It was shown before.
    Looped,
}

impl Flaw {
    /// The code, as pages have it.
    pub fn code(self) -> &'static str {
        match self {
            Flaw::Black => "black",
            Flaw::Dead => "dead",
            Flaw::Looped => "looped",
        }
    }
}

/// A piece of a recording that shows no lesson, in milliseconds from its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flawed {
    /// What is wrong.
    pub kind: Flaw,
    /// Where it begins.
    pub from_ms: u64,
    /// Where it ends.
    pub until_ms: u64,
    /// Of what is looped: where it was shown first.
    pub first_ms: Option<u64>,
}

/// The pieces of a recording that show no lesson, in order of time.
pub fn flaws(spans: &[Span]) -> Vec<Flawed> {
    let of = |kind| spans.iter().filter(move |span| span.kind == kind);
    let as_is = |kind| move |span: &Span| Flawed { kind, from_ms: span.from_ms, until_ms: span.until_ms, first_ms: span.first_ms };
    let whole = |kind| union(of(kind).map(|span| (signed(span.from_ms), signed(span.until_ms))).collect());
    let shortest = least(SpanKind::Frozen) / 1000;
    let dead = both(&whole(SpanKind::Frozen), &whole(SpanKind::Silent)).into_iter().filter(|(from, until)| until - from >= shortest);
    let dead =
        dead.map(|(from, until)| Flawed { kind: Flaw::Dead, from_ms: from.unsigned_abs(), until_ms: until.unsigned_abs(), first_ms: None });
    let mut flaws: Vec<Flawed> =
        of(SpanKind::Black).map(as_is(Flaw::Black)).chain(of(SpanKind::Looped).map(as_is(Flaw::Looped))).chain(dead).collect();
    flaws.sort_by_key(|flaw| (flaw.from_ms, flaw.until_ms));
    flaws
}

/// How long pieces of a kind, or of any, last together, overlaps once, in milliseconds; `None` where there are none.
pub(super) fn length(flaws: &[Flawed], kind: Option<Flaw>) -> Option<u64> {
    let pieces = flaws.iter().filter(|flaw| kind.is_none_or(|kind| flaw.kind == kind));
    let length = total(&union(pieces.map(|flaw| (signed(flaw.from_ms), signed(flaw.until_ms))).collect()));
    Some(length.unsigned_abs()).filter(|length| *length > 0)
}

fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slide_that_is_spoken_to_and_a_pause_before_a_camera_are_no_flaws() {
        let span = |kind, from: u64, until: u64| Span { kind, from_ms: from * 1000, until_ms: until * 1000, first_ms: None };
        assert_eq!(flaws(&[span(SpanKind::Frozen, 0, 600), span(SpanKind::Silent, 700, 800)]), []);
        let found = flaws(&[span(SpanKind::Frozen, 0, 600), span(SpanKind::Silent, 500, 800), span(SpanKind::Black, 900, 950)]);
        let told: Vec<(&str, u64, u64)> = found.iter().map(|flaw| (flaw.kind.code(), flaw.from_ms, flaw.until_ms)).collect();
        assert_eq!(told, [("dead", 500_000, 600_000), ("black", 900_000, 950_000)]);
        assert_eq!(flaws(&[span(SpanKind::Frozen, 0, 600), span(SpanKind::Silent, 590, 800)]), [], "ten seconds are a breath");
    }

    #[test]
    fn what_is_lost_twice_over_counts_once() {
        let span = |kind, from: u64, until: u64| Span { kind, from_ms: from * 1000, until_ms: until * 1000, first_ms: None };
        let found = flaws(&[span(SpanKind::Looped, 0, 60), span(SpanKind::Black, 50, 80), span(SpanKind::Looped, 55, 70)]);
        assert_eq!((length(&found, Some(Flaw::Looped)), length(&found, Some(Flaw::Black))), (Some(70_000), Some(30_000)));
        assert_eq!((length(&found, None), length(&found, Some(Flaw::Dead))), (Some(80_000), None));
    }
}
