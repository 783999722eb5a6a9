//! What keshi does beside what plain programs do with the same bytes, in the same run, on the same disk: `make bench`.
//!
//! `cargo bench --bench ratios -- [upload] [seal] [receipts] [attendance] [watch] [alike] [live] [office] [rules] [rules-in-postgres] [trace] [--folder FOLDER] [--objects URL]
//! [--rate EVENTS-A-SECOND] [--seconds SECONDS]` (both of `live`) `[--rows ROWS]` (of `attendance`) `[--recording SECONDS]` (of `watch`) `[--prints FINGERPRINTS]` (of `alike`) `[--classes CLASSES]` (of `office` and both of the rules) `[--seed SEED]` (of the rules) `[--events EVENTS]` (of `trace`): all
//! measures, in `/var/tmp` and on objects in a folder, unless told otherwise. Takes most of an hour, nearly all of it to fill the lake for
//! `trace`, and up to 8 GiB of disk, and leaves nothing behind.
//!
//! Each measure is taken a few times in turn with its peer, and the best of each counts: other load only ever adds.

mod accuracy;
mod alike;
mod attendance;
mod bulk;
mod live;
mod machine;
mod office;
mod postgres;
mod receipts;
mod rules;
mod rules_in_postgres;
mod seal;
mod sender;
mod server;
mod trace;
mod upload;
mod watch;

use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tikv_jemallocator::Jemalloc;
use tokio::runtime::Runtime;

/// The server's, which gives freed addresses back as well.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// How often each measure is taken.
const ROUNDS: usize = 3;
/// What can be measured, in this order.
const MEASURES: [&str; 11] =
    ["upload", "seal", "receipts", "attendance", "watch", "alike", "live", "office", "rules", "rules-in-postgres", "trace"];

/// Where and with what.
struct Bench {
    runtime: Runtime,
    /// Everything is in here, but for the throw-away PostgreSQL cluster, which lies beside it.
    folder: TempDir,
    /// Where objects are kept in the measure of large uploads, if not in a folder.
    objects: Option<String>,
}

impl Bench {
    fn path(&self) -> &Path {
        self.folder.path()
    }
}

fn main() {
    let (asked, given): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|a| a == "--bench");
    if asked.is_empty() {
        eprintln!("a benchmark, not a test: run it with cargo bench");
        return;
    }
    let (mut folder, mut objects, mut load, mut wanted) = (PathBuf::from("/var/tmp"), None, live::Load::default(), Vec::new());
    let (mut rows, mut events, mut classes, mut seed) = (1_000_000, 20_000_000, 2_500, 1);
    let (mut recording, mut prints) = (300, 10_000_000);
    let mut given = given.into_iter();
    while let Some(word) = given.next() {
        match word.as_str() {
            "--folder" => folder = given.next().expect("--folder FOLDER").into(),
            "--objects" => objects = Some(given.next().expect("--objects URL")),
            "--rate" => load.rate = number(given.next(), "--rate EVENTS-A-SECOND"),
            "--seconds" => load.seconds = number(given.next(), "--seconds SECONDS"),
            "--rows" => rows = number(given.next(), "--rows ROWS"),
            "--recording" => recording = number(given.next(), "--recording SECONDS"),
            "--prints" => prints = number(given.next(), "--prints FINGERPRINTS"),
            "--classes" => classes = number(given.next(), "--classes CLASSES"),
            "--seed" => seed = number(given.next(), "--seed SEED"),
            "--events" => events = number(given.next(), "--events EVENTS"),
            measure if MEASURES.contains(&measure) => wanted.push(word),
            other => panic!("'{other}' is not measured; there are: {}", MEASURES.join(", ")),
        }
    }
    let folder = TempDir::with_prefix_in("keshi-bench-", folder).expect("the folder can be written to");
    let bench = Bench { runtime: Runtime::new().expect("a runtime"), folder, objects };
    bench.runtime.spawn(stop_when_told(bench.path().to_owned()));
    println!("{}", machine::description());
    for measure in MEASURES.iter().filter(|measure| wanted.is_empty() || wanted.iter().any(|wanted| wanted == *measure)) {
        machine::settle();
        println!("\n{measure} (load before it: {})", machine::load());
        match *measure {
            "upload" => upload::measure(&bench),
            "seal" => seal::measure(&bench),
            "receipts" => receipts::measure(&bench),
            "attendance" => attendance::measure(&bench, rows),
            "watch" => watch::measure(&bench, recording.max(10)),
            "alike" => alike::measure(&bench, prints.max(100)),
            "live" => live::measure(&bench, load),
            "office" => office::measure(&bench, classes.max(2)),
            "rules" => rules::measure(&bench, classes.max(2), seed),
            "rules-in-postgres" => rules_in_postgres::measure(&bench, classes.max(2), seed),
            _ => trace::measure(&bench, events),
        }
    }
}

fn number(text: Option<String>, usage: &str) -> u64 {
    text.and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{usage}"))
}

/// Prints one measure: what was seen, and whether it is what is aimed at.
fn tell(figures: &str, seen: &str, target: &str, met: bool) {
    println!("  {figures}\n    = {seen}, target {target}: {}", if met { "MET" } else { "NOT MET" });
}

/// Interrupted, it takes its server and its folder with it; the cluster goes when its standard input ends.
async fn stop_when_told(folder: PathBuf) {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).expect("signals can be heard");
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
    server::stop_all();
    std::fs::remove_dir_all(folder).ok();
    std::process::exit(130);
}
