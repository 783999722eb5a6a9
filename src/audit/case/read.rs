//! Cases as they are read.

use super::step::{Document, Line};
use super::{Kind, Outcome, sql, unknown};
use crate::db::{Columns, Db, cursor};
use crate::detect::score::{Stake, at_risk_once};
use crate::error::{Error, Result, codes};
use crate::ids::{CaseId, CaseStepId, LeafId};
use crate::time::Time;
use serde::Serialize;
use serde_json::{Map, Value, json};
use sqlx::any::AnyRow;
use std::collections::HashMap;
use storage::Digest;
use uuid::Uuid;

/// Most cases of one page.
const MOST: i64 = 500;

/// A case as it stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Case {
    /// Its id.
    pub id: CaseId,
    /// What it is called.
    pub title: String,
    /// `open` or `closed`.
    pub status: String,
    /// How it was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Who opened it.
    pub opened_by: String,
    /// When.
    pub opened_at: Time,
    /// When something was done with it last.
    pub changed_at: Time,
    /// How much is in it.
    pub item_count: i64,
    /// Fen at risk at least by its findings, as they said when they were put in; no hour counted twice.
    pub money_fen: i64,
}

/// Something in a case.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The step that put it in; what it is taken out by.
    pub id: CaseStepId,
    /// What it is.
    pub kind: Kind,
    /// Its id.
    pub subject: Uuid,
    /// When it was put in.
    pub added_at: Time,
    /// By whom.
    pub added_by: String,
    /// What they are called.
    pub added_by_name: String,
    /// Why, if they said.
    pub text: Option<String>,
    /// What it said then.
    pub said: Value,
    /// Of a finding: what it says now.
    pub now: Option<Now>,
}

/// What a finding says now.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Now {
    /// `open`, `snoozed`, `confirmed`, `dismissed`.
    pub status: String,
    /// Fen at risk.
    pub money_fen: i64,
    /// The version of the rule that saw it last.
    pub rule_version: i64,
    /// When a run no longer saw it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ceased_at: Option<Time>,
}

impl Serialize for Item {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = Map::new();
        let mut tell = |name: &str, value: Value| drop(fields.insert(name.to_owned(), value));
        tell("id", json!(self.id));
        tell("kind", json!(self.kind));
        tell(self.kind.as_str(), json!(self.subject));
        tell("added_at", json!(self.added_at));
        tell("added_by", json!(self.added_by));
        tell("added_by_name", json!(self.added_by_name));
        tell("reason", json!(self.text));
        tell("said", self.said.clone());
        tell("now", json!(self.now));
        fields.retain(|_, value| !value.is_null());
        fields.serialize(serializer)
    }
}

/// A note.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Note {
    /// When.
    pub at: Time,
    /// Who.
    pub by: String,
    /// What they are called.
    pub by_name: String,
    /// What they wrote.
    pub text: String,
}

/// A case with all that is in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Whole {
    /// The case.
    #[serde(flatten)]
    pub case: Case,
    /// What is in it, as it was put in.
    pub items: Vec<Item>,
    /// Notes, oldest first.
    pub notes: Vec<Note>,
    /// Every step, oldest first.
    pub history: Vec<Line>,
}

/// A case that something is in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct In {
    /// Its id.
    pub id: CaseId,
    /// What it is called.
    pub title: String,
    /// `open` or `closed`.
    pub status: String,
}

/// What a list is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// `open` or `closed`.
    pub status: Option<String>,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// How many, at most 500; 0 means 50.
    pub limit: i64,
}

/// A part of the list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Page {
    /// The cases.
    pub items: Vec<Case>,
    /// The cursor of the next part, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A part of the list, the newest first. Errors: `invalid` for a status that is no word, or a cursor of another list.
pub async fn list(db: &Db, filter: &Filter) -> Result<Page> {
    let status = filter.status.as_deref().unwrap_or_default();
    if !["", "open", "closed"].contains(&status) {
        return Err(Error::new(&codes::INVALID, "The status of a case is open or closed."));
    }
    let limit = if filter.limit <= 0 { 50 } else { filter.limit.min(MOST) };
    let (opened, id) = match &filter.cursor {
        Some(cursor) => behind(cursor)?,
        None => (i64::MAX, "~".to_owned()), // behind every id
    };
    let query = sqlx::query(sql::LIST).bind(status).bind(opened).bind(id).bind(limit + 1);
    let rows = query.fetch_all(db.read()).await?;
    let mut items = Vec::with_capacity(rows.len());
    for row in rows.iter().take(limit as usize) {
        items.push(case(db, row).await?);
    }
    let more = rows.len() as i64 > limit;
    let next = items.last().filter(|_| more).map(|last| cursor::write([last.opened_at.0.to_string(), last.id.to_string()]));
    Ok(Page { items, next })
}

/// One case with all that is in it. Errors: `not_found`.
pub async fn one(db: &Db, id: CaseId, now: Time) -> Result<Whole> {
    let row = sqlx::query(sql::ONE).bind(id.to_string()).fetch_optional(db.read()).await?.ok_or_else(unknown)?;
    let kept = steps(db, id).await?;
    let mut by_id: HashMap<CaseStepId, Document> = HashMap::new();
    let (mut notes, mut history, mut titles) = (Vec::new(), Vec::new(), HashMap::new());
    for step in &kept {
        let read = Document::read(step.document.as_bytes())?;
        let mut line = read.line(step.log_index);
        if let Some(added) = read.added.and_then(|added| titles.get(&added)) {
            line.title = Value::clone(added);
        }
        titles.insert(step.id, line.title.clone());
        history.push(line);
        if let ("noted", Some(text)) = (read.step.as_str(), &read.text) {
            notes.push(Note { at: read.at, by: read.by.clone(), by_name: read.by_name.clone(), text: text.clone() });
        }
        by_id.insert(step.id, read);
    }
    let mut items = Vec::new();
    for row in sqlx::query(sql::ITEMS).bind(id.to_string()).bind(now.0).fetch_all(db.read()).await? {
        let step: CaseStepId = row.id("step_id")?;
        let put = by_id.remove(&step).ok_or_else(|| Error::internal("an item of a case was put in by a step of it"))?;
        let now = |status| Now {
            status,
            money_fen: row.int_opt("now_fen").unwrap_or_default(),
            rule_version: row.int_opt("now_version").unwrap_or_default(),
            ceased_at: row.time_opt("ceased_at"),
        };
        items.push(Item {
            id: step,
            kind: Kind::read(&row.text("kind"))?,
            subject: row.id("subject_id")?,
            added_at: put.at,
            added_by: put.by,
            added_by_name: put.by_name,
            text: put.text,
            said: put.said,
            now: row.text_opt("now_status").map(now),
        });
    }
    Ok(Whole { case: case(db, &row).await?, items, notes, history })
}

/// The cases that something is in, the newest first.
pub async fn of(db: &Db, kind: Kind, id: impl ToString) -> Result<Vec<In>> {
    let rows = sqlx::query(sql::OF).bind(kind.as_str()).bind(id.to_string()).fetch_all(db.read()).await?;
    rows.iter().map(is_in).collect()
}

/// Open cases that something may be put into, those that something was done with last first.
pub async fn open_ones(db: &Db, limit: i64) -> Result<Vec<In>> {
    let rows = sqlx::query(sql::OPEN_ONES).bind(limit).fetch_all(db.read()).await?;
    rows.iter().map(is_in).collect()
}

/// A step as it was kept.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Its id.
    pub id: CaseStepId,
    /// Its case.
    pub case: CaseId,
    /// From 1.
    pub number: i64,
    /// What was done.
    pub step: String,
    /// Who did it.
    pub actor: String,
    /// When.
    pub at: Time,
    /// Its document.
    pub document: String,
    /// The digest that was sealed.
    pub digest: Digest,
    /// Its leaf.
    pub leaf: LeafId,
    /// Its index in the log.
    pub log_index: Option<u64>,
}

/// All steps of a case, oldest first.
pub async fn steps(db: &Db, id: CaseId) -> Result<Vec<Kept>> {
    let rows = sqlx::query(sql::STEPS).bind(id.to_string()).fetch_all(db.read()).await?;
    let kept = |row: &AnyRow| {
        Ok(Kept {
            id: row.id("id")?,
            case: row.id("case_id")?,
            number: row.int("number"),
            step: row.text("step"),
            actor: row.text("actor"),
            at: row.time("at"),
            document: row.text("document"),
            digest: row.digest("digest")?,
            leaf: row.id("leaf_id")?,
            log_index: row.int_opt("log_index").and_then(|index| u64::try_from(index).ok()),
        })
    };
    rows.iter().map(kept).collect()
}

/// The next cases by id, for whoever looks at all of them.
pub async fn after(db: &Db, id: &str) -> Result<Vec<CaseId>> {
    let rows = sqlx::query(sql::AFTER).bind(id).fetch_all(db.read()).await?;
    rows.iter().map(|row| row.id("id")).collect()
}

fn is_in(row: &AnyRow) -> Result<In> {
    Ok(In { id: row.id("id")?, title: row.text("title"), status: row.text("status") })
}

async fn case(db: &Db, row: &AnyRow) -> Result<Case> {
    let stakes = sqlx::query(sql::STAKES).bind(row.text("id")).fetch_all(db.read()).await?;
    let outcome = row.text_opt("outcome").map(|word| serde_json::from_value(word.into())).transpose()?;
    Ok(Case {
        id: row.id("id")?,
        title: row.text("title"),
        status: row.text("status"),
        outcome,
        opened_by: row.text("opened_by"),
        opened_at: row.time("opened_at"),
        changed_at: row.time("changed_at"),
        item_count: row.int("items"),
        money_fen: stakes_of(&stakes),
    })
}

/// Fen at risk by the findings of a case, no hour twice.
pub(super) fn stakes_of(rows: &[AnyRow]) -> i64 {
    let texts: Vec<_> = rows
        .iter()
        .map(|row| {
            (["class_id", "lesson_id", "trainee_id"].map(|name| row.text_opt(name)), row.text("subject_kind"), row.text("subject_id"))
        })
        .collect();
    at_risk_once(rows.iter().zip(&texts).map(|(row, ([class, lesson, trainee], kind, id))| Stake {
        class: class.as_deref(),
        lesson: lesson.as_deref(),
        trainee: trainee.as_deref(),
        subject: (kind, id),
        fen: row.int("money_fen"),
    }))
}

fn behind(cursor: &str) -> Result<(i64, String)> {
    let [opened, id] = cursor::read(cursor)?;
    Ok((opened.parse().map_err(|_| cursor::stale())?, id))
}
