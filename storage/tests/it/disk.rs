//! The disk backend: the contract, what lies where, and what a crash leaves.

use crate::body::{MIB, chunked, noise};
use crate::contract::{Behind, Store, hold};
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, TryStreamExt};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};
use storage::{Digest, Objects, Put, Worm};
use tempfile::TempDir;

hold!(store);

async fn open(root: &Path) -> Objects {
    Objects::open(root.to_str().unwrap()).await.unwrap()
}

async fn store() -> Store {
    let folder = TempDir::new().unwrap();
    let root = folder.path().join("some/where");
    Store { objects: open(&root).await, behind: Box::new(Folder(root)), _keep: Box::new(folder) }
}

struct Folder(PathBuf);

fn path_of(root: &Path, digest: &Digest) -> PathBuf {
    let hex = digest.to_string();
    root.join("sha256").join(&hex[..2]).join(&hex[2..4]).join(hex)
}

fn names_in(folder: &Path) -> Vec<String> {
    fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
}

impl Behind for Folder {
    fn replace(&self, digest: Digest, bytes: Bytes) -> BoxFuture<'_, ()> {
        let path = path_of(&self.0, &digest);
        fs::remove_file(&path).unwrap();
        fs::write(path, bytes).unwrap();
        async {}.boxed()
    }

    fn replace_staged(&self, scope: &'static str, digest: Digest, bytes: Bytes) -> BoxFuture<'_, ()> {
        let path = self.0.join("staged").join(scope).join(digest.to_string());
        fs::remove_file(&path).unwrap();
        fs::write(path, bytes).unwrap();
        async {}.boxed()
    }

    fn leftovers(&self) -> BoxFuture<'_, Vec<String>> {
        async { names_in(&self.0.join("tmp")) }.boxed()
    }
}

#[tokio::test]
async fn an_object_lies_under_its_digest_and_cannot_be_written() {
    let folder = TempDir::new().unwrap();
    let objects = open(folder.path()).await;
    for size in [5, 2 * MIB] {
        let body = noise(1, size);
        let digest = objects.put_bytes(body.clone()).await.unwrap().digest;
        let path = path_of(folder.path(), &digest);
        assert_eq!(fs::read(&path).unwrap(), body);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o444);
        assert_eq!(objects.local_copy(&digest).await.unwrap().path(), path);
    }
}

#[tokio::test]
async fn a_reopened_store_has_what_was_kept() {
    let folder = TempDir::new().unwrap();
    let digest = open(folder.path()).await.put_bytes("kept".into()).await.unwrap().digest;
    let url = format!("file://{}", folder.path().display());
    let again = Objects::open(&url).await.unwrap();
    assert_eq!(again.open_object(&digest).await.unwrap().bytes(9).await.unwrap(), "kept");
    assert!(!again.put_bytes("kept".into()).await.unwrap().new);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_puts_at_once_exactly_one_is_new() {
    let folder = TempDir::new().unwrap();
    let objects = open(folder.path()).await;
    for round in 0..20 {
        let puts = (0..16).map(|_| objects.put_bytes(noise(round, 100)));
        let puts = futures::future::try_join_all(puts).await.unwrap();
        assert_eq!(puts.iter().filter(|p| p.new).count(), 1);
    }
}

#[tokio::test]
async fn only_temporaries_older_than_a_day_are_removed() {
    let folder = TempDir::new().unwrap();
    open(folder.path()).await;
    let temporary = folder.path().join("tmp");
    let age = |name: &str, hours: u64| {
        let file = fs::File::create(temporary.join(name)).unwrap();
        file.set_modified(
            SystemTime::UNIX_EPOCH + file.metadata().unwrap().modified().unwrap().duration_since(SystemTime::UNIX_EPOCH).unwrap()
                - Duration::from_secs(hours * 3600),
        )
        .unwrap();
    };
    age("object-put-old", 25);
    age("object-put-young", 23);
    age("somebody-elses", 25);
    open(folder.path()).await;
    let mut left = names_in(&temporary);
    left.sort();
    assert_eq!(left, ["object-put-young", "somebody-elses"]);
}

#[tokio::test]
async fn what_lies_about_in_the_store_is_not_listed() {
    let folder = TempDir::new().unwrap();
    let objects = open(folder.path()).await;
    let digest = objects.put_bytes("listed".into()).await.unwrap().digest;
    let path = path_of(folder.path(), &digest);
    fs::write(path.with_file_name("notes.txt"), "x").unwrap();
    fs::write(path.with_file_name(Digest::of(b"misplaced").to_string()), "x").unwrap();
    let listed: Vec<_> = objects.list().map_ok(|l| l.digest).try_collect().await.unwrap();
    assert_eq!(listed, [digest]);
}

#[tokio::test]
async fn a_folder_of_files_is_not_a_file() {
    let folder = TempDir::new().unwrap();
    let objects = open(folder.path()).await;
    objects.put_file("tile/0/000", "x".into()).await.unwrap();
    assert_eq!(objects.get_file("tile/0").await.unwrap(), None);
    assert_eq!(objects.get_file("tile/0/000/1").await.unwrap(), None);
}

#[tokio::test]
async fn a_disk_can_be_made_to_forget() {
    let folder = TempDir::new().unwrap();
    assert_eq!(open(folder.path()).await.probe_worm().await.unwrap(), Worm::Absent);
}

#[tokio::test]
async fn a_store_that_cannot_be_written_is_not_ready() {
    let folder = TempDir::new().unwrap();
    let objects = open(folder.path()).await;
    fs::remove_dir(folder.path().join("tmp")).unwrap();
    assert!(objects.ready().await.is_err());
    assert!(objects.put_bytes("x".into()).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_in_the_middle_leaves_only_temporaries_and_loses_nothing_acknowledged() {
    let folder = TempDir::new().unwrap();
    for round in 0..12u64 {
        let acknowledged = put_until_killed(folder.path(), round, Duration::from_millis(3 + 17 * round));
        let objects = open(folder.path()).await;
        for digest in &acknowledged {
            assert!(objects.stat(digest).await.unwrap().is_some(), "round {round}: {digest} was acknowledged and is gone");
        }
        let listed: Vec<_> = objects.list().try_collect().await.unwrap();
        assert!(listed.len() >= acknowledged.len());
        for object in listed {
            objects.open_object(&object.digest).await.unwrap().bytes(u64::MAX).await.expect("every object is whole");
        }
    }
}

/// Runs the test below in a process of its own and kills it. Returns the digests it had acknowledged.
fn put_until_killed(root: &Path, round: u64, after: Duration) -> Vec<Digest> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "disk::puts_until_it_is_killed", "--ignored", "--nocapture"])
        .env("STORAGE_TEST_ROOT", root)
        .env("STORAGE_TEST_SEED", round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap).filter_map(|l| l.parse().ok());
    let mut acknowledged = vec![lines.next().expect("the child puts")];
    let killer = std::thread::spawn(move || {
        std::thread::sleep(after);
        child.kill().unwrap();
        child.wait().unwrap()
    });
    acknowledged.extend(lines);
    assert!(!killer.join().unwrap().success());
    acknowledged
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "endless: the test above runs it in a process of its own and kills it"]
async fn puts_until_it_is_killed() {
    let objects = open(Path::new(&std::env::var_os("STORAGE_TEST_ROOT").unwrap())).await;
    let seed: u64 = std::env::var("STORAGE_TEST_SEED").unwrap().parse().unwrap();
    for n in 0.. {
        let bodies = [noise(seed << 32 | n << 1, 1000), noise(seed << 32 | n << 1 | 1, 3 * MIB)];
        let puts = bodies.iter().map(|body| objects.put(chunked(body, 60_000), Put::default()));
        for stored in futures::future::try_join_all(puts).await.unwrap() {
            let mut out = std::io::stdout().lock();
            writeln!(out, "{}", stored.digest).unwrap();
        }
    }
}
