//! The deadline board: what is due and overdue, and by whom.

use super::frame::{Frame, with_query};
use super::reader::Reader;
use super::visit::Visit;
use crate::audit::deadline::{self, Counts, Deadline, Filter, Kind, State};
use crate::error::Result;
use crate::time::Time;
use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use chrono::NaiveDate;
use serde::Deserialize;

/// Rows of a part of the board.
const ROWS: usize = 100;

/// A row of the board.
#[derive(Clone, Debug)]
pub struct Row {
    /// What is due.
    pub one: Deadline,
    /// The beginning of the day by which it is due.
    pub due: Time,
    /// Where it is done.
    pub href: String,
}

impl Row {
    fn of(one: Deadline, frame: &Frame) -> Row {
        let due = Time::day_start(one.due_on, frame.zone).unwrap_or(frame.now);
        let href = match (&one.class, one.kind) {
            (Some(class), _) => format!("/classes/{class}"),
            (None, _) => format!("/reports?week={}", one.subject),
        };
        Row { one, due, href }
    }
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "deadlines.html")]
pub struct Deadlines {
    /// Surroundings.
    pub frame: Frame,
    /// This part of the board.
    pub rows: Vec<Row>,
    /// How many there are in all.
    pub all: Counts,
    /// How many of each kind; only of those there are.
    pub kinds: Vec<(Kind, Counts)>,
    /// Only of this state, when one is asked for.
    pub state: String,
    /// Only of this kind, when one is asked for.
    pub kind: String,
    /// The next part.
    pub next: Option<String>,
    /// Whether the reader may see the reports.
    pub reports: bool,
}

impl Deadlines {
    /// The part of the board after a cursor.
    pub async fn read(reader: Reader<'_>, filter: Filter, cursor: &str) -> Result<Deadlines> {
        let found = deadline::all(reader.db, reader.deadline_rules(), &reader.scope, reader.frame.now).await?;
        let (items, next) = deadline::page(&found, filter, Some(cursor), ROWS)?;
        let tally = deadline::tally(&found);
        Ok(Deadlines {
            rows: items.into_iter().map(|one| Row::of(one, &reader.frame)).collect(),
            all: tally.all,
            kinds: tally.kinds.into_iter().collect(),
            state: filter.state.map(State::code).unwrap_or_default().to_owned(),
            kind: filter.kind.map(Kind::code).unwrap_or_default().to_owned(),
            next: next.map(|cursor| with_query(&reader.frame.place, "cursor", &cursor)),
            reports: reader.reports,
            frame: reader.frame,
        })
    }

    /// Whether any day on this part may be another one.
    pub fn has_uncertain(&self) -> bool {
        self.rows.iter().any(|row| !row.one.certain)
    }

    /// How long there is, or has been, in words.
    pub fn left(&self, row: &Row) -> String {
        match row.one.days_left {
            0 => self.frame.t("due.today").to_owned(),
            days if days < 0 => self.frame.n("due.over", -days),
            days => self.frame.n("due.left", days),
        }
    }

    /// The states that can be asked for.
    pub fn all_states(&self) -> [State; 2] {
        [State::Overdue, State::Open]
    }

    /// The kinds that can be asked for.
    pub fn all_kinds(&self) -> [Kind; 7] {
        Kind::ALL
    }

    /// A day without its weekday.
    pub fn plain(&self, day: &NaiveDate) -> String {
        day.to_string()
    }
}

/// What the board is asked for.
#[derive(Debug, Deserialize)]
pub struct Asked {
    state: Option<String>,
    kind: Option<String>,
    #[serde(default)]
    cursor: String,
}

/// `GET /deadlines`
pub async fn show(visit: Visit, Query(asked): Query<Asked>) -> Response {
    let page = async {
        let filter = Filter::parse(asked.state.as_deref(), asked.kind.as_deref())?;
        Deadlines::read(visit.reader(), filter, &asked.cursor).await
    };
    visit.answer(page.await)
}
