//! Many small uploads at once, each to its receipt, beside as many small files written plainly and durably.

use crate::bulk;
use crate::machine::{self, percentiles};
use crate::server::Server;
use crate::{Bench, ROUNDS, tell};
use bytes::Bytes;
use futures::stream::{self, StreamExt};
use reqwest::{Method, StatusCode};
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Uploads at once, and how many of them in all.
const AT_ONCE: usize = 200;
const UPLOADS: usize = 4000;
const SIZE: usize = 10_000;
/// Milliseconds that 99 of a hundred may take at most.
const TARGET: f64 = 500.0;

/// What came of all uploads.
struct Seen {
    per_second: f64,
    p50: f64,
    p99: f64,
}

impl Seen {
    fn of(begun: Instant, took: Vec<Duration>) -> Seen {
        let per_second = took.len() as f64 / begun.elapsed().as_secs_f64();
        let (p50, p99) = percentiles(took);
        Seen { per_second, p50, p99 }
    }
}

pub(crate) fn measure(bench: &Bench) {
    let (mut plain, mut keshi): (Option<Seen>, Option<Seen>) = (None, None);
    for _ in 0..ROUNDS {
        machine::settle();
        better(&mut plain, plainly(&bench.path().join("plain")));
        let server = Server::start(&bench.runtime, bench.path(), None);
        server.open_class(bulk::alone(0, 10));
        server.settle();
        machine::settle();
        better(&mut keshi, bench.runtime.block_on(uploads(&server)));
    }
    let (plain, keshi) = (plain.expect("measured"), keshi.expect("measured"));
    tell(
        &format!(
            "{UPLOADS} of {SIZE} bytes over HTTP, {AT_ONCE} at once, each to its receipt: {:.0}/s, p50 {:.0} ms, p99 {:.0} ms; write + fsync + rename in {AT_ONCE} threads {:.0}/s, p50 {:.0} ms, p99 {:.0} ms",
            keshi.per_second, keshi.p50, keshi.p99, plain.per_second, plain.p50, plain.p99
        ),
        &format!("p99 {:.0} ms, {:.2} x the plain files a second", keshi.p99, keshi.per_second / plain.per_second),
        &format!("p99 < {TARGET} ms"),
        keshi.p99 < TARGET,
    );
}

fn better(best: &mut Option<Seen>, seen: Seen) {
    if best.as_ref().is_none_or(|best| seen.p99 < best.p99) {
        *best = Some(seen);
    }
}

fn body(number: usize) -> Bytes {
    let mut body = vec![b'x'; SIZE];
    body[..8].copy_from_slice(&(number as u64).to_le_bytes());
    body.into()
}

async fn uploads(server: &Server<'_>) -> Seen {
    let begun = Instant::now();
    let took = stream::iter(0..UPLOADS).map(|number| async move {
        let request = server.request(Method::POST, "/v1/evidence?kind=document&class=ext:bench").body(body(number));
        let begun = Instant::now();
        let answer = request.send().await.expect("the server answers");
        let status = answer.status();
        let body = answer.bytes().await.expect("the server answers");
        let took = begun.elapsed();
        assert_eq!(status, StatusCode::CREATED, "{}", String::from_utf8_lossy(&body));
        took
    });
    let took = took.buffer_unordered(AT_ONCE).collect().await;
    Seen::of(begun, took)
}

fn plainly(folder: &Path) -> Seen {
    fs::create_dir(folder).expect("the folder can be written to");
    let next = AtomicUsize::new(0);
    let begun = Instant::now();
    let took = std::thread::scope(|scope| {
        let work = || {
            let mut took = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= UPLOADS {
                    return took;
                }
                let begun = Instant::now();
                write(folder, number);
                took.push(begun.elapsed());
            }
        };
        let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    });
    let seen = Seen::of(begun, took);
    fs::remove_dir_all(folder).expect("it is there");
    seen
}

fn write(folder: &Path, number: usize) {
    let temporary = folder.join(format!("{number}.tmp"));
    let mut file = File::create(&temporary).expect("a file");
    file.write_all(&body(number)).expect("it is written");
    file.sync_all().expect("it is durable");
    fs::rename(&temporary, folder.join(number.to_string())).expect("it is renamed");
}
