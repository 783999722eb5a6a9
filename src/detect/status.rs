//! What a person says of a finding.

use super::catalogue::Rules;
use super::findings::{Finding, one};
use super::run::note;
use super::sql;
use crate::db::Db;
use crate::error::{Error, Result, codes};
use crate::ids::{FindingId, Ids};
use crate::register::trail;
use crate::time::Time;
use serde::Deserialize;

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

/// Takes a decision down: the status, the history and the trail in one transaction.
pub async fn set_status(db: &Db, rules: &Rules, ids: &Ids, id: FindingId, decision: &Decision, actor: &str, now: Time) -> Result<Finding> {
    check(decision, now)?;
    let status = decision.status.as_str();
    let why = decision.note.as_deref().map(str::trim).filter(|note| !note.is_empty());
    let mut tx = db.begin().await?;
    let until = decision.until.map(|until| until.0);
    let changed = sqlx::query(sql::SET_STATUS).bind(id.to_string()).bind(status).bind(until).fetch_optional(tx.conn()).await?;
    if changed.is_none() {
        return Err(Error::new(&codes::NOT_FOUND, "There is no finding with this id; GET /v1/findings lists them."));
    }
    note(&mut tx, &id.to_string(), actor, status, why, ids, now).await?;
    let subject_id = id.to_string();
    let line = trail::Note { actor, action: "finding.status", subject_kind: "finding", subject_id: &subject_id, detail: Some(status) };
    trail::note(&mut tx, ids, now, line).await?;
    tx.commit().await?;
    Ok(one(db, rules, id, now).await?.0)
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
