//! Uploading a spooled body under its key, in one request or in parts, every one with its SHA-256 in a header.

use super::{S3, away};
use crate::spool::{Held, Spooled, blocking};
use crate::{Digest, StorageError};
use aws_sdk_s3::primitives::{ByteStream, DateTime, Length};
use aws_sdk_s3::types::{
    ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart, ObjectLockMode, ObjectLockRetention, ObjectLockRetentionMode,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::stream::{self, StreamExt, TryStreamExt};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// The most parts S3 takes.
const MOST_PARTS: u64 = 10_000;
/// Parts on their way at once. They are streamed from the spool, so they cost buffers, not their size.
const AT_ONCE: usize = 4;
const MIB: u64 = 1024 * 1024;

/// A digest as `x-amz-checksum-sha256` wants it.
pub(super) fn header(digest: &Digest) -> String {
    STANDARD.encode(digest.0)
}

impl S3 {
    /// Uploads a body, retained until then.
    pub(super) async fn upload(&self, key: &str, spooled: Spooled, until_us: Option<i64>) -> Result<(), StorageError> {
        let Spooled { digest, size, held } = spooled;
        match held {
            Held::Memory(batch) => self.upload_whole(key, &digest, ByteStream::from(batch.into_bytes()), until_us).await,
            Held::File(file) if size <= self.bucket.part => {
                self.upload_whole(key, &digest, section(file.path(), 0..size).await?, until_us).await
            }
            Held::File(file) => self.upload_parts(key, size, file.path(), until_us).await,
        }
    }

    async fn upload_whole(&self, key: &str, digest: &Digest, body: ByteStream, until_us: Option<i64>) -> Result<(), StorageError> {
        self.client
            .put_object()
            .bucket(&self.bucket.name)
            .key(key)
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .checksum_sha256(header(digest))
            .set_object_lock_mode(until_us.map(|_| ObjectLockMode::Compliance))
            .set_object_lock_retain_until_date(until_us.map(until))
            .body(body)
            .send()
            .await
            .map(drop)
            .map_err(|e| away("uploading an object", e))
    }

    async fn upload_parts(&self, key: &str, size: u64, path: &Path, until_us: Option<i64>) -> Result<(), StorageError> {
        let started = self
            .client
            .create_multipart_upload()
            .bucket(&self.bucket.name)
            .key(key)
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .set_object_lock_mode(until_us.map(|_| ObjectLockMode::Compliance))
            .set_object_lock_retain_until_date(until_us.map(until))
            .send()
            .await
            .map_err(|e| away("beginning an upload", e))?;
        let id = started.upload_id.ok_or_else(|| StorageError::away("the service began an upload and gave it no name"))?;
        let mut abort = Abort(Some((
            self.client.abort_multipart_upload().bucket(&self.bucket.name).key(key).upload_id(&id),
            tokio::runtime::Handle::current(),
        )));
        let parts = stream::iter(sections(size, self.bucket.part)).map(|(number, range)| self.upload_part(key, &id, path, number, range));
        let parts = parts.buffered(AT_ONCE).try_collect().await?;
        self.client
            .complete_multipart_upload()
            .bucket(&self.bucket.name)
            .key(key)
            .upload_id(&id)
            .multipart_upload(CompletedMultipartUpload::builder().set_parts(Some(parts)).build())
            .send()
            .await
            .map_err(|e| away("completing an upload", e))?;
        abort.0 = None;
        Ok(())
    }

    async fn upload_part(
        &self,
        key: &str,
        id: &str,
        path: &Path,
        number: i32,
        range: std::ops::Range<u64>,
    ) -> Result<CompletedPart, StorageError> {
        let (file, bytes) = (PathBuf::from(path), range.clone());
        let checksum = header(&blocking(move || hash(&file, bytes)).await??);
        let done = self
            .client
            .upload_part()
            .bucket(&self.bucket.name)
            .key(key)
            .upload_id(id)
            .part_number(number)
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .checksum_sha256(&checksum)
            .body(section(path, range).await?)
            .send()
            .await
            .map_err(|e| away("uploading a part", e))?;
        Ok(CompletedPart::builder().part_number(number).checksum_sha256(checksum).set_e_tag(done.e_tag).build())
    }

    /// Lengthens the retention of an object that is there.
    pub(super) async fn retain(&self, digest: &Digest, until_us: i64) -> Result<(), StorageError> {
        let retention = ObjectLockRetention::builder().mode(ObjectLockRetentionMode::Compliance).retain_until_date(until(until_us)).build();
        self.client
            .put_object_retention()
            .bucket(&self.bucket.name)
            .key(self.object(digest))
            .retention(retention)
            .send()
            .await
            .map(drop)
            .map_err(|e| away("lengthening an object's retention", e))
    }
}

/// Aborts an upload that is given up, by an error or by being dropped, so that its parts do not stay in the bucket.
struct Abort(Option<(aws_sdk_s3::operation::abort_multipart_upload::builders::AbortMultipartUploadFluentBuilder, tokio::runtime::Handle)>);

impl Drop for Abort {
    fn drop(&mut self) {
        if let Some((request, runtime)) = self.0.take() {
            runtime.spawn(async move {
                if let Err(e) = request.send().await {
                    tracing::warn!(error = %away("giving up an upload", e), "the parts of an upload stay in the bucket until a lifecycle rule removes them");
                }
            });
        }
    }
}

/// A time rounded up to the second: services differ in what they make of fractions.
fn until(us: i64) -> DateTime {
    DateTime::from_secs(us.div_euclid(1_000_000) + i64::from(us.rem_euclid(1_000_000) > 0))
}

/// Number and range of each part.
fn sections(size: u64, part: u64) -> impl Iterator<Item = (i32, std::ops::Range<u64>)> {
    let part = part.max(size.div_ceil(MOST_PARTS).next_multiple_of(MIB));
    (0..size.div_ceil(part)).map(move |n| (n as i32 + 1, n * part..size.min((n + 1) * part)))
}

async fn section(path: &Path, range: std::ops::Range<u64>) -> Result<ByteStream, StorageError> {
    let length = Length::Exact(range.end - range.start);
    ByteStream::read_from().path(path).offset(range.start).length(length).build().await.map_err(StorageError::away)
}

fn hash(path: &Path, range: std::ops::Range<u64>) -> io::Result<Digest> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(range.start))?;
    let mut left = range.end - range.start;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    while left > 0 {
        let want = left.min(buffer.len() as u64) as usize;
        file.read_exact(&mut buffer[..want])?;
        hasher.update(&buffer[..want]);
        left -= want as u64;
    }
    Ok(Digest(hasher.finalize().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_a_body_without_gap_and_are_never_too_many() {
        for (size, part) in [(1, 5 * MIB), (5 * MIB, 5 * MIB), (5 * MIB + 1, 5 * MIB), (1 << 40, 16 * MIB), ((5 << 40) - 3, 5 * MIB)] {
            let all: Vec<_> = sections(size, part).collect();
            assert!(all.len() as u64 <= MOST_PARTS, "{size} in {} parts", all.len());
            assert_eq!(all.first().map(|(n, r)| (*n, r.start)), Some((1, 0)));
            assert_eq!(all.last().map(|(_, r)| r.end), Some(size));
            assert!(all.windows(2).all(|w| w[0].1.end == w[1].1.start && w[0].0 + 1 == w[1].0));
            assert!(all[..all.len() - 1].iter().all(|(_, r)| r.end - r.start >= part));
        }
    }

    #[test]
    fn a_retention_is_rounded_up_to_the_second() {
        assert_eq!(until(1_000_000), DateTime::from_secs(1));
        assert_eq!(until(1_000_001), DateTime::from_secs(2));
    }
}
