//! Reads credits: by class, by lesson, by trainee, and as they were before.

use super::credit::{Credit, CreditSpan};
use super::hours::hours_text;
use super::reason::Reason;
use super::settle::{Credits, document};
use super::sql;
use crate::db::{Columns, Db};
use crate::error::{Error, Result, codes};
use crate::ids::{ClassId, LeafId, LessonId, RunId, TraineeId};
use crate::time::Time;
use serde::Serialize;
use sqlx::any::AnyRow;
use std::collections::BTreeMap;
use storage::Digest;

/// What a trainee is credited for a lesson, without the spans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClassCredit {
    /// The trainee.
    pub trainee: TraineeId,
    /// The trainee as the provider calls it.
    pub trainee_external_id: String,
    /// The lesson.
    pub lesson: LessonId,
    /// The lesson as the provider calls it.
    pub lesson_external_id: String,
    /// Time that counts.
    pub credited_ms: i64,
    /// Lesson hours as a decimal string.
    pub hours: String,
    /// The same in thousandths.
    #[serde(skip)]
    pub hours_milli: i64,
    /// Time the logs show the trainee there.
    pub presence_ms: i64,
    /// Credited time that pictures or videos speak for too.
    pub corroborated_ms: i64,
    /// Milliseconds not credited, by reason.
    pub reasons: BTreeMap<Reason, i64>,
}

/// What a trainee is credited for a lesson, span by span, and where that is sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trace {
    /// The class of both.
    pub class: ClassId,
    /// Totals.
    #[serde(flatten)]
    pub credit: ClassCredit,
    /// The run that said so.
    pub run: RunId,
    /// When.
    pub run_at: Time,
    /// By which policy: its id and the fingerprint of its file.
    pub policy: String,
    /// The leaf of the log that seals the run.
    pub leaf: LeafId,
    /// The whole lesson window.
    pub spans: Vec<CreditSpan>,
}

/// One calculation of a lesson's credits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// By which policy.
    pub policy: String,
    /// SHA-256 of its [`run_document`].
    #[serde(serialize_with = "as_text")]
    pub digest: Digest,
    /// The leaf of the log that seals it.
    pub leaf: LeafId,
    /// When.
    pub at: Time,
    /// When a newer one took its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced_at: Option<Time>,
}

fn as_text<S: serde::Serializer>(digest: &Digest, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(digest)
}

/// The credits of a class, by trainee and then by lesson in the order of the timetable.
pub async fn credits_of_class(db: &Db, class: ClassId) -> Result<Vec<ClassCredit>> {
    let rows = sqlx::query(sql::CREDITS_OF_CLASS).bind(class.to_string()).fetch_all(db.read()).await?;
    rows.iter().map(class_credit).collect()
}

/// The traces of everybody in a lesson, or of one trainee (then empty when the trainee is not of its class).
pub async fn trace_of_lesson(db: &Db, lesson: LessonId, trainee: Option<TraineeId>) -> Result<Vec<Trace>> {
    let query = match trainee {
        Some(trainee) => sqlx::query(sql::TRACE_OF_LESSON).bind(lesson.to_string()).bind(trainee.to_string()),
        None => sqlx::query(sql::TRACES_OF_LESSON).bind(lesson.to_string()),
    };
    query.fetch_all(db.read()).await?.iter().map(trace).collect()
}

/// The traces of a trainee in all lessons, in the order of the timetable.
pub async fn trace_of_trainee(db: &Db, trainee: TraineeId) -> Result<Vec<Trace>> {
    let rows = sqlx::query(sql::TRACES_OF_TRAINEE).bind(trainee.to_string()).fetch_all(db.read()).await?;
    rows.iter().map(trace).collect()
}

/// The traces of a run as it was, replaced or not.
pub async fn traces_of_run(db: &Db, run: RunId) -> Result<Vec<Trace>> {
    let rows = sqlx::query(sql::TRACES_OF_RUN).bind(run.to_string()).fetch_all(db.read()).await?;
    rows.iter().map(trace).collect()
}

/// All runs of a lesson, the newest first; at most the first is live.
pub async fn runs_of_lesson(db: &Db, lesson: LessonId) -> Result<Vec<Run>> {
    let rows = sqlx::query(sql::RUNS_OF_LESSON).bind(lesson.to_string()).fetch_all(db.read()).await?;
    rows.iter().map(run).collect()
}

/// The canonical JSON of a run, made from what the database has now. Its SHA-256 is sealed in the run's leaf: whoever holds the
/// document and the leaf can check the credits offline.
pub async fn run_document(db: &Db, run: RunId) -> Result<Vec<u8>> {
    let row = sqlx::query(sql::RUN).bind(run.to_string()).fetch_optional(db.read()).await?;
    let row = row.ok_or_else(|| Error::of(&codes::NOT_FOUND))?;
    document(row.id("lesson_id")?, &row.text("policy"), &credits_of(db, run).await?)
}

/// Runs in the order in which lessons keep their time, with the digest each was sealed with: for fsck and rebuild.
pub async fn live_runs(db: &Db) -> Result<Vec<(RunId, LessonId, Digest)>> {
    let rows = sqlx::query(sql::LIVE_RUNS).fetch_all(db.read()).await?;
    rows.iter().map(|row| Ok((row.id("id")?, row.id("lesson_id")?, row.digest("digest")?))).collect()
}

/// The credits of one run, by trainee.
pub(super) async fn credits_of(db: &Db, run: RunId) -> Result<Credits> {
    credits(sqlx::query(sql::CREDITS_OF_RUN).bind(run.to_string()).fetch_all(db.read()).await?)
}

/// The credits of one run, by trainee; they never change.
pub(super) async fn credits_of_run(db: &Db, run: RunId) -> Result<Credits> {
    credits(sqlx::query(sql::CREDITS_OF_RUN).bind(run.to_string()).fetch_all(db.read()).await?)
}

fn credits(rows: Vec<AnyRow>) -> Result<Credits> {
    rows.iter().map(|row| Ok((row.id("trainee_id")?, credit(row)?))).collect()
}

fn credit(row: &AnyRow) -> Result<Credit> {
    Ok(Credit {
        credited_ms: row.int("credited_ms"),
        hours_milli: row.int("hours_milli"),
        presence_ms: row.int("presence_ms"),
        corroborated_ms: row.int("corroborated_ms"),
        reasons: row.json("reasons")?,
        spans: row.json("spans")?,
    })
}

fn class_credit(row: &AnyRow) -> Result<ClassCredit> {
    let hours_milli = row.int("hours_milli");
    Ok(ClassCredit {
        trainee: row.id("trainee_id")?,
        trainee_external_id: row.text("trainee_external_id"),
        lesson: row.id("lesson_id")?,
        lesson_external_id: row.text("lesson_external_id"),
        credited_ms: row.int("credited_ms"),
        hours: hours_text(hours_milli),
        hours_milli,
        presence_ms: row.int("presence_ms"),
        corroborated_ms: row.int("corroborated_ms"),
        reasons: row.json("reasons")?,
    })
}

fn trace(row: &AnyRow) -> Result<Trace> {
    Ok(Trace {
        class: row.id("class_id")?,
        credit: class_credit(row)?,
        run: row.id("run_id")?,
        run_at: row.time("at"),
        policy: row.text("policy"),
        leaf: row.id("leaf_id")?,
        spans: row.json("spans")?,
    })
}

fn run(row: &AnyRow) -> Result<Run> {
    Ok(Run {
        id: row.id("id")?,
        policy: row.text("policy"),
        digest: row.digest("digest")?,
        leaf: row.id("leaf_id")?,
        at: row.time("at"),
        replaced_at: row.time_opt("replaced_at"),
    })
}
