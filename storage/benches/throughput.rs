//! How fast objects are kept on a disk, as ratios to what the system's own tools do in the same run and the same folder:
//! one large object beside `openssl dgst -sha256` and `cp` + `sync`, many small ones at once beside write, fsync, rename.
//!
//! `cargo bench -p storage --bench throughput -- [FOLDER] [MIB] [STORE]`: the current folder and 2048 MiB unless told otherwise. With the address of
//! a store, such as a bucket's, the large object goes there, and the small ones are left out.

use bytes::Bytes;
use futures::stream::{self, StreamExt};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use storage::{Objects, Put};
use tempfile::TempDir;

const MIB: usize = 1024 * 1024;
/// Concurrent small puts, and how many of them in all.
const AT_ONCE: usize = 200;
const SMALL: usize = 4000;
const SMALL_SIZE: usize = 10_000;
/// Each measure is taken so often, in turn, and the best one counts: other load only ever adds.
const ROUNDS: usize = 3;

fn main() {
    let (asked, given): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|a| a == "--bench");
    if asked.is_empty() {
        eprintln!("a benchmark, not a test: run it with cargo bench");
        return;
    }
    let folder = given.first().map_or(".", String::as_str);
    let mib = given.get(1).map_or(2048, |m| m.parse().expect("MIB is a number"));
    let folder = TempDir::new_in(folder).expect("the folder can be written to");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let store = given.get(2).map(String::as_str);
    large(&runtime, folder.path(), mib, store);
    if store.is_none() {
        small(&runtime, folder.path());
    }
}

fn large(runtime: &tokio::runtime::Runtime, folder: &Path, mib: usize, store: Option<&str>) {
    let source = folder.join("source");
    write_noise(&source, mib);
    let mut best = [Duration::MAX; 3];
    let (mut grown, mut busy) = (0, f64::MAX);
    for _ in 0..ROUNDS {
        best[0] = best[0].min(timed(|| run("openssl", &["dgst", "-sha256", path(&source)])));
        let copy = folder.join("copy");
        best[1] = best[1].min(timed(|| {
            run("cp", &[path(&source), path(&copy)]);
            run("sync", &[path(&copy)]);
        }));
        fs::remove_file(&copy).expect("the copy is there");
        let root = folder.join("objects");
        let store = store.unwrap_or(path(&root));
        let before = resident("VmRSS:");
        let used = processor();
        best[2] = best[2].min(timed(|| runtime.block_on(put(store, &source))));
        busy = busy.min(processor() - used);
        grown = grown.max(resident("VmHWM:").saturating_sub(before));
        fs::remove_dir_all(&root).ok();
    }
    let [openssl, cp, put] = best.map(|d| mib as f64 / d.as_secs_f64());
    println!(
        "{mib} MiB: openssl {openssl:.0} MiB/s, cp + sync {cp:.0} MiB/s, put {put:.0} MiB/s = {:.2} x the slower; {busy:.1} s of processors, memory grew by {} MiB",
        put / openssl.min(cp),
        grown / 1024
    );
}

async fn put(store: &str, source: &Path) {
    let objects = Objects::open(store).await.expect("a store");
    // A sender of its own, as a socket would be: it reads while the store hashes and writes.
    let (sender, receiver) = tokio::sync::mpsc::channel::<io::Result<Bytes>>(16);
    let mut file = File::open(source).expect("the source is there");
    let sending = std::thread::spawn(move || {
        loop {
            let mut chunk = vec![0; 128 * 1024];
            match file.read(&mut chunk).expect("the source can be read") {
                0 => return,
                n => chunk.truncate(n),
            }
            sender.blocking_send(Ok(chunk.into())).expect("the store takes it");
        }
    });
    let body = stream::unfold(receiver, |mut r| async { r.recv().await.map(|chunk| (chunk, r)) });
    let stored = objects.put(body, Put::default()).await.expect("it is kept");
    assert!(stored.new, "what is there already measures nothing");
    objects.discard(&stored.digest).await.expect("it can be discarded");
    sending.join().expect("the sender ends");
}

fn small(runtime: &tokio::runtime::Runtime, folder: &Path) {
    let bodies: Vec<Bytes> = (0..SMALL).map(|n| vec![0; SMALL_SIZE - 8].into_iter().chain((n as u64).to_le_bytes()).collect()).collect();
    let (mut plain, mut put) = ((0.0, 0.0), (0.0, 0.0));
    for round in 0..ROUNDS {
        let files = folder.join(format!("plain-{round}"));
        fs::create_dir(&files).expect("the folder can be written to");
        let took = runtime.block_on(at_once(&bodies, |n, body| {
            let files = files.clone();
            async move { tokio::task::spawn_blocking(move || write_plainly(&files, n, &body)).await.expect("it is written") }
        }));
        plain = better(plain, took);
        let objects = runtime.block_on(Objects::open(path(&folder.join(format!("small-{round}"))))).expect("a store");
        let took = runtime.block_on(at_once(&bodies, |_, body| {
            let objects = objects.clone();
            async move { assert!(objects.put_bytes(body).await.expect("it is kept").new) }
        }));
        put = better(put, took);
    }
    println!(
        "{SMALL} of {SMALL_SIZE} bytes, {AT_ONCE} at once: write + fsync + rename {:.0}/s, p99 {:.0} ms; put {:.0}/s, p99 {:.0} ms = {:.2} x",
        plain.0,
        plain.1,
        put.0,
        put.1,
        put.0 / plain.0
    );
}

/// Per second, and the 99th percentile in milliseconds.
async fn at_once<F: Future<Output = ()>>(bodies: &[Bytes], work: impl Fn(usize, Bytes) -> F) -> (f64, f64) {
    let start = Instant::now();
    let mut took: Vec<Duration> = stream::iter(bodies.iter().cloned().enumerate())
        .map(|(n, body)| {
            let work = work(n, body);
            async {
                let start = Instant::now();
                work.await;
                start.elapsed()
            }
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let rate = bodies.len() as f64 / start.elapsed().as_secs_f64();
    took.sort();
    (rate, took[took.len() * 99 / 100].as_secs_f64() * 1000.0)
}

fn better(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    if b.0 > a.0 { b } else { a }
}

fn write_plainly(folder: &Path, n: usize, body: &[u8]) {
    let temporary = folder.join(format!("{n}.tmp"));
    let mut file = File::create(&temporary).expect("a file");
    file.write_all(body).expect("it is written");
    file.sync_all().expect("it is durable");
    fs::rename(&temporary, folder.join(n.to_string())).expect("it is renamed");
}

fn write_noise(path: &Path, mib: usize) {
    let mut file = File::create(path).expect("a file");
    let mut state = 1u64;
    for _ in 0..mib {
        let mut block = Vec::with_capacity(MIB);
        while block.len() < MIB {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            block.extend_from_slice(&state.to_le_bytes());
        }
        file.write_all(&block).expect("it is written");
    }
    file.sync_all().expect("it is durable");
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn run(program: &str, arguments: &[&str]) {
    let done = Command::new(program).args(arguments).output().expect("the program is installed");
    assert!(done.status.success(), "{program} failed");
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

/// A line of this process's status, in KiB.
fn resident(line: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let found = status.lines().find_map(|l| l.strip_prefix(line)).unwrap_or_default();
    found.trim().trim_end_matches(" kB").parse().unwrap_or_default()
}

/// Seconds of processor this process has used; the clock ticks a hundred times a second.
fn processor() -> f64 {
    let status = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = status.rsplit(')').next().unwrap_or_default().split(' ').skip(12).take(2).filter_map(|t| t.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}
