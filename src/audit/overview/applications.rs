//! Opening applications as those who decide them list them.

use super::{PART, Part, after, part, sql};
use crate::db::{Columns, Db};
use crate::error::Result;
use crate::ids::ClassId;
use crate::time::Time;
use sqlx::Row;
use sqlx::any::AnyRow;

/// Which applications.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Waiting {
    /// For a decision: those filed first before others.
    #[default]
    Pending,
    /// For their provider, returned.
    Returned,
    /// For nobody: those decided last before others.
    Decided,
}

impl Waiting {
    /// All of them.
    pub const ALL: [Waiting; 3] = [Waiting::Pending, Waiting::Returned, Waiting::Decided];

    /// The one of a `?show=` value.
    pub fn named(name: &str) -> Waiting {
        Waiting::ALL.into_iter().find(|one| one.code() == name).unwrap_or_default()
    }

    /// Its code.
    pub fn code(self) -> &'static str {
        match self {
            Waiting::Pending => "pending",
            Waiting::Returned => "returned",
            Waiting::Decided => "decided",
        }
    }
}

/// An application in a list.
#[derive(Clone, Debug)]
pub struct ApplicationLine {
    /// The class.
    pub id: ClassId,
    /// The provider's own id of it.
    pub external_id: String,
    /// Its title.
    pub title: String,
    /// The provider's name.
    pub provider: String,
    /// `full`, `remaining_theory` or `promise_first`.
    pub application: String,
    /// When its present content was filed.
    pub filed: Time,
    /// `approve`, `return` or `refuse`; none while it waits.
    pub decision: Option<String>,
    /// When it was decided.
    pub decided: Option<Time>,
    /// By which day its newest decision was due.
    pub was_due: Option<String>,
    /// People on its roster.
    pub trainees: i64,
}

/// Applications that wait, or do no more.
pub async fn applications(db: &Db, which: Waiting, cursor: &str) -> Result<Part<ApplicationLine>> {
    let (statement, start) = match which {
        Waiting::Pending => (sql::APPLICATIONS_PENDING, i64::MIN),
        Waiting::Returned => (sql::APPLICATIONS_RETURNED, i64::MAX),
        Waiting::Decided => (sql::APPLICATIONS_DECIDED, i64::MAX),
    };
    let (key, id) = after(cursor, start);
    let id = if cursor.is_empty() && which == Waiting::Pending { String::new() } else { id };
    let rows = sqlx::query(statement).bind(key).bind(id).bind(PART + 1).fetch_all(db.read()).await?;
    let rows = rows.iter().map(line).collect::<Result<Vec<_>>>()?;
    Ok(part(rows, |line| format!("{}~{}", line.decided.unwrap_or(line.filed).0, line.id)))
}

/// How many there are.
pub async fn application_count(db: &Db, which: Waiting) -> Result<i64> {
    Ok(sqlx::query(sql::APPLICATION_COUNT).bind(which.code()).fetch_one(db.read()).await?.get("n"))
}

fn line(row: &AnyRow) -> Result<ApplicationLine> {
    Ok(ApplicationLine {
        id: row.id("id")?,
        external_id: row.text("external_id"),
        title: row.text("title"),
        provider: row.text("provider"),
        application: row.text("application"),
        filed: row.time("filed"),
        decision: row.text_opt("decision"),
        decided: row.time_opt("decided_at"),
        was_due: row.text_opt("was_due"),
        trainees: row.int("trainees"),
    })
}
