//! The contract of `Objects`, clause by clause. `hold!` makes a test of every clause for a backend.

use crate::body::{MIB, at_most, broken_off, chunked, noise, stalled};
use bytes::Bytes;
use futures::future::{BoxFuture, join_all};
use futures::{StreamExt, TryStreamExt};
use std::any::Any;
use std::ops::Range;
use std::time::Duration;
use storage::{Digest, Objects, Put, StorageError};

/// A fresh, empty store and what a test may do behind its back.
pub struct Store {
    pub objects: Objects,
    pub behind: Box<dyn Behind>,
    /// What lives as long as the store.
    pub _keep: Box<dyn Any + Send>,
}

/// What happens to stores in life.
pub trait Behind: Send + Sync {
    /// Puts other bytes under an object's name.
    fn replace(&self, digest: Digest, bytes: Bytes) -> BoxFuture<'_, ()>;
    /// The same for a staged part.
    fn replace_staged(&self, scope: &'static str, digest: Digest, bytes: Bytes) -> BoxFuture<'_, ()>;
    /// Names of temporary files, unfinished uploads and the like.
    fn leftovers(&self) -> BoxFuture<'_, Vec<String>>;
}

/// Makes a test of every clause. `$store` is an async function that returns a fresh [`Store`].
macro_rules! hold {
    ($store:path) => {
        $crate::contract::clauses! { $crate::contract::each!{ $store } }
    };
}
macro_rules! each {
    ({ $store:path } $($clause:ident)*) => { $(
        #[tokio::test(flavor = "multi_thread")]
        async fn $clause() {
            $crate::contract::$clause($store().await).await;
        }
    )* };
}
/// Runs every clause on fresh stores of one server, where starting a server for each would take minutes.
macro_rules! hold_in_turn {
    ($store:expr) => {
        $crate::contract::clauses! { $crate::contract::in_turn!{ $store } }
    };
}
macro_rules! in_turn {
    ({ $store:expr } $($clause:ident)*) => { $(
        println!("clause: {}", stringify!($clause));
        $crate::contract::$clause($store().await).await;
    )* };
}
macro_rules! clauses {
    ($($then:ident)::+ ! { $($with:tt)* }) => { $($then)::+! { { $($with)* }
        what_is_put_is_read_back
        a_body_of_single_bytes_is_read_back
        an_object_outlives_its_handle
        a_range_is_cut_at_the_end
        a_range_behind_the_end_is_refused
        what_is_not_there_is_missing
        the_same_bytes_twice_are_one_object
        the_same_bytes_at_once_are_one_object
        a_sender_that_breaks_off_leaves_nothing
        a_sender_that_falls_silent_and_is_dropped_leaves_nothing
        a_body_over_the_limit_leaves_nothing
        an_unexpected_body_leaves_nothing
        changed_bytes_are_never_read_to_the_end
        lost_bytes_are_noticed_and_healed_by_putting_again
        a_discarded_object_is_gone_until_it_is_put_again
        a_listing_is_whole_and_in_order
        a_local_copy_has_the_bytes
        a_reader_is_collected_up_to_a_limit
        a_file_is_kept_and_replaced_whole
        files_are_listed_by_prefix_in_order
        what_is_staged_is_no_object_and_goes_with_its_scope
        a_part_that_breaks_off_is_not_staged
        a_changed_part_is_noticed
        a_name_that_leaves_the_store_is_refused
        a_store_is_ready
    } };
}
pub(crate) use {clauses, each, hold, hold_in_turn, in_turn};

const SIZES: [usize; 7] = [0, 1, 4096, MIB - 1, MIB, MIB + 1, 12 * MIB + 7];

async fn read(objects: &Objects, digest: &Digest) -> Bytes {
    objects.open_object(digest).await.unwrap().bytes(u64::MAX).await.unwrap()
}

async fn read_range(objects: &Objects, digest: &Digest, range: Range<u64>) -> Bytes {
    let reader = objects.open_range(digest, range).await.unwrap();
    let size = reader.size;
    let bytes = reader.bytes(u64::MAX).await.unwrap();
    assert_eq!(bytes.len() as u64, size, "a reader gives as many bytes as it says");
    bytes
}

async fn listed(objects: &Objects) -> Vec<Digest> {
    objects.list().map_ok(|l| l.digest).try_collect().await.unwrap()
}

async fn holds_nothing(store: &Store) {
    assert_eq!(listed(&store.objects).await, []);
    let mut left = Vec::new();
    for _ in 0..100 {
        left = store.behind.leftovers().await;
        if left.is_empty() {
            return;
        }
        // What was dropped in the middle of a write is removed when the write has ended.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("left behind: {left:?}");
}

pub async fn what_is_put_is_read_back(store: Store) {
    for (seed, size) in SIZES.into_iter().enumerate() {
        let body = noise(seed as u64, size);
        let stored = store.objects.put(chunked(&body, 100_000), Put::default()).await.unwrap();
        assert_eq!((stored.digest, stored.size, stored.new), (Digest::of(&body), size as u64, true));
        assert_eq!(read(&store.objects, &stored.digest).await, body, "{size} bytes");
        let stat = store.objects.stat(&stored.digest).await.unwrap().unwrap();
        assert_eq!((stat.size, stat.retained_until_us), (size as u64, None));
    }
    assert_eq!(store.behind.leftovers().await, [""; 0]);
}

pub async fn a_body_of_single_bytes_is_read_back(store: Store) {
    let body = noise(1, 3 * MIB / 2);
    let stored = store.objects.put(chunked(&body, 1), Put::default()).await.unwrap();
    assert_eq!(stored.digest, Digest::of(&body));
    assert_eq!(read(&store.objects, &stored.digest).await, body);
}

pub async fn an_object_outlives_its_handle(store: Store) {
    let stored = store.objects.clone().put_bytes("kept".into()).await.unwrap();
    let reader = store.objects.clone().open_object(&stored.digest).await.unwrap();
    assert_eq!(reader.bytes(4).await.unwrap(), "kept");
}

pub async fn a_range_is_cut_at_the_end(store: Store) {
    let body = noise(2, 6 * MIB);
    let size = body.len() as u64;
    let digest = store.objects.put_bytes(body.clone()).await.unwrap().digest;
    for range in
        [0..1, 0..size, 1..size - 1, MIB as u64 - 1..MIB as u64 + 1, size - 1..size, 5..5, size..size, Range { start: 300, end: 200 }]
    {
        let cut = range.start as usize..range.end.max(range.start) as usize;
        assert_eq!(read_range(&store.objects, &digest, range).await, body.slice(cut));
    }
    assert_eq!(read_range(&store.objects, &digest, size - 3..size + 1000).await, body.slice(body.len() - 3..));
    assert_eq!(read_range(&store.objects, &digest, size..u64::MAX).await, "");
    let empty = store.objects.put_bytes(Bytes::new()).await.unwrap().digest;
    assert_eq!(read_range(&store.objects, &empty, 0..10).await, "");
}

pub async fn a_range_behind_the_end_is_refused(store: Store) {
    let digest = store.objects.put_bytes("four".into()).await.unwrap().digest;
    for range in [5..6, 5..5, 100..200] {
        let refusal = store.objects.open_range(&digest, range).await.unwrap_err();
        assert!(matches!(refusal, StorageError::OutOfRange { size: 4 }), "{refusal:?}");
    }
}

pub async fn what_is_not_there_is_missing(store: Store) {
    let absent = Digest::of(b"absent");
    let missing = |e: StorageError| matches!(e, StorageError::Missing(d) if d == absent);
    assert!(missing(store.objects.open_object(&absent).await.unwrap_err()));
    assert!(missing(store.objects.open_range(&absent, 0..1).await.unwrap_err()));
    assert!(missing(store.objects.open_range(&absent, 0..0).await.unwrap_err()));
    assert!(missing(store.objects.local_copy(&absent).await.unwrap_err()));
    assert_eq!(store.objects.stat(&absent).await.unwrap(), None);
    assert_eq!(store.objects.get_file("absent").await.unwrap(), None);
    store.objects.discard(&absent).await.unwrap();
}

pub async fn the_same_bytes_twice_are_one_object(store: Store) {
    for size in [3, 2 * MIB] {
        let body = noise(3, size);
        let first = store.objects.put_bytes(body.clone()).await.unwrap();
        let second = store.objects.put_bytes(body.clone()).await.unwrap();
        assert_eq!((first.new, second.new, first.digest), (true, false, second.digest));
        assert_eq!(read(&store.objects, &first.digest).await, body);
    }
    assert_eq!(listed(&store.objects).await.len(), 2);
}

pub async fn the_same_bytes_at_once_are_one_object(store: Store) {
    let body = noise(4, 2 * MIB);
    let puts = join_all((0..8).map(|_| store.objects.put(chunked(&body, 70_000), Put::default()))).await;
    assert!(puts.iter().all(|p| p.as_ref().unwrap().digest == Digest::of(&body)));
    assert!(puts.iter().any(|p| p.as_ref().unwrap().new));
    assert_eq!(listed(&store.objects).await, [Digest::of(&body)]);
    assert_eq!(read(&store.objects, &Digest::of(&body)).await, body);
    assert_eq!(store.behind.leftovers().await, [""; 0]);
}

pub async fn a_sender_that_breaks_off_leaves_nothing(store: Store) {
    for size in [0, 10, 8 * MIB] {
        let failed = store.objects.put(broken_off(&noise(5, size)), Put::default()).await.unwrap_err();
        assert!(matches!(failed, StorageError::Body(_)), "{failed:?}");
        holds_nothing(&store).await;
    }
}

pub async fn a_sender_that_falls_silent_and_is_dropped_leaves_nothing(store: Store) {
    for size in [10, 8 * MIB] {
        let put = store.objects.put(stalled(&noise(6, size)), Put::default());
        tokio::time::timeout(Duration::from_millis(150), put).await.unwrap_err();
        holds_nothing(&store).await;
    }
}

pub async fn a_body_over_the_limit_leaves_nothing(store: Store) {
    for size in [1, 10, 8 * MIB] {
        let body = noise(7, size);
        let failed = store.objects.put(chunked(&body, 70_000), at_most(size - 1)).await.unwrap_err();
        assert!(matches!(failed, StorageError::TooLarge { limit } if limit == size as u64 - 1), "{failed:?}");
        holds_nothing(&store).await;
    }
    let endless = futures::stream::repeat_with(|| Ok(Bytes::from_static(&[0; 1000])));
    assert!(matches!(store.objects.put(endless, at_most(3 * MIB)).await.unwrap_err(), StorageError::TooLarge { .. }));
    holds_nothing(&store).await;
    store.objects.put(chunked(&noise(7, 10), 3), at_most(10)).await.unwrap();
}

pub async fn an_unexpected_body_leaves_nothing(store: Store) {
    for size in [10, 8 * MIB] {
        let body = noise(8, size);
        let announced = Put { expect: Some(Digest::of(b"another")), ..Put::default() };
        let failed = store.objects.put(chunked(&body, 70_000), announced).await.unwrap_err();
        assert!(
            matches!(failed, StorageError::Unexpected { expected, got } if expected == Digest::of(b"another") && got == Digest::of(&body)),
            "{failed:?}"
        );
        holds_nothing(&store).await;
    }
    let body = noise(8, 10);
    let announced = Put { expect: Some(Digest::of(&body)), ..Put::default() };
    store.objects.put(chunked(&body, 3), announced).await.unwrap();
}

pub async fn changed_bytes_are_never_read_to_the_end(store: Store) {
    for size in [1, 100, 3 * MIB] {
        let body = noise(9, size);
        let digest = store.objects.put_bytes(body.clone()).await.unwrap().digest;
        let mut changed = body.to_vec();
        changed[size / 2] ^= 1;
        let other = Digest::of(&changed);
        store.behind.replace(digest, changed.into()).await;
        let chunks: Vec<_> = store.objects.open_object(&digest).await.unwrap().stream.collect().await;
        let (last, before) = chunks.split_last().unwrap();
        assert!(before.iter().map(|c| c.as_ref().unwrap().len()).sum::<usize>() < size);
        let error = std::io::Error::new(last.as_ref().unwrap_err().kind(), "");
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
        let failed = store.objects.open_object(&digest).await.unwrap().bytes(u64::MAX).await.unwrap_err();
        let expected = (digest, other, size as u64);
        assert!(matches!(failed, StorageError::DigestMismatch { expected: e, got: g, size: s } if (e, g, s) == expected), "{failed:?}");
    }
}

pub async fn lost_bytes_are_noticed_and_healed_by_putting_again(store: Store) {
    for size in [100, 3 * MIB] {
        let body = noise(10, size);
        let digest = store.objects.put_bytes(body.clone()).await.unwrap().digest;
        for left in [0, size / 2] {
            store.behind.replace(digest, body.slice(..left)).await;
            let failed = store.objects.open_object(&digest).await.unwrap().bytes(u64::MAX).await.unwrap_err();
            assert!(matches!(failed, StorageError::DigestMismatch { size, .. } if size == left as u64), "{failed:?}");
            assert!(store.objects.put_bytes(body.clone()).await.unwrap().new);
            assert_eq!(read(&store.objects, &digest).await, body);
        }
    }
}

pub async fn a_discarded_object_is_gone_until_it_is_put_again(store: Store) {
    let digest = store.objects.put_bytes("gone".into()).await.unwrap().digest;
    store.objects.put_bytes("stays".into()).await.unwrap();
    store.objects.discard(&digest).await.unwrap();
    store.objects.discard(&digest).await.unwrap();
    assert_eq!(store.objects.stat(&digest).await.unwrap(), None);
    assert_eq!(listed(&store.objects).await, [Digest::of(b"stays")]);
    assert!(store.objects.put_bytes("gone".into()).await.unwrap().new);
    assert_eq!(read(&store.objects, &digest).await, "gone");
}

pub async fn a_listing_is_whole_and_in_order(store: Store) {
    let mut expected = Vec::new();
    for n in 0..40 {
        let stored = store.objects.put_bytes(noise(100 + n, n as usize)).await.unwrap();
        expected.push((stored.digest, n));
    }
    store.objects.put_file("not/an/object", "x".into()).await.unwrap();
    expected.sort();
    let listed: Vec<_> = store.objects.list().map_ok(|l| (l.digest, l.size)).try_collect().await.unwrap();
    assert_eq!(listed, expected);
}

pub async fn a_local_copy_has_the_bytes(store: Store) {
    for size in [0, 3 * MIB] {
        let body = noise(11, size);
        let digest = store.objects.put_bytes(body.clone()).await.unwrap().digest;
        let copy = store.objects.local_copy(&digest).await.unwrap();
        assert_eq!(std::fs::read(copy.path()).unwrap(), body);
        drop(copy);
        assert_eq!(read(&store.objects, &digest).await, body);
    }
    assert_eq!(store.behind.leftovers().await, [""; 0]);
}

pub async fn a_reader_is_collected_up_to_a_limit(store: Store) {
    let digest = store.objects.put_bytes("four".into()).await.unwrap().digest;
    let failed = store.objects.open_object(&digest).await.unwrap().bytes(3).await.unwrap_err();
    assert!(matches!(failed, StorageError::TooLarge { limit: 3 }), "{failed:?}");
}

pub async fn a_file_is_kept_and_replaced_whole(store: Store) {
    let name = "tile/0/x001/067.p/8";
    for bytes in [noise(12, 8192), noise(12, 8192), noise(13, 100), Bytes::new()] {
        store.objects.put_file(name, bytes.clone()).await.unwrap();
        assert_eq!(store.objects.get_file(name).await.unwrap(), Some(bytes));
    }
    assert_eq!(store.behind.leftovers().await, [""; 0]);
}

pub async fn files_are_listed_by_prefix_in_order(store: Store) {
    let all =
        ["checkpoint", "tile/0/000", "tile/0/001", "tile/0/001.p/5", "tile/0/x001/000", "tile/00/000", "tile/1/000", "tile/entries/000"];
    for name in all.iter().rev() {
        store.objects.put_file(name, "x".into()).await.unwrap();
    }
    store.objects.put_bytes("not a file".into()).await.unwrap();
    for (prefix, expected) in
        [("", &all[..]), ("tile/0/", &all[1..5]), ("tile/0", &all[1..6]), ("tile/0/001.p/", &all[3..4]), ("none", &[])]
    {
        let listed: Vec<String> = store.objects.list_files(prefix).try_collect().await.unwrap();
        assert_eq!(listed, expected, "{prefix}");
    }
}

async fn scopes(objects: &Objects) -> Vec<String> {
    objects.list_staged().try_collect().await.unwrap()
}

pub async fn what_is_staged_is_no_object_and_goes_with_its_scope(store: Store) {
    let (small, large) = (noise(20, 10), noise(21, 9 * MIB));
    for (scope, body) in [("a", &small), ("a", &large), ("b", &small), ("a", &small)] {
        let stored = store.objects.stage(scope, chunked(body, 70_000), Put::default()).await.unwrap();
        assert_eq!((stored.digest, stored.size), (Digest::of(body), body.len() as u64));
    }
    assert_eq!((listed(&store.objects).await, scopes(&store.objects).await), (vec![], vec!["a".into(), "a".into(), "b".into()]));
    assert!(store.objects.list_files("").try_collect::<Vec<_>>().await.unwrap().is_empty());
    assert!(store.objects.put_bytes(small.clone()).await.unwrap().new, "the same bytes are an object beside their part");
    let part = store.objects.open_staged("a", &Digest::of(&large)).await.unwrap();
    assert_eq!(part.bytes(u64::MAX).await.unwrap(), large);
    store.objects.discard_staged("a").await.unwrap();
    store.objects.discard_staged("a").await.unwrap();
    assert_eq!(scopes(&store.objects).await, ["b"]);
    assert!(matches!(store.objects.open_staged("a", &Digest::of(&small)).await, Err(StorageError::Missing(_))));
    assert_eq!(read(&store.objects, &Digest::of(&small)).await, small);
    store.objects.stage("a", chunked(&small, 3), Put::default()).await.unwrap();
    assert_eq!(scopes(&store.objects).await, ["a", "b"], "a scope may be used again");
    assert_eq!(store.behind.leftovers().await, [""; 0]);
}

pub async fn a_part_that_breaks_off_is_not_staged(store: Store) {
    for size in [10, 8 * MIB] {
        let failed = store.objects.stage("a", broken_off(&noise(22, size)), Put::default()).await.unwrap_err();
        assert!(matches!(failed, StorageError::Body(_)), "{failed:?}");
        let failed = store.objects.stage("a", chunked(&noise(22, size), 70_000), at_most(size - 1)).await.unwrap_err();
        assert!(matches!(failed, StorageError::TooLarge { .. }), "{failed:?}");
    }
    assert_eq!(scopes(&store.objects).await, [""; 0]);
    holds_nothing(&store).await;
}

pub async fn a_changed_part_is_noticed(store: Store) {
    let body = noise(23, 3 * MIB);
    let digest = store.objects.stage("a", chunked(&body, 70_000), Put::default()).await.unwrap().digest;
    store.behind.replace_staged("a", digest, body.slice(1..)).await;
    let failed = store.objects.open_staged("a", &digest).await.unwrap().bytes(u64::MAX).await.unwrap_err();
    assert!(matches!(failed, StorageError::DigestMismatch { .. }), "{failed:?}");
}

pub async fn a_name_that_leaves_the_store_is_refused(store: Store) {
    for name in ["../x", "/x", "a/../../x", ""] {
        assert!(matches!(store.objects.put_file(name, "x".into()).await, Err(StorageError::Config(_))), "{name}");
        assert!(matches!(store.objects.get_file(name).await, Err(StorageError::Config(_))), "{name}");
        assert!(matches!(store.objects.discard_staged(name).await, Err(StorageError::Config(_))), "{name}");
    }
}

pub async fn a_store_is_ready(store: Store) {
    store.objects.ready().await.unwrap();
    holds_nothing(&store).await;
}
