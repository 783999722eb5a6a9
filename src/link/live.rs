//! Credit by presence: lessons held at a fixed time, where being there and active counts.

use super::credit::{Known, Lesson};
use super::division::{Division, Label, Part, days, elsewhere};
use super::presence::Presence;
use super::reason::Reason;
use super::span::{Span, Spans};
use crate::register::policy::Policy;
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// Gives every moment of the window one label.
pub(super) fn divide(lesson: &Lesson, known: Known<'_>, policy: &Policy, seen: &Presence) -> Vec<Part> {
    let mut division = Division::of(lesson.window);
    let present = seen.stays();

    // What was active counts, unless it counts elsewhere or the day is full.
    for (lesson, spans) in elsewhere(known.elsewhere) {
        division.take(&seen.active.intersect(&spans), Label::Not(Reason::Elsewhere, Some(lesson)));
    }
    let (counts, over) = under_the_cap(&seen.active.intersect(&division.rest()), known.used_ms, policy);
    division.take(&counts, Label::Credited);
    division.not(&over, Reason::OverDailyCap);

    // The rest is there without counting, or not there.
    division.not(&Spans::of(seen.waiting.spans()), Reason::WaitingRoom);
    division.not(&Spans::of(seen.away.spans()), Reason::Away);
    division.not(&present, Reason::Idle);
    division.not(&Spans::of(seen.open.spans()), Reason::NoLeaveSeen);
    let stay = present.union(&Spans::of(seen.open.spans())).extent();
    match stay {
        None if lesson.logs.is_empty() && known.attended.is_empty() => division.not(&division.rest(), Reason::NoLog),
        None => division.not(&division.rest(), Reason::NotJoined),
        Some(stay) => {
            division.not(&Spans::from(Span { from: lesson.window.from, until: stay.from }), Reason::JoinedLate);
            division.not(&Spans::from(Span { from: stay.until, until: lesson.window.until }), Reason::LeftEarly);
            division.not(&division.rest(), Reason::Gap);
        }
    }
    division.parts()
}

/// Day by day, what fits under the daily cap (the earliest first) and what does not.
pub(super) fn under_the_cap(moments: &Spans, used_ms: &BTreeMap<NaiveDate, i64>, policy: &Policy) -> (Spans, Spans) {
    let (mut fits, mut over) = (Vec::new(), Vec::new());
    let Some(extent) = moments.extent() else { return Default::default() };
    for (day, span) in days(extent, policy) {
        let left = (policy.daily_cap_ms() - used_ms.get(&day).copied().unwrap_or(0)).max(0);
        let (first, rest) = moments.cut(span).split_after(left);
        fits.extend(first.iter());
        over.extend(rest.iter());
    }
    (Spans::of(fits), Spans::of(over))
}
