//! [`EventRow`]: one event as the lake keeps it, without names, ID numbers, phone numbers or addresses of people.

use crate::analyse::attendance::{Event, EventKind, MatchedBy};
use crate::ids::{ClassId, EvidenceId, LessonId, ProviderId, ResolutionId, TraineeId};
use crate::time::Time;
use std::ops::Range;

/// Where the evidence that a segment is read from belongs; the same for every row of it, but for the lesson.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The raw file.
    pub evidence: EvidenceId,
    /// Platform that produced it.
    pub platform: Option<String>,
    /// Provider whose class it is about.
    pub provider: Option<ProviderId>,
    /// Class.
    pub class: Option<ClassId>,
    /// Lesson, when the evidence names one or the row's time decides it.
    pub lesson: Option<LessonId>,
    /// When keshi received the file.
    pub received_at: Time,
}

/// A row of the lake's table `attendance`.
#[derive(Clone, Debug, PartialEq)]
pub struct EventRow {
    /// The raw file it was read from.
    pub evidence: EvidenceId,
    /// Row in that file, from 1.
    pub row: u64,
    /// Bytes of the row in that file, where it has such a thing.
    pub bytes: Option<Range<u64>>,
    /// Platform.
    pub platform: Option<String>,
    /// Provider.
    pub provider: Option<ProviderId>,
    /// Class.
    pub class: Option<ClassId>,
    /// Lesson.
    pub lesson: Option<LessonId>,
    /// The trainee it was matched to; `None` for a row that fits nobody or more than one on the roster: it is kept all the same.
    pub trainee: Option<TraineeId>,
    /// Keyed commitment (HMAC, hexadecimal) to the name as the file wrote it.
    pub source_name: Option<String>,
    /// What the trainee was matched by; `None` for a row of nobody, and in segments written before it was kept.
    pub matched_by: Option<MatchedBy>,
    /// What a person said of whom the row names, where that decided; without a trainee: that it is nobody on the roster.
    pub resolution: Option<ResolutionId>,
    /// What happened.
    pub kind: EventKind,
    /// When it happened or began.
    pub at: Time,
    /// When it ended.
    pub until: Option<Time>,
    /// When keshi received the file.
    pub received_at: Time,
    /// Network address.
    pub ip: Option<String>,
    /// Device, as the platform identifies it.
    pub device: Option<String>,
    /// User agent.
    pub user_agent: Option<String>,
    /// Kind of client.
    pub client: Option<String>,
    /// Region derived from the address.
    pub region: Option<String>,
    /// Place in recorded content, milliseconds.
    pub position_ms: Option<i64>,
    /// Score of an answer or a face comparison.
    pub score: Option<f64>,
    /// The platform's reference for the event.
    pub reference: Option<String>,
    /// The length a total states, milliseconds.
    pub stated_ms: Option<i64>,
    /// The word of a mark, or what a total counts.
    pub mark: Option<String>,
}

impl EventRow {
    /// A read event at its place. Who the file says it was is dropped; the caller passes what became of it, and notes by what.
    pub fn of(event: Event, place: &Place, trainee: Option<TraineeId>, source_name: Option<String>) -> EventRow {
        EventRow {
            evidence: place.evidence,
            row: event.row,
            bytes: event.bytes,
            platform: place.platform.clone(),
            provider: place.provider,
            class: place.class,
            lesson: place.lesson,
            trainee,
            source_name,
            matched_by: None,
            resolution: None,
            kind: event.kind,
            at: event.at,
            until: event.until,
            received_at: place.received_at,
            ip: event.ip,
            device: event.device,
            user_agent: event.user_agent,
            client: event.client,
            region: event.region,
            position_ms: event.position_ms,
            score: event.score,
            reference: event.reference,
            stated_ms: event.stated_ms,
            mark: event.mark,
        }
    }
}
