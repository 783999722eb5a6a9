//! The memory backend: the contract, and its faults.

use crate::contract::{Behind, Store, hold};
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, TryStreamExt};
use storage::{Digest, Faults, Objects, Op, StorageError, When, Worm};

hold!(store);

async fn store() -> Store {
    let (objects, faults) = Objects::memory();
    Store { objects, behind: Box::new(faults), _keep: Box::new(()) }
}

impl Behind for Faults {
    fn replace(&self, digest: Digest, bytes: Bytes) -> BoxFuture<'_, ()> {
        assert!(Faults::replace(self, &digest, bytes));
        async {}.boxed()
    }

    fn replace_staged(&self, scope: &'static str, digest: Digest, bytes: Bytes) -> BoxFuture<'_, ()> {
        assert!(Faults::replace_staged(self, scope, &digest, bytes));
        async {}.boxed()
    }

    fn leftovers(&self) -> BoxFuture<'_, Vec<String>> {
        async { Vec::new() }.boxed()
    }
}

fn away<T>(result: Result<T, StorageError>) -> bool {
    matches!(result, Err(StorageError::Away(_)))
}

#[tokio::test]
async fn a_put_that_fails_before_has_kept_nothing_and_after_has_kept_it() {
    let (objects, faults) = Objects::memory();
    let digest = Digest::of(b"x");
    faults.fail(Op::Put, When::Before);
    assert!(away(objects.put_bytes("x".into()).await));
    assert_eq!(objects.stat(&digest).await.unwrap(), None);
    faults.fail(Op::Put, When::After);
    assert!(away(objects.put_bytes("x".into()).await));
    assert!(objects.stat(&digest).await.unwrap().is_some());
    assert!(!objects.put_bytes("x".into()).await.unwrap().new);
    assert_eq!(faults.calls(Op::Put), 3);
}

#[tokio::test]
async fn a_discard_and_a_file_fail_on_both_sides_of_their_effect() {
    let (objects, faults) = Objects::memory();
    let digest = objects.put_bytes("x".into()).await.unwrap().digest;
    faults.fail(Op::Discard, When::Before);
    assert!(away(objects.discard(&digest).await));
    assert!(objects.stat(&digest).await.unwrap().is_some());
    faults.fail(Op::Discard, When::After);
    assert!(away(objects.discard(&digest).await));
    assert_eq!(objects.stat(&digest).await.unwrap(), None);
    faults.fail(Op::PutFile, When::Before);
    assert!(away(objects.put_file("f", "1".into()).await));
    assert_eq!(objects.get_file("f").await.unwrap(), None);
    faults.fail(Op::PutFile, When::After);
    assert!(away(objects.put_file("f", "1".into()).await));
    assert_eq!(objects.get_file("f").await.unwrap(), Some("1".into()));
}

#[tokio::test]
async fn every_read_fails_on_demand_and_then_no_more() {
    let (objects, faults) = Objects::memory();
    let digest = objects.put_bytes("x".into()).await.unwrap().digest;
    for op in [Op::Open, Op::Stat, Op::List, Op::GetFile, Op::ListFiles, Op::Ready] {
        faults.fail_always(op, When::Before);
    }
    assert!(away(objects.open_object(&digest).await));
    assert!(away(objects.open_range(&digest, 0..1).await));
    assert!(away(objects.local_copy(&digest).await));
    assert!(away(objects.stat(&digest).await));
    assert!(away(objects.list().try_collect::<Vec<_>>().await));
    assert!(away(objects.get_file("f").await));
    assert!(away(objects.list_files("").try_collect::<Vec<_>>().await));
    assert!(away(objects.ready().await));
    faults.clear();
    objects.ready().await.unwrap();
    assert_eq!(objects.open_object(&digest).await.unwrap().bytes(1).await.unwrap(), "x");
}

#[tokio::test]
async fn a_fault_waits_for_its_turn_or_its_name() {
    let (objects, faults) = Objects::memory();
    faults.fail_after(Op::PutFile, When::Before, 2);
    for (name, fails) in [("a", false), ("b", false), ("c", true), ("d", false)] {
        assert_eq!(away(objects.put_file(name, "1".into()).await), fails, "{name}");
    }
    faults.fail_named(Op::PutFile, When::Before, "checkpoint");
    for (name, fails) in [("tile/0/000", false), ("checkpoint", true), ("checkpoint", false)] {
        assert_eq!(away(objects.put_file(name, "1".into()).await), fails, "{name}");
    }
}

#[tokio::test]
async fn what_is_damaged_or_lost_on_demand_is_noticed() {
    let (objects, faults) = Objects::memory();
    let digest = objects.put_bytes("x".into()).await.unwrap().digest;
    assert!(faults.damage(&digest));
    let failed = objects.open_object(&digest).await.unwrap().bytes(1).await.unwrap_err();
    assert!(matches!(failed, StorageError::DigestMismatch { .. }));
    assert!(faults.lose(&digest) && !faults.lose(&digest));
    assert!(matches!(objects.open_object(&digest).await.unwrap_err(), StorageError::Missing(_)));
    objects.put_file("f", "1".into()).await.unwrap();
    assert!(faults.damage_file("f"));
    assert_eq!(objects.get_file("f").await.unwrap(), Some("0".into()));
    assert!(faults.lose_file("f") && !faults.damage_file("f"));
}

#[tokio::test]
async fn memory_can_be_made_to_forget() {
    let (objects, _) = Objects::memory();
    assert_eq!(objects.probe_worm().await.unwrap(), Worm::Absent);
}
