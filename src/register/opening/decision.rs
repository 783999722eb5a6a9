//! Decisions on opening applications: every one is kept, the class has the newest.

use super::sql;
use crate::db::{Columns, Db, Tx};
use crate::error::{Error, Result, codes};
use crate::ids::{ClassId, DecisionId, EvidenceId, Ids, LeafId};
use crate::register::calendar::{Calendar, Due};
use crate::register::class::{Class, Decision, Standards};
use crate::register::policy::Policy;
use crate::register::trail;
use crate::time::Time;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::any::AnyRow;

/// Longest reason, in characters.
const LONGEST_REASON: usize = 2000;

/// A decision as sent.
#[derive(Clone, Debug, Deserialize)]
pub struct NewDecision {
    /// The word.
    pub decision: Decision,
    /// Why; needed unless it approves.
    pub reason: Option<String>,
    /// With an approval: the current standard per person by certificate, in fen. What is not named stays as it was applied for.
    pub standards_fen: Option<Standards>,
}

impl NewDecision {
    /// Refuses what can be no decision on a class, before anything is written.
    ///
    /// Errors: `already_decided`, `invalid`.
    pub fn check(&self, class: &Class) -> Result<()> {
        if class.decision.is_some_and(|before| before != Decision::Return) {
            return Err(Error::of(&codes::ALREADY_DECIDED));
        }
        if self.decision != Decision::Approve && self.reason().is_none() {
            return Err(Error::new(&codes::INVALID, "Say why: reason is needed to return or refuse an application."));
        }
        if self.reason().is_some_and(|reason| reason.chars().count() > LONGEST_REASON) {
            return Err(Error::new(&codes::INVALID, format!("reason is at most {LONGEST_REASON} characters.")));
        }
        match &self.standards_fen {
            Some(_) if self.decision != Decision::Approve => {
                Err(Error::new(&codes::INVALID, "standards_fen are stated with an approval; leave them out to return or refuse."))
            }
            Some(standards) => standards.check(),
            None => Ok(()),
        }
    }

    /// The reason without blanks around it.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty())
    }

    /// The standards that hold for the class from it on.
    pub fn standards(&self, class: &Class) -> Standards {
        self.standards_fen.map_or(class.standards_fen, |stated| stated.or(class.standards_fen))
    }
}

/// By when an application has to be decided: so many working days after the day it was filed (notice, 四 and 六（二）).
pub fn due(policy: &Policy, calendar: &Calendar, filed_at: Time) -> Due {
    policy.decision_due(policy.day_of(filed_at), calendar)
}

/// A decision as kept.
#[derive(Clone, Debug, Serialize)]
pub struct Decided {
    /// Its id.
    pub id: DecisionId,
    /// The class.
    pub class: ClassId,
    /// The how many-th on this class it is.
    pub place: i64,
    /// The word.
    pub decision: Decision,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// With an approval: the standards that hold, in fen per person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standards_fen: Option<Standards>,
    /// By which policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// What the checks said at that moment.
    pub remarks: Value,
    /// By which day it was due.
    pub due_on: NaiveDate,
    /// Whether the calendar knew that for certain.
    pub due_certain: bool,
    /// Whether it came later.
    pub late: bool,
    /// Who decided.
    pub by: String,
    /// When.
    pub decided_at: Time,
    /// The leaf that seals it.
    pub leaf: LeafId,
    /// Its place in the log, once it is sealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_index: Option<i64>,
    /// The written decision, once it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub letter: Option<EvidenceId>,
}

/// A decision about to be kept.
#[derive(Clone, Copy, Debug)]
pub struct Keep<'a> {
    /// Its id.
    pub id: DecisionId,
    /// The class.
    pub class: &'a Class,
    /// What was sent.
    pub new: &'a NewDecision,
    /// The policy that governs the class.
    pub policy: &'a str,
    /// What the checks say, as JSON.
    pub remarks: &'a str,
    /// By when it was due.
    pub due: Due,
    /// Who decides.
    pub actor: &'a str,
    /// When.
    pub at: Time,
    /// The leaf staged in the same transaction.
    pub leaf: LeafId,
}

/// Keeps a decision whose leaf is staged in the same transaction, and what follows of it for the class.
///
/// Errors: `already_decided` when it was approved or refused meanwhile.
pub async fn keep(tx: &mut Tx, ids: &Ids, of: &Keep<'_>) -> Result<()> {
    let (class, word, reason) = (of.class.id.to_string(), of.new.decision.as_str(), of.new.reason());
    let standards = of.new.standards_fen.unwrap_or_default();
    let done = sqlx::query(sql::DECIDE)
        .bind(&class)
        .bind(word)
        .bind(reason)
        .bind(of.at.0)
        .bind(of.leaf.to_string())
        .bind(standards.qualified)
        .bind(standards.skill_level)
        .bind(standards.vocational)
        .bind(standards.special_operation)
        .execute(tx.conn())
        .await?;
    if done.rows_affected() == 0 {
        return Err(Error::of(&codes::ALREADY_DECIDED));
    }
    let standards = if of.new.decision == Decision::Approve { of.new.standards(of.class) } else { Standards::default() };
    sqlx::query(sql::ADD_DECISION)
        .bind(of.id.to_string())
        .bind(&class)
        .bind(word)
        .bind(reason)
        .bind(standards.qualified)
        .bind(standards.skill_level)
        .bind(standards.vocational)
        .bind(standards.special_operation)
        .bind(of.policy)
        .bind(of.remarks)
        .bind(of.due.on.to_string())
        .bind(i64::from(of.due.certain))
        .bind(of.actor)
        .bind(of.at.0)
        .bind(of.leaf.to_string())
        .execute(tx.conn())
        .await?;
    let note = trail::Note { actor: of.actor, action: "class.decided", subject_kind: "class", subject_id: &class, detail: Some(word) };
    trail::note(tx, ids, of.at, note).await
}

/// Every decision on a class, the oldest first; `zone` says on which day each was taken.
pub async fn of_class(db: &Db, class: ClassId, zone: chrono_tz::Tz) -> Result<Vec<Decided>> {
    sqlx::query(sql::DECISIONS).bind(class.to_string()).fetch_all(db.read()).await?.iter().map(|row| decided(row, zone)).collect()
}

/// One decision.
pub async fn by_id(db: &Db, id: DecisionId, zone: chrono_tz::Tz) -> Result<Decided> {
    let row = sqlx::query(sql::DECISION).bind(id.to_string()).fetch_optional(db.read()).await?;
    row.as_ref().map(|row| decided(row, zone)).transpose()?.ok_or_else(|| Error::of(&codes::NOT_FOUND))
}

/// Notes where the written decision is; the first one stands.
pub async fn written(tx: &mut Tx, id: DecisionId, letter: EvidenceId) -> Result<()> {
    sqlx::query(sql::WRITTEN).bind(id.to_string()).bind(letter.to_string()).execute(tx.conn()).await?;
    Ok(())
}

/// Decisions whose written form is still to be made, the oldest first.
pub async fn unwritten(db: &Db, limit: i64) -> Result<Vec<DecisionId>> {
    sqlx::query(sql::UNWRITTEN).bind(limit).fetch_all(db.read()).await?.iter().map(|row| row.id("id")).collect()
}

fn decided(row: &AnyRow, zone: chrono_tz::Tz) -> Result<Decided> {
    let decision = serde_json::from_value(row.text("decision").into())?;
    let (due_on, decided_at): (NaiveDate, Time) = (row.text("due_on").parse().map_err(Error::internal)?, row.time("at"));
    let standards = Standards {
        qualified: row.int_opt("standard_qualified_fen"),
        skill_level: row.int_opt("standard_skill_level_fen"),
        vocational: row.int_opt("standard_vocational_fen"),
        special_operation: row.int_opt("standard_special_operation_fen"),
    };
    Ok(Decided {
        id: row.id("id")?,
        class: row.id("class_id")?,
        place: row.int("place"),
        decision,
        reason: row.text_opt("reason"),
        standards_fen: (decision == Decision::Approve).then_some(standards),
        policy: row.text_opt("policy"),
        remarks: row.json("remarks")?,
        due_on,
        due_certain: row.int("due_certain") == 1,
        late: decided_at.utc().with_timezone(&zone).date_naive() > due_on,
        by: row.text("actor"),
        decided_at,
        leaf: row.id("leaf_id")?,
        log_index: row.int_opt("log_index"),
        letter: row.id_opt("letter_evidence_id")?,
    })
}
