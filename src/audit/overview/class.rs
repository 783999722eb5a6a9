//! Classes as a list shows them.

use super::{Name, PART, Part, Scope, after, containing, part, sql};
use crate::db::{Columns, Db};
use crate::error::Result;
use crate::ids::ClassId;
use crate::time::Time;
use sqlx::Row;
use sqlx::any::AnyRow;

/// A class in a list, with what is known of it by now.
#[derive(Clone, Debug)]
pub struct ClassLine {
    /// Its id.
    pub id: ClassId,
    /// Its title.
    pub title: String,
    /// The provider's name.
    pub provider: String,
    /// First day, `2020-03-03`.
    pub starts_on: String,
    /// Last day.
    pub ends_on: String,
    /// People on the roster.
    pub trainees: i64,
    /// Lessons on the timetable.
    pub lessons: i64,
    /// Lessons that have ended and of which nothing at all was received.
    pub bare: i64,
    /// Thousandths of a lesson hour credited to all.
    pub credited: i64,
    /// Thousandths of a lesson hour that the lessons ended by now could have brought.
    pub possible: i64,
    /// Open findings.
    pub findings: i64,
    /// Money at risk in them, in fen.
    pub at_risk: i64,
}

/// What a class is.
#[derive(Clone, Debug)]
pub struct ClassHead {
    /// Its id.
    pub id: ClassId,
    /// The provider's own id of it.
    pub external_id: String,
    /// Its title.
    pub title: String,
    /// The provider's id and name.
    pub provider: (String, String),
    /// The platform's id and name.
    pub platform: (String, Name),
    /// Trade code and name.
    pub trade: (String, String),
    /// `full`, `remaining_theory` or `promise_first`.
    pub application: String,
    /// `approve`, `return` or `refuse`; none while undecided.
    pub decision: Option<String>,
    /// The policy fixed for it when it was approved, `id@fingerprint`.
    pub policy: Option<String>,
    /// First day.
    pub starts_on: String,
    /// Last day.
    pub ends_on: String,
    /// Lesson hours of the whole plan, in thousandths.
    pub hours_total: i64,
    /// Of these online.
    pub hours_online: i64,
    /// Whether the epidemic's rate applies.
    pub epidemic: bool,
    /// The current standards that were named, in fen.
    pub standards_fen: [Option<i64>; 4],
    /// Open findings.
    pub findings: i64,
    /// Money at risk in them, in fen.
    pub at_risk: i64,
    /// When hours were last calculated.
    pub calculated: Option<Time>,
}

/// The classes an asker may see whose title, number or provider contains some words, the newest first.
pub async fn classes(db: &Db, scope: &Scope, words: &str, cursor: &str, now: Time) -> Result<Part<ClassLine>> {
    let (day, last) = after(cursor, String::from("9999-12-31"));
    let rows = sqlx::query(sql::CLASSES)
        .bind(scope.provider())
        .bind(scope.platform())
        .bind(containing(words))
        .bind(day)
        .bind(last)
        .bind(now.0)
        .bind(PART + 1)
        .fetch_all(db.read())
        .await?;
    let rows = rows.iter().map(line).collect::<Result<Vec<_>>>()?;
    Ok(part(rows, |class| format!("{}~{}", class.starts_on, class.id)))
}

/// How many there are of them.
pub async fn class_count(db: &Db, scope: &Scope, words: &str) -> Result<i64> {
    let query = sqlx::query(sql::CLASS_COUNT).bind(scope.provider()).bind(scope.platform()).bind(containing(words));
    Ok(query.fetch_one(db.read()).await?.get("n"))
}

/// How many lessons an asker may see have ended without anything received.
pub async fn bare_lessons(db: &Db, scope: &Scope, now: Time) -> Result<i64> {
    let query = sqlx::query(sql::BARE_LESSONS).bind(scope.provider()).bind(scope.platform()).bind(now.0);
    Ok(query.fetch_one(db.read()).await?.get("n"))
}

/// How many opening applications an asker may see that nobody decided yet.
pub async fn undecided(db: &Db, scope: &Scope) -> Result<i64> {
    Ok(sqlx::query(sql::UNDECIDED).bind(scope.provider()).bind(scope.platform()).fetch_one(db.read()).await?.get("n"))
}

/// One class, if the asker may see it.
pub async fn class(db: &Db, scope: &Scope, class: ClassId) -> Result<Option<ClassHead>> {
    let query = sqlx::query(sql::CLASS).bind(class.to_string()).bind(scope.provider()).bind(scope.platform());
    query.fetch_optional(db.read()).await?.as_ref().map(head).transpose()
}

fn line(row: &AnyRow) -> Result<ClassLine> {
    let trainees: i64 = row.get("trainees");
    Ok(ClassLine {
        id: row.id("id")?,
        title: row.get("title"),
        provider: row.get("provider"),
        starts_on: row.get("starts_on"),
        ends_on: row.get("ends_on"),
        trainees,
        lessons: row.get("lessons"),
        bare: row.get("bare"),
        credited: row.get("credited"),
        possible: trainees * row.int("held"),
        findings: row.get("findings"),
        at_risk: once(row),
    })
}

fn head(row: &AnyRow) -> Result<ClassHead> {
    Ok(ClassHead {
        id: row.id("id")?,
        external_id: row.get("external_id"),
        title: row.get("title"),
        provider: (row.get("provider_id"), row.get("provider")),
        platform: (row.get("platform_id"), Name { zh: row.get("platform_zh"), en: row.get("platform_en") }),
        trade: (row.get("trade_code"), row.get("trade_name")),
        application: row.get("application"),
        decision: row.get("decision"),
        policy: row.get("policy"),
        starts_on: row.get("starts_on"),
        ends_on: row.get("ends_on"),
        hours_total: row.get("hours_total_milli"),
        hours_online: row.get("hours_online_milli"),
        epidemic: row.int("epidemic") != 0,
        standards_fen: [
            row.get("standard_qualified_fen"),
            row.get("standard_skill_level_fen"),
            row.get("standard_vocational_fen"),
            row.get("standard_special_operation_fen"),
        ],
        findings: row.get("findings"),
        at_risk: once(row),
        calculated: row.time_opt("calculated"),
    })
}

/// Fen at risk in the open findings of a class, where no hour counts twice.
fn once(row: &AnyRow) -> i64 {
    let sum: i64 = row.get("at_risk");
    row.get::<Option<i64>, _>("at_risk_once").map_or(sum, |once| once.min(sum))
}
