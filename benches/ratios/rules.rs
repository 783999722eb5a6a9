//! The whole catalogue of rules over a province with all its honest mess: what it finds of what was planted, and how long it takes beside DuckDB running the
//! same SQL over the same Parquet files with as many threads.

use crate::accuracy::Accuracy;
use crate::machine::{self, run, text};
use crate::{Bench, tell};
use futures::TryStreamExt;
use keshi::detect::{self, Extent, Looked, Rule, Rules, Window};
use keshi::lake::Lake;
use keshi::time::{DAY, Time};
use province::Province;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

/// What the catalogue may take of DuckDB's time.
const RATIO: f64 = 1.0;
/// What one day of new evidence may take of a run over all time.
const DAILY_PERCENT: f64 = 2.0;
/// What the process may hold.
const MEMORY_MIB: u64 = 2048;
const DUCKDB: &str = include_str!("rules.py");

/// When a window begins and ends, and when the classes that begin in it are over: microseconds of the Unix epoch.
#[derive(Serialize)]
pub(crate) struct Piece(pub(crate) [i64; 3]);

/// A province, and the rules that look at it.
pub(crate) struct Catalogue {
    pub(crate) folder: PathBuf,
    pub(crate) rules: Rules,
    pub(crate) now: Time,
    lake: Lake,
    extent: Extent,
    rows: u64,
    /// Its first day and its last.
    period: [Time; 2],
}

impl Catalogue {
    pub(crate) fn write(bench: &Bench, classes: u64, seed: u64) -> Catalogue {
        let (folder, scratch) = (bench.path().join("province"), bench.path().join("opened"));
        let (took, summary) =
            machine::timed(|| province::write(&Province::new(seed, classes as usize), &folder).expect("the folder can be written to"));
        let rows = summary.rows.get("attendance").copied().unwrap_or_default();
        eprintln!("  ({rows} rows of attendance in {classes} classes, seed {seed}, written in {:.0} s)", took.as_secs_f64());
        std::fs::create_dir(&scratch).expect("the folder can be written to");
        let (lake, extent) = bench.runtime.block_on(async {
            let lake = Lake::of_export(&folder, &scratch).await.expect("it is a lake");
            let extent = detect::extent_of_export(&lake).await.expect("the lake can be read");
            (lake, extent)
        });
        let period = summary.period.each_ref().map(|day| format!("{day}T00:00:00+08:00").parse::<Time>().expect("a day"));
        let now = summary.now.parse().expect("a time");
        Catalogue { folder, rules: Rules::builtin(), now, lake, extent, rows, period }
    }

    /// What rules find, and the seconds they took together.
    pub(crate) fn look_at(&self, bench: &Bench, rules: Vec<&Rule>, window: Window) -> (Vec<Looked>, f64) {
        let begun = Instant::now();
        let looking = detect::look_at(&self.lake, rules, self.extent, window, self.now);
        let mut all: Vec<Looked> = bench.runtime.block_on(looking.try_collect()).expect("the lake can be read");
        all.sort_by(|one, other| one.rule.cmp(&other.rule));
        for (rule, error) in all.iter().filter_map(|looked| Some((&looked.rule, looked.error.as_ref()?))) {
            println!("  {rule} could not run: {error}");
        }
        (all, begun.elapsed().as_secs_f64())
    }

    /// The windows in which a rule looks at all time.
    pub(crate) fn pieces(&self, bench: &Bench, rule: &Rule) -> Vec<Piece> {
        let with_ends = |piece: &Window| {
            let ends = bench.runtime.block_on(detect::ends_of_export(&self.lake, *piece)).expect("the lake can be read");
            Piece([piece.since.0, piece.until.0, ends.0])
        };
        self.extent.windows(rule, Window::ALL).iter().map(with_ends).collect()
    }
}

pub(crate) fn measure(bench: &Bench, classes: u64, seed: u64) {
    let made = Catalogue::write(bench, classes, seed);
    machine::forget_peak();
    let (all, took) = made.look_at(bench, made.rules.iter().collect(), Window::ALL);
    let memory = machine::peak_mib();
    let scores = bench.runtime.block_on(detect::provider_scores(&made.lake, &made.rules, &all, made.now)).expect("scores");
    println!("{}", Accuracy::of(&made.folder, &made.rules, &all, &scores));

    // A day in the midst of all.
    let [first, last] = made.period;
    let middle = first.plus((last.0 - first.0) / 2 / DAY * DAY);
    let by_day = made.rules.iter().filter(|rule| !rule.is_nightly()).collect();
    let (of_a_day, daily) = made.look_at(bench, by_day, Window { since: middle, until: middle.plus(DAY) });
    let theirs = duckdb(bench, &made, &all);
    slowest(&all, &theirs);
    println!("  seconds for a day: {}", longest(&of_a_day));
    let theirs: f64 = theirs.values().sum();
    let ratio = took / theirs;
    tell(
        &format!("{} rules over {} rows: {took:.1} s, DuckDB {theirs:.1} s", made.rules.iter().count(), made.rows),
        &format!("{ratio:.2} x"),
        &format!("<= {RATIO} x"),
        ratio <= RATIO,
    );
    let percent = 100.0 * daily / took;
    tell(
        &format!("one day of lessons, {} rules, the others look once a night: {daily:.1} s", of_a_day.len()),
        &format!("{percent:.1} %"),
        &format!("<= {DAILY_PERCENT} %"),
        percent <= DAILY_PERCENT,
    );
    tell(
        "memory at most, while the rules ran over all time",
        &format!("{memory} MiB"),
        &format!("< {MEMORY_MIB} MiB"),
        memory < MEMORY_MIB,
    );
}

/// What a rule takes here and in DuckDB, those first where most is lost.
fn slowest(all: &[Looked], theirs: &BTreeMap<String, f64>) {
    let both = |looked: &Looked| (looked.took_ms as f64 / 1000.0, theirs.get(&looked.rule).copied().unwrap_or_default());
    let mut by_loss: Vec<(&str, f64, f64)> = all.iter().map(|looked| (looked.rule.as_str(), both(looked).0, both(looked).1)).collect();
    by_loss.sort_by(|one, other| (other.1 - other.2).total_cmp(&(one.1 - one.2)));
    println!("  seconds here, where two rules share the processors, and in DuckDB, where one has them:");
    for some in by_loss.chunks(4) {
        let told: Vec<String> = some.iter().map(|(rule, ours, theirs)| format!("{rule} {ours:.1} {theirs:.1}")).collect();
        println!("    {}", told.join(", "));
    }
}

/// The rules that took longest.
fn longest(all: &[Looked]) -> String {
    let mut by_time: Vec<&Looked> = all.iter().collect();
    by_time.sort_by_key(|looked| std::cmp::Reverse(looked.took_ms));
    by_time.iter().take(12).map(|looked| format!("{} {:.2}", looked.rule, looked.took_ms as f64 / 1000.0)).collect::<Vec<_>>().join(", ")
}

/// Seconds that DuckDB takes for each rule; says where it finds another number.
fn duckdb(bench: &Bench, made: &Catalogue, all: &[Looked]) -> BTreeMap<String, f64> {
    let asked: Vec<Value> = made
        .rules
        .iter()
        .map(|rule| {
            let values: serde_json::Map<String, Value> = rule
                .head
                .parameters
                .iter()
                .map(|(name, one)| (name.clone(), serde_json::to_value(&one.value).expect("a plain value")))
                .collect();
            json!({"rule": rule.head.id, "sql": rule.sql, "values": values, "pieces": made.pieces(bench, rule)})
        })
        .collect();
    let manifest = made.folder.join("asked.json");
    let body = json!({"now": made.now.0, "rules": asked});
    std::fs::write(&manifest, body.to_string()).expect("it is written");
    let told = run(text(&python()), &["-c", DUCKDB, text(&made.folder), text(&manifest)]);
    let told: Value = serde_json::from_str(&told).expect("JSON");
    for broken in told["broken"].as_array().into_iter().flatten() {
        println!("  DuckDB could not run {broken}");
    }
    for ours in all.iter().filter(|ours| ours.error.is_none()) {
        let theirs = told["found"][&ours.rule].as_u64();
        if theirs != Some(ours.findings.len() as u64) {
            println!("  {}: {} found here, {theirs:?} in DuckDB", ours.rule, ours.findings.len());
        }
    }
    serde_json::from_value(told["seconds"].clone()).expect("seconds by rule")
}

pub(crate) fn python() -> PathBuf {
    machine::python(&["duckdb==2.0.1"])
}
