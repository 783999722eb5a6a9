//! A bucket on a test's server, and what a test does to it behind the store's back.

use crate::contract::{Behind, Store};
use crate::services::{ACCESS, SECRET};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{DefaultRetention, ObjectLockConfiguration, ObjectLockEnabled, ObjectLockRetentionMode, ObjectLockRule};
use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use std::any::Any;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};
use storage::{Digest, Objects};
use tempfile::TempDir;

/// The store finds credentials where every deployment has them: in the environment.
pub fn credentials_in_environment() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: Rust's own accesses to the environment are locked, and nothing else in this process reads it while tests run.
        #[allow(unsafe_code)]
        unsafe {
            std::env::set_var("AWS_ACCESS_KEY_ID", ACCESS);
            std::env::set_var("AWS_SECRET_ACCESS_KEY", SECRET);
            std::env::remove_var("AWS_SESSION_TOKEN");
            std::env::remove_var("AWS_PROFILE");
        }
    });
}

/// What a bucket is made with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Plain,
    Locking,
}

#[derive(Clone)]
pub struct Bucket {
    pub client: Client,
    pub name: String,
    pub endpoint: String,
}

impl Bucket {
    pub async fn create(endpoint: &str, kind: Kind) -> Bucket {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        credentials_in_environment();
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .endpoint_url(endpoint)
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new(ACCESS, SECRET, None, None, "test"))
            .force_path_style(true)
            .build();
        let client = Client::from_conf(config);
        let name = format!("bucket-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let lock = (kind == Kind::Locking).then_some(true);
        client.create_bucket().bucket(&name).set_object_lock_enabled_for_bucket(lock).send().await.unwrap();
        Bucket { client, name, endpoint: endpoint.to_owned() }
    }

    /// The address of a store under a prefix, with the smallest parts and this spool.
    pub fn url(&self, spool: &TempDir) -> String {
        let (name, endpoint, spool) = (&self.name, &self.endpoint, spool.path().display());
        format!("s3://{name}/some/where?endpoint={endpoint}&region=us-east-1&path_style=1&part=5&spool={spool}")
    }

    /// A store in this bucket.
    pub async fn store(self, server: impl Any + Send) -> Store {
        let spool = TempDir::new().unwrap();
        let objects = Objects::open(&self.url(&spool)).await.unwrap();
        let spooled = spool.path().to_owned();
        Store { objects, behind: Box::new(Seen { bucket: self, spooled }), _keep: Box::new((spool, server)) }
    }

    pub fn key(&self, digest: &Digest) -> String {
        let hex = digest.to_string();
        format!("some/where/sha256/{}/{}/{hex}", &hex[..2], &hex[2..4])
    }

    /// From now on whatever comes is locked for a day.
    pub async fn lock_by_default(&self) {
        let retention = DefaultRetention::builder().mode(ObjectLockRetentionMode::Compliance).days(1).build();
        let configuration = ObjectLockConfiguration::builder()
            .object_lock_enabled(ObjectLockEnabled::Enabled)
            .rule(ObjectLockRule::builder().default_retention(retention).build())
            .build();
        let request = self.client.put_object_lock_configuration().bucket(&self.name).object_lock_configuration(configuration);
        request.send().await.unwrap();
    }

    pub async fn write(&self, key: &str, bytes: Bytes) {
        self.client.put_object().bucket(&self.name).key(key).body(ByteStream::from(bytes)).send().await.unwrap();
    }
}

struct Seen {
    bucket: Bucket,
    spooled: std::path::PathBuf,
}

impl Behind for Seen {
    fn replace(&self, digest: Digest, bytes: Bytes) -> BoxFuture<'_, ()> {
        async move { self.bucket.write(&self.bucket.key(&digest), bytes).await }.boxed()
    }

    fn replace_staged(&self, scope: &'static str, digest: Digest, bytes: Bytes) -> BoxFuture<'_, ()> {
        async move { self.bucket.write(&format!("some/where/staged/{scope}/{digest}"), bytes).await }.boxed()
    }

    fn leftovers(&self) -> BoxFuture<'_, Vec<String>> {
        let spooled = std::fs::read_dir(&self.spooled).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        async { spooled }.boxed()
    }
}
