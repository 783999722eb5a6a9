//! Opening applications to decide, each with the day by which it is due.

use super::frame::{Frame, with_query};
use super::reader::Reader;
use super::visit::Visit;
use crate::audit::overview::{self, ApplicationLine, Waiting};
use crate::error::Result;
use crate::ids::ClassId;
use crate::receive::Right;
use crate::register::opening::decision;
use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use chrono::NaiveDate;
use serde::Deserialize;

/// How an application stands to its deadline.
#[derive(Clone, Debug)]
pub struct Deadline {
    /// The last day on which a decision is in time.
    pub on: String,
    /// Whether the calendar knows that for certain.
    pub certain: bool,
    /// `overdue`, `today`, `open`; `late` or `in_time` once it is decided.
    pub state: &'static str,
}

impl Deadline {
    /// Of an application that waits.
    pub(super) fn waiting(reader: &Reader<'_>, filed: crate::time::Time) -> Deadline {
        let policy = reader.policies.at(reader.frame.now);
        let (due, today) = (decision::due(policy, reader.calendar, filed), policy.day_of(reader.frame.now));
        let state = match due.on {
            on if on < today => "overdue",
            on if on == today => "today",
            _ => "open",
        };
        Deadline { on: due.on.to_string(), certain: due.certain, state }
    }

    /// Of one that was decided.
    fn decided(reader: &Reader<'_>, line: &ApplicationLine) -> Option<Deadline> {
        let on: NaiveDate = line.was_due.as_deref()?.parse().ok()?;
        let day = reader.policies.at(reader.frame.now).day_of(line.decided?);
        Some(Deadline { on: on.to_string(), certain: true, state: if day > on { "late" } else { "in_time" } })
    }
}

/// An application in the list.
#[derive(Clone, Debug)]
pub struct ApplicationRow {
    /// What is known of it.
    pub line: ApplicationLine,
    /// Its deadline; none where it was decided before deadlines were kept.
    pub deadline: Option<Deadline>,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "applications.html")]
pub struct Applications {
    /// Surroundings.
    pub frame: Frame,
    /// `pending`, `returned` or `decided`.
    pub which: &'static str,
    /// This part of the list.
    pub rows: Vec<ApplicationRow>,
    /// How many there are of each.
    pub counts: [(&'static str, i64); 3],
    /// The one decided a moment ago: its class and title.
    pub done: Option<(String, String)>,
    /// The next part.
    pub next: Option<String>,
}

impl Applications {
    /// How many there are of those shown.
    pub fn total(&self) -> i64 {
        self.counts.iter().find(|(which, _)| *which == self.which).map_or(0, |(_, count)| *count)
    }

    /// The part of the list after a cursor.
    pub async fn read(reader: Reader<'_>, which: Waiting, cursor: &str, done: &str) -> Result<Applications> {
        let part = overview::applications(reader.db, which, cursor).await?;
        let mut counts = [("", 0); 3];
        for (place, one) in Waiting::ALL.into_iter().enumerate() {
            counts[place] = (one.code(), overview::application_count(reader.db, one).await?);
        }
        let done = match done.parse::<ClassId>() {
            Ok(class) => overview::class_title(reader.db, class).await?.map(|title| (class.to_string(), title)),
            Err(_) => None,
        };
        let rows = part.rows.into_iter().map(|line| {
            let deadline = match which {
                Waiting::Pending => Some(Deadline::waiting(&reader, line.filed)),
                Waiting::Returned | Waiting::Decided => Deadline::decided(&reader, &line),
            };
            ApplicationRow { line, deadline }
        });
        Ok(Applications {
            rows: rows.collect(),
            next: part.next.map(|cursor| with_query(&reader.frame.place, "cursor", &cursor)),
            which: which.code(),
            counts,
            done,
            frame: reader.frame,
        })
    }
}

/// What the list is asked for.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    show: String,
    #[serde(default)]
    cursor: String,
    #[serde(default)]
    done: String,
}

/// `GET /applications`
pub async fn show(visit: Visit, Query(asked): Query<Asked>) -> Response {
    let page = match visit.person.actor.require(Right::Decide) {
        Ok(()) => Applications::read(visit.reader(), Waiting::named(&asked.show), &asked.cursor, &asked.done).await,
        Err(error) => Err(error),
    };
    visit.answer(page)
}
