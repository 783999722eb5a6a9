//! Whether Object Lock locks: the probe puts a canary, tries to kill it, and kills an unlocked bird beside it to know that it could.

use super::{S3, away, micros, status, upload};
use crate::{Digest, StorageError, Worm};
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{ChecksumAlgorithm, ObjectLockMode, ObjectLockRetention, ObjectLockRetentionMode};
use std::time::Duration;

/// How long the canary is locked: long enough for the attempts on it, short enough to leave little behind.
const LOCKED: i64 = 60;
/// How long the control is locked in a bucket that locks whatever comes, and how long the probe waits before it deletes it.
const BRIEFLY: i64 = 5;
const WAIT: Duration = Duration::from_secs(7);

/// What became of an attempt.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Attempt {
    Succeeded,
    Refused,
}

impl S3 {
    pub(crate) async fn probe_worm(&self) -> Result<Worm, StorageError> {
        if !self.has_lock().await? {
            return Ok(Worm::Absent);
        }
        let key = format!("{}canary/canary", self.bucket.prefix);
        self.remove_earlier(&key).await;
        let doubt = self.try_to_break(&key).await?;
        if let Some(doubt) = doubt {
            tracing::warn!(bucket = %self.bucket.name, "the bucket says it has Object Lock, but {doubt}");
            return Ok(Worm::Claimed);
        }
        Ok(Worm::Verified)
    }

    /// What speaks against the lock, if anything does.
    async fn try_to_break(&self, key: &str) -> Result<Option<&'static str>, StorageError> {
        let Some(control) = self.place(key, "control", None).await? else {
            return Ok(Some("it refuses objects or gives them no versions"));
        };
        let Some(now) = self.clock(key, &control).await? else {
            return Ok(Some("it does not say when an object was written"));
        };
        let until = DateTime::from_secs(now + LOCKED);
        let Some(canary) = self.place(key, "canary", Some(until)).await? else {
            return Ok(Some("it refuses locked objects"));
        };
        let held = self.head(key, Some(&canary)).await?.and_then(|f| f.object_lock_retain_until_date);
        if held.is_none_or(|held| micros(&held) < micros(&until)) {
            return Ok(Some("it does not keep the retention it was given"));
        }
        if self.delete(key, &canary).await? == Attempt::Succeeded {
            return Ok(Some("a locked version could be deleted"));
        }
        self.place(key, "cuckoo", None).await?;
        if self.read(key, &canary).await?.as_deref() != Some(b"canary") {
            return Ok(Some("a locked version could be overwritten"));
        }
        if self.delete(key, &control).await? == Attempt::Refused && !self.can_delete_later(key).await? {
            return Ok(Some("these credentials may not delete unlocked versions either, so what protected the canary cannot be told"));
        }
        if self.shorten(key, &canary, now + LOCKED / 2).await == Attempt::Succeeded {
            let name = &self.bucket.name;
            tracing::warn!(bucket = %name, "the retention of a locked version can be shortened: it protects from mistakes, not from these credentials");
        }
        Ok(None)
    }

    /// A bucket may lock everything by default; then only a version with an explicit, short retention shows that deleting is possible at all.
    async fn can_delete_later(&self, key: &str) -> Result<bool, StorageError> {
        let Some(latest) = self.place(key, "control", None).await? else { return Ok(false) };
        let Some(now) = self.clock(key, &latest).await? else { return Ok(false) };
        let Some(control) = self.place(key, "control", Some(DateTime::from_secs(now + BRIEFLY))).await? else { return Ok(false) };
        tokio::time::sleep(WAIT).await;
        Ok(self.delete(key, &control).await? == Attempt::Succeeded)
    }

    /// When the store wrote a version, in seconds since 1970: its clock is the one that counts for retention.
    async fn clock(&self, key: &str, version: &str) -> Result<Option<i64>, StorageError> {
        Ok(self.head(key, Some(version)).await?.and_then(|found| found.last_modified).map(|t| t.secs()))
    }

    /// The new version's name; `None` if it was refused or has none.
    async fn place(&self, key: &str, text: &'static str, until: Option<DateTime>) -> Result<Option<String>, StorageError> {
        let request = self
            .client
            .put_object()
            .bucket(&self.bucket.name)
            .key(key)
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .checksum_sha256(upload::header(&Digest::of(text.as_bytes())))
            .set_object_lock_mode(until.map(|_| ObjectLockMode::Compliance))
            .set_object_lock_retain_until_date(until)
            .body(ByteStream::from_static(text.as_bytes()));
        match request.send().await {
            Ok(placed) => Ok(placed.version_id),
            Err(e) if matches!(status(&e), Some(400..=499)) => Ok(None),
            Err(e) => Err(away("placing a canary", e)),
        }
    }

    async fn delete(&self, key: &str, version: &str) -> Result<Attempt, StorageError> {
        let request = self.client.delete_object().bucket(&self.bucket.name).key(key).version_id(version);
        match request.send().await {
            Ok(_) => Ok(Attempt::Succeeded),
            // A refusal is an answer that says no; no answer, or a fault of the service, says nothing.
            Err(e) if matches!(status(&e), Some(400..=499)) => Ok(Attempt::Refused),
            Err(e) => Err(away("deleting a canary", e)),
        }
    }

    async fn shorten(&self, key: &str, version: &str, until: i64) -> Attempt {
        let retention =
            ObjectLockRetention::builder().mode(ObjectLockRetentionMode::Compliance).retain_until_date(DateTime::from_secs(until)).build();
        let request = self.client.put_object_retention().bucket(&self.bucket.name).key(key).version_id(version).retention(retention);
        if request.send().await.is_ok() { Attempt::Succeeded } else { Attempt::Refused }
    }

    async fn read(&self, key: &str, version: &str) -> Result<Option<Vec<u8>>, StorageError> {
        match self.client.get_object().bucket(&self.bucket.name).key(key).version_id(version).send().await {
            Ok(found) => Ok(Some(found.body.collect().await.map_err(StorageError::away)?.to_vec())),
            Err(e) if status(&e) == Some(404) => Ok(None),
            Err(e) => Err(away("reading a canary", e)),
        }
    }

    /// Deletes what earlier probes left, as far as it is no longer locked.
    async fn remove_earlier(&self, key: &str) {
        for version in self.versions_of(key).await.unwrap_or_default() {
            let request = self.client.delete_object().bucket(&self.bucket.name).key(key).version_id(version);
            if let Err(e) = request.send().await {
                tracing::debug!(error = %away("deleting an earlier canary", e), "an earlier canary stays");
            }
        }
    }
}
