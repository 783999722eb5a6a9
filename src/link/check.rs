//! The part of fsck that looks at credits: every run, replaced or not, against its digest, its leaf and its own sums.

use super::credit::{Credit, SpanKind};
use super::read::credits_of;
use super::settle::document;
use super::sql;
use crate::db::{Columns, Db};
use crate::error::Result;
use crate::ids::{LessonId, RunId};
use crate::time::Time;
use serde::Serialize;
use sqlx::Row;
use sqlx::any::AnyRow;
use std::collections::BTreeMap;
use storage::Digest;

/// What was looked at and what does not hold.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Checked {
    /// Runs looked at.
    pub runs: u64,
    /// Credits looked at.
    pub credits: u64,
    /// What does not hold.
    pub faults: Vec<Fault>,
}

/// A run that is not what was sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The run.
    pub run: RunId,
    /// Its lesson.
    pub lesson: LessonId,
    /// In one sentence.
    pub what: String,
}

/// Looks at all runs, a few hundred at a time.
pub async fn check(db: &Db) -> Result<Checked> {
    let mut checked = Checked::default();
    let mut after = String::new();
    loop {
        let rows = sqlx::query(sql::RUNS_AFTER).bind(&after).fetch_all(db.read()).await?;
        let Some(last) = rows.last() else { return Ok(checked) };
        after = last.text("id");
        for row in &rows {
            look_at(db, row, &mut checked).await?;
        }
    }
}

async fn look_at(db: &Db, row: &AnyRow, checked: &mut Checked) -> Result<()> {
    let (run, lesson): (RunId, LessonId) = (row.id("id")?, row.id("lesson_id")?);
    let mut fault = |what: String| checked.faults.push(Fault { run, lesson, what });
    checked.runs += 1;
    let kept = row.digest("digest")?;
    match credits_of(db, run).await {
        Err(_) => fault("Its credits cannot be read.".into()),
        Ok(credits) => {
            if Digest::of(&document(lesson, &row.text("policy"), &credits)?) != kept {
                fault("Its credits are not what was sealed.".into());
            }
            for (trainee, credit) in &credits {
                if let Some(what) = unsound(credit) {
                    fault(format!("The credit of trainee {trainee} contradicts itself: {what}."));
                }
            }
            checked.credits += credits.len() as u64;
        }
    }
    match row.get::<Option<Vec<u8>>, _>("body").map(|body| serde_json::from_slice::<serde_json::Value>(&body)) {
        None => fault("The leaf that seals it is missing.".into()),
        Some(leaf) => {
            let said = |key: &str| leaf.as_ref().ok().and_then(|leaf| leaf[key].as_str()).unwrap_or_default().to_owned();
            if (said("digest"), said("run"), said("lesson")) != (kept.to_string(), run.to_string(), lesson.to_string()) {
                fault("The leaf that seals it speaks of something else.".into());
            }
        }
    }
    Ok(())
}

/// What in a credit contradicts the rest of it.
pub(super) fn unsound(credit: &Credit) -> Option<&'static str> {
    let mut at: Option<Time> = None;
    let mut credited_ms = 0;
    let mut reasons = BTreeMap::new();
    let mut content = Vec::new();
    for span in &credit.spans {
        if at.is_some_and(|at| at != span.from) || span.until <= span.from {
            return Some("its spans have a gap or overlap");
        }
        at = Some(span.until);
        content.extend(span.content.map(|piece| (piece.from_ms, piece.until_ms)));
        let ms = span.until.millis_since(span.from);
        match (span.kind, span.reason) {
            (SpanKind::Credited, None) => credited_ms += ms,
            (SpanKind::Uncredited, Some(reason)) => *reasons.entry(reason).or_insert(0) += ms,
            _ => return Some("a span has no reason, or a credited one has"),
        }
        if span.content.is_some_and(|piece| span.kind != SpanKind::Credited || piece.until_ms - piece.from_ms < ms) {
            return Some("a span counts more time than content, or content that does not count");
        }
    }
    content.sort_unstable();
    if content.windows(2).any(|pair| pair[0].1 > pair[1].0) {
        return Some("content counts twice");
    }
    let sums = credited_ms == credit.credited_ms && reasons == credit.reasons;
    let bounds = credit.corroborated_ms <= credited_ms && credited_ms <= credit.presence_ms;
    (!sums || !bounds).then_some("its sums are not those of its spans")
}
