//! Amendments: changes of a plan that was approved. None is an overwrite: what changed, why and when is kept and sealed.
//!
//! What is sealed is the digest of a [document](Amendment::document) of ids, fields and values that name nobody; the reason and what is
//! personal go into it as keyed hashes alone.

mod changes;
pub(crate) mod sql;
#[cfg(test)]
mod tests;

pub use changes::{Change, Changes, Personal, Subject, What, of_rosters, of_timetables};

use super::class::Decision;
use super::secrets::{Indexed, Secrets};
use super::trail;
use crate::db::{Columns, Db, Tx};
use crate::error::{Error, Result, codes};
use crate::ids::{AmendmentId, ClassId, Ids, LeafId};
use crate::time::Time;
use serde::Serialize;
use sqlx::Row;
use sqlx::any::AnyRow;
use std::collections::HashMap;
use storage::Digest;

/// Longest reason, in characters.
const LONGEST_REASON: usize = 1000;

/// What of a plan was amended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The roster.
    Roster,
    /// The timetable.
    Timetable,
}

impl Kind {
    /// As in JSON and columns.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Roster => "roster",
            Kind::Timetable => "timetable",
        }
    }

    fn named(text: &str) -> Result<Kind> {
        let found = [Kind::Roster, Kind::Timetable].into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| Error::internal(format!("an amendment of kind '{text}'")))
    }
}

/// An amendment as kept.
#[derive(Clone, Debug)]
pub struct Amendment {
    /// Its id.
    pub id: AmendmentId,
    /// The class.
    pub class: ClassId,
    /// What was amended.
    pub kind: Kind,
    /// What changed, without personal data.
    pub changes: Vec<Change>,
    /// Why; nobody said where it is absent.
    pub reason: Option<String>,
    /// Hours credited in the class before it, in thousandths.
    pub hours_before: i64,
    /// After what it touched was calculated again; absent until then.
    pub hours_after: Option<i64>,
    /// SHA-256 of its [document](Amendment::document).
    pub digest: Digest,
    /// The leaf that seals it, once it is kept.
    pub leaf: Option<LeafId>,
    /// Its place in the log, once it is sealed.
    pub log_index: Option<i64>,
    /// Who amended.
    pub by: String,
    /// When.
    pub at: Time,
    personal_sealed: Option<Vec<u8>>,
}

/// An amendment about to be kept.
#[derive(Clone, Debug)]
pub struct New<'a> {
    /// Its id.
    pub id: AmendmentId,
    /// The class.
    pub class: ClassId,
    /// What is amended.
    pub kind: Kind,
    /// What changes.
    pub changes: Changes,
    /// Why.
    pub reason: Option<&'a str>,
    /// Hours credited in the class before it, in thousandths.
    pub hours_before: i64,
    /// Who amends.
    pub by: &'a str,
    /// When.
    pub at: Time,
}

/// A reason as it is kept: without blanks around it, absent when empty. Errors: `invalid` when it is too long.
pub fn reason(given: Option<&str>) -> Result<Option<&str>> {
    let given = given.map(str::trim).filter(|text| !text.is_empty());
    if given.is_some_and(|text| text.chars().count() > LONGEST_REASON) {
        return Err(Error::new(&codes::INVALID, format!("reason is at most {LONGEST_REASON} characters.")));
    }
    Ok(given)
}

impl New<'_> {
    /// It as it will be kept; its leaf is still to be named.
    pub fn kept(self, secrets: &Secrets) -> Result<Amendment> {
        let personal = (!self.changes.personal.is_empty()).then(|| serde_json::to_string(&self.changes.personal)).transpose()?;
        let mut kept = Amendment {
            id: self.id,
            class: self.class,
            kind: self.kind,
            changes: self.changes.open,
            reason: self.reason.map(str::to_owned),
            hours_before: self.hours_before,
            hours_after: None,
            digest: Digest([0; 32]),
            leaf: None,
            log_index: None,
            by: self.by.to_owned(),
            at: self.at,
            personal_sealed: personal.map(|text| secrets.seal(&text)),
        };
        kept.digest = Digest::of(&kept.document(secrets)?);
        Ok(kept)
    }
}

impl Amendment {
    /// What of it is personal: to be shown to those who may see names.
    pub fn personal(&self, secrets: &Secrets) -> Result<Vec<Personal>> {
        match &self.personal_sealed {
            Some(sealed) => Ok(serde_json::from_str(&secrets.open(sealed)?)?),
            None => Ok(Vec::new()),
        }
    }

    /// The document whose digest is sealed: JSON with keys in order.
    pub fn document(&self, secrets: &Secrets) -> Result<Vec<u8>> {
        // In the order of their names, so that it is canonical as written.
        #[derive(Serialize)]
        struct Document<'a> {
            amendment: AmendmentId,
            at: Time,
            by: &'a str,
            changes: &'a [Change],
            class: ClassId,
            hours_before_milli: i64,
            kind: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            personal: Option<String>,
            #[serde(skip_serializing_if = "Option::is_none")]
            reason: Option<String>,
        }
        let keyed = |text: &str| hex::encode(secrets.index(Indexed::Reason, &format!("{}\n{text}", self.id)));
        let document = Document {
            amendment: self.id,
            at: self.at,
            by: &self.by,
            changes: &self.changes,
            class: self.class,
            hours_before_milli: self.hours_before,
            kind: self.kind.as_str(),
            personal: self.personal_sealed.as_deref().map(|sealed| secrets.open(sealed)).transpose()?.as_deref().map(keyed),
            reason: self.reason.as_deref().map(keyed),
        };
        Ok(serde_json::to_vec(&document)?)
    }
}

/// Holds a class until the transaction ends; whether its plan is approved, so that a change of it is an amendment.
pub async fn hold(tx: &mut Tx, class: ClassId) -> Result<bool> {
    let row = sqlx::query(sql::HOLD_CLASS).bind(class.to_string()).fetch_optional(tx.conn()).await?;
    let row = row.ok_or_else(|| Error::of(&codes::UNKNOWN_CLASS))?;
    Ok(row.text_opt("decision").as_deref() == Some(Decision::Approve.as_str()))
}

/// Keeps an amendment whose leaf is staged in the same transaction, with its line in the trail.
pub async fn keep(tx: &mut Tx, ids: &Ids, of: &Amendment, leaf: LeafId) -> Result<()> {
    let class = of.class.to_string();
    sqlx::query(sql::ADD)
        .bind(of.id.to_string())
        .bind(&class)
        .bind(of.kind.as_str())
        .bind(serde_json::to_string(&of.changes)?)
        .bind(of.reason.as_deref())
        .bind(of.hours_before)
        .bind(of.digest.0.to_vec())
        .bind(leaf.to_string())
        .bind(&of.by)
        .bind(of.at.0)
        .bind(of.personal_sealed.clone())
        .execute(tx.conn())
        .await?;
    let detail = format!("{} {} changes", of.kind.as_str(), of.changes.len());
    let note = trail::Note { actor: &of.by, action: "plan.amended", subject_kind: "class", subject_id: &class, detail: Some(&detail) };
    trail::note(tx, ids, of.at, note).await
}

/// The amendments of a class, the newest first.
pub async fn of_class(db: &Db, class: ClassId) -> Result<Vec<Amendment>> {
    sqlx::query(sql::OF_CLASS).bind(class.to_string()).fetch_all(db.read()).await?.iter().map(amendment).collect()
}

/// One amendment.
pub async fn by_id(db: &Db, id: AmendmentId) -> Result<Amendment> {
    let row = sqlx::query(sql::ONE).bind(id.to_string()).fetch_optional(db.read()).await?;
    row.as_ref().map(amendment).transpose()?.ok_or_else(|| Error::of(&codes::NOT_FOUND))
}

/// Notes the hours credited after what an amendment touched was calculated again; the first count stands.
pub async fn recounted(tx: &mut Tx, id: AmendmentId, hours_milli: i64) -> Result<()> {
    sqlx::query(sql::RECOUNTED).bind(id.to_string()).bind(hours_milli).execute(tx.conn()).await?;
    Ok(())
}

/// What the trainees and lessons of a class are called by their provider, by keshi's ids; those withdrawn and cancelled too.
pub async fn called(db: &Db, class: ClassId) -> Result<HashMap<String, String>> {
    let rows = sqlx::query(sql::CALLED).bind(class.to_string()).fetch_all(db.read()).await?;
    Ok(rows.iter().map(|row| (row.text("id"), row.text("external_id"))).collect())
}

fn amendment(row: &AnyRow) -> Result<Amendment> {
    Ok(Amendment {
        id: row.id("id")?,
        class: row.id("class_id")?,
        kind: Kind::named(&row.text("kind"))?,
        changes: row.json("changes")?,
        reason: row.text_opt("reason"),
        hours_before: row.int("hours_before_milli"),
        hours_after: row.int_opt("hours_after_milli"),
        digest: row.digest("digest")?,
        leaf: Some(row.id("leaf_id")?),
        log_index: row.int_opt("log_index"),
        by: row.text("actor"),
        at: row.time("at"),
        personal_sealed: row.get("personal_sealed"),
    })
}
