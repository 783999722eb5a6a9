//! What people said of who somebody is whom the logs of a class name: once for the class, never changed, the newest counts.
//!
//! Whom the logs name is known by a keyed hash; what they write of the person, and why somebody said so, is encrypted. What is sealed is the
//! digest of a [document](Resolution::document) that names ids and keyed hashes alone.

use super::secrets::{Indexed, Secrets};
use super::{sql, trail};
use crate::db::{Columns, Db, Tx};
use crate::error::{Error, Result, codes};
use crate::ids::{ClassId, Ids, LeafId, ResolutionId, TraineeId};
use crate::time::Time;
use serde::Serialize;
use sqlx::Row;
use sqlx::any::AnyRow;
use std::collections::HashMap;
use storage::Digest;

/// Longest reason, in characters.
const LONGEST_REASON: usize = 1000;

/// Somebody whom the logs of one class name: a keyed hash of class, platform and what the platform writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity(pub [u8; 32]);

impl Identity {
    /// Of what a platform writes of somebody in a class: `kind` says what `value` is, `platform_user`, `name` …
    pub fn of(secrets: &Secrets, class: ClassId, platform: Option<&str>, kind: &str, value: &str) -> Identity {
        let text = format!("{class}\n{}\n{kind}\n{value}", platform.unwrap_or_default());
        Identity(secrets.index(Indexed::Identity, &text))
    }

    /// From a column.
    pub fn from_bytes(bytes: &[u8]) -> Result<Identity> {
        bytes.try_into().map(Identity).map_err(|_| Error::internal("an identity is 32 bytes"))
    }
}

impl std::fmt::Display for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl std::str::FromStr for Identity {
    type Err = Error;

    fn from_str(text: &str) -> Result<Identity> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes)
            .map_err(|_| Error::new(&codes::INVALID, "An identity is 64 hex digits, as the list gives it."))?;
        Ok(Identity(bytes))
    }
}

impl Serialize for Identity {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// It is this trainee.
    Trainee(TraineeId),
    /// It is nobody on the roster: a teacher, a guest.
    Nobody,
    /// What was said before is taken back.
    Open,
}

impl Says {
    /// The word it is kept as.
    pub fn as_str(self) -> &'static str {
        match self {
            Says::Trainee(_) => "trainee",
            Says::Nobody => "nobody",
            Says::Open => "open",
        }
    }

    /// The trainee it names.
    pub fn trainee(self) -> Option<TraineeId> {
        match self {
            Says::Trainee(trainee) => Some(trainee),
            Says::Nobody | Says::Open => None,
        }
    }

    fn of(row: &AnyRow) -> Result<Says> {
        match (row.text("says").as_str(), row.id_opt("trainee_id")?) {
            ("trainee", Some(trainee)) => Ok(Says::Trainee(trainee)),
            ("nobody", _) => Ok(Says::Nobody),
            ("open", _) => Ok(Says::Open),
            (other, _) => Err(Error::internal(format!("a resolution says '{other}'"))),
        }
    }
}

/// A resolution as kept.
#[derive(Clone, Debug)]
pub struct Resolution {
    /// Its id.
    pub id: ResolutionId,
    /// The class it holds for.
    pub class: ClassId,
    /// Who it is about.
    pub identity: Identity,
    /// What was said.
    pub says: Says,
    /// Who said so: `token:<id>` or `login:<id>`.
    pub actor: String,
    /// When.
    pub at: Time,
    /// When a newer one took its place.
    pub replaced_at: Option<Time>,
    /// SHA-256 of its [document](Resolution::document).
    pub digest: Digest,
    /// The leaf of the log that seals it, once it is kept.
    pub leaf: Option<LeafId>,
    who_sealed: Vec<u8>,
    reason_sealed: Vec<u8>,
    /// Keyed hash of the reason: what was given cannot be changed later, and cannot be guessed by who has the document alone.
    reason_index: Vec<u8>,
}

impl Resolution {
    /// What the logs write of the person, as JSON: personal data.
    pub fn who(&self, secrets: &Secrets) -> Result<String> {
        secrets.open(&self.who_sealed)
    }

    /// Why it was said so: it may speak of people.
    pub fn reason(&self, secrets: &Secrets) -> Result<String> {
        secrets.open(&self.reason_sealed)
    }

    /// The document whose digest is sealed: canonical JSON of ids and keyed hashes, neither names nor reasons. It goes into bundles; the log has
    /// its digest alone, so that the public log says nothing of trainees.
    pub fn document(&self) -> Result<Vec<u8>> {
        // In the order of their names, so that it is canonical as written.
        #[derive(Serialize)]
        struct Document<'a> {
            at: Time,
            by: &'a str,
            class: ClassId,
            identity: Identity,
            reason: String,
            resolution: ResolutionId,
            says: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            trainee: Option<TraineeId>,
        }
        let document = Document {
            at: self.at,
            by: &self.actor,
            class: self.class,
            identity: self.identity,
            reason: hex::encode(&self.reason_index),
            resolution: self.id,
            says: self.says.as_str(),
            trainee: self.says.trainee(),
        };
        Ok(serde_json::to_vec(&document)?)
    }
}

/// A resolution as given, not yet kept.
#[derive(Clone, Debug)]
pub struct New {
    /// Its id.
    pub id: ResolutionId,
    /// The class.
    pub class: ClassId,
    /// Who it is about.
    pub identity: Identity,
    /// What the logs write of the person, as JSON.
    pub who: String,
    /// What is said.
    pub says: Says,
    /// Why.
    pub reason: String,
    /// Who says so.
    pub actor: String,
    /// When.
    pub at: Time,
}

impl New {
    /// It as it will be kept; its leaf is still to be named. Errors: `invalid` when the reason is missing or too long.
    pub fn kept(&self, secrets: &Secrets) -> Result<Resolution> {
        if self.reason.trim().is_empty() || self.reason.chars().count() > LONGEST_REASON {
            let sentence = format!("Say why, in 1 to {LONGEST_REASON} characters: whoever checks the hour reads it.");
            return Err(Error::new(&codes::INVALID, sentence));
        }
        let reason = self.reason.trim();
        let mut kept = Resolution {
            id: self.id,
            class: self.class,
            identity: self.identity,
            says: self.says,
            actor: self.actor.clone(),
            at: self.at,
            replaced_at: None,
            digest: Digest([0; 32]),
            leaf: None,
            who_sealed: secrets.seal(&self.who),
            reason_sealed: secrets.seal(reason),
            reason_index: secrets.index(Indexed::Reason, &format!("{}\n{reason}", self.id)).to_vec(),
        };
        kept.digest = Digest::of(&kept.document()?);
        Ok(kept)
    }
}

/// Keeps a resolution in the place of the one before, with its line in the trail.
pub async fn keep(tx: &mut Tx, ids: &Ids, of: &Resolution, leaf: LeafId) -> Result<()> {
    let (class, identity) = (of.class.to_string(), of.identity.0.to_vec());
    sqlx::query(sql::REPLACE_RESOLUTION).bind(&class).bind(identity.clone()).bind(of.at.0).execute(tx.conn()).await?;
    let added = sqlx::query(sql::ADD_RESOLUTION)
        .bind(of.id.to_string())
        .bind(&class)
        .bind(identity)
        .bind(of.who_sealed.clone())
        .bind(of.says.as_str())
        .bind(of.says.trainee().map(|trainee| trainee.to_string()))
        .bind(of.reason_sealed.clone())
        .bind(of.reason_index.clone())
        .bind(of.digest.0.to_vec())
        .bind(leaf.to_string())
        .bind(&of.actor)
        .bind(of.at.0)
        .execute(tx.conn())
        .await;
    match added {
        Err(sqlx::Error::Database(cause)) if cause.is_unique_violation() => {
            return Err(
                Error::new(&codes::BUSY, "Somebody else resolved the same at the same moment; look again.").because(cause.to_string())
            );
        }
        added => added?,
    };
    let detail = format!("{} {}: {}", of.id, of.identity, of.says.as_str());
    let note =
        trail::Note { actor: &of.actor, action: "identity.resolved", subject_kind: "class", subject_id: &class, detail: Some(&detail) };
    trail::note(tx, ids, of.at, note).await
}

/// What counts in a class: by identity, which resolution says what.
pub async fn live(db: &Db, class: ClassId) -> Result<HashMap<Identity, (ResolutionId, Says)>> {
    let rows = sqlx::query(sql::LIVE_RESOLUTIONS).bind(class.to_string()).fetch_all(db.read()).await?;
    rows.iter().map(|row| Ok((identity(row)?, (row.id("id")?, Says::of(row)?)))).collect()
}

/// What counts of one identity.
pub async fn of_identity(db: &Db, class: ClassId, identity: Identity) -> Result<Option<Resolution>> {
    let query = sqlx::query(sql::LIVE_RESOLUTION).bind(class.to_string()).bind(identity.0.to_vec());
    query.fetch_optional(db.read()).await?.as_ref().map(resolution).transpose()
}

/// One resolution.
pub async fn by_id(db: &Db, id: ResolutionId) -> Result<Resolution> {
    let row = sqlx::query(sql::RESOLUTION).bind(id.to_string()).fetch_optional(db.read()).await?;
    row.as_ref().map(resolution).transpose()?.ok_or_else(|| Error::of(&codes::NOT_FOUND))
}

/// All resolutions of a class, earlier ones included, the newest first; those before an id.
pub async fn of_class(db: &Db, class: ClassId, before: Option<ResolutionId>, limit: i64) -> Result<Vec<Resolution>> {
    let before = before.map(|id| id.to_string()).unwrap_or_default();
    let rows = sqlx::query(sql::RESOLUTIONS).bind(class.to_string()).bind(before).bind(limit).fetch_all(db.read()).await?;
    rows.iter().map(resolution).collect()
}

fn identity(row: &AnyRow) -> Result<Identity> {
    Identity::from_bytes(&row.get::<Vec<u8>, _>("identity"))
}

fn resolution(row: &AnyRow) -> Result<Resolution> {
    Ok(Resolution {
        id: row.id("id")?,
        class: row.id("class_id")?,
        identity: identity(row)?,
        says: Says::of(row)?,
        actor: row.text("actor"),
        at: row.time("at"),
        replaced_at: row.time_opt("replaced_at"),
        digest: row.digest("digest")?,
        leaf: Some(row.id("leaf_id")?),
        who_sealed: row.get("who_sealed"),
        reason_sealed: row.get("reason_sealed"),
        reason_index: row.get("reason_index"),
    })
}
