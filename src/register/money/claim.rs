//! The claim for the subsidy, and what became of it: filed, returned, approved, refused, settled.

use super::{Remark, paid_by, sql};
use crate::db::{Columns, Db, Tx};
use crate::error::{Error, Result, codes};
use crate::ids::{ClaimEventId, ClaimId, ClassId, Ids, LeafId};
use crate::register::class::Decision;
use crate::register::trail;
use crate::time::Time;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sqlx::Row;
use sqlx::any::AnyRow;
use storage::Digest;

/// Where a claim stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It waits for a decision.
    Filed,
    /// It was given back to be completed; a new one may be filed.
    Returned,
    /// It was granted.
    Approved,
    /// It was refused.
    Refused,
    /// It was paid.
    Settled,
}

impl State {
    /// All of them.
    pub const ALL: [State; 5] = [State::Filed, State::Returned, State::Approved, State::Refused, State::Settled];

    /// As in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Filed => "filed",
            State::Returned => "returned",
            State::Approved => "approved",
            State::Refused => "refused",
            State::Settled => "settled",
        }
    }
}

/// A claim as kept.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Its id.
    pub id: ClaimId,
    /// The class.
    pub class: ClassId,
    /// What was claimed: canonical JSON without personal data.
    pub document: String,
    /// Its SHA-256.
    pub digest: Digest,
    /// How much, in fen, by the formula.
    pub amount_fen: i64,
    /// Gaps that the claimant stated, as JSON.
    pub gaps: Value,
    /// Where it stands.
    pub state: State,
    /// Who filed it.
    pub actor: String,
    /// When.
    pub filed_at: Time,
    /// The leaf that seals it, once it is kept.
    pub leaf: Option<LeafId>,
    /// When a later claim took its place.
    pub replaced_at: Option<Time>,
}

impl Claim {
    /// What its leaf says.
    pub fn fields(&self) -> Map<String, Value> {
        object(json!({
            "claim": self.id, "class": self.class, "digest": self.digest.to_string(), "amount_fen": self.amount_fen, "by": self.actor,
            "at": self.filed_at,
        }))
    }
}

/// A step in the life of a claim.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its id.
    pub id: ClaimEventId,
    /// The claim.
    pub claim: ClaimId,
    /// Where the claim stood after it.
    pub state: State,
    /// Why, or the reference of a payment.
    pub remark: Option<Remark>,
    /// What was granted; of a settlement, what was still to be paid (below zero: to be given back).
    pub amount_fen: Option<i64>,
    /// When it was paid.
    pub paid_on: Option<NaiveDate>,
    /// Who.
    pub actor: String,
    /// When.
    pub at: Time,
    /// The leaf that seals it, once it is kept.
    pub leaf: Option<LeafId>,
}

impl Event {
    /// What its leaf says.
    pub fn fields(&self) -> Map<String, Value> {
        object(json!({
            "claim_event": self.id, "claim": self.claim, "state": self.state, "remark": self.remark.as_ref().map(Remark::commitment),
            "amount_fen": self.amount_fen, "paid_on": self.paid_on, "by": self.actor, "at": self.at,
        }))
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// A decision on a claim as sent.
#[derive(Clone, Debug, Deserialize)]
pub struct NewDecision {
    /// The word.
    pub decision: Decision,
    /// What is granted, in fen; what was claimed where nothing is said.
    pub amount_fen: Option<i64>,
    /// Why; needed unless all that was claimed is granted.
    pub reason: Option<String>,
}

impl NewDecision {
    /// The step it is in the life of a claim.
    ///
    /// Errors: `claim_stands` when it waits for no decision; `over_formula`; `invalid` without a reason where one is due.
    pub fn event(&self, claim: &Claim, ids: &Ids, now: Time, actor: &str) -> Result<Event> {
        if claim.state != State::Filed {
            let sentence = format!("The claim is {} and waits for no decision; look at it again.", claim.state.as_str());
            return Err(Error::new(&codes::CLAIM_STANDS, sentence));
        }
        let granted = self.amount_fen.unwrap_or(claim.amount_fen);
        let (state, amount_fen) = match self.decision {
            Decision::Approve => (State::Approved, Some(granted)),
            Decision::Return => (State::Returned, None),
            Decision::Refuse => (State::Refused, None),
        };
        if state == State::Approved && granted > claim.amount_fen {
            let sentence = format!(
                "The amount is above the formula: 五（二） and the certificates claimed come to {} fen for this class (GET /v1/classes/{{id}}/subsidy shows each step); grant at most that.",
                claim.amount_fen
            );
            return Err(Error::new(&codes::OVER_FORMULA, sentence));
        }
        if granted < 0 {
            return Err(Error::new(&codes::INVALID, "amount_fen is whole fen, 0 or more."));
        }
        let remark = Remark::new(self.reason.as_deref(), "reason")?;
        if remark.is_none() && (state != State::Approved || granted < claim.amount_fen) {
            let sentence = "Say why: reason is needed to return or refuse a claim, and to grant less than was claimed.";
            return Err(Error::new(&codes::INVALID, sentence));
        }
        let (claim, actor) = (claim.id, actor.to_owned());
        Ok(Event { id: ids.next(), claim, state, remark, amount_fen, paid_on: None, actor, at: now, leaf: None })
    }
}

/// A settlement as sent.
#[derive(Clone, Debug, Deserialize)]
pub struct NewSettlement {
    /// When it was paid.
    pub paid_on: NaiveDate,
    /// What the payment is found by at the bank.
    pub reference: Option<String>,
}

impl NewSettlement {
    /// The step it is in the life of a claim: what was granted less what was paid in advance is paid.
    ///
    /// Errors: `claim_stands` when nothing was granted, or it was paid; `invalid`.
    pub fn event(&self, claim: &Claim, sums: &Sums, ids: &Ids, now: Time, today: NaiveDate, actor: &str) -> Result<Event> {
        let balance = sums.balance_fen.filter(|_| claim.state == State::Approved);
        let Some(balance) = balance else {
            let sentence = format!("The claim is {}; only one that was approved and not paid yet is settled.", claim.state.as_str());
            return Err(Error::new(&codes::CLAIM_STANDS, sentence));
        };
        paid_by(self.paid_on, today)?;
        let remark = Remark::new(self.reference.as_deref(), "reference")?;
        let (claim, actor, paid_on) = (claim.id, actor.to_owned(), Some(self.paid_on));
        Ok(Event { id: ids.next(), claim, state: State::Settled, remark, amount_fen: Some(balance), paid_on, actor, at: now, leaf: None })
    }
}

/// The sums of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Sums {
    /// Claimed.
    pub amount_fen: i64,
    /// Paid in advance.
    pub prepaid_fen: i64,
    /// Granted, once it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub granted_fen: Option<i64>,
    /// Granted less what was paid in advance; below zero, to be given back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balance_fen: Option<i64>,
}

impl Sums {
    /// Of a claim and what became of it.
    pub fn of(claim: &Claim, events: &[Event], prepaid_fen: i64) -> Sums {
        let granted_fen = events.iter().find(|event| event.state == State::Approved).and_then(|event| event.amount_fen);
        Sums { amount_fen: claim.amount_fen, prepaid_fen, granted_fen, balance_fen: granted_fen.map(|granted| granted - prepaid_fen) }
    }
}

/// Keeps a claim whose leaf is staged in the same transaction, in the place of one that was returned.
///
/// Errors: `claim_stands` when one is there that was not returned.
pub async fn keep(tx: &mut Tx, ids: &Ids, of: &Claim, leaf: LeafId) -> Result<()> {
    let class = of.class.to_string();
    sqlx::query(sql::REPLACE_RETURNED).bind(&class).bind(of.filed_at.0).execute(tx.conn()).await?;
    let added = sqlx::query(sql::ADD_CLAIM)
        .bind(of.id.to_string())
        .bind(&class)
        .bind(&of.document)
        .bind(of.digest.0.to_vec())
        .bind(of.amount_fen)
        .bind(of.gaps.to_string())
        .bind(of.state.as_str())
        .bind(&of.actor)
        .bind(of.filed_at.0)
        .bind(leaf.to_string())
        .execute(tx.conn())
        .await;
    match added {
        Err(sqlx::Error::Database(cause)) if cause.is_unique_violation() => {
            return Err(Error::of(&codes::CLAIM_STANDS).because(cause.to_string()));
        }
        added => added?,
    };
    let note = trail::Note { actor: &of.actor, action: "claim.filed", subject_kind: "class", subject_id: &class, detail: None };
    trail::note(tx, ids, of.filed_at, note).await
}

/// Takes a claim a step further, with the step's leaf staged in the same transaction.
///
/// Errors: `claim_stands` when somebody was faster.
pub async fn step(tx: &mut Tx, ids: &Ids, claim: &Claim, event: &Event, leaf: LeafId) -> Result<()> {
    let id = event.claim.to_string();
    let moved = sqlx::query(sql::MOVE_CLAIM).bind(&id).bind(event.state.as_str()).bind(claim.state.as_str()).execute(tx.conn()).await?;
    if moved.rows_affected() == 0 {
        return Err(Error::new(&codes::CLAIM_STANDS, "Somebody decided this claim at the same moment; look at it again."));
    }
    sqlx::query(sql::ADD_EVENT)
        .bind(event.id.to_string())
        .bind(&id)
        .bind(event.state.as_str())
        .bind(event.remark.as_ref().filter(|_| event.state != State::Settled).map(|remark| remark.text.clone()))
        .bind(event.amount_fen)
        .bind(&event.actor)
        .bind(event.at.0)
        .bind(leaf.to_string())
        .bind(event.paid_on.map(|day| day.to_string()))
        .bind(event.remark.as_ref().filter(|_| event.state == State::Settled).map(|remark| remark.text.clone()))
        .bind(event.remark.as_ref().map(|remark| remark.salt.clone()))
        .execute(tx.conn())
        .await?;
    let (class, detail) = (claim.class.to_string(), event.state.as_str());
    let note =
        trail::Note { actor: &event.actor, action: "claim.decided", subject_kind: "class", subject_id: &class, detail: Some(detail) };
    trail::note(tx, ids, event.at, note).await
}

/// The claim of a class that counts.
pub async fn live(db: &Db, class: ClassId) -> Result<Option<Claim>> {
    let row = sqlx::query(sql::LIVE_CLAIM).bind(class.to_string()).fetch_optional(db.read()).await?;
    row.as_ref().map(claim).transpose()
}

/// The next claims after one, replaced ones too, for fsck.
pub async fn after(db: &Db, id: &str) -> Result<Vec<Claim>> {
    sqlx::query(sql::CLAIMS_AFTER).bind(id).fetch_all(db.read()).await?.iter().map(claim).collect()
}

/// What became of a claim, in order of time.
pub async fn events(db: &Db, id: ClaimId) -> Result<Vec<Event>> {
    sqlx::query(sql::EVENTS).bind(id.to_string()).fetch_all(db.read()).await?.iter().map(event).collect()
}

fn state(row: &AnyRow) -> Result<State> {
    Ok(serde_json::from_value(row.text("state").into())?)
}

fn claim(row: &AnyRow) -> Result<Claim> {
    Ok(Claim {
        id: row.id("id")?,
        class: row.id("class_id")?,
        document: row.text("document"),
        digest: row.digest("digest")?,
        amount_fen: row.int("amount_fen"),
        gaps: row.json("gaps")?,
        state: state(row)?,
        actor: row.text("actor"),
        filed_at: row.time("filed_at"),
        leaf: Some(row.id("leaf_id")?),
        replaced_at: row.time_opt("replaced_at"),
    })
}

fn event(row: &AnyRow) -> Result<Event> {
    let salt = row.get::<Option<Vec<u8>>, _>("salt").unwrap_or_default();
    let text = row.text_opt("reason").or_else(|| row.text_opt("reference"));
    Ok(Event {
        id: row.id("id")?,
        claim: row.id("claim_id")?,
        state: state(row)?,
        remark: text.map(|text| Remark { text, salt }),
        amount_fen: row.int_opt("amount_fen"),
        paid_on: row.text_opt("paid_on").map(|day| day.parse()).transpose().map_err(Error::internal)?,
        actor: row.text("actor"),
        at: row.time("at"),
        leaf: Some(row.id("leaf_id")?),
    })
}
