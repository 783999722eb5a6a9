//! Objects and files in an S3 bucket.
//!
//! A body is spooled locally until its digest is known and then uploaded under its final key with that digest in a header, so that
//! the service itself refuses bytes that changed on the way. The other way, uploading to a staging key and copying, would move every byte twice inside the store,
//! leave parts of broken-off uploads in it, and on a bucket with Object Lock keep them there. The price is a local disk as large as the uploads in flight.
//! S3 shows an object only when its upload is complete, so a crash leaves at most a temporary file and the parts of an upload that was never completed;
//! [`S3::open`] removes the former when they are a day old, a lifecycle rule of the bucket the latter.

mod connect;
mod upload;
mod worm;

use crate::layout::{FILES, OBJECTS, STAGED, file_path, object_of, object_path, scope_of, staged_folder, staged_path};
use crate::local::LocalCopy;
use crate::place::Bucket;
use crate::spool::{Spill, spool};
use crate::{Digest, Listed, Put, Reader, Stat, StorageError, Stored};
use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{Object, ObjectLockLegalHoldStatus};
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};
use futures::{Stream, future};
use std::error::Error;
use std::io;
use std::ops::Range;
use std::sync::Arc;

/// A bucket.
pub(crate) struct S3 {
    client: Client,
    bucket: Bucket,
    /// The bucket has Object Lock and it is to be used.
    locks: bool,
    /// Deleting a key hides it: versions are to be deleted.
    versions: bool,
}

impl S3 {
    pub(crate) async fn put<S>(&self, body: S, put: Put) -> Result<Stored, StorageError>
    where
        S: Stream<Item = io::Result<Bytes>> + Send,
    {
        let spooled = spool(body, &put, Spill::ToPass(&self.bucket.spool)).await?;
        let (digest, size) = (spooled.digest, spooled.size);
        let until = put.retain_until_us.filter(|_| self.locks);
        let mut found = self.stat(&digest).await?;
        let new = found.is_none_or(|f| f.size != size);
        if new {
            if let Some(damaged) = found {
                tracing::warn!(object.digest = %digest, object.size = size, found.size = damaged.size, "replacing an object that has been damaged");
            }
            self.upload(&self.object(&digest), spooled, until).await?;
            // Services are known that forget the retention of an upload in parts.
            found = if until.is_some() { self.stat(&digest).await? } else { None };
        }
        if let Some(until) = until
            && found.and_then(|f| f.retained_until_us).is_none_or(|held| held < until)
        {
            self.retain(&digest, until).await?;
        }
        Ok(Stored { digest, size, new })
    }

    pub(crate) async fn stage<S>(&self, scope: &str, body: S, put: Put) -> Result<Stored, StorageError>
    where
        S: Stream<Item = io::Result<Bytes>> + Send,
    {
        let spooled = spool(body, &put, Spill::ToPass(&self.bucket.spool)).await?;
        let (digest, size) = (spooled.digest, spooled.size);
        let key = self.staged(scope, &digest)?;
        self.upload(&key, spooled, None).await?;
        Ok(Stored { digest, size, new: true })
    }

    pub(crate) async fn open_object(&self, digest: &Digest) -> Result<Reader, StorageError> {
        self.open_whole(digest, self.object(digest)).await
    }

    pub(crate) async fn open_staged(&self, scope: &str, digest: &Digest) -> Result<Reader, StorageError> {
        self.open_whole(digest, self.staged(scope, digest)?).await
    }

    pub(crate) async fn discard_staged(&self, scope: &str) -> Result<(), StorageError> {
        let mut keys = std::pin::pin!(self.keys(format!("{}/", staged_folder(scope)?)));
        while let Some((key, _)) = keys.try_next().await? {
            self.discard_key(&key, None).await?;
        }
        Ok(())
    }

    pub(crate) fn list_staged(this: &Arc<S3>) -> BoxStream<'static, Result<String, StorageError>> {
        let skip = this.bucket.prefix.len();
        this.keys(format!("{STAGED}/")).try_filter_map(move |(key, _)| future::ok(scope_of(&key[skip..]).map(str::to_owned))).boxed()
    }

    async fn open_whole(&self, digest: &Digest, key: String) -> Result<Reader, StorageError> {
        let request = self.client.get_object().bucket(&self.bucket.name).key(key);
        match request.send().await {
            Ok(found) => Ok(Reader::whole(*digest, size_of(found.content_length)?, body(found.body))),
            Err(e) if status(&e) == Some(404) => Err(StorageError::Missing(*digest)),
            Err(e) => Err(away("reading an object", e)),
        }
    }

    pub(crate) async fn open_range(&self, digest: &Digest, range: Range<u64>) -> Result<Reader, StorageError> {
        if range.is_empty() {
            return self.nothing_at(digest, range.start).await;
        }
        // Services count in signed numbers.
        let last = if range.end > i64::MAX as u64 { String::new() } else { (range.end - 1).to_string() };
        let wanted = format!("bytes={}-{last}", range.start);
        let request = self.client.get_object().bucket(&self.bucket.name).key(self.object(digest)).range(wanted);
        match request.send().await {
            Ok(found) => part(found, range),
            Err(e) if status(&e) == Some(416) => self.nothing_at(digest, range.start).await,
            Err(e) if status(&e) == Some(404) => Err(StorageError::Missing(*digest)),
            Err(e) => Err(away("reading a range", e)),
        }
    }

    /// The empty reader, if the object reaches to `start`.
    async fn nothing_at(&self, digest: &Digest, start: u64) -> Result<Reader, StorageError> {
        let size = self.stat(digest).await?.ok_or(StorageError::Missing(*digest))?.size;
        if start > size {
            return Err(StorageError::OutOfRange { size });
        }
        Ok(Reader { size: 0, stream: stream::empty().boxed() })
    }

    pub(crate) async fn stat(&self, digest: &Digest) -> Result<Option<Stat>, StorageError> {
        let Some(found) = self.head(&self.object(digest), None).await? else { return Ok(None) };
        let size = size_of(found.content_length)?;
        Ok(Some(Stat { size, retained_until_us: found.object_lock_retain_until_date.map(|t| micros(&t)) }))
    }

    pub(crate) fn list(this: &Arc<S3>) -> BoxStream<'static, Result<Listed, StorageError>> {
        let prefix = this.bucket.prefix.clone();
        this.keys(format!("{OBJECTS}/"))
            .and_then(move |(key, object)| {
                let digest = object_of(&key[prefix.len()..]);
                future::ready(digest.map(|digest| Ok(Listed { digest, size: size_of(object.size)? })).transpose())
            })
            .try_filter_map(future::ok)
            .boxed()
    }

    pub(crate) async fn discard(&self, digest: &Digest) -> Result<(), StorageError> {
        self.discard_key(&self.object(digest), Some(*digest)).await
    }

    /// Removes a key in all its versions.
    async fn discard_key(&self, key: &str, object: Option<Digest>) -> Result<(), StorageError> {
        if !self.versions {
            return match self.client.delete_object().bucket(&self.bucket.name).key(key).send().await {
                Err(e) if status(&e) != Some(404) => Err(away("discarding an object", e)),
                _ => Ok(()),
            };
        }
        for version in self.versions_of(key).await? {
            let request = self.client.delete_object().bucket(&self.bucket.name).key(key).version_id(&version);
            match (request.send().await, object) {
                (Err(e), _) if status(&e) == Some(404) => {}
                (Err(_), Some(digest)) if self.is_held(key, &version).await? => return Err(StorageError::Retained(digest)),
                (Err(e), _) => return Err(away("discarding an object's version", e)),
                (Ok(_), _) => {}
            }
        }
        Ok(())
    }

    pub(crate) async fn local_copy(&self, digest: &Digest) -> Result<LocalCopy, StorageError> {
        LocalCopy::of(self.open_object(digest).await?, self.bucket.spool.clone()).await
    }

    pub(crate) async fn put_file(&self, name: &str, bytes: Bytes) -> Result<(), StorageError> {
        let key = format!("{}{}", self.bucket.prefix, file_path(name)?);
        let checksum = upload::header(&Digest::of(&bytes));
        let request = self.client.put_object().bucket(&self.bucket.name).key(key).checksum_sha256(checksum).body(ByteStream::from(bytes));
        request.send().await.map(drop).map_err(|e| away("writing a file", e))
    }

    pub(crate) async fn get_file(&self, name: &str) -> Result<Option<Bytes>, StorageError> {
        let key = format!("{}{}", self.bucket.prefix, file_path(name)?);
        match self.client.get_object().bucket(&self.bucket.name).key(key).send().await {
            Ok(found) => Ok(Some(found.body.collect().await.map_err(StorageError::away)?.into_bytes())),
            Err(e) if status(&e) == Some(404) => Ok(None),
            Err(e) => Err(away("reading a file", e)),
        }
    }

    pub(crate) fn list_files(this: &Arc<S3>, prefix: &str) -> BoxStream<'static, Result<String, StorageError>> {
        let skip = this.bucket.prefix.len() + FILES.len() + 1;
        this.keys(format!("{FILES}/{prefix}")).map_ok(move |(key, _)| key[skip..].to_owned()).boxed()
    }

    pub(crate) async fn ready(&self) -> Result<(), StorageError> {
        let request = self.client.head_bucket().bucket(&self.bucket.name);
        request.send().await.map(drop).map_err(|e| away("asking for the bucket", e))
    }

    /// The key of an object.
    fn object(&self, digest: &Digest) -> String {
        format!("{}{}", self.bucket.prefix, object_path(digest))
    }

    /// The key of a staged part.
    fn staged(&self, scope: &str, digest: &Digest) -> Result<String, StorageError> {
        Ok(format!("{}{}", self.bucket.prefix, staged_path(scope, digest)?))
    }

    async fn head(&self, key: &str, version: Option<&str>) -> Result<Option<HeadObjectOutput>, StorageError> {
        let request = self.client.head_object().bucket(&self.bucket.name).key(key).set_version_id(version.map(str::to_owned));
        match request.send().await {
            Ok(found) => Ok(Some(found)),
            Err(e) if status(&e) == Some(404) => Ok(None),
            Err(e) => Err(away("asking for an object", e)),
        }
    }

    /// All versions and delete markers of a key, versions first.
    async fn versions_of(&self, key: &str) -> Result<Vec<String>, StorageError> {
        let request = self.client.list_object_versions().bucket(&self.bucket.name).prefix(key);
        let (mut versions, mut markers) = (Vec::new(), Vec::new());
        let (mut after_key, mut after_version) = (None, None);
        loop {
            let page = request.clone().set_key_marker(after_key).set_version_id_marker(after_version).send().await;
            let page = page.map_err(|e| away("listing an object's versions", e))?;
            let is_it = |found: &Option<String>| found.as_deref() == Some(key);
            versions.extend(page.versions.unwrap_or_default().into_iter().filter(|v| is_it(&v.key)).filter_map(|v| v.version_id));
            markers.extend(page.delete_markers.unwrap_or_default().into_iter().filter(|m| is_it(&m.key)).filter_map(|m| m.version_id));
            (after_key, after_version) = (page.next_key_marker, page.next_version_id_marker);
            if page.is_truncated != Some(true) || after_key.is_none() {
                break;
            }
        }
        versions.append(&mut markers);
        Ok(versions)
    }

    /// Whether a version is under retention or a legal hold.
    async fn is_held(&self, key: &str, version: &str) -> Result<bool, StorageError> {
        Ok(self.head(key, Some(version)).await?.is_some_and(|found| {
            found.object_lock_retain_until_date.is_some() || found.object_lock_legal_hold_status == Some(ObjectLockLegalHoldStatus::On)
        }))
    }

    /// Keys behind a prefix in ascending order, a page at a time.
    fn keys(&self, prefix: String) -> impl Stream<Item = Result<(String, Object), StorageError>> + Send + 'static {
        let request = self.client.list_objects_v2().bucket(&self.bucket.name).prefix(format!("{}{prefix}", self.bucket.prefix));
        let pages = request.into_paginator().send();
        stream::try_unfold(pages, |mut pages| async {
            let page = pages.next().await.transpose().map_err(|e| away("listing objects", e))?;
            Ok::<_, StorageError>(page.map(|page| (stream::iter(page.contents.unwrap_or_default().into_iter().map(Ok)), pages)))
        })
        .try_flatten()
        .try_filter_map(|object: Object| future::ok(object.key.clone().map(|key| (key, object))))
    }
}

/// What a range request brought, if it is the range that was asked for.
fn part(found: GetObjectOutput, range: Range<u64>) -> Result<Reader, StorageError> {
    let size = size_of(found.content_length)?;
    let starts = found.content_range.as_deref().is_some_and(|r| r.starts_with(&format!("bytes {}-", range.start)));
    if !starts || size > range.end - range.start {
        return Err(StorageError::away("the service sent another range than it was asked for"));
    }
    Ok(Reader { size, stream: body(found.body) })
}

fn body(body: ByteStream) -> BoxStream<'static, io::Result<Bytes>> {
    stream::try_unfold(body, |mut body| async { Ok(body.try_next().await.map_err(io::Error::other)?.map(|chunk| (chunk, body))) }).boxed()
}

fn size_of(length: Option<i64>) -> Result<u64, StorageError> {
    length.and_then(|l| l.try_into().ok()).ok_or_else(|| StorageError::away("the service did not say how large an object is"))
}

/// Microseconds since 1970.
fn micros(time: &DateTime) -> i64 {
    time.secs().saturating_mul(1_000_000).saturating_add(i64::from(time.subsec_nanos()) / 1000)
}

/// The HTTP status of a refusal; `None` if there was no answer.
fn status<E>(error: &SdkError<E>) -> Option<u16> {
    error.raw_response().map(|r| r.status().as_u16())
}

/// What went wrong in a line: the service's own words, or why there are none.
fn away<E>(doing: &str, error: SdkError<E>) -> StorageError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let said = match (status(&error), error.as_service_error().map(ProvideErrorMetadata::meta)) {
        (Some(status), Some(meta)) if meta.code().is_some() || meta.message().is_some() => {
            format!("HTTP {status} {} {}", meta.code().unwrap_or_default(), meta.message().unwrap_or_default())
        }
        (status, _) => {
            let status = status.map(|s| format!("HTTP {s}: ")).unwrap_or_default();
            let mut said = format!("{status}{error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                said += &format!(": {error}");
                cause = error.source();
            }
            said
        }
    };
    StorageError::away(format!("{doing}: {}", said.trim_end()))
}
