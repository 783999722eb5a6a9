//! The S3 backend on s3s-fs, in this process: the contract, uploads in parts, and buckets that are not as asked for.

use crate::body::{MIB, chunked, noise};
use crate::bucket::{Bucket, Kind, credentials_in_environment};
use crate::contract::{Store, hold};
use crate::services::serve;
use std::path::Path;
use std::time::Duration;
use storage::{Digest, Objects, Put, StorageError, Worm};
use tempfile::TempDir;

hold!(store);

async fn store() -> Store {
    let server = serve(|files| files).await;
    Bucket::create(&server.endpoint, Kind::Plain).await.store(server).await
}

fn unfinished(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    names.filter(|n| n.contains("upload")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_body_goes_up_in_parts_and_a_copy_of_the_bucket_is_a_disk_store() {
    let server = serve(|files| files).await;
    let bucket = Bucket::create(&server.endpoint, Kind::Plain).await;
    let spool = TempDir::new().unwrap();
    let objects = Objects::open(&bucket.url(&spool)).await.unwrap();
    let body = noise(1, 23 * MIB + 5);
    let digest = objects.put(chunked(&body, 500_000), Put::default()).await.unwrap().digest;
    objects.put_file("checkpoint", "head".into()).await.unwrap();
    assert_eq!(unfinished(server.folder.path()), [""; 0]);

    let disk = Objects::open(server.folder.path().join(&bucket.name).join("some/where").to_str().unwrap()).await.unwrap();
    assert_eq!(disk.open_object(&digest).await.unwrap().bytes(u64::MAX).await.unwrap(), body);
    assert_eq!(disk.get_file("checkpoint").await.unwrap(), Some("head".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_prefixes_of_a_bucket_are_two_stores() {
    let server = serve(|files| files).await;
    let bucket = Bucket::create(&server.endpoint, Kind::Plain).await;
    let spool = TempDir::new().unwrap();
    let one = Objects::open(&bucket.url(&spool)).await.unwrap();
    let two = Objects::open(&bucket.url(&spool).replace("/some/where?", "?")).await.unwrap();
    let digest = one.put_bytes("one".into()).await.unwrap().digest;
    assert_eq!(two.stat(&digest).await.unwrap(), None);
    assert!(two.put_bytes("one".into()).await.unwrap().new);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_without_object_lock_can_be_made_to_forget_and_is_refused_where_a_lock_is_asked_for() {
    let server = serve(|files| files).await;
    let bucket = Bucket::create(&server.endpoint, Kind::Plain).await;
    let spool = TempDir::new().unwrap();
    let objects = Objects::open(&bucket.url(&spool)).await.unwrap();
    assert_eq!(objects.probe_worm().await.unwrap(), Worm::Absent);
    let stored = objects.put(chunked(&"x".into(), 1), Put { retain_until_us: Some(i64::MAX / 2), ..Put::default() }).await.unwrap();
    assert_eq!(objects.stat(&stored.digest).await.unwrap().unwrap().retained_until_us, None);
    let refused = Objects::open(&format!("{}&lock=1", bucket.url(&spool))).await.err().unwrap();
    assert!(matches!(refused, StorageError::Config(_)), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_is_not_there_or_does_not_answer_is_away() {
    credentials_in_environment();
    let server = serve(|files| files).await;
    let spool = TempDir::new().unwrap();
    let mut bucket = Bucket::create(&server.endpoint, Kind::Plain).await;
    let objects = Objects::open(&bucket.url(&spool)).await.unwrap();
    bucket.name = "nobody-made-this".to_owned();
    let absent = Objects::open(&bucket.url(&spool)).await.err().unwrap();
    assert!(matches!(absent, StorageError::Away(_)), "{absent:?}");
    drop(server);
    let opened = tokio::time::timeout(Duration::from_secs(60), objects.ready()).await.unwrap();
    assert!(matches!(opened, Err(StorageError::Away(_))), "{opened:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_fails_leaves_no_parts() {
    let server = serve(|files| crate::worm::Failing { files }).await;
    let bucket = Bucket::create(&server.endpoint, Kind::Plain).await;
    let spool = TempDir::new().unwrap();
    let objects = Objects::open(&bucket.url(&spool)).await.unwrap();
    let body = noise(2, 12 * MIB);
    let failed = objects.put(chunked(&body, 500_000), Put::default()).await.unwrap_err();
    assert!(matches!(failed, StorageError::Away(_)), "{failed:?}");
    assert_eq!(objects.stat(&Digest::of(&body)).await.unwrap(), None);
    for _ in 0..100 {
        if unfinished(server.folder.path()).is_empty() && std::fs::read_dir(spool.path()).unwrap().next().is_none() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("left behind: {:?}", unfinished(server.folder.path()));
}
