//! The policies that were fixed for classes: their texts, and what the decisions that fixed them sealed.

use super::{Report, sql};
use crate::db::{Columns, Db};
use crate::error::Result;
use crate::register::policy::Policy;
use serde_json::Value;
use sqlx::Row;
use storage::Digest;

/// Every text is the one it is named by, and every class is governed by the one that its decision sealed.
pub(super) async fn check(db: &Db, report: &mut Report) -> Result<()> {
    for row in sqlx::query(sql::POLICY_TEXTS).fetch_all(db.read()).await? {
        report.policies += 1;
        let (name, body) = (row.text("name"), row.text("body"));
        let is = Policy::parse(&name, &body).map(|policy| policy.name());
        if Digest::of(body.as_bytes()) != row.digest("digest")? || is.is_ok_and(|is| is != name) {
            report.problem("policy_altered", format!("The text kept of policy {name} is not its own; restore policy_text from a copy."));
        } else if let Err(error) = Policy::parse(&name, &body) {
            report.problem("policy_unreadable", format!("The text kept of policy {name} cannot be read any more: {error}"));
        }
    }
    let mut after = String::new();
    loop {
        let rows = sqlx::query(sql::GOVERNED_AFTER).bind(&after).fetch_all(db.read()).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.text("id");
        for row in &rows {
            let (class, policy) = (row.text("id"), row.text("policy"));
            let Some(digest) = row.try_get::<Option<Vec<u8>>, _>("digest")? else {
                let what =
                    format!("Class {class} is governed by policy {policy}, whose text is not kept; restore policy_text from a copy.");
                report.problem("policy_missing", what);
                continue;
            };
            let leaf: Value =
                row.try_get::<Option<Vec<u8>>, _>("body")?.and_then(|body| serde_json::from_slice(&body).ok()).unwrap_or_default();
            if leaf["policy"] != policy.as_str() || leaf["policy_sha256"] != hex::encode(digest) {
                let what = format!("Class {class} is governed by policy {policy}, and its decision sealed another or none.");
                report.problem("policy_differs", what);
            }
        }
    }
}
