//! Tests and face checks of one trainee in a recorded lesson: whether the test was passed, and which time a missed check takes.

use super::presence::Attended;
use super::proof::{Pointer, Proof, Proofs};
use super::span::{Span, Spans};
use crate::analyse::attendance::EventKind;
use crate::register::policy::{MissedFaceCheck, RecordedRules};
use crate::time::{MINUTE, SECOND, Time};

/// A score in percent: up to 1 it is a share, above it is out of a hundred.
fn percent(score: f64) -> f64 {
    if score <= 1.0 { score * 100.0 } else { score }
}

/// The trainee's scored answers inside the window, when none of them passes; `None` when one does.
pub(super) fn not_passed(events: &[Attended], window: Span, pass_percent: i64) -> Option<Vec<Pointer>> {
    let inside = |event: &&Attended| event.kind == EventKind::Answer && (window.from..=window.until).contains(&event.at);
    let scored: Vec<(Pointer, f64)> =
        events.iter().filter(inside).filter_map(|event| Some((event.pointer(), percent(event.score?)))).collect();
    let passed = scored.iter().any(|(_, percent)| *percent >= pass_percent as f64);
    (!passed).then(|| {
        let mut rows: Vec<Pointer> = scored.into_iter().map(|(row, _)| row).collect();
        rows.sort_unstable();
        rows.truncate(NAMED);
        rows
    })
}

/// Failed answers that a span points at.
const NAMED: usize = 20;

/// The time that missed face checks take.
#[derive(Debug, Default)]
pub(super) struct Missed {
    /// All of it.
    pub(super) spans: Spans,
    /// The rows of the misses and of the passed checks around them.
    pub(super) rows: Proofs,
}

/// Looks at the face checks of one trainee, in any order.
pub(super) fn missed(events: &[Attended], window: Span, rules: &RecordedRules) -> Missed {
    let mut checks: Vec<&Attended> = events.iter().filter(|event| event.kind == EventKind::FaceCheck).collect();
    checks.sort_by_key(|check| (check.at, check.evidence, check.row));
    let pass = rules.face_check_pass_percent.value as f64;
    let (passed, failed): (Vec<&Attended>, Vec<&Attended>) =
        checks.into_iter().partition(|check| check.score.is_none_or(|score| percent(score) >= pass));
    let grace = rules.face_check_grace_seconds.value * SECOND;
    let mut rows = Vec::new();
    for miss in failed {
        let later = passed.partition_point(|check| check.at < miss.at);
        let (before, after) = (later.checked_sub(1).map(|last| passed[last]), passed.get(later).copied());
        if after.is_some_and(|check| check.at <= miss.at.plus(grace)) {
            continue;
        }
        let back = |check: Option<&Attended>| check.map_or((window.from, miss.pointer()), |check| (check.at, check.pointer()));
        let on = |check: Option<&Attended>| check.map_or((window.until, miss.pointer()), |check| (check.at, check.pointer()));
        let here = (miss.at, miss.pointer());
        let mut take = |(from, first): (Time, Pointer), (until, last): (Time, Pointer)| {
            rows.push(Proof { span: Span::new(from, until), first, last });
        };
        if rules.missed_face_check.value != MissedFaceCheck::UntilNextPassed {
            take(back(before), here);
        }
        if rules.missed_face_check.value != MissedFaceCheck::SinceLastPassed {
            take(here, on(after));
        }
    }
    let vouches = rules.face_check_vouches_minutes.value * MINUTE;
    let unvouched = match vouches {
        0 => Spans::default(),
        _ => Spans::from(window).minus(&Spans::of(passed.iter().map(|check| Span::new(check.at.plus(-vouches), check.at.plus(vouches))))),
    };
    let rows = Proofs::of(rows, window);
    Missed { spans: Spans::of(rows.spans()).union(&unvouched), rows }
}
