//! A lesson: the lesson line.

use super::evidence_list::EvidenceRow;
use super::frame::{Frame, Plain};
use super::line::{Line, Order};
use super::reader::Reader;
use super::state::State;
use super::trace::known;
use super::visit::{self, Visit};
use crate::audit::overview::{self, LessonHead};
use crate::error::{Error, Result, codes};
use crate::ids::LessonId;
use crate::time::Time;
use askama::Template;
use axum::extract::{Path, Query};
use axum::response::Response;
use serde::Deserialize;

/// The page.
#[derive(Debug, Template)]
#[template(path = "lesson.html")]
pub struct Lesson {
    /// Surroundings.
    pub frame: Frame,
    /// The lesson and what it lies between.
    pub head: LessonHead,
    /// The picture.
    pub line: Line,
    /// `evidence` or `name`.
    pub sort: &'static str,
    /// Everything received for it.
    pub evidence: Vec<EvidenceRow>,
    /// Rows of its logs that match nobody on the roster.
    pub unmatched: i64,
    /// Whether the reader may see who they are.
    pub names: bool,
    /// Whether the reader may show its session code, and there is one or will be.
    pub code: bool,
    /// The sealed credit run: leaf index and time.
    pub run: Option<(Option<u64>, Time)>,
}

impl Lesson {
    /// How many people are in a state.
    pub fn count(&self, state: impl Plain<State>) -> i64 {
        let state = state.plain();
        self.line.rows.iter().filter(|row| row.state == state).count() as i64
    }

    /// Thousandths of a lesson hour credited to all.
    pub fn credited(&self) -> i64 {
        self.line.rows.iter().map(|row| row.person.credited).sum()
    }

    /// Thousandths of a lesson hour that could be credited to all.
    pub fn possible(&self) -> i64 {
        self.head.line.planned * self.line.rows.len() as i64
    }

    /// The states of the legend.
    pub fn states(&self) -> [State; 4] {
        State::FOUR
    }
}

impl Lesson {
    /// One lesson as the reader may see it.
    pub async fn read(reader: Reader<'_>, id: LessonId, sort: &str) -> Result<Lesson> {
        let head = overview::lesson(reader.db, &reader.scope, id).await?.ok_or_else(|| Error::of(&codes::UNKNOWN_LESSON))?;
        let known = known(&reader, &head, None).await?;
        let (order, sort) = if sort == "name" { (Order::Name, "name") } else { (Order::Evidence, "evidence") };
        let run = match known.traces.first() {
            Some(trace) => Some((overview::leaf_index(reader.db, trace.leaf).await?, trace.run_at)),
            None => None,
        };
        Ok(Lesson {
            line: Line::draw(&reader.frame, known.lesson, order),
            evidence: known.evidence.iter().map(|line| EvidenceRow::of(&reader, line)).collect(),
            unmatched: known.events.iter().filter(|event| event.trainee.is_none() && event.resolution.is_none()).count() as i64,
            names: reader.names,
            code: reader.shows_codes && head.line.mode != "recorded" && reader.frame.now < head.line.until,
            head,
            sort,
            run,
            frame: reader.frame,
        })
    }
}

/// What the page is asked for.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    sort: String,
}

/// `GET /lessons/{id}`
pub async fn show(visit: Visit, Path(id): Path<String>, Query(asked): Query<Asked>) -> Response {
    let page = match visit::id(&id) {
        Ok(lesson) => Lesson::read(visit.reader(), lesson, &asked.sort).await,
        Err(error) => Err(error),
    };
    visit.answer_named("lesson", &id, page).await
}
