//! Certificates that trainees obtained: what the final standard is determined by (notice, 五（三）).
//!
//! Enters: a list ([`read`]), its trainees found and held against the plan ([`resolve`]). Leaves: entries that count until a newer one for the
//! same trainee and kind takes their place; the older one stays readable. A list is taken whole or refused whole with its rows at fault. The number
//! is encrypted and found by a keyed hash; what is sealed is the digest of a [`document`] of ids, days and commitments, one for all entries of a list.

mod list;
mod resolve;
pub(crate) mod sql;

pub use list::{NewCertificate, read};
pub use resolve::{Entry, resolve};

use super::class::CertificateKind;
use super::secrets::Secrets;
use super::{Class, trail};
use crate::db::{Columns, Db, Tx};
use crate::error::{Error, Result, codes};
use crate::ids::{BatchId, CertificateId, ClassId, EvidenceId, Ids, LeafId, PersonId, TraineeId};
use crate::time::Time;
use chrono::NaiveDate;
use serde::Serialize;
use sqlx::Row;
use sqlx::any::AnyRow;

/// A certificate as kept.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// Its id.
    pub id: CertificateId,
    /// The class.
    pub class: ClassId,
    /// Who obtained it.
    pub trainee: TraineeId,
    /// The same as the provider calls the trainee.
    pub trainee_external_id: String,
    /// The human behind the trainee.
    pub person: PersonId,
    /// What it certifies.
    pub kind: CertificateKind,
    /// The day on it.
    pub issued_on: NaiveDate,
    /// The scan or picture of it.
    pub evidence: Option<EvidenceId>,
    /// Who entered it.
    pub actor: String,
    /// When.
    pub at: Time,
    /// When a newer entry took its place.
    pub replaced_at: Option<Time>,
    /// Keyed hash of its id and number, as sealed.
    pub commitment: Option<Vec<u8>>,
    number_sealed: Option<Vec<u8>>,
    number_index: Option<Vec<u8>>,
}

impl Certificate {
    /// Its number; whoever shows it to a person writes a line in the trail.
    pub fn number(&self, secrets: &Secrets) -> Result<Option<String>> {
        self.number_sealed.as_deref().map(|sealed| secrets.open(sealed)).transpose()
    }

    /// What the document of its list says of it.
    fn said(&self) -> Said {
        Said {
            certificate: self.id,
            evidence: self.evidence,
            issued_on: self.issued_on,
            kind: self.kind,
            number: self.commitment.as_deref().map(hex::encode),
            trainee: self.trainee,
        }
    }
}

/// One entry in the document of a list. In the order of the names, so that it is canonical as written.
#[derive(Clone, Debug, Serialize)]
struct Said {
    certificate: CertificateId,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<EvidenceId>,
    issued_on: NaiveDate,
    kind: CertificateKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<String>,
    trainee: TraineeId,
}

/// The document whose digest the leaf of a list seals: canonical JSON without personal data.
fn written(batch: BatchId, class: ClassId, mut said: Vec<Said>) -> Result<Vec<u8>> {
    #[derive(Serialize)]
    struct Document {
        batch: BatchId,
        certificates: Vec<Said>,
        class: ClassId,
    }
    said.sort_by_key(|one| one.certificate);
    Ok(serde_json::to_vec(&Document { batch, certificates: said, class })?)
}

/// The document of a list that was kept, made from what the database has now; for fsck.
pub fn document(batch: BatchId, entries: &[Certificate]) -> Result<Vec<u8>> {
    let class = entries.first().map(|first| first.class).ok_or_else(|| Error::of(&codes::NOT_FOUND))?;
    written(batch, class, entries.iter().map(Certificate::said).collect())
}

/// What of a list is new: entries that say what already counts are left out.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Its id.
    pub id: BatchId,
    /// The class.
    pub class: ClassId,
    /// What is to be kept.
    pub entries: Vec<Entry>,
}

impl Batch {
    /// The document whose digest is sealed.
    pub fn document(&self) -> Result<Vec<u8>> {
        written(self.id, self.class, self.entries.iter().map(Entry::said).collect())
    }
}

/// Keeps a list whose leaf is staged in the same transaction, with its line in the trail.
///
/// Errors: `busy` when somebody entered the same certificate at the same moment.
pub async fn keep(tx: &mut Tx, ids: &Ids, now: Time, actor: &str, batch: &Batch, leaf: LeafId) -> Result<()> {
    let class = batch.class.to_string();
    for entry in &batch.entries {
        let (trainee, kind) = (entry.trainee.to_string(), entry.kind.as_str());
        sqlx::query(sql::REPLACE).bind(&trainee).bind(kind).bind(now.0).execute(tx.conn()).await?;
        let added = sqlx::query(sql::ADD)
            .bind(entry.id.to_string())
            .bind(&class)
            .bind(&trainee)
            .bind(kind)
            .bind(entry.number_sealed.clone())
            .bind(entry.number_index.clone())
            .bind(entry.issued_on.to_string())
            .bind(entry.evidence.map(|id| id.to_string()))
            .bind(actor)
            .bind(now.0)
            .bind(batch.id.to_string())
            .bind(leaf.to_string())
            .bind(entry.commitment.clone())
            .execute(tx.conn())
            .await;
        match added {
            Err(sqlx::Error::Database(cause)) if cause.is_unique_violation() => {
                let sentence =
                    "Somebody entered a certificate of the same trainee at the same moment; nothing was kept. Send the list again.";
                return Err(Error::new(&codes::BUSY, sentence).because(cause.to_string()));
            }
            added => added?,
        };
    }
    let detail = format!("{} certificates", batch.entries.len());
    let note = trail::Note { actor, action: "certificates.entered", subject_kind: "class", subject_id: &class, detail: Some(&detail) };
    trail::note(tx, ids, now, note).await
}

/// The certificates of a class that count, by trainee and kind; of trainees who withdrew too.
pub async fn of_class(db: &Db, class: &Class) -> Result<Vec<Certificate>> {
    sqlx::query(sql::OF_CLASS).bind(class.id.to_string()).fetch_all(db.read()).await?.iter().map(certificate).collect()
}

/// All certificates of a class ever entered, the newest first.
pub async fn history(db: &Db, class: &Class) -> Result<Vec<Certificate>> {
    sqlx::query(sql::HISTORY).bind(class.id.to_string()).fetch_all(db.read()).await?.iter().map(certificate).collect()
}

/// The entries of one list, replaced ones too; for fsck.
pub async fn of_batch(db: &Db, batch: BatchId) -> Result<Vec<Certificate>> {
    sqlx::query(sql::OF_BATCH).bind(batch.to_string()).fetch_all(db.read()).await?.iter().map(certificate).collect()
}

fn certificate(row: &AnyRow) -> Result<Certificate> {
    Ok(Certificate {
        id: row.id("id")?,
        class: row.id("class_id")?,
        trainee: row.id("trainee_id")?,
        trainee_external_id: row.text("trainee_external_id"),
        person: row.id("person_id")?,
        kind: serde_json::from_value(row.text("kind").into())?,
        issued_on: row.text("issued_on").parse().map_err(Error::internal)?,
        evidence: row.id_opt("evidence_id")?,
        actor: row.text("actor"),
        at: row.time("at"),
        replaced_at: row.time_opt("replaced_at"),
        commitment: row.get("number_commitment"),
        number_sealed: row.get("number_sealed"),
        number_index: row.get("number_index"),
    })
}
