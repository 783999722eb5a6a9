//! The queue of findings as people and programs read it.

use super::catalogue::Rules;
use super::explain::{Explanation, explain};
use super::rule::Both;
use super::{score, sql};
use crate::db::{Db, cursor};
use crate::error::{Error, Result, codes};
use crate::ids::{ClassId, FindingId, LessonId, ProviderId, TraineeId};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sqlx::Row;
use sqlx::any::AnyRow;
use std::collections::BTreeMap;

/// Most findings of one page.
const MOST: i64 = 500;

/// What a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Subject {
    /// `person`, `lesson`, `evidence`, …
    pub kind: String,
    /// Its id.
    pub id: String,
}

/// Where to look: a piece of evidence and, for a log, the row in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pointer {
    /// The evidence.
    pub id: String,
    /// The row, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
}

/// A finding, as the contract has it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// Its id.
    pub id: FindingId,
    /// What makes it the same finding in the next run.
    pub key: String,
    /// The rule's id.
    pub rule: String,
    /// The version of the rule that saw it last.
    pub rule_version: i64,
    /// The rule's name.
    pub title: Both,
    /// `info`, `low`, `medium`, `high`.
    pub severity: String,
    /// `weak`, `medium`, `strong`.
    pub strength: String,
    /// `open`, `snoozed`, `confirmed`, `dismissed`; a snoozed one whose date has come is open.
    pub status: String,
    /// Until when it sleeps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snoozed_until: Option<Time>,
    /// What it is about.
    pub subject: Subject,
    /// Provider of the class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<ProviderId>,
    /// Class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<ClassId>,
    /// The caller's id of the class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class_external_id: Option<String>,
    /// Lesson.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lesson: Option<LessonId>,
    /// The caller's id of the lesson.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lesson_external_id: Option<String>,
    /// Trainee.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trainee: Option<TraineeId>,
    /// The caller's id of the trainee.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trainee_external_id: Option<String>,
    /// When it happened.
    pub at: Time,
    /// How clear it is, from 0 to 1.
    pub score: f64,
    /// Fen at risk.
    pub money_fen: i64,
    /// Where to look.
    pub evidence: Vec<Pointer>,
    /// What was measured.
    pub detail: Map<String, Value>,
    /// What it says, as two texts.
    #[serde(serialize_with = "as_texts")]
    pub explanation: Explanation,
    /// When it was found.
    pub first_seen_at: Time,
    /// When it was last seen.
    pub last_seen_at: Time,
    /// When a run no longer saw it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ceased_at: Option<Time>,
}

fn as_texts<S: serde::Serializer>(explanation: &Explanation, serializer: S) -> Result<S::Ok, S::Error> {
    Both { zh: explanation.zh.text(), en: explanation.en.text() }.serialize(serializer)
}

/// Which come first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Most money first.
    #[default]
    Money,
    /// Newest first.
    Time,
}

/// What a list is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Rule id.
    pub rule: Option<String>,
    /// `open`, `snoozed`, `confirmed`, `dismissed`.
    pub status: Option<String>,
    /// `info`, `low`, `medium`, `high`.
    pub severity: Option<String>,
    /// Class.
    pub class: Option<ClassId>,
    /// Provider.
    pub provider: Option<ProviderId>,
    /// Trainee.
    pub trainee: Option<TraineeId>,
    /// It happened then or later.
    pub from: Option<Time>,
    /// It happened before.
    pub until: Option<Time>,
    /// Which come first.
    pub order: Order,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// How many, at most 500; 0 means 50.
    pub limit: i64,
}

/// A part of the queue.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Page {
    /// The findings.
    pub items: Vec<Finding>,
    /// The cursor of the next part, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// All that match a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Total {
    /// How many.
    pub count: i64,
    /// Fen at risk in them; over several rules no hour of a class counts twice.
    pub money_fen: i64,
}

/// A line of a finding's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// When.
    pub at: Time,
    /// Who: `token:<id>`, `login:<id>`, or `keshi` for what a run saw.
    pub actor: String,
    /// The status then.
    pub status: String,
    /// What they said; by `keshi` one of `found`, `found_again`, `ceased`, `rule_off`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

macro_rules! bind_filter {
    ($query:expr, $filter:expr, $now:expr) => {
        $query
            .bind($now.0)
            .bind($filter.rule.clone().unwrap_or_default())
            .bind($filter.severity.clone().unwrap_or_default())
            .bind($filter.class.map(|id| id.to_string()).unwrap_or_default())
            .bind($filter.provider.map(|id| id.to_string()).unwrap_or_default())
            .bind($filter.trainee.map(|id| id.to_string()).unwrap_or_default())
            .bind($filter.from.map_or(i64::MIN, |from| from.0))
            .bind($filter.until.map_or(i64::MAX, |until| until.0))
            .bind($filter.status.clone().unwrap_or_default())
    };
}

/// A part of the queue, in order, behind the cursor.
pub async fn list(db: &Db, rules: &Rules, filter: &Filter, now: Time) -> Result<Page> {
    let limit = if filter.limit <= 0 { 50 } else { filter.limit.min(MOST) };
    let (money, at, id) = match &filter.cursor {
        Some(cursor) => behind(cursor)?,
        None => (i64::MAX, i64::MAX, "~".to_owned()), // behind every id
    };
    let statement = if filter.order == Order::Money { sql::BY_MONEY } else { sql::BY_TIME };
    let query = bind_filter!(sqlx::query(statement), filter, now).bind(money).bind(at).bind(id).bind(limit + 1);
    let rows = query.fetch_all(db.read()).await?;
    let mut items = rows.iter().map(|row| finding(rules, row)).collect::<Result<Vec<_>>>()?;
    let more = items.len() as i64 > limit;
    items.truncate(limit as usize);
    let next =
        items.last().filter(|_| more).map(|last| cursor::write([last.money_fen.to_string(), last.at.0.to_string(), last.id.to_string()]));
    Ok(Page { items, next })
}

/// How many match a filter, and the money in them; cursor and limit do not matter.
pub async fn total(db: &Db, filter: &Filter, now: Time) -> Result<Total> {
    let row = bind_filter!(sqlx::query(sql::TOTAL), filter, now).fetch_one(db.read()).await?;
    let (count, sum, in_no_class): (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
    let several = filter.rule.is_none();
    let once = if several { score::at_risk(db, filter.class, filter.provider).await?.saturating_add(in_no_class) } else { sum };
    Ok(Total { count, money_fen: sum.min(once) })
}

/// One finding, and its history, oldest first.
pub async fn one(db: &Db, rules: &Rules, id: FindingId, now: Time) -> Result<(Finding, Vec<Event>)> {
    let row = sqlx::query(sql::ONE).bind(now.0).bind(id.to_string()).fetch_optional(db.read()).await?;
    let row = row.ok_or_else(|| Error::new(&codes::NOT_FOUND, "There is no finding with this id; GET /v1/findings lists them."))?;
    let events = sqlx::query(sql::EVENTS).bind(id.to_string()).fetch_all(db.read()).await?;
    let event = |row: &AnyRow| Event { at: Time(row.get("at")), actor: row.get("actor"), status: row.get("status"), note: row.get("note") };
    Ok((finding(rules, &row)?, events.iter().map(event).collect()))
}

/// What became of the findings of a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Open ones.
    pub open: i64,
    /// Fen at risk in the open ones.
    pub money_fen: i64,
    /// Confirmed by a person.
    pub confirmed: i64,
    /// Dismissed by a person.
    pub dismissed: i64,
}

/// What became of the findings of each rule that ever found one.
pub async fn counts(db: &Db, now: Time) -> Result<BTreeMap<String, Count>> {
    let rows = sqlx::query(sql::COUNTS).bind(now.0).fetch_all(db.read()).await?;
    let count = |row: &AnyRow| Count {
        open: row.get("open"),
        money_fen: row.get("fen"),
        confirmed: row.get("confirmed"),
        dismissed: row.get("dismissed"),
    };
    Ok(rows.iter().map(|row| (row.get("rule"), count(row))).collect())
}

/// When a rule last saw anything.
pub async fn newest_run(db: &Db) -> Result<Option<Time>> {
    let row = sqlx::query(sql::NEWEST_RUN).fetch_one(db.read()).await?;
    Ok(row.get::<Option<i64>, _>(0).map(Time))
}

fn behind(cursor: &str) -> Result<(i64, i64, String)> {
    let [money, at, id] = cursor::read(cursor)?;
    let number = |text: String| text.parse().map_err(|_| cursor::stale());
    Ok((number(money)?, number(at)?, id))
}

fn finding(rules: &Rules, row: &AnyRow) -> Result<Finding> {
    let rule: String = row.get("rule");
    let detail: Map<String, Value> = serde_json::from_str(&row.get::<String, _>("detail"))?;
    let (at, money_fen) = (Time(row.get("at")), row.get("money_fen"));
    // A rule that is no longer there leaves its findings, told by its id alone.
    let head = rules.get(&rule).map(|rule| &rule.head);
    Ok(Finding {
        id: id(row, "id")?.ok_or_else(|| Error::internal("a finding has an id"))?,
        key: row.get("key"),
        rule_version: row.get("rule_version"),
        title: head.map_or_else(|| Both { zh: rule.clone(), en: rule.clone() }, |head| head.title.clone()),
        severity: row.get("severity"),
        strength: row.get("strength"),
        status: row.get("status"),
        snoozed_until: row.get::<Option<i64>, _>("snoozed_until").map(Time),
        subject: Subject { kind: row.get("subject_kind"), id: row.get("subject_id") },
        provider: id(row, "provider_id")?,
        class: id(row, "class_id")?,
        class_external_id: row.get("class_external_id"),
        lesson: id(row, "lesson_id")?,
        lesson_external_id: row.get("lesson_external_id"),
        trainee: id(row, "trainee_id")?,
        trainee_external_id: row.get("trainee_external_id"),
        at,
        score: row.get("score"),
        money_fen,
        evidence: serde_json::from_str(&row.get::<String, _>("evidence"))?,
        explanation: head.map(|head| explain(head, &detail, at, money_fen)).unwrap_or_default(),
        detail,
        first_seen_at: Time(row.get("first_seen_at")),
        last_seen_at: Time(row.get("last_seen_at")),
        ceased_at: row.get::<Option<i64>, _>("ceased_at").map(Time),
        rule,
    })
}

fn id<T: std::str::FromStr>(row: &AnyRow, column: &str) -> Result<Option<T>> {
    let text: Option<String> = row.get(column);
    text.map(|text| text.parse().map_err(|_| Error::internal(format!("column {column} holds no id")))).transpose()
}
