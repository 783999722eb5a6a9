//! Reads what is known of one lesson.

use super::credit::{Coverage, CreditSpan, Elsewhere, Lesson, SpanKind};
use super::placing::{Clues, Placed};
use super::presence::{Attended, beating};
use super::settle::{Enrolled, Medium, Prior, Situation};
use super::span::Span;
use super::sql;
use crate::db::{Columns, Db, Tx};
use crate::error::{Error, Result, codes};
use crate::ids::{ClassId, EvidenceId, LessonId, TraineeId};
use crate::register::policy::{Policies, Policy};
use crate::time::Time;
use chrono_tz::Tz;
use serde::de::DeserializeOwned;
use sqlx::any::AnyRow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A lesson as the timetable has it.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) id: LessonId,
    pub(super) class: ClassId,
    pub(super) window: Span,
    mode: String,
    hours_milli: i64,
    content_ms: Option<i64>,
    quiz_percent: Option<i64>,
    cancelled: bool,
    /// The policy fixed for its class.
    fixed: Option<String>,
}

impl Planned {
    /// The policy that governs it.
    pub(super) async fn policy(&self, db: &Db, policies: &Policies) -> Result<Arc<Policy>> {
        policies.governing(db, self.fixed.as_deref(), self.window.from).await
    }
}

/// The lesson, or the error that there is none.
pub(super) async fn planned(db: &Db, id: LessonId) -> Result<Planned> {
    let row = sqlx::query(sql::LESSON).bind(id.to_string()).fetch_optional(db.read()).await?;
    let row = row.ok_or_else(|| Error::of(&codes::UNKNOWN_LESSON))?;
    Ok(Planned {
        id,
        class: row.id("class_id")?,
        window: Span::new(row.time("starts_at"), row.time("ends_at")),
        mode: row.text("mode"),
        hours_milli: row.int("hours_milli"),
        content_ms: row.int_opt("content_ms"),
        quiz_percent: row.int_opt("quiz_percent"),
        cancelled: row.time_opt("cancelled_at").is_some(),
        fixed: row.text_opt("policy"),
    })
}

/// Everything about the lesson but the events, which the lake has. A cancelled lesson has nobody to credit.
pub(super) async fn situation(
    db: &Db,
    planned: &Planned,
    attended: BTreeMap<TraineeId, Vec<Attended>>,
    policy: &Policy,
) -> Result<Situation> {
    let roster = if planned.cancelled { Vec::new() } else { roster(db, planned).await? };
    let beating = beating(attended.values().flatten());
    let lesson = Lesson {
        window: planned.window,
        mode: planned.mode.clone(),
        planned_milli: planned.hours_milli,
        content_ms: planned.content_ms,
        quiz_percent: planned.quiz_percent,
        logs: logs(db, planned.id).await?,
        beating,
    };
    Ok(Situation {
        id: planned.id,
        lesson,
        roster,
        attended,
        media: media(db, planned, policy).await?,
        prior: prior(db, planned, policy).await?,
    })
}

/// The lessons of a class that have hours by another policy than this one, or would get them.
pub async fn of_other_policy(tx: &mut Tx, class: ClassId, policy: &Policy, policies: &Policies) -> Result<Vec<LessonId>> {
    let rows = sqlx::query(sql::POLICIES_OF_CLASS).bind(class.to_string()).fetch_all(tx.conn()).await?;
    let other = |row: &&AnyRow| row.text_opt("policy").unwrap_or_else(|| policies.at(row.time("starts_at")).name()) != policy.name();
    rows.iter().filter(other).map(|row| row.id("id")).collect()
}

async fn roster(db: &Db, planned: &Planned) -> Result<Vec<Enrolled>> {
    let rows = sqlx::query(sql::ROSTER).bind(planned.class.to_string()).bind(planned.window.from.0).fetch_all(db.read()).await?;
    rows.iter().map(|row| Ok(Enrolled { trainee: row.id("id")?, person: row.id("person_id")? })).collect()
}

async fn logs(db: &Db, lesson: LessonId) -> Result<Vec<EvidenceId>> {
    let rows = sqlx::query(sql::LOGS).bind(lesson.to_string()).fetch_all(db.read()).await?;
    rows.iter().map(|row| row.id("id")).collect()
}

/// Where in time the pictures and videos of a lesson belong, as credit takes them; those without a time are left out.
pub async fn coverage_of_lesson(db: &Db, lesson: LessonId, policies: &Policies) -> Result<Vec<Coverage>> {
    let planned = planned(db, lesson).await?;
    let policy = planned.policy(db, policies).await?;
    let media = media(db, &planned, &policy).await?;
    Ok(media.into_iter().map(|medium| medium.coverage).collect())
}

async fn media(db: &Db, planned: &Planned, policy: &Policy) -> Result<Vec<Medium>> {
    let rows = sqlx::query(sql::MEDIA)
        .bind(planned.id.to_string())
        .bind(planned.class.to_string())
        .bind(planned.window.from.0)
        .bind(planned.window.until.0)
        .fetch_all(db.read())
        .await?;
    let mut media = Vec::with_capacity(rows.len());
    for row in &rows {
        let clues = clues(row, Some(planned.window), policy.tz());
        let Some(placed) = clues.placed() else { continue };
        media.push(Medium {
            trainee: row.id_opt("trainee_id")?,
            coverage: Coverage { evidence: row.id("id")?, shows: placed.shows(clues.is_video) },
        });
    }
    Ok(media)
}

/// Where in time one picture or video belongs, and how sure that is; `None` where nothing tells, or where it is of another kind.
pub async fn placed(db: &Db, evidence: EvidenceId, policies: &Policies) -> Result<Option<Placed>> {
    let Some(row) = sqlx::query(sql::MEDIUM).bind(evidence.to_string()).fetch_optional(db.read()).await? else { return Ok(None) };
    let lesson = row.time_opt("starts_at").zip(row.time_opt("ends_at")).map(|(from, until)| Span::new(from, until));
    let at = lesson.map_or(row.time("received_at"), |lesson| lesson.from);
    let policy = policies.governing(db, row.text_opt("policy").as_deref(), at).await?;
    Ok(clues(&row, lesson, policy.tz()).placed())
}

/// What a row says of a file; facts that are damaged say nothing. `window` is of the lesson at hand.
fn clues(row: &AnyRow, window: Option<Span>, zone: Tz) -> Clues {
    fn fact<T: DeserializeOwned>(row: &AnyRow, name: &str) -> Option<T> {
        row.text_opt(name).and_then(|json| serde_json::from_str(&json).ok())
    }
    Clues {
        is_video: row.text("kind") == "video",
        claimed_from: row.time_opt("claimed_from"),
        claimed_until: row.time_opt("claimed_until"),
        duration_ms: fact(row, "duration"),
        codes: fact(row, "codes").unwrap_or_default(),
        digits: fact(row, "code_digits").unwrap_or_default(),
        exif: fact(row, "exif"),
        screen: fact(row, "screen").unwrap_or_default(),
        name: row.text_opt("filename"),
        created_at: fact(row, "created"),
        lesson: window.filter(|_| row.text_opt("lesson_id").is_some()),
        zone,
    }
}

async fn prior(db: &Db, planned: &Planned, policy: &Policy) -> Result<Vec<Prior>> {
    let start = planned.window.from;
    let first_day = Time::day_start(policy.day_of(start), policy.tz()).unwrap_or(start);
    let rows = sqlx::query(sql::PRIOR)
        .bind(planned.class.to_string())
        .bind(planned.id.to_string())
        .bind(start.0)
        .bind(first_day.0)
        .fetch_all(db.read())
        .await?;
    let mut prior = Vec::new();
    for row in &rows {
        let trainee = row.id("trainee_id")?;
        let lesson = row.id("lesson_id")?;
        let spans: Vec<CreditSpan> = row.json("spans")?;
        let credited = spans.iter().filter(|span| span.kind == SpanKind::Credited);
        prior.extend(
            credited.map(|span| Prior { trainee, credited: Elsewhere { span: Span { from: span.from, until: span.until }, lesson } }),
        );
    }
    Ok(prior)
}
