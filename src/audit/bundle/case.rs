//! What a case brings into a bundle: its steps as they were sealed, what people decided of its findings, the texts of the rules that found them, and all evidence.

use super::{What, gather, sql};
use crate::audit::case::{self, Document, Kept, Kind};
use crate::db::{Columns, Db};
use crate::detect::{self, Decided, Pointer};
use crate::error::{Error, Result, codes};
use crate::ids::{CaseId, ClassId, EvidenceId, FindingId, LessonId, TraineeId};
use crate::store;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// The file of a case, not yet packed.
#[derive(Debug)]
pub(super) struct File {
    pub(super) id: CaseId,
    pub(super) steps: Vec<Kept>,
    pub(super) documents: Vec<Document>,
    pub(super) decisions: Vec<Decided>,
    /// Texts of rules by their digest.
    pub(super) rules: BTreeMap<String, String>,
    /// What is taken away with it.
    pub(super) parts: Vec<What>,
    pub(super) plan: Value,
}

/// Gathers it. Errors: `not_found`.
pub(super) async fn file(db: &Db, id: CaseId) -> Result<File> {
    let steps = case::steps(db, id).await?;
    if steps.is_empty() {
        return Err(Error::new(&codes::NOT_FOUND, "There is no case with this id; GET /v1/cases lists them."));
    }
    let documents = steps.iter().map(|step| Document::read(step.document.as_bytes())).collect::<Result<Vec<_>>>()?;
    let (mut decisions, mut rules, mut parts) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
    let mut places = Places::default();
    let mut evidence: BTreeSet<EvidenceId> = BTreeSet::new();
    for item in case::standing(&documents) {
        evidence.extend(item.evidence().iter().filter_map(|id| id.parse::<EvidenceId>().ok()));
        let (Some(kind), Some(subject)) = (item.kind, item.subject) else { continue };
        match kind {
            Kind::Finding => {
                let finding = FindingId(subject);
                evidence.extend(points_to(db, finding).await?);
                decisions.extend(detect::decisions(db, finding).await?);
                places.of_finding(&item.said);
                if let Some(digest) = item.said["rule_digest"].as_str()
                    && let Ok(known) = digest.parse()
                    && let Some(text) = detect::rule_text(db, known).await?
                {
                    rules.insert(digest.to_owned(), text);
                }
            }
            Kind::Evidence => {}
            Kind::Class | Kind::Lesson | Kind::Trainee => drop(parts.insert((kind, subject))),
        }
    }
    let mut parts: Vec<What> = parts.into_iter().map(|(kind, id)| part(kind, id)).collect();
    for part in &parts {
        places.join(gather::plan(db, *part).await?);
    }
    for id in evidence {
        match store::get(db, id).await {
            Ok(of) => places.of_evidence(of.class, of.lesson, of.trainee),
            // A rule may point to what there is not; the verifier names it.
            Err(error) if error.code == codes::NOT_FOUND.name => continue,
            Err(error) => return Err(error),
        }
        parts.push(What::Evidence(id));
    }
    Ok(File { id, steps, documents, decisions, rules, parts, plan: places.plan(db).await? })
}

fn part(kind: Kind, id: Uuid) -> What {
    match kind {
        Kind::Class => What::Class(ClassId(id)),
        Kind::Lesson => What::Lesson(LessonId(id)),
        Kind::Trainee => What::Trainee(TraineeId(id)),
        Kind::Evidence | Kind::Finding => What::Evidence(EvidenceId(id)),
    }
}

/// The evidence that a finding points to now.
async fn points_to(db: &Db, finding: FindingId) -> Result<Vec<EvidenceId>> {
    let row = sqlx::query(sql::POINTERS).bind(finding.to_string()).fetch_optional(db.read()).await?;
    let pointers: Vec<Pointer> = row.map(|row| row.json("evidence")).transpose()?.unwrap_or_default();
    Ok(pointers.iter().filter_map(|pointer| pointer.id.parse().ok()).collect())
}

/// The classes, lessons and trainees that a case speaks of.
#[derive(Default)]
struct Places {
    ids: [BTreeSet<String>; 3],
    /// As rows, by id.
    rows: [BTreeMap<String, Value>; 3],
}

const NAMES: [&str; 3] = ["classes", "lessons", "trainees"];

impl Places {
    fn of_finding(&mut self, said: &Value) {
        for (ids, name) in self.ids.iter_mut().zip(["class", "lesson", "trainee"]) {
            ids.extend(said[name].as_str().map(str::to_owned));
        }
    }

    fn of_evidence(&mut self, class: Option<ClassId>, lesson: Option<LessonId>, trainee: Option<TraineeId>) {
        self.ids[0].extend(class.map(|id| id.to_string()));
        self.ids[1].extend(lesson.map(|id| id.to_string()));
        self.ids[2].extend(trainee.map(|id| id.to_string()));
    }

    /// Takes the plan of a part over.
    fn join(&mut self, plan: Value) {
        let class = [plan["class"].clone()];
        let lists = [class.as_slice(), as_slice(&plan["lessons"]), as_slice(&plan["trainees"])];
        for (rows, list) in self.rows.iter_mut().zip(lists) {
            rows.extend(list.iter().filter_map(|row| Some((row["id"].as_str()?.to_owned(), row.clone()))));
        }
    }

    async fn plan(mut self, db: &Db) -> Result<Value> {
        for (place, ids) in self.ids.iter().enumerate() {
            for id in ids {
                if !self.rows[place].contains_key(id)
                    && let Some(row) = gather::row_of(db, place, id).await?
                {
                    self.rows[place].insert(id.clone(), row);
                }
            }
        }
        let lists = NAMES.iter().zip(self.rows).map(|(name, rows)| ((*name).to_owned(), json!(rows.into_values().collect::<Vec<_>>())));
        Ok(Value::Object(lists.collect()))
    }
}

fn as_slice(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
