//! The rule of credit: what one trainee's evidence for one lesson is worth, span by span. No IO, no clock, no chance.

use super::division::{Label, Part, bounded};
use super::hours::hours_milli;
use super::presence::{Attended, Presence, presence};
use super::proof::{Pointer, Proof, Proofs};
use super::reason::Reason;
use super::recorded::Watched;
use super::span::{Span, Spans};
use super::{examined, live, recorded};
use crate::ids::{EvidenceId, LessonId};
use crate::register::policy::Policy;
use crate::time::{MINUTE, Time};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The lesson, as far as credit is concerned.
#[derive(Clone, Debug)]
pub struct Lesson {
    /// From its planned start to its planned end.
    pub window: Span,
    /// `live`, `recorded`, …: the policy says which are credited by presence; otherwise `recorded` is credited by content watched, and `test` by
    /// presence with an answer.
    pub mode: String,
    /// Lesson hours it is planned for, in thousandths.
    pub planned_milli: i64,
    /// Length of recorded content in milliseconds, when the timetable says it.
    pub content_ms: Option<i64>,
    /// Share of right answers without which nothing of a recorded lesson or a test counts, when the timetable says it.
    pub quiz_percent: Option<i64>,
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
    /// For credited time of a recorded lesson: the content watched in it for the first time, no shorter than the span.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
    /// Where to look.
    pub evidence: Vec<Pointer>,
}

/// A piece of recorded content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// Milliseconds from the beginning of the content.
    pub from_ms: i64,
    /// First millisecond after.
    pub until_ms: i64,
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
    let mut watched = Watched::default();
    let (mut parts, mut whole_ms) = (vec![Part::of(lesson.window, Label::Not(Reason::ModeWithoutRule, None))], lesson.window.ms());
    if policy.credits_presence(&lesson.mode) {
        parts = live::divide(lesson, known, policy, &seen);
    } else if let Some(rules) = policy.recorded.as_ref().filter(|_| lesson.mode == "recorded") {
        whole_ms = recorded::content_length(lesson.content_ms, lesson.planned_milli, policy);
        (parts, watched) = recorded::divide(lesson, known, policy, rules, &seen);
    } else if let Some(rules) = policy.test.as_ref().filter(|_| lesson.mode == "test") {
        (parts, watched.failed_answers) = examined::divide(lesson, known, policy, rules, &seen);
    }
    let parts = bounded(parts);
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
        hours_milli: hours_milli(credited.ms(), whole_ms, lesson.planned_milli, policy),
        presence_ms: seen.stays().ms(),
        corroborated_ms: credited.intersect(&Spans::of(media.spans())).ms(),
        reasons,
        spans: parts.iter().map(|part| part.explain(lesson, &seen, &watched, &media)).collect(),
    }
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
    fn explain(&self, lesson: &Lesson, seen: &Presence, watched: &Watched, media: &Proofs) -> CreditSpan {
        let span = self.span;
        let mut evidence = Vec::new();
        match self.label {
            Label::Credited => {
                seen.present.covering(span, &mut evidence);
                seen.activity.covering(span, &mut evidence);
                watched.playback.played.covering(span, &mut evidence);
                media.covering(span, &mut evidence);
            }
            Label::Not(
                Reason::Elsewhere
                | Reason::OverDailyCap
                | Reason::ModeWithoutRule
                | Reason::NoPosition
                | Reason::ContentRepeated
                | Reason::BeyondContent
                | Reason::NotAnswered
                | Reason::Fragmented,
                _,
            ) => {
                seen.present.covering(span, &mut evidence);
                watched.playback.played.covering(span, &mut evidence);
            }
            Label::Not(Reason::TooFast, _) => watched.playback.too_fast.covering(span, &mut evidence),
            Label::Not(Reason::Rewound, _) => watched.playback.rewound.covering(span, &mut evidence),
            Label::Not(Reason::FaceCheckMissed, _) => {
                seen.present.covering(span, &mut evidence);
                watched.missed.rows.covering(span, &mut evidence);
            }
            Label::Not(Reason::QuizNotPassed, _) => {
                seen.present.covering(span, &mut evidence);
                evidence.extend(&watched.failed_answers);
            }
            Label::Not(Reason::NotPlaying, _) => {
                seen.present.covering(span, &mut evidence);
                watched.playback.still.covering(span, &mut evidence);
                watched.playback.played.last_before(span.from, &mut evidence);
                watched.playback.played.first_after(span.until, &mut evidence);
            }
            Label::Not(Reason::Idle, _) => {
                seen.present.covering(span, &mut evidence);
                seen.activity.last_before(span.from, &mut evidence);
                seen.activity.first_after(span.until, &mut evidence);
            }
            Label::Not(Reason::WaitingRoom, _) => seen.waiting.covering(span, &mut evidence),
            Label::Not(Reason::Away, _) => seen.away.covering(span, &mut evidence),
            Label::Not(Reason::NoLeaveSeen, _) => seen.open.covering(span, &mut evidence),
            Label::Not(Reason::JoinedLate | Reason::LeftEarly | Reason::Gap | Reason::NotWatching, _) => {
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
        CreditSpan { kind, from: span.from, until: span.until, reason, lesson: other, content: self.content, evidence }
    }
}
