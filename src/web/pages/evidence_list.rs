//! The list of evidence.

use super::frame::{Frame, with_query};
use super::reader::Reader;
use super::trace::called;
use super::visit::Visit;
use crate::audit::overview::{self, EvidenceFilter, EvidenceLine};
use crate::error::{Result, RowError};
use crate::time::Time;
use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use serde::Deserialize;

/// A piece of evidence in a list.
#[derive(Clone, Debug)]
pub struct EvidenceRow {
    /// Its id.
    pub id: String,
    /// `attendance`, `video`, `screenshot`, `document`.
    pub kind: String,
    /// The file name as sent, or a made one.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Who sent it: the platform's or provider's name.
    pub submitter: String,
    /// The class's id and title.
    pub class: Option<(String, String)>,
    /// The lesson's id and title.
    pub lesson: Option<(String, String)>,
    /// When it arrived.
    pub received: Time,
    /// `received`, `sealed`, `analysed`, `failed`.
    pub state: String,
    /// Its index in the log.
    pub leaf: Option<u64>,
    /// Whether there is a small picture of it.
    pub thumbnail: bool,
    /// Rows that could not be taken in.
    pub refused: i64,
}

impl EvidenceRow {
    /// A row as the reader may see it.
    pub fn of(reader: &Reader<'_>, line: &EvidenceLine) -> EvidenceRow {
        EvidenceRow {
            id: line.id.to_string(),
            kind: line.kind.clone(),
            name: called(line.filename.as_deref(), &line.kind, line.id),
            size: line.size,
            submitter: reader.named(&line.submitter).to_owned(),
            class: line.class.as_ref().map(|(id, title)| (id.to_string(), title.clone())),
            lesson: line.lesson.as_ref().map(|(id, title)| (id.to_string(), title.clone())),
            received: line.received,
            state: line.state.clone(),
            leaf: line.leaf,
            thumbnail: line.thumbnail,
            refused: refused(line).len() as i64,
        }
    }
}

/// The rows of a log that could not be taken in.
pub(super) fn refused(line: &EvidenceLine) -> Vec<RowError> {
    line.refused.as_deref().and_then(|rows| serde_json::from_str(rows).ok()).unwrap_or_default()
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "evidence_list.html")]
pub struct EvidenceList {
    /// Surroundings.
    pub frame: Frame,
    /// This part of the list.
    pub rows: Vec<EvidenceRow>,
    /// How many match in all.
    pub total: i64,
    /// What it is narrowed to.
    pub filter: EvidenceFilter,
    /// The title of the class it is narrowed to.
    pub class_title: Option<String>,
    /// The next part.
    pub next: Option<String>,
}

impl EvidenceList {
    /// The kinds to choose from.
    pub fn kinds(&self) -> [&'static str; 4] {
        ["attendance", "video", "screenshot", "document"]
    }

    /// The states to choose from.
    pub fn states(&self) -> [&'static str; 4] {
        ["received", "sealed", "analysed", "failed"]
    }
}

impl EvidenceList {
    /// The part of the list after a cursor.
    pub async fn read(reader: Reader<'_>, filter: EvidenceFilter, cursor: &str) -> Result<EvidenceList> {
        let part = overview::evidence_list(reader.db, &reader.scope, &filter, cursor).await?;
        let class = match filter.class.parse() {
            Ok(id) => overview::class(reader.db, &reader.scope, id).await?,
            Err(_) => None,
        };
        Ok(EvidenceList {
            total: overview::evidence_count(reader.db, &reader.scope, &filter).await?,
            rows: part.rows.iter().map(|line| EvidenceRow::of(&reader, line)).collect(),
            next: part.next.map(|cursor| with_query(&reader.frame.place, "cursor", &cursor)),
            class_title: class.map(|class| class.title),
            filter,
            frame: reader.frame,
        })
    }
}

/// What the list is asked for.
#[derive(Debug, Deserialize)]
#[serde(default)]
#[derive(Default)]
pub struct Asked {
    q: String,
    kind: String,
    state: String,
    class: String,
    cursor: String,
}

/// `GET /evidence`
pub async fn show(visit: Visit, Query(asked): Query<Asked>) -> Response {
    let filter = EvidenceFilter { kind: asked.kind, state: asked.state, class: asked.class, words: asked.q.trim().to_owned() };
    visit.answer(EvidenceList::read(visit.reader(), filter, &asked.cursor).await)
}
