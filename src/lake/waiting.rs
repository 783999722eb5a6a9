//! People whom the logs of a class name and the roster does not know, or knows twice: they wait until a person says who they are.
//!
//! Gathered while a log is read, kept with its segment, derived as it is. What the file writes of them is encrypted
//! (`src/register/secrets.rs`); the number of people kept per log is bounded, and what is beyond it is counted.

use super::sql;
use crate::analyse::attendance::{Event, Who};
use crate::db::{Columns, Db, Tx};
use crate::error::Result;
use crate::ids::{ClassId, EvidenceId, LessonId};
use crate::register::Lesson;
use crate::register::resolution::Identity;
use crate::register::secrets::Secrets;
use crate::time::{MILLI, Time};
use sqlx::Row;
use sqlx::any::AnyRow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Most people kept of one log; a class has some hundred trainees, and who looks through more names finds nothing any more.
pub const MOST_PEOPLE: usize = 500;
/// Most lessons of these people whose time is added up: some 3 MB.
const MOST_STAYS: usize = 20_000;

/// The word of somebody the roster does not know at all; the others are those of [`crate::analyse::attendance::Doubt`].
pub const UNKNOWN: &str = "unknown";

/// Those who wait, while a log is read.
#[derive(Default)]
pub(super) struct Waiting {
    people: BTreeMap<Identity, Person>,
    stays: BTreeMap<(Identity, LessonId), (Time, Time)>,
    /// Rows of people beyond [`MOST_PEOPLE`].
    more_rows: u64,
}

struct Person {
    who: Who,
    doubt: &'static str,
    rows: u64,
    first_row: u64,
}

impl Waiting {
    /// Notes a row of somebody, and the lessons it touches.
    pub(super) fn add(&mut self, identity: Identity, doubt: &'static str, event: &Event, lessons: &[LessonId]) {
        let room = self.people.len() < MOST_PEOPLE;
        match self.people.entry(identity) {
            Entry::Occupied(mut known) => known.get_mut().rows += 1,
            Entry::Vacant(free) if room => drop(free.insert(Person { who: event.who.clone(), doubt, rows: 1, first_row: event.row })),
            Entry::Vacant(_) => {
                self.more_rows += 1;
                return;
            }
        }
        let (from, until) = (event.at, event.until.unwrap_or(event.at));
        for lesson in lessons {
            let room = self.stays.len() < MOST_STAYS;
            match self.stays.entry((identity, *lesson)) {
                Entry::Occupied(mut stay) => *stay.get_mut() = (stay.get().0.min(from), stay.get().1.max(until)),
                Entry::Vacant(free) if room => drop(free.insert((from, until))),
                Entry::Vacant(_) => {}
            }
        }
    }

    /// How many people are kept, and how many rows are of others.
    pub(super) fn count(&self) -> (usize, u64) {
        (self.people.len(), self.more_rows)
    }

    /// Keeps them in the place of those of an earlier reading.
    pub(super) async fn keep(
        &self,
        tx: &mut Tx,
        secrets: &Secrets,
        evidence: EvidenceId,
        class: Option<ClassId>,
        lessons: &[Lesson],
    ) -> Result<()> {
        sqlx::query(sql::DROP_UNMATCHED).bind(evidence.to_string()).execute(tx.conn()).await?;
        let Some(class) = class else { return Ok(()) };
        let worth = self.worth(lessons);
        for (identity, person) in &self.people {
            sqlx::query(sql::ADD_UNMATCHED)
                .bind(evidence.to_string())
                .bind(identity.0.to_vec())
                .bind(class.to_string())
                .bind(secrets.seal(&serde_json::to_string(&person.who)?))
                .bind(person.doubt)
                .bind(person.rows as i64)
                .bind(i64::try_from(person.first_row).unwrap_or(i64::MAX))
                .bind(worth.get(identity).copied().unwrap_or(0))
                .execute(tx.conn())
                .await?;
        }
        Ok(())
    }

    /// From the first to the last sign of each in each lesson, within its window, in milliseconds: the most it could be worth.
    fn worth(&self, lessons: &[Lesson]) -> BTreeMap<Identity, i64> {
        let windows: BTreeMap<LessonId, (Time, Time)> =
            lessons.iter().map(|lesson| (lesson.id, (lesson.starts_at, lesson.ends_at))).collect();
        let mut worth = BTreeMap::new();
        for ((identity, lesson), (from, until)) in &self.stays {
            if let Some((starts, ends)) = windows.get(lesson) {
                let span = (*until).min(*ends).0 - (*from).max(*starts).0;
                *worth.entry(*identity).or_insert(0) += span.max(0) / MILLI;
            }
        }
        worth
    }
}

/// Somebody who waits, with all rows of the class.
#[derive(Clone, Debug)]
pub struct Unmatched {
    /// Who it is.
    pub identity: Identity,
    /// Why the roster does not tell: [`UNKNOWN`], `several_people`, `shared` or `contradiction`.
    pub doubt: String,
    /// Rows of the person in all logs.
    pub rows: i64,
    /// Logs that name the person.
    pub logs: i64,
    /// The most these rows could be worth, in milliseconds; the same log received twice counts twice.
    pub span_ms: i64,
    /// The earliest of these logs.
    pub evidence: EvidenceId,
    /// The first row of the person in it.
    pub first_row: u64,
    who_sealed: Vec<u8>,
}

impl Unmatched {
    /// What the first row says of the person, as JSON: personal data.
    pub fn who_json(&self, secrets: &Secrets) -> Result<String> {
        secrets.open(&self.who_sealed)
    }

    /// What the first row says of the person: personal data.
    pub fn who(&self, secrets: &Secrets) -> Result<Who> {
        Ok(serde_json::from_str(&self.who_json(secrets)?)?)
    }

    /// Where a list goes on after this one.
    pub fn cursor(&self) -> String {
        format!("{}~{}", self.rows, self.identity)
    }
}

/// Those who wait in a class, the one with the most rows first. A cursor that is not ours begins the list again.
pub async fn unmatched(db: &Db, class: ClassId, cursor: &str, limit: i64) -> Result<Vec<Unmatched>> {
    let (rows, after) = cursor
        .split_once('~')
        .and_then(|(rows, after)| Some((rows.parse().ok()?, after.parse().ok()?)))
        .unwrap_or((i64::MAX, Identity([0; 32])));
    let query = sqlx::query(sql::UNMATCHED).bind(class.to_string()).bind(rows).bind(after.0.to_vec()).bind(limit);
    query.fetch_all(db.read()).await?.iter().map(one).collect()
}

/// One of them.
pub async fn unmatched_one(db: &Db, class: ClassId, identity: Identity) -> Result<Option<Unmatched>> {
    let query = sqlx::query(sql::UNMATCHED_ONE).bind(class.to_string()).bind(identity.0.to_vec());
    query.fetch_optional(db.read()).await?.as_ref().map(one).transpose()
}

/// How many people wait in a class, and how many rows are theirs.
pub async fn unmatched_count(db: &Db, class: ClassId) -> Result<(i64, i64)> {
    let row = sqlx::query(sql::UNMATCHED_COUNT).bind(class.to_string()).fetch_one(db.read()).await?;
    Ok((row.int("people"), row.int("rows_total")))
}

/// Rows of a class whose people are more than were kept.
pub async fn rows_of_more(db: &Db, class: ClassId) -> Result<u64> {
    let facts = sqlx::query(sql::PEOPLE_FACTS).bind(class.to_string()).fetch_all(db.read()).await?;
    let more = |row: &AnyRow| {
        let fact: serde_json::Value = serde_json::from_str(&row.text("value")).unwrap_or_default();
        fact.pointer("/waiting/rows_of_more").and_then(serde_json::Value::as_u64).unwrap_or(0)
    };
    Ok(facts.iter().map(more).sum())
}

fn one(row: &AnyRow) -> Result<Unmatched> {
    Ok(Unmatched {
        identity: Identity::from_bytes(&row.get::<Vec<u8>, _>("identity"))?,
        doubt: row.text("doubt"),
        rows: row.int("rows_total"),
        logs: row.int("logs"),
        span_ms: row.int("span_total"),
        evidence: row.id("evidence_id")?,
        first_row: row.int("first_row").unsigned_abs(),
        who_sealed: row.get("who_sealed"),
    })
}
