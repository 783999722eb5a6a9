//! A candidate rule over the past, beside what stands in the queue: what it would raise, what it would not, and how that agrees with what people decided.
//! Nothing is written.

use super::catalogue::{Rules, try_out};
use super::look::Looker;
use super::rule::Window;
use super::run::{Seen, look};
use super::sql;
use super::windows::Extent;
use crate::db::Db;
use crate::error::Result;
use crate::lake::Lake;
use crate::time::Time;
use serde::Serialize;
use sqlx::Row;
use std::collections::BTreeMap;
use std::time::Instant;

/// Findings shown of each kind.
const SHOWN: usize = 50;

/// What a candidate did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Backtest {
    /// The rule's id.
    pub rule: String,
    /// Its version.
    pub version: i64,
    /// The version in force; none where the rule is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live_version: Option<i64>,
    /// The values it ran with.
    pub parameters: BTreeMap<String, toml::Value>,
    /// First moment looked at.
    pub since: Time,
    /// First moment after.
    pub until: Time,
    /// Findings of the candidate.
    pub found: u64,
    /// Fen at risk in them.
    pub money_fen: i64,
    /// Those that the queue has, too.
    pub same: u64,
    /// Those that the queue has not.
    pub new: u64,
    /// Those that only the queue has.
    pub gone: u64,
    /// Found, and confirmed by a person.
    pub confirmed: u64,
    /// Found, and dismissed by a person.
    pub dismissed: u64,
    /// Confirmed by a person, and not found.
    pub missed: u64,
    /// Confirmed of those that were judged; none where nobody judged one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<f64>,
    /// How long it took.
    pub took_ms: u64,
    /// Rows of the lake that were read.
    pub rows_read: u64,
    /// Some of the new ones, most money first.
    pub news: Vec<Raised>,
    /// Some of those that only the queue has, most money first: ids of findings.
    pub goners: Vec<String>,
}

/// A finding that the candidate would raise.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Raised {
    /// What it is about, `kind:id`.
    pub subject: String,
    /// Class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Lesson.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lesson: Option<String>,
    /// Trainee.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trainee: Option<String>,
    /// When.
    pub at: Time,
    /// How clear.
    pub score: f64,
    /// Fen at risk.
    pub money_fen: i64,
}

/// Runs the rule of a text over a window, with some of its parameters set otherwise; the others are as the operator set them of the rule in force with its
/// id, everywhere and by region.
///
/// `bad_rule` with what is wrong; `query_limit` when it takes too much.
pub async fn backtest(
    db: &Db,
    lake: &Lake,
    rules: &Rules,
    text: &str,
    values: &BTreeMap<String, toml::Value>,
    window: Window,
    now: Time,
) -> Result<Backtest> {
    let mut rule = try_out(lake, "that was sent", text).await?;
    rules.lend_settings(&mut rule);
    rule.set(values)?;
    lake.snapshot_of(|table| rule.may_read(table), now, now).await?;
    let begun = Instant::now();
    let (mut seen, mut rows_read) = (Vec::new(), 0);
    let extent = Extent::of(db).await?;
    let mut looker = Looker::new(lake, &rule, extent, now).alone();
    for piece in extent.windows(&rule, window) {
        let (some, read) = look(&mut looker, &rule, piece).await?;
        seen.extend(some);
        rows_read += read;
    }
    let took_ms = begun.elapsed().as_millis() as u64;
    let mut queue = queue(db, &rule.head.id, window).await?;
    let mut told = Backtest {
        live_version: rules.get(&rule.head.id).map(|live| live.head.version),
        version: rule.head.version,
        parameters: rule.head.parameters.iter().map(|(name, parameter)| (name.clone(), parameter.value.clone())).collect(),
        since: window.since,
        until: window.until,
        found: seen.len() as u64,
        money_fen: seen.iter().fold(0, |sum, one| sum.saturating_add(one.money_fen)),
        same: 0,
        new: 0,
        gone: 0,
        confirmed: 0,
        dismissed: 0,
        missed: 0,
        precision: None,
        took_ms,
        rows_read,
        news: Vec::new(),
        goners: Vec::new(),
        rule: rule.head.id,
    };
    let mut news = Vec::new();
    for one in seen {
        match queue.remove(&one.key) {
            Some(known) => {
                told.same += 1;
                told.confirmed += u64::from(known.status == "confirmed");
                told.dismissed += u64::from(known.status == "dismissed");
            }
            None => news.push(one),
        }
    }
    told.new = news.len() as u64;
    news.sort_by_key(|one| (-one.money_fen, one.at));
    told.news = news.into_iter().take(SHOWN).map(raised).collect();
    told.missed = queue.values().filter(|known| known.status == "confirmed").count() as u64;
    let mut gone: Vec<Known> = queue.into_values().filter(|known| !known.ceased).collect();
    told.gone = gone.len() as u64;
    gone.sort_by_key(|known| -known.money_fen);
    told.goners = gone.into_iter().take(SHOWN).map(|known| known.id).collect();
    let judged = told.confirmed + told.dismissed;
    told.precision = (judged > 0).then(|| told.confirmed as f64 / judged as f64);
    Ok(told)
}

/// The value that a person writes: a number, a truth value, or else text.
pub fn parameter(text: &str) -> toml::Value {
    let number = text.parse().map(toml::Value::Integer);
    let number = number.or_else(|_| text.parse().map(toml::Value::Float));
    number.or_else(|_| text.parse().map(toml::Value::Boolean)).unwrap_or_else(|_| toml::Value::String(text.to_owned()))
}

/// A finding of the queue.
struct Known {
    id: String,
    status: String,
    ceased: bool,
    money_fen: i64,
}

async fn queue(db: &Db, rule: &str, window: Window) -> Result<BTreeMap<String, Known>> {
    let rows = sqlx::query(sql::OF_RULE).bind(rule).bind(window.since.0).bind(window.until.0).fetch_all(db.read()).await?;
    let known = |row: &sqlx::any::AnyRow| Known {
        id: row.get("id"),
        status: row.get("status"),
        ceased: row.get::<Option<i64>, _>("ceased_at").is_some(),
        money_fen: row.get("money_fen"),
    };
    Ok(rows.iter().map(|row| (row.get("key"), known(row))).collect())
}

fn raised(seen: Seen) -> Raised {
    Raised {
        subject: format!("{}:{}", seen.subject.0, seen.subject.1),
        class: seen.class.map(|id| id.to_string()),
        lesson: seen.lesson.map(|id| id.to_string()),
        trainee: seen.trainee.map(|id| id.to_string()),
        at: seen.at,
        score: seen.score,
        money_fen: seen.money_fen,
    }
}
