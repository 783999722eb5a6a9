//! Cases, against what their leaves sealed. They are not derived: what is gone is gone.

use super::signatures::against;
use super::{Report, sql};
use crate::audit::case::{self, Document, Kept};
use crate::db::{Columns, Db};
use crate::error::Result;
use crate::ids::{CaseId, CaseStepId};
use serde_json::{Map, json};
use std::collections::BTreeSet;
use storage::Digest;

/// Every step is what was sealed of it and follows the one before; a case stands as its steps left it.
pub(super) async fn check(db: &Db, report: &mut Report) -> Result<()> {
    let mut after = String::new();
    loop {
        let cases = case::after(db, &after).await?;
        let Some(last) = cases.last() else { return Ok(()) };
        after = last.to_string();
        for id in cases {
            let steps = case::steps(db, id).await?;
            report.case_steps += steps.len() as u64;
            for wrong in wrong_with(db, id, &steps).await? {
                report.problem("case_differs", format!("Case {id}: {wrong}; restore case_file, case_step and case_item from a copy."));
            }
        }
    }
}

async fn wrong_with(db: &Db, id: CaseId, steps: &[Kept]) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    let mut documents: Vec<Document> = Vec::with_capacity(steps.len());
    let mut before: Option<String> = None;
    for (place, step) in steps.iter().enumerate() {
        let number = place as i64 + 1;
        if Digest::of(step.document.as_bytes()) != step.digest {
            wrong.push(format!("the document of step {} is another than was sealed", step.number));
        }
        let mut fields = Map::new();
        fields.insert("case".to_owned(), json!(id));
        fields.insert("number".to_owned(), json!(step.number));
        fields.insert("step".to_owned(), json!(step.step));
        fields.insert("digest".to_owned(), json!(step.digest.to_string()));
        fields.insert("by".to_owned(), json!(step.actor));
        fields.insert("at".to_owned(), json!(step.at));
        if let Some(other) = against(db, Some(step.leaf), "case_step", &fields).await? {
            wrong.push(format!("step {}: {}", step.number, other.trim_end_matches('.')));
        }
        match Document::read(step.document.as_bytes()) {
            Ok(read) if read.id == step.id && step.number == number && read.number == number && read.before == before => {
                documents.push(read)
            }
            _ => wrong.push(format!("step {} does not follow the one before", step.number)),
        }
        before = Some(step.digest.to_string());
    }
    if documents.len() < steps.len() || documents.is_empty() {
        return Ok(wrong);
    }
    let row = sqlx::query(sql::CASE).bind(id.to_string()).fetch_one(db.read()).await?;
    let ended = documents.iter().rev().find(|step| matches!(step.step.as_str(), "opened" | "closed" | "reopened"));
    let (status, outcome) = match ended {
        Some(step) if step.step == "closed" => ("closed", step.outcome.map(|outcome| outcome.as_str().to_owned())),
        _ => ("open", None),
    };
    if (row.text("status").as_str(), row.text_opt("outcome")) != (status, outcome) || documents[0].title != Some(row.text("title")) {
        wrong.push("it is said to stand otherwise than its last step left it".to_owned());
    }
    let mut kept: BTreeSet<(CaseStepId, String, String, i64)> = BTreeSet::new();
    for row in sqlx::query(sql::CASE_ITEMS).bind(id.to_string()).fetch_all(db.read()).await? {
        kept.insert((row.id("step_id")?, row.text("kind"), row.text("subject_id"), row.int("money_fen")));
    }
    let said = case::standing(&documents).into_iter().map(|step| {
        let (kind, subject) = (step.kind.map_or("", case::Kind::as_str), step.subject.map(|id| id.to_string()).unwrap_or_default());
        (step.id, kind.to_owned(), subject, step.said["money_fen"].as_i64().unwrap_or_default())
    });
    if kept != said.collect() {
        wrong.push("other things are in it than its steps put in".to_owned());
    }
    Ok(wrong)
}
