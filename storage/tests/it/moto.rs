//! The S3 backend on moto, which has versions and Object Lock: the contract once more, retention, and the WORM probe.

use crate::body::{MIB, chunked, noise};
use crate::bucket::{Bucket, Kind};
use crate::contract::hold_in_turn;
use crate::services::{Moto, moto};
use futures::TryStreamExt;
use std::time::{Duration, SystemTime};
use storage::{Digest, Objects, Put, StorageError, Stored, Worm};
use tempfile::TempDir;

/// A store in a bucket that has Object Lock.
struct Locked {
    objects: Objects,
    bucket: Bucket,
    _spool: TempDir,
}

async fn locked(moto: &Moto) -> Locked {
    let bucket = Bucket::create(&moto.endpoint, Kind::Locking).await;
    let spool = TempDir::new().unwrap();
    let objects = Objects::open(&format!("{}&lock=1", bucket.url(&spool))).await.unwrap();
    Locked { objects, bucket, _spool: spool }
}

#[allow(clippy::disallowed_methods, reason = "moto keeps retention by the machine's clock")]
fn in_seconds(seconds: u64) -> i64 {
    let time = SystemTime::now() + Duration::from_secs(seconds);
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_micros() as i64
}

impl Locked {
    async fn put(&self, body: &bytes::Bytes, retain_until_us: i64) -> Stored {
        self.objects.put(chunked(body, 500_000), Put { retain_until_us: Some(retain_until_us), ..Put::default() }).await.unwrap()
    }

    async fn retained_until(&self, digest: &Digest) -> i64 {
        self.objects.stat(digest).await.unwrap().unwrap().retained_until_us.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_bucket_holds_the_contract() {
    let moto = moto().await;
    hold_in_turn!(async || Bucket::create(&moto.endpoint, Kind::Plain).await.store(()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_with_object_lock_holds_the_contract() {
    let moto = moto().await;
    hold_in_turn!(async || Bucket::create(&moto.endpoint, Kind::Locking).await.store(()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retained_object_cannot_be_discarded() {
    let moto = moto().await;
    let store = locked(&moto).await;
    for size in [100, 12 * MIB] {
        let body = noise(1, size);
        let until = in_seconds(3600);
        let digest = store.put(&body, until).await.digest;
        let held = store.retained_until(&digest).await;
        assert!((until..until + 1_000_000).contains(&held), "asked for {until}, got {held}");
        let refused = store.objects.discard(&digest).await.unwrap_err();
        assert!(matches!(refused, StorageError::Retained(d) if d == digest), "{refused:?}");
        assert_eq!(store.objects.open_object(&digest).await.unwrap().bytes(u64::MAX).await.unwrap(), body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retained_object_can_be_discarded_when_its_time_has_come() {
    let moto = moto().await;
    let store = locked(&moto).await;
    let digest = store.put(&noise(3, 100), in_seconds(2)).await.digest;
    tokio::time::sleep(Duration::from_secs(4)).await;
    store.objects.discard(&digest).await.unwrap();
    assert_eq!(store.objects.stat(&digest).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn putting_again_lengthens_a_retention_and_never_shortens_it() {
    let moto = moto().await;
    let store = locked(&moto).await;
    let body = noise(2, 100);
    let digest = store.objects.put_bytes(body.clone()).await.unwrap().digest;
    assert_eq!(store.objects.stat(&digest).await.unwrap().unwrap().retained_until_us, None);
    let (sooner, later) = (in_seconds(600), in_seconds(1200));
    assert!(!store.put(&body, later).await.new);
    assert!(store.retained_until(&digest).await >= later);
    assert!(!store.put(&body, sooner).await.new);
    assert!(store.retained_until(&digest).await >= later);
}

#[tokio::test(flavor = "multi_thread")]
async fn discarding_removes_every_version() {
    let moto = moto().await;
    let store = locked(&moto).await;
    let digest = store.objects.put_bytes("first".into()).await.unwrap().digest;
    let key = store.bucket.key(&digest);
    store.bucket.write(&key, "second".into()).await;
    store.bucket.client.delete_object().bucket(&store.bucket.name).key(&key).send().await.unwrap();
    store.objects.discard(&digest).await.unwrap();
    let left = store.bucket.client.list_object_versions().bucket(&store.bucket.name).send().await.unwrap();
    assert_eq!((left.versions().len(), left.delete_markers().len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_probe_verifies_a_lock_that_locks_and_can_be_repeated() {
    let moto = moto().await;
    let store = locked(&moto).await;
    for _ in 0..2 {
        assert_eq!(store.objects.probe_worm().await.unwrap(), Worm::Verified);
    }
    assert_eq!(store.objects.list().try_collect::<Vec<_>>().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_probe_verifies_a_bucket_that_locks_whatever_comes() {
    let moto = moto().await;
    let store = locked(&moto).await;
    store.bucket.lock_by_default().await;
    assert_eq!(store.objects.probe_worm().await.unwrap(), Worm::Verified);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_probe_finds_no_lock_on_a_plain_bucket() {
    let moto = moto().await;
    let bucket = Bucket::create(&moto.endpoint, Kind::Plain).await;
    let spool = TempDir::new().unwrap();
    assert_eq!(Objects::open(&bucket.url(&spool)).await.unwrap().probe_worm().await.unwrap(), Worm::Absent);
    assert!(matches!(Objects::open(&format!("{}&lock=1", bucket.url(&spool))).await, Err(StorageError::Config(_))));
}
