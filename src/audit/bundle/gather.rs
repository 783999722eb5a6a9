//! What belongs into a bundle: rows alone, no bytes.

use super::bag::evidence_path;
use super::index::{About, Document, Evidence, Hour, Run};
use super::layout::is_path;
use super::{What, case, sql};
use crate::db::{Columns, Db};
use crate::error::{Error, Result, RowError, codes};
use crate::ids::{ClassId, EvidenceId, LeafId, ResolutionId, RunId};
use crate::link;
use crate::register::platform_key::{self, Revocation};
use crate::register::policy::Policies;
use crate::register::{PlatformKey, Resolution, resolution};
use crate::store;
use crate::store::signature::{self, Signature};
use serde_json::{Value, json};
use sqlx::Row;
use sqlx::any::AnyRow;
use std::collections::{BTreeMap, BTreeSet};
use storage::Digest;

/// A bundle's content, not yet read.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub(super) about: About,
    pub(super) plan: Value,
    pub(super) evidence: Vec<Kept>,
    pub(super) runs: Vec<(Run, LeafId)>,
    pub(super) hours: Vec<Hour>,
    /// What the hours rest on besides evidence.
    pub(super) resolutions: Vec<Resolution>,
    /// What platforms signed of the evidence, with the leaves.
    pub(super) signatures: Vec<(Signature, LeafId)>,
    /// The keys they signed with, and their revocations.
    pub(super) keys: Vec<(PlatformKey, Vec<Revocation>)>,
    /// By `id-fingerprint`.
    pub(super) policies: BTreeMap<String, Value>,
    /// The file of the case it is about.
    pub(super) case: Option<case::File>,
}

/// A piece of evidence as the catalogue has it.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) item: Evidence,
    pub(super) digest: Digest,
    pub(super) leaf: LeafId,
    pub(super) accepted_rows: Option<i64>,
    pub(super) refused_rows: Vec<RowError>,
}

/// Gathers it. Errors: `unknown_class`, `unknown_lesson`, `unknown_trainee` or `not_found` when there is no such thing.
pub(super) async fn gather(db: &Db, what: What, policies: &Policies) -> Result<Scope> {
    let mut file = match what {
        What::Case(id) => Some(case::file(db, id).await?),
        _ => None,
    };
    let parts = file.as_mut().map_or_else(|| vec![what], |file| std::mem::take(&mut file.parts));
    let plan = match &mut file {
        Some(file) => file.plan.take(),
        None => plan(db, what).await?,
    };
    let (kind, .., ids) = parts_of(what);
    let about = About { kind: kind.to_owned(), id: ids.join(".") };
    let mut scope = Scope { about, plan, case: file, ..Scope::default() };
    let (mut wanted, mut said, mut known): (BTreeSet<EvidenceId>, BTreeSet<ResolutionId>, BTreeSet<RunId>) = Default::default();
    for part in parts {
        let (_, evidence, runs, ids) = parts_of(part);
        if let What::Evidence(id) = part {
            wanted.insert(id);
        }
        if let Some(statement) = evidence {
            let query = ids.iter().fold(sqlx::query(statement), |query, id| query.bind(id.clone()));
            for row in query.fetch_all(db.read()).await? {
                wanted.insert(row.id("id")?);
            }
        }
        let rows = match runs {
            Some(statement) => sqlx::query(statement).bind(ids[0].clone()).fetch_all(db.read()).await?,
            None => Vec::new(),
        };
        for row in &rows {
            let run = run(row)?;
            let (evidence, resolutions) = scope.credited(db, &run, part).await?;
            wanted.extend(evidence);
            said.extend(resolutions);
            if !known.insert(run.id) {
                continue;
            }
            // By name, for one id may have stood for two texts; one that is kept nowhere any more is left out, and the run still names it.
            let place = run.policy.replace('@', "-");
            if is_path(&place) && !scope.policies.contains_key(&place) {
                match policies.named(db, &run.policy).await {
                    Ok(policy) => drop(scope.policies.insert(place, serde_json::to_value(&*policy)?)),
                    Err(error) if error.code == codes::POLICY_MISSING.name => {}
                    Err(error) => return Err(error),
                }
            }
            scope.runs.push((run, row.id("leaf_id")?));
        }
    }
    if scope.case.is_some() {
        // Its parts may share hours.
        scope.hours.sort_by_key(|hour| (hour.run, hour.trainee));
        scope.hours.dedup_by_key(|hour| (hour.run, hour.trainee));
    }
    for id in wanted {
        scope.evidence.push(kept(db, id).await?);
        scope.signatures.extend(signature::of_evidence(db, id).await?);
    }
    scope.signatures.sort_by_key(|(signature, _)| signature.id);
    for id in scope.signatures.iter().map(|(signature, _)| signature.key).collect::<BTreeSet<_>>() {
        scope.keys.push((platform_key::by_id(db, id).await?, platform_key::revocations(db, id).await?));
    }
    for id in said {
        scope.resolutions.push(resolution::by_id(db, id).await?);
    }
    Ok(scope)
}

/// The word for a part, the statements that name its evidence and its runs, and their ids.
fn parts_of(what: What) -> (&'static str, Option<&'static str>, Option<&'static str>, Vec<String>) {
    match what {
        What::Class(id) => ("class", Some(sql::EVIDENCE_OF_CLASS), Some(sql::RUNS_OF_CLASS), vec![id.to_string()]),
        What::Lesson(id) => ("lesson", Some(sql::EVIDENCE_OF_LESSON), Some(sql::RUNS_OF_LESSON), vec![id.to_string()]),
        What::Trainee(id) => ("trainee", Some(sql::EVIDENCE_OF_TRAINEE), Some(sql::RUNS_OF_TRAINEE), vec![id.to_string()]),
        What::Hour(lesson, trainee) => {
            ("hour", Some(sql::EVIDENCE_OF_HOUR), Some(sql::RUNS_OF_LESSON), vec![lesson.to_string(), trainee.to_string()])
        }
        What::Evidence(id) => ("evidence", None, None, vec![id.to_string()]),
        What::Case(id) => ("case", None, None, vec![id.to_string()]),
    }
}

impl Scope {
    /// Takes the hours the bundle is about from a run, and names the evidence they rest on, and what people said.
    async fn credited(&mut self, db: &Db, run: &Run, what: What) -> Result<(BTreeSet<EvidenceId>, BTreeSet<ResolutionId>)> {
        let document: Document = serde_json::from_slice(&link::run_document(db, run.id).await?)?;
        let (mut rests, mut said) = (BTreeSet::new(), BTreeSet::new());
        for credit in document.credits {
            if matches!(what, What::Trainee(only) | What::Hour(_, only) if only != credit.trainee) {
                continue;
            }
            rests.extend(credit.evidence());
            said.extend(credit.resolutions());
            let hours = link::hours_text(credit.hours_milli);
            let hour = Hour { run: run.id, lesson: run.lesson, trainee: credit.trainee, credited_ms: credit.credited_ms, hours };
            self.hours.push(hour);
        }
        Ok((rests, said))
    }
}

fn run(row: &AnyRow) -> Result<Run> {
    Ok(Run {
        id: row.id("id")?,
        lesson: row.id("lesson_id")?,
        policy: row.text("policy"),
        at: row.time("at"),
        sha256: row.digest("digest")?.to_string(),
        sealed: false,
    })
}

async fn kept(db: &Db, id: EvidenceId) -> Result<Kept> {
    let of = store::get(db, id).await?;
    let item = Evidence {
        id,
        kind: of.kind.as_str().to_owned(),
        sha256: of.digest.to_string(),
        size: of.size,
        file: evidence_path(&of.digest, &of.media_type),
        media_type: of.media_type,
        filename: of.filename,
        class: of.class,
        lesson: of.lesson,
        trainee: of.trainee,
        from: of.from,
        until: of.until,
        received_at: of.received_at,
        absent: None,
        sealed: false,
    };
    Ok(Kept { item, digest: of.digest, leaf: of.leaf, accepted_rows: of.accepted_rows, refused_rows: of.refused_rows })
}

/// The class, lessons and trainees concerned, as far as one must know them to read the rest. Names only of those the bundle is about, and no
/// numbers of persons at all.
pub(super) async fn plan(db: &Db, what: What) -> Result<Value> {
    let (class, lessons, trainees) = match what {
        What::Class(id) => (Some(id), rows(db, sql::LESSONS_OF_CLASS, id).await?, rows(db, sql::TRAINEES_OF_CLASS, id).await?),
        What::Lesson(id) => {
            let lesson = rows(db, sql::LESSON, id).await?;
            let class = class_of(&lesson, &codes::UNKNOWN_LESSON)?;
            (Some(class), lesson, rows(db, sql::TRAINEES_OF_CLASS, class).await?)
        }
        What::Trainee(id) => {
            let trainee = rows(db, sql::TRAINEE, id).await?;
            let class = class_of(&trainee, &codes::UNKNOWN_TRAINEE)?;
            (Some(class), rows(db, sql::LESSONS_OF_CLASS, class).await?, trainee)
        }
        What::Hour(lesson, trainee) => {
            let (lesson, trainee) = (rows(db, sql::LESSON, lesson).await?, rows(db, sql::TRAINEE, trainee).await?);
            let class = class_of(&lesson, &codes::UNKNOWN_LESSON)?;
            if class_of(&trainee, &codes::UNKNOWN_TRAINEE)? != class {
                return Err(Error::of(&codes::UNKNOWN_TRAINEE));
            }
            (Some(class), lesson, trainee)
        }
        What::Case(_) => (None, Vec::new(), Vec::new()),
        What::Evidence(id) => {
            let evidence = store::get(db, id).await?;
            (evidence.class, of(db, sql::LESSON, evidence.lesson).await?, of(db, sql::TRAINEE, evidence.trainee).await?)
        }
    };
    let class = match class {
        Some(id) => Some(class_json(rows(db, sql::CLASS, id).await?.first().ok_or_else(|| Error::of(&codes::UNKNOWN_CLASS))?)),
        None => None,
    };
    let lessons: Vec<Value> = lessons.iter().map(lesson_json).collect();
    let trainees: Vec<Value> = trainees.iter().map(trainee_json).collect();
    Ok(json!({ "class": class, "lessons": lessons, "trainees": trainees }))
}

/// A class (0), a lesson (1) or a trainee (2) by its id.
pub(super) async fn row_of(db: &Db, place: usize, id: &str) -> Result<Option<Value>> {
    Ok(match place {
        0 => rows(db, sql::CLASS, id).await?.first().map(class_json),
        1 => rows(db, sql::LESSON, id).await?.first().map(lesson_json),
        _ => rows(db, sql::TRAINEE, id).await?.first().map(trainee_json),
    })
}

async fn rows(db: &Db, statement: &'static str, id: impl ToString) -> Result<Vec<AnyRow>> {
    Ok(sqlx::query(statement).bind(id.to_string()).fetch_all(db.read()).await?)
}

async fn of(db: &Db, statement: &'static str, id: Option<impl ToString>) -> Result<Vec<AnyRow>> {
    match id {
        Some(id) => rows(db, statement, id).await,
        None => Ok(Vec::new()),
    }
}

fn class_of(rows: &[AnyRow], unknown: &crate::error::Code) -> Result<ClassId> {
    rows.first().ok_or_else(|| Error::of(unknown))?.id("class_id")
}

fn class_json(row: &AnyRow) -> Value {
    json!({
        "id": row.text("id"), "external_id": row.text("external_id"), "title": row.text("title"), "provider": row.text("provider"),
        "provider_external_id": row.text("provider_external_id"), "platform": row.text("platform_id"), "trade_code": row.text("trade_code"),
        "trade_name": row.text("trade_name"), "starts_on": row.text("starts_on"), "ends_on": row.text("ends_on"),
    })
}

fn lesson_json(row: &AnyRow) -> Value {
    json!({
        "id": row.text("id"), "external_id": row.text("external_id"), "title": row.text("title"), "kind": row.text("kind"), "mode": row.text("mode"),
        "starts_at": row.time("starts_at"), "ends_at": row.time("ends_at"), "hours": link::hours_text(row.get("hours_milli")),
        "cancelled_at": row.time_opt("cancelled_at"),
    })
}

fn trainee_json(row: &AnyRow) -> Value {
    json!({ "id": row.text("id"), "external_id": row.text("external_id"), "name": row.text("name") })
}
