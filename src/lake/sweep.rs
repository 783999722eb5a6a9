//! What no longer counts in the lake is thrown away a while after: whoever opened it before has long read it by then.

use super::compact::DEAD;
use super::{Lake, sql, storage_error};
use crate::db::Columns;
use crate::error::Result;
use crate::ids::EvidenceId;
use crate::time::{MINUTE, Time};
use sqlx::Row;
use storage::{Digest, StorageError};

/// How long what no longer counts is kept.
const GRACE: i64 = 60 * MINUTE;

/// What was thrown away, and what has to be read again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Segments and packs.
    pub files: u64,
    /// Evidence whose reading came back as it was while its bytes were being thrown away: to be read again.
    pub again: Vec<EvidenceId>,
}

impl Lake {
    /// Throws away, of each kind at most some hundred: packs that another took the place of or that a crash left, the own bytes of segments that
    /// are in a pack, and readings of evidence that another took the place of.
    pub async fn sweep(&self, now: Time) -> Result<Swept> {
        let before = now.plus(-GRACE).0;
        let mut swept = Swept::default();
        let mut packs = sqlx::query(sql::OLD_PACKS).bind(before).fetch_all(self.db.read()).await?;
        packs.append(&mut sqlx::query(sql::DEAD_PACKS).bind(now.plus(-DEAD).0).fetch_all(self.db.read()).await?);
        for row in &packs {
            self.discard_pack(&row.text("id"), row.get("digest")).await?;
            swept.files += 1;
        }
        for row in sqlx::query(sql::PACKED_BEFORE).bind(before).fetch_all(self.db.read()).await? {
            if row.int("own_object") == 1 {
                self.discard(&row.text("id"), row.digest("digest")?).await?;
            }
            let mut tx = self.db.begin().await?;
            sqlx::query(sql::FREE).bind(row.text("id")).execute(tx.conn()).await?;
            tx.commit().await?;
            swept.files += 1;
        }
        for row in sqlx::query(sql::REPLACED_BEFORE).bind(before).fetch_all(self.db.read()).await? {
            let digest = row.digest("digest")?;
            if row.int("own_object") == 1 && self.discard(&row.text("id"), digest).await? {
                // Someone may have put the very same reading back between the look and the deed; see `Lake::confirm` for the other side.
                for back in sqlx::query(sql::OF_OBJECT).bind(digest.0.to_vec()).fetch_all(self.db.read()).await? {
                    swept.again.push(back.id("evidence_id")?);
                }
            }
            let mut tx = self.db.begin().await?;
            sqlx::query(sql::FORGET_LESSONS).bind(row.text("id")).execute(tx.conn()).await?;
            sqlx::query(sql::FORGET_SEGMENT).bind(row.text("id")).execute(tx.conn()).await?;
            tx.commit().await?;
            swept.files += 1;
        }
        Ok(swept)
    }

    /// Throws away a pack that does not count: its object, then its row.
    pub(super) async fn discard_pack(&self, id: &str, digest: Option<Vec<u8>>) -> Result<()> {
        if let Some(digest) = digest.and_then(|bytes| bytes.try_into().ok()) {
            self.discard(id, Digest(digest)).await?;
        }
        let mut tx = self.db.begin().await?;
        sqlx::query(sql::FORGET_PACK).bind(id).execute(tx.conn()).await?;
        tx.commit().await
    }

    /// Throws away the object of a segment or pack, unless something else is the same object: somebody may have handed in the very bytes.
    async fn discard(&self, id: &str, digest: Digest) -> Result<bool> {
        if sqlx::query(sql::SHARED).bind(id).bind(digest.0.to_vec()).fetch_optional(self.db.read()).await?.is_some() {
            return Ok(false);
        }
        match self.objects.discard(&digest).await {
            // Under retention: the bucket locks whatever comes. Then it stays.
            Ok(()) | Err(StorageError::Retained(_)) => Ok(true),
            Err(error) => Err(storage_error(error)),
        }
    }
}
