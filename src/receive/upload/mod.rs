//! Resumable uploads: bytes that arrive over many requests, broken connections and restarts of the server.
//!
//! A body is taken in parts of at most [`PART`] bytes. Each part is staged durably in the storage, in a scope of its own, and then named by the
//! database in the same transaction that moves the upload on: a compare-and-swap on how many bytes are there, so that of two connections
//! that both send the next byte one wins and the other hears of it. What is acknowledged is there after any crash; what was staged and never
//! named is swept with the scope. When all is there, `pipeline::finish` makes evidence of it, as if it had come in one request.

mod body;
mod metadata;
pub(crate) mod sql;
#[cfg(test)]
mod tests;

pub use body::{CHECKSUMS, Checksum};
pub use metadata::metadata;

use super::claim::Query;
use super::identity::{Actor, Role};
use super::signature::Document;
use crate::db::{Columns, Db};
use crate::error::{Error, Result, RowError, codes};
use crate::ids::{EvidenceId, Ids, UploadId};
use crate::time::{Clock, DAY, Time};
use body::{Cut, Mismatch};
use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};
use sqlx::Row;
use sqlx::any::AnyRow;
use std::io;
use storage::{Digest, Objects, Put, StorageError, Stored};

/// Most bytes of a part: what a crash of the server can cost the sender.
pub const PART: u64 = 16 << 20;
/// Most uploads looked at in one go by the sweeper.
const MANY: i64 = 100;

/// A resumable upload.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Its id.
    pub id: UploadId,
    /// Who began it, as when it began.
    pub actor: Actor,
    /// What it is said to be.
    pub query: Query,
    /// SHA-256 of the whole, where announced.
    pub digest: Option<Digest>,
    /// Bytes announced.
    pub size: u64,
    /// Bytes that are there.
    pub received: u64,
    /// When what is there is thrown away, unless more comes.
    pub expires_at: Time,
    /// What it was begun with, signed; if it was.
    pub signature: Option<Document>,
    /// What became of it.
    pub outcome: Option<Outcome>,
}

/// What became of a whole upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is this evidence.
    Kept(EvidenceId),
    /// It was refused.
    Refused(Refusal),
}

/// Why a whole upload is no evidence, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    code: String,
    message: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rows: Vec<RowError>,
}

impl Refusal {
    /// What is kept of an error.
    pub fn of(error: &Error) -> Refusal {
        Refusal { code: error.code.to_owned(), message: error.message.clone(), rows: error.rows.clone() }
    }

    /// The error again.
    pub fn error(&self) -> Error {
        let code = codes::ALL.iter().find(|code| code.name == self.code).copied().unwrap_or(&codes::INVALID);
        Error::new(code, self.message.clone()).with_rows(self.rows.clone())
    }
}

/// What is announced of an upload about to begin.
#[derive(Clone, Debug)]
pub struct New<'a> {
    /// Who begins it.
    pub actor: &'a Actor,
    /// What it is said to be.
    pub query: &'a Query,
    /// SHA-256 of the whole.
    pub digest: Option<Digest>,
    /// Its size in bytes.
    pub size: u64,
    /// What the request that begins it is signed with.
    pub signature: Option<Document>,
}

/// What taking uploads needs.
#[derive(Clone, Copy, Debug)]
pub struct Tools<'a> {
    /// Database.
    pub db: &'a Db,
    /// Objects.
    pub objects: &'a Objects,
    /// Time.
    pub clock: &'a Clock,
    /// Ids.
    pub ids: &'a Ids,
    /// Days that an upload waits for its rest.
    pub days: u32,
    /// Uploads that one sender may have unfinished.
    pub unfinished: u32,
}

impl Tools<'_> {
    fn expiry(&self, now: Time) -> Time {
        now.plus(i64::from(self.days.max(1)) * DAY)
    }
}

/// Begins an upload.
///
/// Errors: `too_many_uploads`.
pub async fn begin(tools: &Tools<'_>, new: &New<'_>) -> Result<Upload> {
    let Tools { db, ids, .. } = tools;
    let (id, now): (UploadId, Time) = (ids.next(), tools.clock.now());
    let signature = new.signature.as_ref().map(Document::text).transpose()?;
    let mut tx = db.begin().await?;
    let open: i64 = sqlx::query(sql::UNFINISHED).bind(&new.actor.label).fetch_one(tx.conn()).await?.get("n");
    if open >= i64::from(tools.unfinished) {
        return Err(Error::of(&codes::TOO_MANY_UPLOADS));
    }
    sqlx::query(sql::ADD)
        .bind(id.to_string())
        .bind(&new.actor.label)
        .bind(new.actor.role.as_str())
        .bind(new.actor.platform.clone())
        .bind(new.actor.provider.map(|provider| provider.to_string()))
        .bind(serde_json::to_string(new.query)?)
        .bind(new.digest.map(|digest| digest.0.to_vec()))
        .bind(i64::try_from(new.size).map_err(Error::internal)?)
        .bind(now.0)
        .bind(tools.expiry(now).0)
        .bind(signature)
        .execute(tx.conn())
        .await?;
    tx.commit().await?;
    get(db, new.actor, id).await
}

/// An upload of this sender.
///
/// Errors: `unknown_upload`, for those of others, too.
pub async fn get(db: &Db, actor: &Actor, id: UploadId) -> Result<Upload> {
    let row = sqlx::query(sql::GET).bind(id.to_string()).bind(&actor.label).fetch_optional(db.read()).await?;
    row.as_ref().map(read).transpose()?.ok_or_else(|| Error::of(&codes::UNKNOWN_UPLOAD))
}

/// Uploads of this sender after the id, oldest first.
pub async fn list(db: &Db, actor: &Actor, after: Option<UploadId>, limit: i64) -> Result<Vec<Upload>> {
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let rows = sqlx::query(sql::LIST).bind(&actor.label).bind(after).bind(limit).fetch_all(db.read()).await?;
    rows.iter().map(read).collect()
}

/// Takes what arrives from `offset` on, and says how many bytes are there afterwards. With a checksum, all of it or nothing.
///
/// Errors: `offset_conflict`, `too_large` (more than announced), `checksum_mismatch`, `truncated`, `storage_away`. What came before the error
/// and was whole is kept.
pub async fn take<S>(tools: &Tools<'_>, upload: &Upload, offset: u64, checksum: Option<Checksum>, body: S) -> Result<u64>
where
    S: Stream<Item = io::Result<Bytes>> + Send,
{
    if offset != upload.received {
        return Err(Error::of(&codes::OFFSET_CONFLICT));
    }
    let scope = upload.id.to_string();
    let mut there = upload.received;
    let left = upload.size - there;
    if let Some(checksum) = checksum.filter(|_| left > 0) {
        let put = Put { limit: left, ..Put::default() };
        let stored = tools.objects.stage(&scope, checksum.check(body), put).await.map_err(|error| refused(error, left))?;
        return if stored.size == 0 { Ok(there) } else { advance(tools, upload, there, &stored).await };
    }
    let mut cut = Cut::new(body);
    while there < upload.size && cut.more().await {
        let stored = tools.objects.stage(&scope, cut.part(PART.min(upload.size - there)), Put::default()).await?;
        there = advance(tools, upload, there, &stored).await?;
    }
    if cut.more().await {
        return Err(more_than_announced());
    }
    match cut.broken {
        Some(cause) => Err(Error::of(&codes::TRUNCATED).because(cause)),
        None => Ok(there),
    }
}

fn refused(error: StorageError, left: u64) -> Error {
    match error {
        StorageError::Body(cause) if cause.get_ref().is_some_and(|inner| inner.is::<Mismatch>()) => Error::of(&codes::CHECKSUM_MISMATCH),
        StorageError::TooLarge { limit } if limit == left => more_than_announced(),
        other => other.into(),
    }
}

fn more_than_announced() -> Error {
    Error::new(&codes::TOO_LARGE, "More bytes came than Upload-Length announced; begin again with the right length.")
}

/// Names a staged part and moves the upload on, unless somebody else did; how many bytes are there then.
async fn advance(tools: &Tools<'_>, upload: &Upload, there: u64, stored: &Stored) -> Result<u64> {
    let (id, now) = (upload.id.to_string(), tools.clock.now());
    let mut tx = tools.db.begin().await?;
    let moved = sqlx::query(sql::ADVANCE)
        .bind(&id)
        .bind(there as i64)
        .bind((there + stored.size) as i64)
        .bind(now.0)
        .bind(tools.expiry(now).0)
        .execute(tx.conn())
        .await?;
    if moved.rows_affected() != 1 {
        return Err(Error::of(&codes::OFFSET_CONFLICT));
    }
    sqlx::query(sql::ADD_PART)
        .bind(&id)
        .bind(there as i64)
        .bind(stored.size as i64)
        .bind(stored.digest.0.to_vec())
        .execute(tx.conn())
        .await?;
    tx.commit().await?;
    Ok(there + stored.size)
}

/// The bytes of a whole upload, each part verified as it is read.
pub async fn whole(db: &Db, objects: &Objects, upload: &Upload) -> Result<impl Stream<Item = io::Result<Bytes>> + Send + use<>> {
    let rows = sqlx::query(sql::PARTS).bind(upload.id.to_string()).fetch_all(db.read()).await?;
    let mut digests = Vec::with_capacity(rows.len());
    let mut next = 0;
    for row in &rows {
        if row.int("first") != next {
            return Err(Error::internal(format!("the parts of upload {} leave a gap at {next}", upload.id)));
        }
        next += row.int("size");
        digests.push(row.digest("digest")?);
    }
    if next != upload.size as i64 {
        return Err(Error::internal(format!("the parts of upload {} end at {next}", upload.id)));
    }
    let (objects, scope) = (objects.clone(), upload.id.to_string());
    let parts = stream::iter(digests).then(move |digest| {
        let (objects, scope) = (objects.clone(), scope.clone());
        async move { objects.open_staged(&scope, &digest).await.map(|reader| reader.stream).map_err(io::Error::from) }
    });
    Ok(parts.try_flatten())
}

/// Writes down what became of an upload and throws its parts away.
pub async fn settle(db: &Db, objects: &Objects, id: UploadId, outcome: &Outcome) -> Result<()> {
    let (evidence, refusal) = match outcome {
        Outcome::Kept(evidence) => (Some(evidence.to_string()), None),
        Outcome::Refused(refusal) => (None, Some(serde_json::to_string(refusal)?)),
    };
    let mut tx = db.begin().await?;
    sqlx::query(sql::SETTLE).bind(id.to_string()).bind(evidence).bind(refusal).execute(tx.conn()).await?;
    sqlx::query(sql::DROP_PARTS).bind(id.to_string()).execute(tx.conn()).await?;
    tx.commit().await?;
    Ok(objects.discard_staged(&id.to_string()).await?)
}

/// Forgets an upload and throws its parts away; evidence made of it stays.
pub async fn forget(db: &Db, objects: &Objects, id: UploadId) -> Result<()> {
    let mut tx = db.begin().await?;
    sqlx::query(sql::DROP_PARTS).bind(id.to_string()).execute(tx.conn()).await?;
    sqlx::query(sql::DROP).bind(id.to_string()).execute(tx.conn()).await?;
    tx.commit().await?;
    Ok(objects.discard_staged(&id.to_string()).await?)
}

/// Uploads that were whole before `before` and of which nobody said what became of them: a crash came between.
pub async fn left_whole(db: &Db, before: Time) -> Result<Vec<Upload>> {
    let rows = sqlx::query(sql::WHOLE).bind(before.0).bind(MANY).fetch_all(db.read()).await?;
    rows.iter().map(read).collect()
}

/// Forgets what has expired, and throws away what was staged for no upload. Returns how many of both.
pub async fn sweep(db: &Db, objects: &Objects, now: Time) -> Result<(usize, usize)> {
    let rows = sqlx::query(sql::EXPIRED).bind(now.0).bind(MANY).fetch_all(db.read()).await?;
    for row in &rows {
        forget(db, objects, row.id("id")?).await?;
    }
    let mut scopes = objects.list_staged();
    let (mut last, mut orphans) = (String::new(), Vec::new());
    while let Some(scope) = scopes.try_next().await? {
        if scope == last {
            continue;
        }
        // An upload is in the database before the first of its bytes is staged.
        if sqlx::query(sql::EXISTS).bind(&scope).fetch_optional(db.read()).await?.is_none() {
            orphans.push(scope.clone());
        }
        last = scope;
    }
    for scope in &orphans {
        objects.discard_staged(scope).await?;
    }
    Ok((rows.len(), orphans.len()))
}

fn read(row: &AnyRow) -> Result<Upload> {
    let outcome = match (row.id_opt("evidence_id")?, row.text_opt("refusal")) {
        (Some(evidence), _) => Some(Outcome::Kept(evidence)),
        (None, Some(refusal)) => Some(Outcome::Refused(serde_json::from_str(&refusal)?)),
        (None, None) => None,
    };
    let digest: Option<Vec<u8>> = row.get("digest");
    Ok(Upload {
        id: row.id("id")?,
        actor: Actor {
            label: row.text("submitter"),
            name: String::new(),
            role: row.text("role").parse::<Role>()?,
            platform: row.text_opt("platform_id"),
            provider: row.id_opt("provider_id")?,
        },
        query: row.json("claim")?,
        digest: digest.map(|bytes| Digest::try_from(bytes.as_slice()).map_err(Error::internal)).transpose()?,
        size: row.int("size") as u64,
        received: row.int("received") as u64,
        expires_at: row.time("expires_at"),
        signature: row.text_opt("signature").map(|text| Document::read(text.as_bytes())).transpose()?,
        outcome,
    })
}

/// A part as fsck looks at it.
#[derive(Clone, Debug)]
pub struct PartOf {
    /// The upload.
    pub upload: UploadId,
    /// Place of its first byte.
    pub first: u64,
    digest: Digest,
}

/// Some parts of all uploads in their order, from the one after `last` on; none at the end.
pub async fn parts_after(db: &Db, last: Option<&PartOf>) -> Result<Vec<PartOf>> {
    let (upload, first) = last.map_or((String::new(), 0), |part| (part.upload.to_string(), part.first as i64));
    let rows = sqlx::query(sql::PARTS_AFTER).bind(upload).bind(first).fetch_all(db.read()).await?;
    let part = |row: &AnyRow| Ok(PartOf { upload: row.id("upload_id")?, first: row.int("first") as u64, digest: row.digest("digest")? });
    rows.iter().map(part).collect()
}

/// Reads a part to its end.
pub async fn part_holds(objects: &Objects, part: &PartOf) -> Result<(), StorageError> {
    let mut reader = objects.open_staged(&part.upload.to_string(), &part.digest).await?;
    while reader.stream.try_next().await?.is_some() {}
    Ok(())
}

/// Whether the database still names a part.
pub async fn is_there(db: &Db, part: &PartOf) -> Result<bool> {
    let rows = sqlx::query(sql::PARTS).bind(part.upload.to_string()).fetch_all(db.read()).await?;
    Ok(rows.iter().any(|row| row.int("first") as u64 == part.first))
}
