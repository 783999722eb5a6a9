//! Money paid in advance: once per class, in the epidemic, at most what clause 五（三） computes.

use super::{Remark, paid_by, sql};
use crate::db::{Columns, Db, Tx};
use crate::error::{Error, Result, codes};
use crate::ids::{ClassId, Ids, LeafId, PrepaymentId};
use crate::register::class::{Class, Decision};
use crate::register::trail;
use crate::time::Time;
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sqlx::Row;
use sqlx::any::AnyRow;

/// A prepayment as sent.
#[derive(Clone, Debug, Deserialize)]
pub struct NewPrepayment {
    /// How much, in fen.
    pub amount_fen: i64,
    /// When it was paid.
    pub paid_on: NaiveDate,
    /// What the payment is found by at the bank.
    pub reference: Option<String>,
}

/// A prepayment as kept.
#[derive(Clone, Debug)]
pub struct Prepayment {
    /// Its id.
    pub id: PrepaymentId,
    /// The class.
    pub class: ClassId,
    /// How much, in fen.
    pub amount_fen: i64,
    /// When it was paid.
    pub paid_on: NaiveDate,
    /// What the payment is found by.
    pub reference: Option<Remark>,
    /// Who recorded it.
    pub actor: String,
    /// When.
    pub at: Time,
    /// The leaf that seals it, once it is kept.
    pub leaf: Option<LeafId>,
}

impl Prepayment {
    /// What its leaf says.
    pub fn fields(&self) -> Map<String, Value> {
        let fields = json!({
            "prepayment": self.id, "class": self.class, "amount_fen": self.amount_fen, "paid_on": self.paid_on,
            "reference": self.reference.as_ref().map(Remark::commitment), "by": self.actor, "at": self.at,
        });
        let Value::Object(fields) = fields else { return Map::new() };
        fields
    }
}

/// Holds a prepayment against the class and what the clause computes for it.
///
/// Errors: `not_approved`, `not_in_epidemic`, `over_formula`, `invalid`.
pub fn check(class: &Class, new: &NewPrepayment, computed_fen: i64, today: NaiveDate) -> Result<()> {
    if class.decision != Some(Decision::Approve) {
        let sentence =
            "Nothing is paid in advance before the class was approved (notice, 五（三）: 审核开班后); decide the application first.";
        return Err(Error::new(&codes::NOT_APPROVED, sentence));
    }
    if !class.epidemic {
        return Err(Error::of(&codes::NOT_IN_EPIDEMIC));
    }
    if new.amount_fen < 1 {
        return Err(Error::new(&codes::INVALID, "amount_fen is whole fen above 0."));
    }
    if new.amount_fen > computed_fen {
        let sentence = format!(
            "The prepayment is above what clause 五（三） computes: 50 % of 7.5 yuan per trainee and online lesson hour is {computed_fen} fen for this class; pay at most that."
        );
        return Err(Error::new(&codes::OVER_FORMULA, sentence));
    }
    paid_by(new.paid_on, today)
}

/// Keeps a prepayment whose leaf is staged in the same transaction.
///
/// Errors: `duplicate` when one was recorded before.
pub async fn keep(tx: &mut Tx, ids: &Ids, of: &Prepayment, leaf: LeafId) -> Result<()> {
    let class = of.class.to_string();
    let added = sqlx::query(sql::ADD_PREPAYMENT)
        .bind(of.id.to_string())
        .bind(&class)
        .bind(of.amount_fen)
        .bind(of.paid_on.to_string())
        .bind(of.reference.as_ref().map(|reference| reference.text.clone()))
        .bind(&of.actor)
        .bind(of.at.0)
        .bind(leaf.to_string())
        .bind(of.reference.as_ref().map(|reference| reference.salt.clone()))
        .execute(tx.conn())
        .await?;
    if added.rows_affected() == 0 {
        return Err(Error::new(&codes::DUPLICATE, "A prepayment was recorded for this class before; it is made once (notice, 五（三）)."));
    }
    let detail = format!("{} fen", of.amount_fen);
    let note =
        trail::Note { actor: &of.actor, action: "prepayment.recorded", subject_kind: "class", subject_id: &class, detail: Some(&detail) };
    trail::note(tx, ids, of.at, note).await
}

/// The prepayment of a class.
pub async fn of_class(db: &Db, class: ClassId) -> Result<Option<Prepayment>> {
    let row = sqlx::query(sql::PREPAYMENT_OF_CLASS).bind(class.to_string()).fetch_optional(db.read()).await?;
    row.as_ref().map(prepayment).transpose()
}

/// The next prepayments after one, for fsck.
pub async fn after(db: &Db, id: &str) -> Result<Vec<Prepayment>> {
    sqlx::query(sql::PREPAYMENTS_AFTER).bind(id).fetch_all(db.read()).await?.iter().map(prepayment).collect()
}

fn prepayment(row: &AnyRow) -> Result<Prepayment> {
    let salt = row.get::<Option<Vec<u8>>, _>("salt").unwrap_or_default();
    Ok(Prepayment {
        id: row.id("id")?,
        class: row.id("class_id")?,
        amount_fen: row.int("amount_fen"),
        paid_on: row.text("paid_on").parse().map_err(Error::internal)?,
        reference: row.text_opt("reference").map(|text| Remark { text, salt }),
        actor: row.text("actor"),
        at: row.time("at"),
        leaf: Some(row.id("leaf_id")?),
    })
}

impl NewPrepayment {
    /// It as it will be kept; its leaf is still to be named.
    pub fn kept(&self, class: &Class, ids: &Ids, now: Time, actor: &str) -> Result<Prepayment> {
        Ok(Prepayment {
            id: ids.next(),
            class: class.id,
            amount_fen: self.amount_fen,
            paid_on: self.paid_on,
            reference: Remark::new(self.reference.as_deref(), "reference")?,
            actor: actor.to_owned(),
            at: now,
            leaf: None,
        })
    }
}
