//! The rule of credit: what one trainee's evidence for one lesson is worth, span by span. No IO, no clock, no chance.

use super::hours::hours_milli;
use super::presence::{Attended, Presence, presence};
use super::proof::{Pointer, Proof, Proofs};
use super::reason::Reason;
use super::span::{Span, Spans};
use crate::ids::{EvidenceId, LessonId};
use crate::register::policy::Policy;
use crate::time::{DAY, MINUTE, Time};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The lesson, as far as credit is concerned.
#[derive(Clone, Debug)]
pub struct Lesson {
    /// From its planned start to its planned end.
    pub window: Span,
    /// `live`, `recorded`, …: the policy says which are credited by presence.
    pub mode: String,
    /// Lesson hours it is planned for, in thousandths.
    pub planned_milli: i64,
    /// Its attendance logs, whoever they speak of.
    pub logs: Vec<EvidenceId>,
    /// Platforms that report heartbeats for it (see [`super::beating`]): there, silence is idle.
    pub beating: BTreeSet<String>,
}

/// A picture or a video of the lesson and the time it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// The evidence.
    pub evidence: EvidenceId,
    /// What it shows.
    pub shows: Shows,
}

/// The time a picture or a video shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shows {
    /// A video: a stretch of time.
    Stretch(Span),
    /// A picture: a moment.
    Moment(Time),
}

/// Time of the same person credited in another lesson that goes before this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Elsewhere {
    /// When.
    pub span: Span,
    /// Where.
    pub lesson: LessonId,
}

/// All that is known of one trainee in one lesson.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The trainee's rows in the lesson's logs, in any order.
    pub attended: &'a [Attended],
    /// Pictures and videos of the lesson, or of the trainee in it.
    pub media: &'a [Coverage],
    /// The person's time credited in lessons that go before this one.
    pub elsewhere: &'a [Elsewhere],
    /// Milliseconds credited to the person in lessons that go before this one, by calendar day of the policy's zone.
    pub used_ms: &'a BTreeMap<NaiveDate, i64>,
}

/// Whether a span counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpanKind {
    /// It counts.
    Credited,
    /// It does not, for a reason.
    Uncredited,
}

/// A stretch of the lesson window with one answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditSpan {
    /// Whether it counts.
    pub kind: SpanKind,
    /// First moment.
    pub from: Time,
    /// First moment after.
    pub until: Time,
    /// Why it does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// For [`Reason::Elsewhere`]: the lesson that has the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lesson: Option<LessonId>,
    /// Where to look.
    pub evidence: Vec<Pointer>,
}

/// What one trainee is credited for one lesson.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
    /// Time that counts.
    pub credited_ms: i64,
    /// Lesson hours by the policy, in thousandths.
    pub hours_milli: i64,
    /// Time in the window that the logs show the trainee there, idle and away included.
    pub presence_ms: i64,
    /// Credited time that pictures or videos speak for too.
    pub corroborated_ms: i64,
    /// Milliseconds not credited, by reason.
    pub reasons: BTreeMap<Reason, i64>,
    /// The whole window, in order, without gap or overlap.
    pub spans: Vec<CreditSpan>,
}

/// Credits one trainee for one lesson.
///
/// The spans cover the window exactly; credited and uncredited time add up to it; credited time is part of presence. The result depends
/// on what the evidence says, not on the order it is handed over in, and evidence handed over twice counts once.
pub fn credit(lesson: &Lesson, known: Known<'_>, policy: &Policy) -> Credit {
    let seen = presence(known.attended, &lesson.beating, lesson.window, policy);
    let present = Spans::of(seen.present.spans());
    let parts = if policy.credits_presence(&lesson.mode) {
        divide(lesson, known, policy, &seen, &present)
    } else {
        vec![Part { span: lesson.window, label: Label::Not(Reason::ModeWithoutRule, None) }]
    };
    let media = Proofs::of(known.media.iter().map(|medium| vouches(medium, policy)), lesson.window);
    let credited = Spans::of(parts.iter().filter(|part| part.label == Label::Credited).map(|part| part.span));
    let mut reasons = BTreeMap::new();
    for part in &parts {
        if let Label::Not(reason, _) = part.label {
            *reasons.entry(reason).or_insert(0) += part.span.ms();
        }
    }
    Credit {
        credited_ms: credited.ms(),
        hours_milli: hours_milli(credited.ms(), lesson.window.ms(), lesson.planned_milli, policy),
        presence_ms: present.ms(),
        corroborated_ms: credited.intersect(&Spans::of(media.spans())).ms(),
        reasons,
        spans: parts.iter().map(|part| part.explain(lesson, &seen, &media)).collect(),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Label {
    Credited,
    Not(Reason, Option<LessonId>),
}

struct Part {
    span: Span,
    label: Label,
}

/// What is still without a label, and what has one. A moment gets the first label that claims it.
struct Division {
    rest: Spans,
    parts: Vec<Part>,
}

impl Division {
    fn take(&mut self, moments: &Spans, label: Label) {
        let taken = self.rest.intersect(moments);
        self.rest = self.rest.minus(&taken);
        self.parts.extend(taken.iter().map(|span| Part { span, label }));
    }

    fn rest(&self) -> Spans {
        self.rest.clone()
    }
}

/// Gives every moment of the window one label.
fn divide(lesson: &Lesson, known: Known<'_>, policy: &Policy, seen: &Presence, present: &Spans) -> Vec<Part> {
    let mut division = Division { rest: Spans::from(lesson.window), parts: Vec::new() };
    let not = |reason| Label::Not(reason, None);

    // What was active counts, unless it counts elsewhere or the day is full.
    let mut elsewhere: BTreeMap<LessonId, Vec<Span>> = BTreeMap::new();
    for other in known.elsewhere {
        elsewhere.entry(other.lesson).or_default().push(other.span);
    }
    for (lesson, spans) in elsewhere {
        division.take(&seen.active.intersect(&Spans::of(spans)), Label::Not(Reason::Elsewhere, Some(lesson)));
    }
    let (counts, over) = under_the_cap(&seen.active.intersect(&division.rest()), known.used_ms, policy);
    division.take(&counts, Label::Credited);
    division.take(&over, not(Reason::OverDailyCap));

    // The rest is there without counting, or not there.
    division.take(&Spans::of(seen.waiting.spans()), not(Reason::WaitingRoom));
    division.take(&Spans::of(seen.away.spans()), not(Reason::Away));
    division.take(present, not(Reason::Idle));
    division.take(&Spans::of(seen.open.spans()), not(Reason::NoLeaveSeen));
    let stay = present.union(&Spans::of(seen.open.spans())).extent();
    match stay {
        None if lesson.logs.is_empty() && known.attended.is_empty() => division.take(&division.rest(), not(Reason::NoLog)),
        None => division.take(&division.rest(), not(Reason::NotJoined)),
        Some(stay) => {
            division.take(&Spans::from(Span { from: lesson.window.from, until: stay.from }), not(Reason::JoinedLate));
            division.take(&Spans::from(Span { from: stay.until, until: lesson.window.until }), not(Reason::LeftEarly));
            division.take(&division.rest(), not(Reason::Gap));
        }
    }
    joined(division.parts)
}

/// In order, with neighbours of one label made one.
fn joined(mut parts: Vec<Part>) -> Vec<Part> {
    parts.sort_by_key(|part| part.span);
    let mut whole: Vec<Part> = Vec::with_capacity(parts.len());
    for part in parts {
        match whole.last_mut() {
            Some(last) if last.label == part.label && last.span.until == part.span.from => last.span.until = part.span.until,
            _ => whole.push(part),
        }
    }
    whole
}

/// Day by day, what fits under the daily cap (the earliest first) and what does not.
fn under_the_cap(moments: &Spans, used_ms: &BTreeMap<NaiveDate, i64>, policy: &Policy) -> (Spans, Spans) {
    let (mut fits, mut over) = (Spans::default(), Spans::default());
    let Some(extent) = moments.extent() else { return (fits, over) };
    for (day, span) in days(extent, policy) {
        let left = (policy.daily_cap_ms() - used_ms.get(&day).copied().unwrap_or(0)).max(0);
        let (first, rest) = moments.intersect(&Spans::from(span)).split_after(left);
        fits = fits.union(&first);
        over = over.union(&rest);
    }
    (fits, over)
}

/// The calendar days that a stretch of time touches, in the policy's zone, with the part of the stretch in each.
pub(super) fn days(span: Span, policy: &Policy) -> Vec<(NaiveDate, Span)> {
    let mut days = Vec::new();
    let mut from = span.from;
    while from < span.until {
        let day = policy.day_of(from);
        let next = day.succ_opt().and_then(|next| Time::day_start(next, policy.tz())).unwrap_or(from.plus(DAY));
        let until = next.max(from.plus(1)).min(span.until);
        days.push((day, Span { from, until }));
        from = until;
    }
    days
}

/// How much time a picture or a video speaks for.
fn vouches(medium: &Coverage, policy: &Policy) -> Proof {
    let pointer = Pointer { id: medium.evidence, row: None, resolution: None };
    let span = match medium.shows {
        Shows::Stretch(span) => span,
        Shows::Moment(at) => {
            let around = policy.corroboration.picture_vouches_minutes.value * MINUTE;
            Span::new(at.plus(-around), at.plus(around))
        }
    };
    Proof { span, first: pointer, last: pointer }
}

impl Part {
    /// The span as it is shown, with the evidence for its label.
    fn explain(&self, lesson: &Lesson, seen: &Presence, media: &Proofs) -> CreditSpan {
        let span = self.span;
        let mut evidence = Vec::new();
        match self.label {
            Label::Credited => {
                seen.present.covering(span, &mut evidence);
                seen.activity.covering(span, &mut evidence);
                media.covering(span, &mut evidence);
            }
            Label::Not(Reason::Elsewhere | Reason::OverDailyCap | Reason::ModeWithoutRule, _) => seen.present.covering(span, &mut evidence),
            Label::Not(Reason::Idle, _) => {
                seen.present.covering(span, &mut evidence);
                seen.activity.last_before(span.from, &mut evidence);
                seen.activity.first_after(span.until, &mut evidence);
            }
            Label::Not(Reason::WaitingRoom, _) => seen.waiting.covering(span, &mut evidence),
            Label::Not(Reason::Away, _) => seen.away.covering(span, &mut evidence),
            Label::Not(Reason::NoLeaveSeen, _) => seen.open.covering(span, &mut evidence),
            Label::Not(Reason::JoinedLate | Reason::LeftEarly | Reason::Gap, _) => {
                seen.present.last_before(span.from, &mut evidence);
                seen.present.first_after(span.until, &mut evidence);
                if evidence.is_empty() {
                    seen.open.first_after(span.until, &mut evidence);
                }
            }
            Label::Not(Reason::NotJoined | Reason::NoLog, _) => {
                evidence.extend(lesson.logs.iter().map(|&id| Pointer { id, row: None, resolution: None }));
            }
        }
        evidence.sort_unstable();
        evidence.dedup();
        let (kind, reason, other) = match self.label {
            Label::Credited => (SpanKind::Credited, None, None),
            Label::Not(reason, other) => (SpanKind::Uncredited, Some(reason), other),
        };
        CreditSpan { kind, from: span.from, until: span.until, reason, lesson: other, evidence }
    }
}
