//! The whole catalogue of rules over a province with all its honest mess: what it finds of what was planted, and how long it takes beside DuckDB running the
//! same SQL over the same Parquet files with as many threads.

use crate::accuracy::Accuracy;
use crate::machine::{self, run, text};
use crate::{Bench, tell};
use keshi::detect::{self, Extent, Looked, Rule, Rules, Window};
use keshi::lake::Lake;
use keshi::time::{DAY, Time};
use province::Province;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What the catalogue may take of DuckDB's time.
const RATIO: f64 = 1.0;
/// What one day of new evidence may take of a run over all time.
const DAILY_PERCENT: f64 = 2.0;
/// What the process may hold.
const MEMORY_MIB: u64 = 2048;
const DUCKDB: &str = include_str!("rules.py");

pub(crate) fn measure(bench: &Bench, classes: u64, seed: u64) {
    let folder = bench.path().join("province");
    let (took, summary) =
        machine::timed(|| province::write(&Province::new(seed, classes as usize), &folder).expect("the folder can be written to"));
    let rows = summary.rows.get("attendance").copied().unwrap_or_default();
    let now: Time = summary.now.parse().expect("a time");
    eprintln!("  ({rows} rows of attendance in {classes} classes, seed {seed}, written in {:.0} s)", took.as_secs_f64());
    let scratch = bench.path().join("opened");
    std::fs::create_dir(&scratch).expect("the folder can be written to");
    let rules = Rules::builtin();
    machine::forget_peak();
    let (lake, extent, all, took, scores) = bench.runtime.block_on(async {
        let lake = Lake::of_export(&folder, &scratch).await.expect("it is a lake");
        let extent = detect::extent_of_export(&lake).await.expect("the lake can be read");
        let (all, took) = catalogue(&lake, &rules, extent, Window::ALL, now).await;
        let scores = detect::provider_scores(&lake, &rules, &all, now).await.expect("scores");
        (lake, extent, all, took, scores)
    });
    let memory = machine::peak_mib();
    let accuracy = Accuracy::of(&folder, &rules, &all, &scores);
    println!("{accuracy}");

    // A day in the midst of all.
    let [first, last] = summary.period.each_ref().map(|day| format!("{day}T00:00:00+08:00").parse::<Time>().expect("a day"));
    let middle = first.plus((last.0 - first.0) / 2 / DAY * DAY);
    let day = Window { since: middle, until: middle.plus(DAY) };
    let (_, daily) = bench.runtime.block_on(catalogue(&lake, &rules, extent, day, now));
    let pieces = |rule: &Rule| {
        let with_ends = |piece: &Window| {
            let ends = bench.runtime.block_on(detect::ends_of_export(&lake, *piece)).expect("the lake can be read");
            [piece.since.0, piece.until.0, ends.0]
        };
        extent.windows(rule, Window::ALL).iter().map(with_ends).collect()
    };
    let theirs = duckdb(&folder, &rules, &all, pieces, now);
    slowest(&all, &theirs);
    let theirs: f64 = theirs.values().sum();
    let ratio = took / theirs;
    tell(
        &format!("{} rules over {rows} rows: {took:.1} s, DuckDB {theirs:.1} s", rules.iter().count()),
        &format!("{ratio:.2} x"),
        &format!("<= {RATIO} x"),
        ratio <= RATIO,
    );
    let percent = 100.0 * daily / took;
    tell(
        &format!("one day of lessons: {daily:.1} s"),
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

/// All rules over a window, and the seconds they took.
async fn catalogue(lake: &Lake, rules: &Rules, extent: Extent, window: Window, now: Time) -> (Vec<Looked>, f64) {
    let begun = Instant::now();
    let mut all = Vec::new();
    for rule in rules.iter() {
        let looked = detect::look_at(lake, rule, extent, window, now).await.expect("the lake can be read");
        if let Some(error) = &looked.error {
            println!("  {} could not run: {error}", looked.rule);
        }
        all.push(looked);
    }
    (all, begun.elapsed().as_secs_f64())
}

/// What a rule takes here and in DuckDB, those first where most is lost.
fn slowest(all: &[Looked], theirs: &BTreeMap<String, f64>) {
    let both = |looked: &Looked| (looked.took_ms as f64 / 1000.0, theirs.get(&looked.rule).copied().unwrap_or_default());
    let mut by_loss: Vec<(&str, f64, f64)> = all.iter().map(|looked| (looked.rule.as_str(), both(looked).0, both(looked).1)).collect();
    by_loss.sort_by(|one, other| (other.1 - other.2).total_cmp(&(one.1 - one.2)));
    println!("  seconds here and in DuckDB, by rule:");
    for some in by_loss.chunks(4) {
        let told: Vec<String> = some.iter().map(|(rule, ours, theirs)| format!("{rule} {ours:.1} {theirs:.1}")).collect();
        println!("    {}", told.join(", "));
    }
}

/// Seconds that DuckDB takes for each rule; says where it finds another number.
fn duckdb(folder: &Path, rules: &Rules, all: &[Looked], pieces: impl Fn(&Rule) -> Vec<[i64; 3]>, now: Time) -> BTreeMap<String, f64> {
    let asked: Vec<Value> = rules
        .iter()
        .map(|rule| {
            let values: serde_json::Map<String, Value> = rule
                .head
                .parameters
                .iter()
                .map(|(name, one)| (name.clone(), serde_json::to_value(&one.value).expect("a plain value")))
                .collect();
            json!({"rule": rule.head.id, "sql": rule.sql, "values": values, "pieces": pieces(rule)})
        })
        .collect();
    let manifest = folder.join("asked.json");
    let body = json!({"now": now.0, "rules": asked});
    std::fs::write(&manifest, body.to_string()).expect("it is written");
    let told = run(text(&python()), &["-c", DUCKDB, text(folder), text(&manifest)]);
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

fn python() -> PathBuf {
    machine::python(&["duckdb==2.0.1"])
}
