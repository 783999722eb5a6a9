//! One trainee's hour: every span of the lesson window with its reason and the evidence it rests on.

use super::class::worth;
use super::findings::{FindingRow, standing};
use super::format;
use super::frame::{Frame, Plain};
use super::line::{Line, Order, Row, Source, Span};
use super::reader::Reader;
use super::state::State;
use super::trace::{Files, content, known};
use super::visit::{self, Visit};
use crate::audit::overview::{self, LessonHead};
use crate::error::{Error, Result, codes};
use crate::ids::{LessonId, ResolutionId, TraineeId};
use crate::link::{self, Reason, Trace};
use crate::register::policy::Policy;
use crate::register::resolution;
use crate::time::{DAY, Time};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use std::collections::BTreeSet;

/// A row of a log that speaks of this trainee in this lesson.
#[derive(Clone, Debug)]
pub struct EventRow {
    /// Its kind.
    pub kind: String,
    /// When.
    pub at: Time,
    /// Until when, for an interval.
    pub until: Option<Time>,
    /// Place in recorded content.
    pub position: Option<i64>,
    /// What the platform states without times, as words: shown, and credited by nobody.
    pub stated: Option<String>,
    /// Network address, device, client, as far as the log says.
    pub whence: String,
    /// The row.
    pub source: Source,
}

/// What a person said of who the trainee is.
#[derive(Clone, Debug)]
pub struct Said {
    /// Its id.
    pub id: String,
    /// Who said it.
    pub by: String,
    /// When.
    pub at: Time,
    /// Why, for those who may see names.
    pub reason: String,
    /// Index of the leaf that seals it; none until it is sealed.
    pub leaf: Option<u64>,
}

/// The calculation behind an hour.
#[derive(Clone, Debug)]
pub struct Run {
    /// Index of the leaf that seals it; none until it is sealed.
    pub leaf: Option<u64>,
    /// When.
    pub at: Time,
    /// The policy's id and fingerprint.
    pub policy: String,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "hour.html")]
pub struct Hour {
    /// Surroundings.
    pub frame: Frame,
    /// The lesson and its class.
    pub head: LessonHead,
    /// What it is worth in fen, as credited.
    pub fen: i64,
    /// How much of recorded content was watched, once and again.
    pub watched: Option<String>,
    /// How milliseconds became lesson hours, as a sentence.
    pub rounding: String,
    /// The one row.
    pub row: Row,
    /// The picture it belongs to.
    pub line: Line,
    /// What the logs say, in the order of time.
    pub events: Vec<EventRow>,
    /// Findings about this hour.
    pub findings: Vec<FindingRow>,
    /// The calculation; none until there was one.
    pub run: Option<Run>,
    /// What people said of who the trainee is in rows the hour rests on.
    pub said: Vec<Said>,
    /// Earlier calculations with another outcome: time, thousandths credited.
    pub earlier: Vec<(Time, i64)>,
}

impl Hour {
    /// Milliseconds in a state.
    pub fn millis(&self, state: impl Plain<State>) -> i64 {
        let state = state.plain();
        self.row.person.spans.iter().filter(|span| span.state == state).map(Span::millis).sum()
    }

    /// Whether times need their day: the lesson is open for longer than one.
    pub fn dated(&self) -> bool {
        self.head.line.until.0 - self.head.line.from.0 > DAY
    }

    /// Whether any log says from where.
    pub fn has_whence(&self) -> bool {
        self.events.iter().any(|event| !event.whence.is_empty())
    }

    /// The states that occur, for the sums.
    pub fn states(&self) -> Vec<State> {
        State::FOUR.into_iter().filter(|state| self.millis(*state) > 0).collect()
    }

    /// One hour as the reader may see it.
    pub async fn read(reader: Reader<'_>, lesson: LessonId, trainee: TraineeId) -> Result<Hour> {
        let head = overview::lesson(reader.db, &reader.scope, lesson).await?.ok_or_else(|| Error::of(&codes::UNKNOWN_LESSON))?;
        let class = overview::class(reader.db, &reader.scope, head.class).await?.ok_or_else(|| Error::of(&codes::UNKNOWN_CLASS))?;
        let known = known(&reader, &head, Some(trainee)).await?;
        let line = Line::draw(&reader.frame, known.lesson, Order::Name);
        let row = line.rows.first().cloned().ok_or_else(|| Error::of(&codes::UNKNOWN_TRAINEE))?;
        let trace = known.traces.first();
        let run = match trace {
            Some(trace) => {
                Some(Run { leaf: overview::leaf_index(reader.db, trace.leaf).await?, at: trace.run_at, policy: trace.policy.clone() })
            }
            None => None,
        };
        Ok(Hour {
            fen: worth(&reader, &class).await?.fen_for(row.person.credited),
            watched: watched(&reader, &known.policy, &head, trace),
            rounding: rounding(&reader, &known.policy, trace),
            said: said(&reader, trace).await?,
            earlier: earlier(&reader, &head, trainee, trace).await?,
            events: known
                .events
                .iter()
                .filter(|event| event.trainee == Some(trainee))
                .take(EVENTS)
                .map(|event| told(&reader, event, &known.files))
                .collect(),
            findings: standing(&reader, Some(head.class), Some(trainee), |finding| finding.lesson == Some(lesson)).await?,
            head,
            row,
            line,
            run,
            frame: reader.frame,
        })
    }
}

/// `45:00 中看过 38:20，重看 6:10`; none for lessons that are not credited by content.
fn watched(reader: &Reader<'_>, policy: &Policy, head: &LessonHead, trace: Option<&Trace>) -> Option<String> {
    let (length, trace) = (content(policy, head)?, trace?);
    let once = trace.spans.iter().filter_map(|span| span.content).map(|piece| piece.until_ms - piece.from_ms).sum();
    let again = trace.credit.reasons.get(&Reason::ContentRepeated).copied().unwrap_or(0);
    let key = if again > 0 { "hour.watched_again" } else { "hour.watched_once" };
    Some(reader.frame.say(key, &[format::length(once), format::length(length), format::length(again)]))
}

/// `认定 26:41，一课时为 45:00，按 0.1 课时舍去，得 0.5 课时。`
fn rounding(reader: &Reader<'_>, policy: &Policy, trace: Option<&Trace>) -> String {
    let frame = &reader.frame;
    let Some(trace) = trace else { return frame.t("hour.not_calculated").to_owned() };
    let hour = &policy.lesson_hour;
    let values = [
        format::length(trace.credit.credited_ms),
        format::length(hour.minutes.value * 60_000),
        format::hours(hour.step_milli.value),
        format::length(hour.tolerance_seconds.value * 1000),
        format::hours(trace.credit.hours_milli),
    ];
    frame.say("hour.rounding", &values)
}

/// What people said of who the trainee is, where the hour rests on it.
async fn said(reader: &Reader<'_>, trace: Option<&Trace>) -> Result<Vec<Said>> {
    let pointers = trace.into_iter().flat_map(|trace| &trace.spans).flat_map(|span| &span.evidence);
    let ids: BTreeSet<ResolutionId> = pointers.filter_map(|pointer| pointer.resolution).collect();
    let mut said = Vec::with_capacity(ids.len());
    for id in ids {
        let one = resolution::by_id(reader.db, id).await?;
        let leaf = match one.leaf {
            Some(leaf) => overview::leaf_index(reader.db, leaf).await?,
            None => None,
        };
        let reason = if reader.names { one.reason(reader.secrets)? } else { String::new() };
        said.push(Said { id: id.to_string(), by: overview::actor(reader.db, &one.actor).await?, at: one.at, reason, leaf });
    }
    Ok(said)
}

/// What earlier calculations credited, where it was something else.
async fn earlier(reader: &Reader<'_>, head: &LessonHead, trainee: TraineeId, live: Option<&Trace>) -> Result<Vec<(Time, i64)>> {
    let mut earlier = Vec::new();
    let mut after = live.map(|trace| trace.credit.hours_milli);
    for run in link::runs_of_lesson(reader.db, head.line.id).await?.iter().filter(|run| run.replaced_at.is_some()).take(RUNS) {
        let traces = link::traces_of_run(reader.db, run.id).await?;
        if let Some(trace) = traces.iter().find(|trace| trace.credit.trainee == trainee) {
            if after != Some(trace.credit.hours_milli) {
                earlier.push((run.at, trace.credit.hours_milli));
            }
            after = Some(trace.credit.hours_milli);
        }
    }
    Ok(earlier)
}

/// A row of a log; network address and device only for those who may see personal data.
fn told(reader: &Reader<'_>, event: &crate::lake::EventRow, files: &Files) -> EventRow {
    let whence = [&event.ip, &event.region, &event.client, &event.device];
    let whence: Vec<&str> = whence.into_iter().filter(|_| reader.personal).filter_map(|part| part.as_deref()).collect();
    EventRow {
        kind: event.kind.as_str().to_owned(),
        at: event.at,
        until: event.until,
        position: event.position_ms,
        stated: event.kind.is_stated().then(|| stated(&reader.frame, event)),
        whence: whence.join(" · "),
        source: files.source(event.evidence, Some(event.row)),
    }
}

/// `平台所写时长 45:00，没有写明起止时间`
fn stated(frame: &Frame, event: &crate::lake::EventRow) -> String {
    let mark = event.mark.as_deref().unwrap_or_default();
    let word = frame.code("stated", mark);
    match event.stated_ms {
        Some(ms) if mark.is_empty() => frame.say1("hour.stated_total", format::length(ms)),
        Some(ms) => frame.say2("hour.stated_total_of", word, format::length(ms)),
        None => frame.say1("hour.stated_mark", word),
    }
}

/// Rows of logs listed.
const EVENTS: usize = 500;

/// Earlier calculations looked at.
const RUNS: usize = 20;

/// `GET /hours/{lesson}/{trainee}`
pub async fn show(visit: Visit, Path((lesson, trainee)): Path<(String, String)>) -> Response {
    let page = match (visit::id(&lesson), visit::id(&trainee)) {
        (Ok(lesson), Ok(trainee)) => Hour::read(visit.reader(), lesson, trainee).await,
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    visit.answer_named("trainee", &trainee, page).await
}
