//! Lists that other offices keep (社保, 学籍, 民政, 公安 …) and hand over as dated files, so that rules can hold rosters and logs against them.
//!
//! Enters: a file that is kept as evidence ([`read`]). Leaves: entries, people known by the keyed hash of the ID number alone. A later file of the same
//! kind from the same source takes the place of the earlier one, which stays as history; nothing of a file counts before all of it is there.

mod network;
mod read;
pub(crate) mod sql;
#[cfg(test)]
mod tests;

pub use network::Network;
pub use read::{Entry, MAX_ROWS, Outcome, Terms, read};

use super::trail;
use crate::db::{Columns, Db, Tx};
use crate::error::{Error, Result, codes};
use crate::ids::{EvidenceId, Ids, LeafId, ListId};
use crate::time::{HOUR, Time};
use chrono::NaiveDate;
use serde::Serialize;
use serde_json::{Map, Value, json};
use sqlx::any::AnyRow;
use std::str::FromStr;

/// Entries written in one statement.
const TOGETHER: usize = 25;
/// A file that was begun so long ago and is not finished never will be.
const HALF: i64 = HOUR;
/// Longest name of a source, in characters.
const LONGEST_SOURCE: usize = 100;

/// What a list is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Who draws a pension (退休人员).
    Pension,
    /// Who is on a payroll, and of what kind of employer (在职人员).
    Payroll,
    /// Who is a full-time student (在校学生).
    Student,
    /// Who has died, and when (死亡人员).
    Deceased,
    /// Who is in prison or detained (服刑、在押人员).
    Detained,
    /// Addresses from which a provider's own lessons are expected.
    ProviderNetwork,
    /// Devices of a provider's own staff.
    StaffDevice,
    /// Files that everybody shows: slides, films, backgrounds.
    CourseMaterial,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 8] = [
        Kind::Pension,
        Kind::Payroll,
        Kind::Student,
        Kind::Deceased,
        Kind::Detained,
        Kind::ProviderNetwork,
        Kind::StaffDevice,
        Kind::CourseMaterial,
    ];

    /// As in paths and columns.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Pension => "pension",
            Kind::Payroll => "payroll",
            Kind::Student => "student",
            Kind::Deceased => "deceased",
            Kind::Detained => "detained",
            Kind::ProviderNetwork => "provider_network",
            Kind::StaffDevice => "staff_device",
            Kind::CourseMaterial => "course_material",
        }
    }

    /// Whether its entries are people.
    pub fn of_people(self) -> bool {
        matches!(self, Kind::Pension | Kind::Payroll | Kind::Student | Kind::Deceased | Kind::Detained)
    }
}

impl FromStr for Kind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| {
            let all = Kind::ALL.map(Kind::as_str).join(", ");
            Error::new(&codes::NOT_FOUND, format!("There is no list of this kind; the kinds are {all}."))
        })
    }
}

/// A file of a list as kept.
#[derive(Clone, Debug, Serialize)]
pub struct List {
    /// Its id.
    pub id: ListId,
    /// What it is about.
    pub kind: Kind,
    /// Who keeps it.
    pub source: String,
    /// The day as of which it holds.
    pub as_of: NaiveDate,
    /// The file.
    pub evidence: EvidenceId,
    /// Rows taken in.
    pub entries: i64,
    /// Rows refused.
    pub refused: i64,
    /// Who brought it in.
    #[serde(rename = "by")]
    pub actor: String,
    /// When.
    pub at: Time,
    /// The leaf that seals what it was brought in as.
    #[serde(skip)]
    pub leaf: Option<LeafId>,
    /// When a later file took its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced_at: Option<Time>,
}

impl List {
    /// What its leaf says.
    pub fn fields(&self) -> Map<String, Value> {
        let fields = json!({
            "list": self.id, "list_kind": self.kind, "source": self.source, "as_of": self.as_of, "evidence": self.evidence,
            "entries": self.entries, "refused": self.refused, "by": self.actor, "at": self.at,
        });
        if let Value::Object(fields) = fields { fields } else { Map::new() }
    }
}

/// The name of a source, checked.
///
/// Errors: `invalid`.
pub fn source(text: &str) -> Result<String> {
    let text = text.trim();
    let digits = text.chars().fold((0, 0), |(run, most), c| if c.is_numeric() { (run + 1, most.max(run + 1)) } else { (0, most) }).1;
    if text.is_empty() || text.chars().count() > LONGEST_SOURCE || text.chars().any(char::is_control) || digits >= 8 {
        let sentence = format!("source names the office that keeps the list: 1 to {LONGEST_SOURCE} characters, without numbers of people.");
        return Err(Error::new(&codes::INVALID, sentence));
    }
    Ok(text.to_owned())
}

/// Begins a file: its entries follow with [`add`], and count from [`finish`] on. What was begun long ago and never finished is thrown away.
pub async fn begin(db: &Db, list: &List) -> Result<()> {
    let mut tx = db.begin().await?;
    for statement in [sql::DROP_HALF_ENTRIES, sql::DROP_HALF] {
        let query = sqlx::query(statement).bind(list.kind.as_str()).bind(&list.source).bind(list.at.plus(-HALF).0);
        query.execute(tx.conn()).await?;
    }
    sqlx::query(sql::BEGIN)
        .bind(list.id.to_string())
        .bind(list.kind.as_str())
        .bind(&list.source)
        .bind(list.as_of.to_string())
        .bind(list.evidence.to_string())
        .bind(list.entries)
        .bind(list.refused)
        .bind(&list.actor)
        .bind(list.at.0)
        .execute(tx.conn())
        .await?;
    tx.commit().await
}

/// Adds entries to a file that was begun.
pub async fn add(db: &Db, list: ListId, entries: &[Entry]) -> Result<()> {
    let list = list.to_string();
    let mut tx = db.begin().await?;
    let mut chunks = entries.chunks_exact(TOGETHER);
    for some in chunks.by_ref() {
        let query = some.iter().fold(sqlx::query(sql::ADD_ENTRIES).bind(&list), bound);
        query.execute(tx.conn()).await?;
    }
    for one in chunks.remainder() {
        bound(sqlx::query(sql::ADD_ENTRY).bind(&list), one).execute(tx.conn()).await?;
    }
    tx.commit().await
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Any, sqlx::any::AnyArguments>;

fn bound<'q>(query: Query<'q>, entry: &'q Entry) -> Query<'q> {
    query
        .bind(i64::try_from(entry.row).unwrap_or(i64::MAX))
        .bind(entry.person.map(|index| index.to_vec()))
        .bind(entry.value.as_deref())
        .bind(entry.provider.map(|id| id.to_string()))
        .bind(entry.from.map(|day| day.to_string()))
        .bind(entry.until.map(|day| day.to_string()))
}

/// Lets a file count from now on, in the place of the one before, with its line in the trail. What it seals is staged in the same transaction.
pub async fn finish(tx: &mut Tx, ids: &Ids, now: Time, list: &List, leaf: LeafId) -> Result<Option<String>> {
    let before = sqlx::query(sql::REPLACE).bind(list.kind.as_str()).bind(&list.source).bind(now.0).fetch_optional(tx.conn()).await?;
    sqlx::query(sql::GO_LIVE).bind(list.id.to_string()).bind(now.0).bind(leaf.to_string()).execute(tx.conn()).await?;
    let subject = list.id.to_string();
    let detail = format!("{}, {} entries, {} refused", list.kind.as_str(), list.entries, list.refused);
    let note =
        trail::Note { actor: &list.actor, action: "list.brought_in", subject_kind: "list", subject_id: &subject, detail: Some(&detail) };
    trail::note(tx, ids, now, note).await?;
    Ok(before.map(|row| row.text("id")))
}

/// The classes that a file speaks of, or the one before it spoke of.
pub async fn touched(tx: &mut Tx, list: ListId, before: Option<&str>) -> Result<Vec<String>> {
    let rows = sqlx::query(sql::TOUCHED).bind(list.to_string()).bind(before.unwrap_or_default()).fetch_all(tx.conn()).await?;
    Ok(rows.iter().map(|row| row.text("class_id")).collect())
}

/// The file of a kind from a source that counts, if there is one.
pub async fn live(db: &Db, kind: Kind, source: &str) -> Result<Option<List>> {
    sqlx::query(sql::LIVE).bind(kind.as_str()).bind(source).fetch_optional(db.read()).await?.as_ref().map(list).transpose()
}

/// Refuses a file that is older than the one that counts.
///
/// Errors: `older_list`.
pub fn check_newer(live: Option<&List>, as_of: NaiveDate) -> Result<()> {
    match live {
        Some(live) if live.as_of > as_of => {
            let sentence = format!("This list is in force as of {}, which is later; nothing was kept.", live.as_of);
            Err(Error::new(&codes::OLDER_LIST, sentence))
        }
        _ => Ok(()),
    }
}

/// One file.
pub async fn get(db: &Db, id: ListId) -> Result<List> {
    let row = sqlx::query(sql::LIST).bind(id.to_string()).fetch_optional(db.read()).await?;
    row.as_ref().map(list).transpose()?.ok_or_else(|| Error::of(&codes::NOT_FOUND))
}

/// The files that count, or all there ever were.
pub async fn lists(db: &Db, history: bool) -> Result<Vec<List>> {
    sqlx::query(sql::LISTS).bind(i64::from(history)).fetch_all(db.read()).await?.iter().map(list).collect()
}

/// How many people on rosters a file names.
pub async fn people(db: &Db, list: ListId) -> Result<i64> {
    Ok(sqlx::query(sql::PEOPLE).bind(list.to_string()).fetch_one(db.read()).await?.int("n"))
}

fn list(row: &AnyRow) -> Result<List> {
    Ok(List {
        id: row.id("id")?,
        kind: row.text("kind").parse().map_err(|_| Error::internal("a list is of no kind"))?,
        source: row.text("source"),
        as_of: row.text("as_of").parse().map_err(Error::internal)?,
        evidence: row.id("evidence_id")?,
        entries: row.int("entries"),
        refused: row.int("refused"),
        actor: row.text("actor"),
        at: row.time("at"),
        leaf: row.id_opt("leaf_id")?,
        replaced_at: row.time_opt("replaced_at"),
    })
}
