//! Decisions on applications and amendments of plans, against what their leaves sealed.

use super::{Report, sql};
use crate::db::{Columns, Db};
use crate::error::Result;
use crate::register::amendment;
use serde_json::Value;
use sqlx::Row;
use storage::Digest;

/// Every decision says what was sealed of it, and the newest of a class is the one it has.
pub(super) async fn decisions(db: &Db, report: &mut Report) -> Result<()> {
    let mut after = String::new();
    loop {
        let rows = sqlx::query(sql::DECISIONS_AFTER).bind(&after).fetch_all(db.read()).await?;
        let Some(last) = rows.last() else { break };
        after = last.text("id");
        for row in &rows {
            report.decisions += 1;
            let id = row.text("id");
            let leaf = body(row.try_get("body")?);
            let standards = [("qualified", "q"), ("skill_level", "s"), ("vocational", "v"), ("special_operation", "o")];
            let same = leaf["id"] == id.as_str()
                && leaf["class"] == row.text("class_id").as_str()
                && leaf["decision"] == row.text("decision").as_str()
                && leaf["due_on"] == row.text("due_on").as_str()
                && leaf["by"] == row.text("actor").as_str()
                && leaf["at"] == row.time("at").to_string().as_str()
                && standards.iter().all(|(word, column)| leaf["standards_fen"][*word].as_i64() == row.int_opt(column));
            if !same {
                report
                    .problem("decision_differs", format!("Decision {id} is not what its leaf sealed; restore class_decision from a copy."));
            }
        }
    }
    for row in sqlx::query(sql::DECISIONS_ASTRAY).fetch_all(db.read()).await? {
        let what =
            format!("Class {} is not decided as its newest decision says; restore class and class_decision from a copy.", row.text("id"));
        report.problem("decision_astray", what);
    }
    Ok(())
}

/// Every amendment is what was sealed of it.
pub(super) async fn amendments(db: &Db, report: &mut Report) -> Result<()> {
    let mut after = None;
    loop {
        let all = amendment::after(db, after).await?;
        let Some(last) = all.last() else { return Ok(()) };
        after = Some(last.id);
        for one in &all {
            report.amendments += 1;
            let leaf = match one.leaf {
                Some(leaf) => sqlx::query(sql::LEAF).bind(leaf.to_string()).fetch_optional(db.read()).await?,
                None => None,
            };
            let leaf = body(leaf.map(|row| row.get("body")));
            let digest = Digest::of(&one.document()?);
            if digest != one.digest || leaf["digest"] != digest.to_string() || leaf["amendment"] != one.id.to_string() {
                let what = format!("Amendment {} is not what its leaf sealed; restore amendment from a copy.", one.id);
                report.problem("amendment_differs", what);
            }
        }
    }
}

fn body(bytes: Option<Vec<u8>>) -> Value {
    bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}
