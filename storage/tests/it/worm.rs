//! Buckets that are not what they say: they claim Object Lock, and something is wrong with it.

use crate::bucket::{Bucket, Kind};
use crate::services::serve;
use futures::FutureExt;
use futures::future::BoxFuture;
use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};
use s3s_fs::FileSystem;
use std::collections::HashMap;
use std::sync::Mutex;
use storage::{Objects, Worm};
use tempfile::TempDir;

/// How a bucket's Object Lock is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lock {
    Honest,
    /// It gives objects no versions.
    Unversioned,
    /// A locked version can be deleted.
    Deletes,
    /// A locked version can be overwritten.
    Overwrites,
    /// It does not remember a retention.
    Forgets,
    /// Nothing can be deleted, locked or not: the policy's doing, not the lock's.
    Forbids,
}

struct Claiming {
    files: FileSystem,
    lock: Lock,
    /// By version: until when it is retained.
    versions: Mutex<HashMap<String, Option<Timestamp>>>,
}

/// Hands operations on to the file system.
macro_rules! hand_on {
    ($($operation:ident $input:ident $output:ident)*) => { $(
        fn $operation<'s, 'a>(&'s self, request: S3Request<$input>) -> BoxFuture<'a, S3Result<S3Response<$output>>>
        where
            's: 'a,
            Self: 'a,
        {
            self.files.$operation(request)
        }
    )* };
}

impl Claiming {
    async fn put(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let until = request.input.object_lock_retain_until_date.clone();
        let version = format!("v{}", self.versions.lock().unwrap().len());
        // The canary is the second; what comes behind it is a version of its own, which this bucket does not keep.
        let kept = self.lock == Lock::Overwrites || self.versions.lock().unwrap().len() < 2;
        let mut answer = if kept { self.files.put_object(request).await? } else { S3Response::new(PutObjectOutput::default()) };
        self.versions.lock().unwrap().insert(version.clone(), until);
        answer.output.version_id = (self.lock != Lock::Unversioned).then_some(version);
        Ok(answer)
    }

    async fn head(&self, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        let version = request.input.version_id.clone();
        let mut answer = self.files.head_object(request).await?;
        if self.lock != Lock::Forgets {
            answer.output.object_lock_retain_until_date = version.and_then(|v| self.versions.lock().unwrap().get(&v).cloned()).flatten();
        }
        Ok(answer)
    }

    async fn delete(&self, request: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        let version = request.input.version_id.unwrap_or_default();
        let locked = self.versions.lock().unwrap().get(&version).is_some_and(Option::is_some);
        match self.lock {
            Lock::Forbids => Err(s3_error!(AccessDenied)),
            Lock::Deletes => Ok(S3Response::new(DeleteObjectOutput::default())),
            _ if locked => Err(s3_error!(AccessDenied)),
            _ => Ok(S3Response::new(DeleteObjectOutput::default())),
        }
    }
}

impl S3 for Claiming {
    hand_on! {
        create_bucket CreateBucketInput CreateBucketOutput
        head_bucket HeadBucketInput HeadBucketOutput
        get_object GetObjectInput GetObjectOutput
    }

    fn get_object_lock_configuration<'s, 'a>(
        &'s self,
        _: S3Request<GetObjectLockConfigurationInput>,
    ) -> BoxFuture<'a, S3Result<S3Response<GetObjectLockConfigurationOutput>>>
    where
        's: 'a,
        Self: 'a,
    {
        let enabled = ObjectLockConfiguration {
            object_lock_enabled: Some(ObjectLockEnabled::from_static(ObjectLockEnabled::ENABLED)),
            ..Default::default()
        };
        async { Ok(S3Response::new(GetObjectLockConfigurationOutput { object_lock_configuration: Some(enabled) })) }.boxed()
    }

    fn put_object<'s, 'a>(&'s self, request: S3Request<PutObjectInput>) -> BoxFuture<'a, S3Result<S3Response<PutObjectOutput>>>
    where
        's: 'a,
        Self: 'a,
    {
        self.put(request).boxed()
    }

    fn head_object<'s, 'a>(&'s self, request: S3Request<HeadObjectInput>) -> BoxFuture<'a, S3Result<S3Response<HeadObjectOutput>>>
    where
        's: 'a,
        Self: 'a,
    {
        self.head(request).boxed()
    }

    fn delete_object<'s, 'a>(&'s self, request: S3Request<DeleteObjectInput>) -> BoxFuture<'a, S3Result<S3Response<DeleteObjectOutput>>>
    where
        's: 'a,
        Self: 'a,
    {
        self.delete(request).boxed()
    }
}

async fn probe(lock: Lock) -> Worm {
    let server = serve(|files| Claiming { files, lock, versions: Mutex::default() }).await;
    let bucket = Bucket::create(&server.endpoint, Kind::Plain).await;
    let spool = TempDir::new().unwrap();
    Objects::open(&bucket.url(&spool)).await.unwrap().probe_worm().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_holds_is_verified() {
    assert_eq!(probe(Lock::Honest).await, Worm::Verified);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_without_versions_is_only_claimed() {
    assert_eq!(probe(Lock::Unversioned).await, Worm::Claimed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_lets_a_version_be_deleted_is_only_claimed() {
    assert_eq!(probe(Lock::Deletes).await, Worm::Claimed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_lets_a_version_be_overwritten_is_only_claimed() {
    assert_eq!(probe(Lock::Overwrites).await, Worm::Claimed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_forgets_is_only_claimed() {
    assert_eq!(probe(Lock::Forgets).await, Worm::Claimed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_cannot_be_told_from_a_policy_is_only_claimed() {
    assert_eq!(probe(Lock::Forbids).await, Worm::Claimed);
}

/// A service on which the second part of an upload is refused.
pub struct Failing {
    pub files: FileSystem,
}

impl S3 for Failing {
    hand_on! {
        create_bucket CreateBucketInput CreateBucketOutput
        head_bucket HeadBucketInput HeadBucketOutput
        head_object HeadObjectInput HeadObjectOutput
        create_multipart_upload CreateMultipartUploadInput CreateMultipartUploadOutput
        abort_multipart_upload AbortMultipartUploadInput AbortMultipartUploadOutput
    }

    fn upload_part<'s, 'a>(&'s self, request: S3Request<UploadPartInput>) -> BoxFuture<'a, S3Result<S3Response<UploadPartOutput>>>
    where
        's: 'a,
        Self: 'a,
    {
        match request.input.part_number {
            2 => async { Err(s3_error!(AccessDenied)) }.boxed(),
            _ => self.files.upload_part(request),
        }
    }
}
