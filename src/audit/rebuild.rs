//! Everything derived is thrown away where it is damaged and derived again everywhere: segments and facts from evidence, credits from both.
//!
//! Enters: the two job functions that derive. Leaves: what differs from before, with the reason as far as it can be told. Nothing differing proves
//! that what is shown follows from the evidence and the plan alone. A former credit run is never deleted: it was sealed, and stays readable.

pub(crate) mod sql;
mod standing;
#[cfg(test)]
mod tests;

use crate::db::{Columns, Db};
use crate::error::Result;
use crate::ids::{EvidenceId, LessonId, RunId};
use crate::link;
use crate::time::Time;
use serde::Serialize;
use standing::Standing;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use storage::{Digest, Objects};

/// Something that is not what it was before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// `evidence` or `lesson`.
    pub kind: &'static str,
    /// Its id.
    pub id: String,
    /// What differs, and why.
    pub what: String,
}

/// What was derived again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Pieces of evidence analysed again.
    pub evidence: u64,
    /// Lessons credited again.
    pub lessons: u64,
    /// Differences told.
    pub differences: u64,
    /// Evidence and lessons that could not be derived again; they are as they were.
    pub failed: u64,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.kind, self.id, self.what)
    }
}

/// Derives everything again; `analyse` and `credit` are the job functions, `tell` hears of each difference as it is found.
///
/// A server may run meanwhile; what arrives in that time may be told as a difference. Errors when the database or the storage does not answer.
pub async fn rebuild(
    db: &Db,
    objects: &Objects,
    now: Time,
    analyse: impl AsyncFn(EvidenceId) -> Result<()>,
    credit: impl AsyncFn(LessonId) -> Result<()>,
    mut tell: impl FnMut(&Difference),
) -> Result<Report> {
    let mut report = Report::default();
    let before = runs(db).await?;
    let mut after = String::new();
    let mut sound = HashSet::new();
    loop {
        let page = sqlx::query(sql::EVIDENCE_AFTER).bind(&after).fetch_all(db.read()).await?;
        let Some(last) = page.last() else { break };
        after = last.text("id");
        for row in &page {
            let id: EvidenceId = row.id("id")?;
            report.evidence += 1;
            for what in evidence(db, objects, id, (&mut sound, now), &analyse, &mut report).await? {
                report.differences += 1;
                tell(&Difference { kind: "evidence", id: id.to_string(), what });
            }
        }
    }
    for row in sqlx::query(sql::LESSONS).fetch_all(db.read()).await? {
        let id: LessonId = row.id("id")?;
        report.lessons += 1;
        if let Some(what) = lesson(db, id, before.get(&id), &credit, now, &mut report).await? {
            report.differences += 1;
            tell(&Difference { kind: "lesson", id: id.to_string(), what });
        }
    }
    Ok(report)
}

async fn evidence(
    db: &Db,
    objects: &Objects,
    id: EvidenceId,
    (sound, now): (&mut HashSet<Digest>, Time),
    analyse: &impl AsyncFn(EvidenceId) -> Result<()>,
    report: &mut Report,
) -> Result<Vec<String>> {
    let before = Standing::of(db, id).await?;
    let mut differs = before.damaged(db, objects, sound, now).await?;
    match analyse(id).await {
        Ok(()) => differs.extend(before.differs(&Standing::of(db, id).await?)),
        Err(error) => {
            report.failed += 1;
            differs.push(format!("It could not be analysed again: {error}"));
        }
    }
    Ok(differs)
}

/// The live run of each lesson.
async fn runs(db: &Db) -> Result<BTreeMap<LessonId, (RunId, Digest)>> {
    Ok(link::live_runs(db).await?.into_iter().map(|(run, lesson, digest)| (lesson, (run, digest))).collect())
}

async fn lesson(
    db: &Db,
    id: LessonId,
    before: Option<&(RunId, Digest)>,
    credit: &impl AsyncFn(LessonId) -> Result<()>,
    now: Time,
    report: &mut Report,
) -> Result<Option<String>> {
    let mut altered = false;
    if let Some((run, digest)) = before {
        altered = !matches!(link::run_document(db, *run).await, Ok(document) if Digest::of(&document) == *digest);
        if altered {
            // It is not what was sealed, so nothing may be compared with it: another takes its place.
            let mut tx = db.begin().await?;
            sqlx::query(sql::SET_ASIDE).bind(run.to_string()).bind(now.0).execute(tx.conn()).await?;
            tx.commit().await?;
        }
    }
    if let Err(error) = credit(id).await {
        report.failed += 1;
        return Ok(Some(format!("Its hours could not be calculated again: {error}")));
    }
    let after = live(db, id).await?;
    Ok(match (before, after) {
        (Some((run, _)), _) if altered => {
            Some(format!("Credit run {run} was not what was sealed; it was set aside and the hours calculated again."))
        }
        (Some((_, was)), Some(run)) if *was == run.digest => None,
        (None, None) => None,
        (None, Some(_)) => Some("It had no hours and has some now: they had not been calculated since its evidence came.".to_owned()),
        (Some(_), None) => Some("It had hours and has none any more.".to_owned()),
        (Some((was, _)), Some(run)) => Some(why(db, *was, &run).await?),
    })
}

async fn live(db: &Db, lesson: LessonId) -> Result<Option<link::Run>> {
    Ok(link::runs_of_lesson(db, lesson).await?.into_iter().find(|run| run.replaced_at.is_none()))
}

/// Why a lesson's hours differ.
async fn why(db: &Db, was: RunId, run: &link::Run) -> Result<String> {
    let before = link::traces_of_run(db, was).await?;
    let after = link::traces_of_run(db, run.id).await?;
    if let Some(policy) = before.first().map(|trace| &trace.policy).filter(|policy| **policy != run.policy) {
        return Ok(format!("Its hours follow policy {} now, not {policy}.", run.policy));
    }
    let was: BTreeMap<_, _> = before.iter().map(|trace| (trace.credit.trainee, trace)).collect();
    let others = after.iter().filter(|trace| was.get(&trace.credit.trainee).is_none_or(|was| was.spans != trace.spans)).count();
    let gone = before.len().saturating_sub(after.len());
    Ok(format!("The hours of {} trainees differ: its evidence, roster or time changed, or the rule of credit did.", others + gone))
}
