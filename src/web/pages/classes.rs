//! The list of classes.

use super::frame::{Frame, with_query};
use super::reader::Reader;
use super::visit::Visit;
use crate::audit::overview::{self, ClassLine};
use crate::error::Result;
use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use serde::Deserialize;

/// A class in a list, with the bar that is drawn of it.
#[derive(Clone, Debug)]
pub struct ClassRow {
    /// What is known of it.
    pub line: ClassLine,
}

impl ClassRow {
    /// A line of the list; who may not see findings is not told how many there are and what they are about to cost.
    pub fn of(reader: &Reader<'_>, mut line: ClassLine) -> ClassRow {
        if !reader.findings {
            (line.findings, line.at_risk) = (0, 0);
        }
        ClassRow { line }
    }

    /// Share credited of what was possible by now, in hundredths.
    pub fn share(&self) -> i64 {
        if self.line.possible <= 0 { 0 } else { (self.line.credited * 100 / self.line.possible).clamp(0, 100) }
    }

    /// The state its bar is drawn in.
    pub fn state(&self) -> &'static str {
        match &self.line {
            line if line.findings > 0 => "disputed",
            line if line.possible <= 0 => "pending",
            line if line.credited >= line.possible => "credited",
            line if line.credited > 0 => "partial",
            _ => "uncredited",
        }
    }
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "classes.html")]
pub struct Classes {
    /// Surroundings.
    pub frame: Frame,
    /// This part of the list.
    pub rows: Vec<ClassRow>,
    /// How many there are in all.
    pub total: i64,
    /// What was searched for.
    pub q: String,
    /// The next part.
    pub next: Option<String>,
}

impl Classes {
    /// The part of the list after a cursor, narrowed to what was searched for.
    pub async fn read(reader: Reader<'_>, q: &str, cursor: &str) -> Result<Classes> {
        let q = q.trim();
        let part = overview::classes(reader.db, &reader.scope, q, cursor, reader.frame.now).await?;
        Ok(Classes {
            total: overview::class_count(reader.db, &reader.scope, q).await?,
            rows: part.rows.into_iter().map(|line| ClassRow::of(&reader, line)).collect(),
            next: part.next.map(|cursor| with_query(&reader.frame.place, "cursor", &cursor)),
            q: q.to_owned(),
            frame: reader.frame,
        })
    }
}

/// What the list is asked for.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    cursor: String,
}

/// `GET /classes`
pub async fn show(visit: Visit, Query(asked): Query<Asked>) -> Response {
    visit.answer(Classes::read(visit.reader(), &asked.q, &asked.cursor).await)
}
