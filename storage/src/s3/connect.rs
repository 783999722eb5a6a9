//! Reaching a bucket and finding out what it can do.

use super::{S3, away, status};
use crate::StorageError;
use crate::folders;
use crate::place::{Addressing, Bucket, Lock};
use crate::spool::blocking;
use aws_config::meta::region::RegionProviderChain;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{RequestChecksumCalculation, ResponseChecksumValidation};
use aws_sdk_s3::types::{BucketVersioningStatus, ObjectLockEnabled};
use std::time::Duration;

/// The region that services without regions are signed for.
const ANY_REGION: &str = "us-east-1";
/// A service that does not accept a connection in this time is away.
const CONNECT: Duration = Duration::from_secs(5);
/// The first byte of an answer may take this long: completing an upload of many parts takes its time.
const ANSWER: Duration = Duration::from_secs(120);
/// Tries per request, with exponential pauses: together some seconds, a restart of a gateway.
const ATTEMPTS: u32 = 5;

impl S3 {
    pub(crate) async fn open(mut bucket: Bucket) -> Result<S3, StorageError> {
        bucket.spool = std::path::absolute(&bucket.spool)?;
        let spool = bucket.spool.clone();
        blocking(move || folders::make_all(&spool).and_then(|()| folders::remove_stale(&spool))).await??;
        let client = client(&bucket).await;
        let mut s3 = S3 { client, bucket, locks: false, versions: false };
        s3.ready().await?;
        s3.locks = match s3.bucket.lock {
            Lock::Ignore => false,
            Lock::Ask => s3.has_lock().await?,
            Lock::Require if s3.has_lock().await? => true,
            Lock::Require => {
                let name = &s3.bucket.name;
                return Err(StorageError::Config(format!(
                    "lock=1 was asked for and bucket {name} has no Object Lock: make one that has, or leave lock=1 out"
                )));
            }
        };
        s3.versions = s3.locks || s3.has_versions().await?;
        Ok(s3)
    }

    /// Whether the bucket says it has Object Lock. A service that does not know the question has none.
    pub(super) async fn has_lock(&self) -> Result<bool, StorageError> {
        let request = self.client.get_object_lock_configuration().bucket(&self.bucket.name);
        match request.send().await {
            Ok(found) => Ok(found.object_lock_configuration.is_some_and(|c| c.object_lock_enabled == Some(ObjectLockEnabled::Enabled))),
            Err(e) if is_unknown(status(&e)) => Ok(false),
            Err(e) => Err(away("asking for Object Lock", e)),
        }
    }

    async fn has_versions(&self) -> Result<bool, StorageError> {
        match self.client.get_bucket_versioning().bucket(&self.bucket.name).send().await {
            Ok(found) => Ok(matches!(found.status, Some(BucketVersioningStatus::Enabled | BucketVersioningStatus::Suspended))),
            Err(e) if is_unknown(status(&e)) => Ok(false),
            Err(e) => Err(away("asking for versioning", e)),
        }
    }
}

/// The service answered, and the answer is that there is no such thing, that it does not know of such things, that one may not ask, or nonsense.
fn is_unknown(status: Option<u16>) -> bool {
    matches!(status, Some(200..=499 | 501))
}

async fn client(bucket: &Bucket) -> Client {
    let config = aws_sdk_s3::config::Builder::from(&shared(bucket).await)
        .force_path_style(bucket.addressing == Addressing::Path)
        // What is uploaded carries its SHA-256 in a header. The SDK's own checksums travel in trailers that several services do not understand.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
    Client::from_conf(match &bucket.endpoint {
        Some(endpoint) => config.endpoint_url(endpoint).build(),
        None => config.build(),
    })
}

async fn shared(bucket: &Bucket) -> SdkConfig {
    let own = bucket.region.clone().map(Region::new);
    let region = match &bucket.endpoint {
        // A service of one's own has no machine metadata to ask for a region.
        Some(_) => RegionProviderChain::first_try(own.or_else(|| std::env::var("AWS_REGION").ok().map(Region::new))),
        None => RegionProviderChain::first_try(own).or_default_provider(),
    };
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(region.or_else(ANY_REGION))
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(TimeoutConfig::builder().connect_timeout(CONNECT).read_timeout(ANSWER).build())
        .load()
        .await
}
