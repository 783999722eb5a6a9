//! A large upload, from its first byte to its receipt, beside `openssl dgst -sha256` and `cp` + `sync` of the same file.

use crate::machine::{self, run, text, timed};
use crate::server::Server;
use crate::{Bench, ROUNDS, tell};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// Sizes in MiB; the speed of the last one counts, the memory of all.
const SIZES: [usize; 2] = [256, 2048];
/// Speed aimed at, as a part of the slower peer's.
const TARGET: f64 = 0.8;
/// Memory the server may grow by, in MiB, whatever the size.
const MEMORY: u64 = 64;

pub(crate) fn measure(bench: &Bench) {
    let source = bench.path().join("source");
    let last = SIZES.len() - 1;
    for (place, mib) in SIZES.into_iter().enumerate() {
        machine::write_noise(&source, mib, mib as u64);
        let mut best = [Duration::MAX; 3];
        let (mut grown, mut busy) = (0, f64::MAX);
        for round in 0..ROUNDS {
            let (took, said) = timed(|| run("openssl", &["dgst", "-sha256", "-r", text(&source)]));
            best[0] = best[0].min(took);
            let digest = said.split(' ').next().unwrap_or_default().to_owned();
            best[1] = best[1].min(copy(&source, &bench.path().join("copy")));
            let objects = bench.objects.as_ref().map(|url| with_prefix(url, &format!("bench-{mib}-{round}")));
            let server = Server::start(&bench.runtime, bench.path(), objects.as_deref());
            machine::settle();
            let (before, used) = (server.forget_peak(), server.processor());
            let (took, (status, answer)) = timed(|| server.post_file("/v1/evidence?kind=document&filename=recording.bin", &source));
            best[2] = best[2].min(took);
            grown = grown.max(server.peak().saturating_sub(before));
            busy = busy.min(server.processor() - used);
            assert_eq!(status, 201, "{answer}");
            assert_eq!(answer["receipt"]["sha256"], *digest, "the receipt names these bytes");
        }
        let [openssl, cp, keshi] = best.map(|took| mib as f64 / took.as_secs_f64());
        let figures = format!(
            "{mib} MiB over HTTP to the receipt: {keshi:.0} MiB/s ({busy:.2} s of processor); openssl dgst -sha256 {openssl:.0} MiB/s, cp + sync {cp:.0} MiB/s"
        );
        let ratio = keshi / openssl.min(cp);
        if place == last {
            tell(&figures, &format!("{ratio:.2} x the slower of the two"), &format!("{TARGET}"), ratio >= TARGET);
        } else {
            println!("  {figures}\n    = {ratio:.2} x the slower of the two");
        }
        let grown = grown / 1024;
        tell(
            &format!("{mib} MiB: memory of the server at its highest"),
            &format!("{grown} MiB more than before"),
            &format!("< {MEMORY} MiB"),
            grown < MEMORY,
        );
    }
    fs::remove_file(&source).expect("the source is there");
}

fn copy(source: &Path, copy: &Path) -> Duration {
    machine::settle();
    let (took, ()) = timed(|| {
        run("cp", &[text(source), text(copy)]);
        run("sync", &[text(copy)]);
    });
    fs::remove_file(copy).expect("the copy is there");
    took
}

/// The address of a store with one more folder, before its options.
fn with_prefix(url: &str, folder: &str) -> String {
    match url.split_once('?') {
        Some((place, options)) => format!("{}/{folder}?{options}", place.trim_end_matches('/')),
        None => format!("{}/{folder}", url.trim_end_matches('/')),
    }
}
