//! Credit by content: a recorded lesson may be watched at any time in its window, and counts by what was watched.
//!
//! Two axes: the clock, on which the lesson's window lies and spans are told, and the content. A moment of the clock counts when content
//! was playing in it that had not counted before, so that credited time is never longer than the content watched once, nor than the clock.
//! Content that was not credited (the day was full, a face check was missed) may be watched again and then counts. A moment counts once, however
//! many players ran: for the one that had been running longest. What another showed at that moment does not become watched.

use super::checks::{Missed, missed, not_passed};
use super::credit::{Content, Known, Lesson};
use super::division::{Division, Label, Part, days, elsewhere};
use super::live::under_the_cap;
use super::playback::{Playback, Run, playback, span};
use super::presence::Presence;
use super::proof::{Pointer, Proofs};
use super::ranges::Ranges;
use super::reason::Reason;
use super::span::{Span, Spans};
use crate::register::policy::{Policy, RecordedRules, WithoutPosition};
use crate::time::MILLI;
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// What is known of the watching beside presence: the rows that spans rest on.
#[derive(Debug, Default)]
pub(super) struct Watched {
    pub(super) playback: Playback,
    pub(super) missed: Missed,
    pub(super) failed_answers: Vec<Pointer>,
}

/// Milliseconds of content: as the timetable says or else what the planned hours are long, so that it is never open-ended.
pub fn content_length(content_ms: Option<i64>, planned_milli: i64, policy: &Policy) -> i64 {
    let planned = i128::from(planned_milli) * i128::from(policy.lesson_hour_ms()) / 1000;
    content_ms.filter(|ms| *ms > 0).unwrap_or(i64::try_from(planned).unwrap_or(i64::MAX))
}

/// Gives every moment of the window one label.
pub(super) fn divide(lesson: &Lesson, known: Known<'_>, policy: &Policy, rules: &RecordedRules, seen: &Presence) -> (Vec<Part>, Watched) {
    let demanded = lesson.quiz_percent.or(rules.quiz_required.value.then_some(rules.quiz_pass_percent.value));
    let failed = demanded.and_then(|percent| not_passed(known.attended, lesson.window, percent));
    let playback = playback(known.attended, policy.presence.idle_gap_seconds.value * 1_000, lesson.window, rules);
    let missed = missed(known.attended, lesson.window, rules);

    // Time that could count: something played, or, where no row ever says what, somebody was active and the policy lets that do.
    let by_presence = !playback.has_positions && rules.without_position.value == WithoutPosition::Presence;
    let watching = match by_presence {
        true => seen.active.clone(),
        false => Spans::of(playback.runs.iter().map(Run::clock)).intersect(&seen.active),
    };
    let mut division = Division::of(lesson.window);
    for (lesson, spans) in elsewhere(known.elsewhere) {
        division.take(&watching.intersect(&spans), Label::Not(Reason::Elsewhere, Some(lesson)));
    }
    division.not(&watching.intersect(&missed.spans), Reason::FaceCheckMissed);
    let open = watching.intersect(&division.rest());
    let length = content_length(lesson.content_ms, lesson.planned_milli, policy);
    let budget = failed.is_none().then_some(known.used_ms);
    let counted = match by_presence {
        true => by_time(&open, length, budget, policy),
        false => by_content(&playback.runs, &open, length, budget, policy),
    };
    if failed.is_some() {
        division.not(&Spans::of(counted.parts.iter().map(|part| part.span)), Reason::QuizNotPassed);
    } else {
        division.take_parts(counted.parts);
    }
    division.not(&Spans::of(counted.over_cap), Reason::OverDailyCap);
    division.not(&Spans::of(counted.repeated), Reason::ContentRepeated);
    division.not(&Spans::of(counted.beyond), Reason::BeyondContent);

    // The rest is there without watching, or not there.
    let moved = |proofs: &Proofs| Spans::of(proofs.spans()).intersect(&seen.active);
    division.not(&moved(&playback.too_fast), Reason::TooFast);
    division.not(&moved(&playback.rewound), Reason::Rewound);
    division.not(&Spans::of(seen.waiting.spans()), Reason::WaitingRoom);
    division.not(&Spans::of(seen.away.spans()), Reason::Away);
    let without = if playback.has_positions { Reason::NotPlaying } else { Reason::NoPosition };
    division.not(&seen.active, without);
    division.not(&seen.stays(), Reason::Idle);
    division.not(&Spans::of(seen.open.spans()), Reason::NoLeaveSeen);
    let rest = match seen.stays().is_empty() && seen.open.spans().next().is_none() {
        true if lesson.logs.is_empty() && known.attended.is_empty() => Reason::NoLog,
        true => Reason::NotJoined,
        false => Reason::NotWatching,
    };
    division.not(&division.rest(), rest);
    (division.parts(), Watched { playback, missed, failed_answers: failed.unwrap_or_default() })
}

/// Time that counts, and time that was watched and does not.
#[derive(Default)]
struct Counted {
    parts: Vec<Part>,
    over_cap: Vec<Span>,
    repeated: Vec<Span>,
    beyond: Vec<Span>,
}

/// By the clock alone, up to the length of the content; `used_ms` is what the days have already, when a daily cap is to be kept.
fn by_time(open: &Spans, length: i64, used_ms: Option<&BTreeMap<NaiveDate, i64>>, policy: &Policy) -> Counted {
    let (within, beyond) = match used_ms {
        Some(used_ms) => {
            let (fits, over) = under_the_cap(open, used_ms, policy);
            let (first, beyond) = fits.split_after(length);
            return Counted {
                parts: credited(&first),
                over_cap: over.iter().collect(),
                beyond: beyond.iter().collect(),
                ..Counted::default()
            };
        }
        None => open.split_after(length),
    };
    Counted { parts: credited(&within), beyond: beyond.iter().collect(), ..Counted::default() }
}

fn credited(moments: &Spans) -> Vec<Part> {
    moments.iter().map(|span| Part::of(span, Label::Credited)).collect()
}

/// What has been given away so far, while the runs are walked.
struct Walk<'a> {
    policy: &'a Policy,
    /// Credited milliseconds of each day; none when no cap is to be kept.
    used_ms: Option<BTreeMap<NaiveDate, i64>>,
    /// Milliseconds of content that count.
    content: Ranges,
    /// Milliseconds of the clock that count.
    clock: Ranges,
    counted: Counted,
}

/// By content: run after run, as they began.
fn by_content(runs: &[Run], open: &Spans, length: i64, used_ms: Option<&BTreeMap<NaiveDate, i64>>, policy: &Policy) -> Counted {
    let mut walk =
        Walk { policy, used_ms: used_ms.cloned(), content: Ranges::default(), clock: Ranges::default(), counted: Counted::default() };
    for run in runs {
        for free in open.cut(run.clock()).iter() {
            let (from, until) = (free.from.0 / MILLI, free.until.0 / MILLI);
            for (from, until) in walk.clock.missing(from, until) {
                walk.play(run, from, until, length);
            }
        }
    }
    walk.counted
}

impl Walk<'_> {
    /// Gives a piece of a run away, from millisecond to millisecond of the clock.
    fn play(&mut self, run: &Run, from: i64, until: i64, length: i64) {
        let (first, last) = (run.position_at(from), run.position_at(until));
        let end = last.min(length);
        let mut pieces = Vec::new();
        let mut place = first;
        for (start, stop) in self.content.missing(first, end) {
            pieces.extend([(place, start, Kind::Repeated), (start, stop, Kind::Fresh)]);
            place = stop;
        }
        pieces.extend([(place, end, Kind::Repeated), (place.max(end), last, Kind::Beyond)]);
        let mut at = from;
        for (start, stop, kind) in pieces.into_iter().filter(|(start, stop, _)| start < stop) {
            let reached = if stop == last { until } else { run.time_of(stop).clamp(at, until) };
            match kind {
                Kind::Fresh => self.credit(run, (at, reached), (start, stop)),
                Kind::Repeated => self.counted.repeated.push(span(at, reached)),
                Kind::Beyond => self.counted.beyond.push(span(at, reached)),
            }
            at = reached;
        }
    }

    /// Credits fresh content, day by day: no more of the clock than there is content, nor than the day has room for.
    fn credit(&mut self, run: &Run, (from, until): (i64, i64), (start, stop): (i64, i64)) {
        for (day, part) in days(span(from, until), self.policy) {
            let (from, part_until) = (part.from.0 / MILLI, part.until.0 / MILLI);
            let first = run.position_at(from).clamp(start, stop);
            let last = if part_until == until { stop } else { run.position_at(part_until).clamp(first, stop) };
            let most = (part_until - from).min(last - first);
            let room = self.used_ms.as_mut().map(|used_ms| {
                let used = used_ms.entry(day).or_insert(0);
                let room = (self.policy.daily_cap_ms() - *used).clamp(0, most);
                *used += room;
                room
            });
            let take = room.unwrap_or(most);
            let reached = if take == most { last } else { run.position_at(from + take).clamp(first + take, last) };
            if take > 0 {
                let content = Some(Content { from_ms: first, until_ms: reached });
                self.counted.parts.push(Part { span: span(from, from + take), label: Label::Credited, content });
                self.content.insert(first, reached);
                self.clock.insert(from, from + take);
            }
            self.counted.over_cap.push(span(from + take, from + most));
        }
    }
}

enum Kind {
    Fresh,
    Repeated,
    Beyond,
}
