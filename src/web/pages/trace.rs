//! From what link says of a lesson to what a line is drawn from.

use super::line::{Lesson, Mark, Person, Picture, Recording, Source, Span};
use super::reader::Reader;
use super::state::State;
use crate::analyse::attendance::EventKind;
use crate::analyse::media;
use crate::audit::overview::{self, EvidenceLine, LessonHead, Media, TraineeLine};
use crate::error::Result;
use crate::ids::{EvidenceId, TraineeId};
use crate::lake::EventRow;
use crate::link::{self, Coverage, CreditSpan, Shows, SpanKind, Trace};
use crate::register::policy::Policy;
use crate::time::{MILLI, Time};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Everything known of a lesson, or of one trainee in it.
pub(super) struct Known {
    /// What the line is drawn from.
    pub(super) lesson: Lesson,
    /// The policy that governs it.
    pub(super) policy: Arc<Policy>,
    /// The traces behind it.
    pub(super) traces: Vec<Trace>,
    /// What was received for it.
    pub(super) evidence: Vec<EvidenceLine>,
    /// What its logs say, by time.
    pub(super) events: Vec<EventRow>,
    /// How its files are called.
    pub(super) files: Files,
}

/// Gathers what is known of a lesson; of one trainee in it when one is named.
pub(super) async fn known(reader: &Reader<'_>, head: &LessonHead, only: Option<TraineeId>) -> Result<Known> {
    let policy = reader.policies.governing(reader.db, head.policy.as_deref(), head.line.from).await?;
    let evidence = overview::evidence_of_lesson(reader.db, head.line.id).await?;
    let media = overview::media(reader.db, head).await?;
    let coverage = link::coverage_of_lesson(reader.db, head.line.id, reader.policies).await?;
    let traces = link::trace_of_lesson(reader.db, head.line.id, only).await?;
    let mut roster = overview::roster(reader.db, head.class).await?;
    if let Some(only) = only {
        roster.retain(|trainee| trainee.id == only);
    }
    let disputed = overview::disputed(reader.db, head.class).await?;
    let disputed: HashSet<TraineeId> = disputed.iter().filter(|one| one.lesson == head.line.id).map(|one| one.trainee).collect();
    let files = Files::of(&evidence, &media);
    let events = reader.lake.events_of_lesson(head.line.id).await?;
    let mut marks = marks(&events);
    let by_trainee: HashMap<TraineeId, &Trace> = traces.iter().map(|trace| (trace.credit.trainee, trace)).collect();
    let people = roster.iter().map(|trainee| {
        let mut person = person(reader, head, trainee, by_trainee.get(&trainee.id).copied(), &files);
        person.disputed = disputed.contains(&trainee.id);
        person.marks = marks.remove(&trainee.id).unwrap_or_default();
        person
    });
    let lesson = Lesson {
        id: head.line.id.to_string(),
        from: head.line.from,
        until: head.line.until,
        planned: head.line.planned,
        content: content(&policy, head),
        people: people.collect(),
        recordings: coverage.iter().filter_map(|shown| recording(shown, &files)).collect(),
        pictures: coverage.iter().filter_map(|shown| picture(shown, &files)).collect(),
    };
    Ok(Known { lesson, policy, traces, evidence, events, files })
}

/// The length of recorded content as credit takes it; none for lessons that a policy credits in another way.
pub(super) fn content(policy: &Policy, head: &LessonHead) -> Option<i64> {
    let by_content = head.line.mode == "recorded" && policy.recorded.is_some() && !policy.credits_presence("recorded");
    by_content.then(|| link::content_length(head.line.content_ms, head.line.planned, policy))
}

/// The moments of each trainee worth a tick: coming, going, answers and face checks; beats are left out, there are too many.
fn marks(events: &[EventRow]) -> HashMap<TraineeId, Vec<Mark>> {
    let mut marks: HashMap<TraineeId, Vec<Mark>> = HashMap::new();
    for event in events {
        let kind = match event.kind {
            EventKind::Join | EventKind::Interval => EventKind::Join,
            kind @ (EventKind::Leave | EventKind::Answer | EventKind::FaceCheck) => kind,
            EventKind::Heartbeat | EventKind::Progress | EventKind::Away | EventKind::WaitingRoom => continue,
            EventKind::Total | EventKind::Mark => continue,
        };
        if let Some(trainee) = event.trainee {
            marks.entry(trainee).or_default().push(Mark { kind: kind.as_str().to_owned(), at: event.at });
        }
    }
    marks
}

/// How files are called, where they are sealed and whether there is a small picture of them.
#[derive(Debug, Default)]
pub(super) struct Files(HashMap<EvidenceId, File>);

#[derive(Clone, Debug)]
struct File {
    name: String,
    leaf: Option<u64>,
    thumbnail: bool,
    /// Of a recording, what was seen of it.
    spans: Vec<media::Span>,
}

impl Files {
    fn of(evidence: &[EvidenceLine], media: &[Media]) -> Files {
        let media = media.iter().map(|one| (one.evidence, &one.filename, &one.kind, one.leaf, one.thumbnail, one.spans.clone()));
        let evidence = evidence.iter().map(|one| (one.id, &one.filename, &one.kind, one.leaf, one.thumbnail, Vec::new()));
        // What is media is told by what was seen of it.
        let files = evidence.chain(media).map(|(id, filename, kind, leaf, thumbnail, spans)| {
            (id, File { name: called(filename.as_deref(), kind, id), leaf, thumbnail, spans })
        });
        Files(files.collect())
    }

    /// A place in a file, as a link.
    pub(super) fn source(&self, evidence: EvidenceId, row: Option<u64>) -> Source {
        let file = self.0.get(&evidence);
        Source {
            evidence: evidence.to_string(),
            name: file.map_or_else(|| evidence.to_string(), |file| file.name.clone()),
            row,
            leaf: file.and_then(|file| file.leaf),
            said: false,
        }
    }
}

/// What a file is called on the pages: as it was sent, or by kind and the end of its id.
pub(super) fn called(filename: Option<&str>, kind: &str, id: EvidenceId) -> String {
    match filename {
        Some(name) if !name.trim().is_empty() => name.to_owned(),
        _ => {
            let id = id.to_string();
            format!("{kind}-{}", &id[id.len() - 6..])
        }
    }
}

fn person(reader: &Reader<'_>, head: &LessonHead, trainee: &TraineeLine, trace: Option<&Trace>, files: &Files) -> Person {
    let spans = match trace {
        Some(trace) => trace.spans.iter().map(|span| drawn(span, files)).collect(),
        None => vec![Span {
            state: State::Pending,
            from: head.line.from,
            until: head.line.until,
            reason: None,
            content: None,
            sources: Vec::new(),
        }],
    };
    Person {
        trainee: trainee.id.to_string(),
        name: reader.person(&trainee.name),
        number: trainee.external_id.clone(),
        spans,
        marks: Vec::new(),
        credited: trace.map_or(0, |trace| trace.credit.hours_milli),
        corroborated: trace.map_or(0, |trace| trace.credit.corroborated_ms),
        calculated: trace.is_some(),
        disputed: false,
    }
}

fn drawn(span: &CreditSpan, files: &Files) -> Span {
    let reason = span.reason.map(|reason| reason.code().to_owned());
    let state = match (span.kind, &reason) {
        (SpanKind::Credited, _) => State::Credited,
        (SpanKind::Uncredited, Some(reason)) => State::of_reason(reason),
        (SpanKind::Uncredited, None) => State::Uncredited,
    };
    let sources = span
        .evidence
        .iter()
        .map(|pointer| Source { said: pointer.resolution.is_some(), ..files.source(pointer.id, pointer.row) })
        .collect();
    let content = span.content.map(|piece| (piece.from_ms, piece.until_ms));
    Span { state, from: span.from, until: span.until, reason, content, sources }
}

fn recording(shown: &Coverage, files: &Files) -> Option<Recording> {
    let Shows::Stretch(span) = shown.shows else { return None };
    let file = files.0.get(&shown.evidence)?;
    Some(Recording {
        evidence: shown.evidence.to_string(),
        name: file.name.clone(),
        from: span.from,
        until: span.until,
        flaws: flaws(span.from, &file.spans),
    })
}

/// What of a recording shows no lesson, at the time of day.
fn flaws(from: Time, spans: &[media::Span]) -> Vec<(String, Time, Time)> {
    let at = |ms: u64| from.plus(i64::try_from(ms).unwrap_or(i64::MAX / MILLI).saturating_mul(MILLI));
    media::flaws(spans).into_iter().map(|flaw| (flaw.kind.code().to_owned(), at(flaw.from_ms), at(flaw.until_ms))).collect()
}

fn picture(shown: &Coverage, files: &Files) -> Option<Picture> {
    let Shows::Moment(at) = shown.shows else { return None };
    let file = files.0.get(&shown.evidence)?;
    Some(Picture { evidence: shown.evidence.to_string(), at, name: file.name.clone(), thumbnail: file.thumbnail })
}
