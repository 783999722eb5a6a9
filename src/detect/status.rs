//! What a person says of a finding.

use super::catalogue::Rules;
use super::findings::{Finding, one};
use super::run::note;
use super::sql;
use crate::db::{Columns, Db};
use crate::error::{Error, Result, codes};
use crate::ids::{FindingId, Ids, LeafId};
use crate::jobs::{Change, Jobs};
use crate::register::trail;
use crate::seal::{self, Leaf};
use crate::time::Time;
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::Row;
use sqlx::any::AnyRow;
use storage::Digest;

/// Longest note, in characters.
const MOST_NOTE: usize = 4000;

/// Where a finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not explained yet.
    Open,
    /// To be looked at again on a date.
    Snoozed,
    /// It holds.
    Confirmed,
    /// There is a good explanation.
    Dismissed,
}

impl Status {
    /// The word it is kept as.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Open => "open",
            Status::Snoozed => "snoozed",
            Status::Confirmed => "confirmed",
            Status::Dismissed => "dismissed",
        }
    }
}

/// A decision.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The new status.
    pub status: Status,
    /// Until when it is snoozed.
    #[serde(default)]
    pub until: Option<Time>,
    /// Why.
    #[serde(default)]
    pub note: Option<String>,
}

/// Takes a decision down: the status, the history, the trail and the leaf that is sealed, in one transaction; scores follow as a job.
#[allow(clippy::too_many_arguments, reason = "what a decision is about, and what it goes through")]
pub async fn set_status(
    db: &Db,
    rules: &Rules,
    jobs: &Jobs,
    ids: &Ids,
    id: FindingId,
    decision: &Decision,
    actor: &str,
    now: Time,
) -> Result<Finding> {
    check(decision, now)?;
    let status = decision.status.as_str();
    let why = decision.note.as_deref().map(str::trim).filter(|note| !note.is_empty());
    let mut tx = db.begin().await?;
    let until = decision.until.map(|until| until.0);
    let changed = sqlx::query(sql::SET_STATUS).bind(id.to_string()).bind(status).bind(until).fetch_optional(tx.conn()).await?;
    let Some(changed) = changed else {
        return Err(Error::new(&codes::NOT_FOUND, "There is no finding with this id; GET /v1/findings lists them."));
    };
    let entry = note(&mut tx, &id.to_string(), actor, status, why, ids, now).await?;
    let leaf = seal::stage(&mut tx, &leaf(id, &changed, decision, actor, why.map(|why| commitment(entry, why)), now)?, ids, now).await?;
    sqlx::query(sql::EVENT_SEALED).bind(entry.to_string()).bind(leaf.to_string()).execute(tx.conn()).await?;
    let subject_id = id.to_string();
    let line = trail::Note { actor, action: "finding.status", subject_kind: "finding", subject_id: &subject_id, detail: Some(status) };
    trail::note(&mut tx, ids, now, line).await?;
    jobs.after(&mut tx, Change::FindingJudged, &subject_id, now).await?;
    tx.commit().await?;
    Ok(one(db, rules, id, now).await?.0)
}

/// What is sealed of a decision. The note may speak of people, so the log holds only a commitment to it.
fn leaf(id: FindingId, of: &AnyRow, decision: &Decision, actor: &str, note: Option<String>, now: Time) -> Result<Leaf> {
    let fields = json!({
        "finding": id, "rule": of.get::<String, _>("rule"), "rule_version": of.get::<i64, _>("rule_version"),
        "class": of.get::<Option<String>, _>("class_id"), "lesson": of.get::<Option<String>, _>("lesson_id"),
        "status": decision.status.as_str(), "until": decision.until, "by": actor, "note": note, "at": now,
    });
    match fields {
        Value::Object(fields) => Leaf::new("finding_decision", fields),
        _ => Err(Error::internal("the fields of a leaf are an object")),
    }
}

/// SHA-256 over the id of the history's entry, which is random and not public, and the note.
pub fn commitment(entry: FindingId, note: &str) -> String {
    Digest::of(format!("keshi note {entry}\n{note}").as_bytes()).to_string()
}

/// A decision as it was taken down.
#[derive(Clone, Debug)]
pub struct Decided {
    /// The entry of the finding's history.
    pub id: FindingId,
    /// The finding.
    pub finding: FindingId,
    /// The status it gave.
    pub status: String,
    /// Who decided.
    pub actor: String,
    /// When.
    pub at: Time,
    /// What they said.
    pub note: Option<String>,
    /// Its leaf; none for decisions from before leaves were kept with them.
    pub leaf: Option<LeafId>,
}

/// What people decided of a finding, oldest first.
pub async fn decisions(db: &Db, finding: FindingId) -> Result<Vec<Decided>> {
    let rows = sqlx::query(sql::DECISIONS).bind(finding.to_string()).fetch_all(db.read()).await?;
    let decided = |row: &AnyRow| {
        let (id, leaf) = (row.id("id")?, row.id_opt("leaf_id")?);
        Ok(Decided {
            id,
            finding,
            status: row.text("status"),
            actor: row.text("actor"),
            at: row.time("at"),
            note: row.text_opt("note"),
            leaf,
        })
    };
    rows.iter().map(decided).collect()
}

fn check(decision: &Decision, now: Time) -> Result<()> {
    if decision.note.as_ref().is_some_and(|note| note.chars().count() > MOST_NOTE) {
        return Err(Error::new(&codes::INVALID, format!("The note is longer than {MOST_NOTE} characters; shorten it.")));
    }
    match (decision.status, decision.until) {
        (Status::Snoozed, Some(until)) if until > now => Ok(()),
        (Status::Snoozed, _) => Err(Error::new(&codes::INVALID, "A finding is snoozed until a time to come; send until.")),
        (_, Some(_)) => Err(Error::new(&codes::INVALID, "until belongs to the status snoozed; leave it out.")),
        (_, None) => Ok(()),
    }
}
