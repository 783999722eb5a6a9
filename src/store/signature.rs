//! Signatures of platforms over evidence: one for each key, each with a leaf of its own.

use super::sql;
use crate::db::{Columns, Db, Tx};
use crate::error::Result;
use crate::ids::{EvidenceId, LeafId, PlatformKeyId, SignatureId};
use crate::receive::signature::{Document, Signed};
use crate::time::Time;
use serde_json::{Map, Value, json};
use sqlx::any::AnyRow;
use storage::Digest;

/// A signature as kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Its id.
    pub id: SignatureId,
    /// What it is of.
    pub evidence: EvidenceId,
    /// The registration of the key.
    pub key: PlatformKeyId,
    /// All that is needed to check it again: the text of a [`Document`].
    pub document: String,
    /// SHA-256 of them: what the leaf names.
    pub digest: Digest,
    /// When it was taken.
    pub at: Time,
}

impl Signature {
    /// A signature that holds, over this evidence.
    pub fn of(id: SignatureId, evidence: EvidenceId, signed: &Signed, at: Time) -> Result<Signature> {
        let document = signed.document.text()?;
        Ok(Signature { id, evidence, key: signed.document.registration, document, digest: signed.digest, at })
    }

    /// What its leaf says. The document stays out: the address that was signed may hold a file's name.
    pub fn fields(&self) -> Map<String, Value> {
        let fields = json!({
            "signature": self.id, "evidence": self.evidence, "registration": self.key, "digest": self.digest.to_string(), "at": self.at,
        });
        fields.as_object().cloned().unwrap_or_default()
    }

    /// What was signed. Errors: `signature_malformed` where it is not what was kept.
    pub fn read(&self) -> Result<Document> {
        Document::read(self.document.as_bytes())
    }
}

/// Keeps one.
pub async fn add(tx: &mut Tx, of: &Signature, leaf: LeafId) -> Result<()> {
    sqlx::query(sql::ADD_SIGNATURE)
        .bind(of.id.to_string())
        .bind(of.evidence.to_string())
        .bind(of.key.to_string())
        .bind(&of.document)
        .bind(of.digest.0.to_vec())
        .bind(leaf.to_string())
        .bind(of.at.0)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// The leaf of the signature that this key has put under this evidence, if it has.
pub async fn by_key(tx: &mut Tx, evidence: EvidenceId, key: PlatformKeyId) -> Result<Option<LeafId>> {
    let row = sqlx::query(sql::SIGNATURE_BY_KEY).bind(evidence.to_string()).bind(key.to_string()).fetch_optional(tx.conn()).await?;
    row.map(|row| row.id("leaf_id")).transpose()
}

/// The signatures under a piece of evidence with their leaves, the oldest first.
pub async fn of_evidence(db: &Db, evidence: EvidenceId) -> Result<Vec<(Signature, LeafId)>> {
    sqlx::query(sql::SIGNATURES).bind(evidence.to_string()).fetch_all(db.read()).await?.iter().map(read).collect()
}

/// The next signatures after this id, of all evidence, in the order of ids.
pub async fn after(db: &Db, last: &str, limit: i64) -> Result<Vec<(Signature, LeafId)>> {
    sqlx::query(sql::SIGNATURES_AFTER).bind(last).bind(limit).fetch_all(db.read()).await?.iter().map(read).collect()
}

fn read(row: &AnyRow) -> Result<(Signature, LeafId)> {
    let signature = Signature {
        id: row.id("id")?,
        evidence: row.id("evidence_id")?,
        key: row.id("key_id")?,
        document: row.text("document"),
        digest: row.digest("digest")?,
        at: row.time("at"),
    };
    Ok((signature, row.id("leaf_id")?))
}
