//! All trainees of one lesson at once: who shares a person, what goes before, and the document whose digest is sealed. No IO.

use super::credit::{Coverage, Credit, Elsewhere, Known, Lesson, SpanKind, credit};
use super::division::days;
use super::presence::Attended;
use super::span::Span;
use crate::error::Result;
use crate::ids::{LessonId, PersonId, TraineeId};
use crate::register::policy::Policy;
use serde::Serialize;
use std::collections::BTreeMap;

/// A trainee on the roster of the lesson's class.
#[derive(Clone, Copy, Debug)]
pub(super) struct Enrolled {
    pub(super) trainee: TraineeId,
    pub(super) person: PersonId,
}

/// A picture or a video, of the whole lesson or of one trainee.
#[derive(Clone, Debug)]
pub(super) struct Medium {
    pub(super) trainee: Option<TraineeId>,
    pub(super) coverage: Coverage,
}

/// Time of a trainee's person credited in a lesson that goes before this one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prior {
    pub(super) trainee: TraineeId,
    pub(super) credited: Elsewhere,
}

/// All that is known of one lesson.
#[derive(Debug)]
pub(super) struct Situation {
    pub(super) id: LessonId,
    pub(super) lesson: Lesson,
    pub(super) roster: Vec<Enrolled>,
    pub(super) attended: BTreeMap<TraineeId, Vec<Attended>>,
    pub(super) media: Vec<Medium>,
    pub(super) prior: Vec<Prior>,
}

/// Credits by trainee, in the order of their ids.
pub(super) type Credits = BTreeMap<TraineeId, Credit>;

/// Credits everybody on the roster. One person enrolled twice is credited once: the trainee with the smaller id has the time.
pub(super) fn settle(situation: &Situation, policy: &Policy) -> Credits {
    let mut roster = situation.roster.clone();
    roster.sort_unstable_by_key(|enrolled| enrolled.trainee);
    let mut credits = Credits::new();
    let mut taken_here: BTreeMap<PersonId, Vec<Elsewhere>> = BTreeMap::new();
    for Enrolled { trainee, person } in roster {
        let prior = situation.prior.iter().filter(|prior| prior.trainee == trainee).map(|prior| prior.credited);
        let taken = taken_here.entry(person).or_default();
        let elsewhere: Vec<Elsewhere> = prior.chain(taken.iter().copied()).collect();
        let mut used_ms = BTreeMap::new();
        for (day, part) in elsewhere.iter().flat_map(|other| days(other.span, policy)) {
            *used_ms.entry(day).or_insert(0) += part.ms();
        }
        let speaks_of = |medium: &&Medium| medium.trainee.is_none_or(|of| of == trainee);
        let media: Vec<Coverage> = situation.media.iter().filter(speaks_of).map(|medium| medium.coverage.clone()).collect();
        let attended = situation.attended.get(&trainee).map_or(&[][..], Vec::as_slice);
        let known = Known { attended, media: &media, elsewhere: &elsewhere, used_ms: &used_ms };
        let credit = credit(&situation.lesson, known, policy);
        taken.extend(credited_spans(&credit).map(|span| Elsewhere { span, lesson: situation.id }));
        credits.insert(trainee, credit);
    }
    credits
}

/// The credited spans of a credit.
pub(super) fn credited_spans(credit: &Credit) -> impl Iterator<Item = Span> + '_ {
    let credited = credit.spans.iter().filter(|span| span.kind == SpanKind::Credited);
    credited.map(|span| Span { from: span.from, until: span.until })
}

/// The canonical JSON of a run: its SHA-256 is what the log seals. Trainees are named by keshi's ids alone.
pub(super) fn document(lesson: LessonId, policy: &str, credits: &Credits) -> Result<Vec<u8>> {
    #[derive(Serialize)]
    struct Entry<'a> {
        trainee: TraineeId,
        #[serde(flatten)]
        credit: &'a Credit,
    }
    #[derive(Serialize)]
    struct Document<'a> {
        lesson: LessonId,
        policy: &'a str,
        credits: Vec<Entry<'a>>,
    }
    let credits = credits.iter().map(|(&trainee, credit)| Entry { trainee, credit }).collect();
    Ok(serde_json::to_vec(&Document { lesson, policy, credits })?)
}
