//! The cases of the rules: what each must see, and what it must leave alone, as data beside the rule (`rules/ID.cases.toml`).
//!
//! Every case runs in the lake's engine and in DuckDB, over the same Parquet files, and must give the findings that it states in both; then
//! in two windows that meet at a finding, which must give the same findings, each once, and none that lies in the other window.
//! `KESHI_CASES=ID` runs those of one rule.

mod duckdb;
mod file;
mod table;

use crate::db::testing::sqlite;
use crate::detect::catalogue::{BUILTIN, try_out};
use crate::detect::look::{ENDS, last};
use crate::detect::{Head, Rule, Window, explain};
use crate::error::Error;
use crate::lake::query::{Limits, object};
use crate::lake::testing::World;
use crate::time::Time;
use datafusion::arrow::array::RecordBatch;
use file::Case;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/detect/rules");
const LIMITS: Limits = Limits { time: Duration::from_secs(120), memory_bytes: 256 << 20, rows: 10_000, partitions: 2 };

/// Rows that a rule returned, in order.
type Rows = Vec<Map<String, Value>>;

/// A case with everything it needs to be run.
struct Ready {
    name: String,
    rule: Rule,
    case: Case,
    tables: BTreeMap<&'static str, RecordBatch>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_rule_sees_what_its_cases_state_in_both_engines() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    let mut faults = Vec::new();
    let mut asked = Vec::new();
    for path in cases() {
        match ready(&path) {
            Ok(some) => asked.extend(some),
            Err(what) => faults.push(format!("{}: {what}", path.display())),
        }
    }
    let mut found = Vec::new();
    let mut planned = HashSet::new();
    for one in &asked {
        if planned.insert(one.rule.head.id.clone())
            && let Err(error) = try_out(&world.lake, &one.rule.head.id, &one.rule.sql).await
        {
            faults.push(error.message);
        }
        found.push(match look(&world, one).await {
            Ok(rows) => rows,
            Err(what) => {
                faults.push(format!("{}: {what}", one.name));
                None
            }
        });
    }
    let with_rows: Vec<(&Ready, Rows)> = asked.iter().zip(found).filter_map(|(one, rows)| Some((one, rows?))).collect();
    faults.extend(duckdb::compare(&with_rows));
    assert!(faults.is_empty(), "{} of {} cases:\n{}", faults.len(), asked.len(), faults.join("\n"));
}

#[test]
fn every_built_in_rule_has_cases_that_plant_it_and_cases_that_are_innocent() {
    for (file, text) in BUILTIN {
        let path = Path::new(FOLDER).join(file.replace(".sql", ".cases.toml"));
        let read = file::read(&path).unwrap_or_else(|what| panic!("{}: {what}", path.display()));
        let planted = read.iter().filter(|case| !case.finds.is_empty()).count();
        assert!(planted >= 1 && read.len() > planted, "{file}: {planted} planted of {}", read.len());
        Rule::parse(file, text).unwrap();
    }
    let mut files: Vec<String> = sql_files().iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    let mut known: Vec<String> = BUILTIN.iter().map(|(file, _)| (*file).to_owned()).collect();
    files.sort();
    known.sort();
    assert_eq!(files, known, "every file of the folder is a built-in rule");
}

fn sql_files() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "sql"));
    files.sort();
    files
}

/// The files of cases, or the one asked for.
fn cases() -> Vec<PathBuf> {
    let only = std::env::var("KESHI_CASES").ok();
    let wanted = |path: &PathBuf| only.as_ref().is_none_or(|only| path.file_stem().is_some_and(|stem| stem == only.as_str()));
    sql_files().into_iter().filter(wanted).map(|path| path.with_extension("cases.toml")).filter(|path| path.exists()).collect()
}

fn ready(path: &Path) -> Result<Vec<Ready>, String> {
    let sql = PathBuf::from(path.to_string_lossy().replace(".cases.toml", ".sql"));
    let text = std::fs::read_to_string(&sql).map_err(|error| error.to_string())?;
    let rule = Rule::parse(&sql.display().to_string(), &text).map_err(|error| error.message)?;
    let mut some = Vec::new();
    for case in file::read(path)? {
        let mut rule = rule.clone();
        for (name, value) in &case.parameters {
            let parameter = rule.head.parameters.get_mut(name).ok_or_else(|| format!("{}: there is no parameter {name}", case.name))?;
            parameter.value = value.clone();
        }
        let tables = table::batches(&case.tables).map_err(|what| format!("{}: {what}", case.name))?;
        some.push(Ready { name: format!("{}, {}", rule.head.id, case.name), rule, case, tables });
    }
    Ok(some)
}

/// Runs a case; what it gave, when that is what it states.
async fn look(world: &World, one: &Ready) -> Result<Option<Rows>, String> {
    let told = |error: Error| format!("{} ({:?})", error.message, error.cause);
    let files = world.set(&one.tables).await.map_err(told)?;
    let run = async |window: Window| -> Result<Rows, String> {
        let asked = one.rule.values(window, window.until, one.case.now).map_err(told)?;
        let ends = last(&world.ask(&files, ENDS, asked, LIMITS).await.map_err(told)?, window).map_err(told)?;
        let values = one.rule.values(window, ends, one.case.now).map_err(told)?;
        let batches = world.ask(&files, &one.rule.sql, values, LIMITS).await.map_err(told)?;
        let rows = batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |row| object(batch, row)));
        let mut rows: Rows = rows.collect::<Result<_, _>>().map_err(told)?;
        if let Some(row) = rows.iter().find(|row| !at(row).is_ok_and(|at| (window.since..window.until).contains(&at))) {
            return Err(format!("finds {} outside of its window, {} to {}: {:?}", key(row), window.since, window.until, row.get("at")));
        }
        rows.sort_by_key(key);
        Ok(rows)
    };
    let rows = run(one.case.window).await?;
    for row in &rows {
        sound(&one.rule.head, row)?;
    }
    if let Some(twice) = rows.windows(2).find(|pair| key(&pair[0]) == key(&pair[1])) {
        return Err(format!("finds {} twice", key(&twice[0])));
    }
    one.case.finds.compare(&rows)?;
    for row in rows.iter().take(1) {
        let middle = at(row)?;
        let mut both = run(Window { since: one.case.window.since, until: middle }).await?;
        both.extend(run(Window { since: middle, until: one.case.window.until }).await?);
        both.sort_by_key(key);
        if both != rows {
            return Err(format!("windows that meet at {middle} find otherwise:\n  {}\n  {}", told_rows(&both), told_rows(&rows)));
        }
    }
    Ok(Some(rows))
}

fn told_rows(rows: &Rows) -> String {
    serde_json::to_string(rows).unwrap_or_default()
}

fn at(row: &Map<String, Value>) -> Result<Time, String> {
    row.get("at").and_then(Value::as_str).unwrap_or_default().parse().map_err(|_| format!("at is no time: {row:?}"))
}

fn key(row: &Map<String, Value>) -> String {
    ["subject", "class", "lesson", "trainee"].map(|name| row.get(name).and_then(Value::as_str).unwrap_or_default()).join("/")
}

/// What every finding of every rule keeps: a subject of the kind that the head names, numbers in their range, and sentences without a gap.
fn sound(head: &Head, row: &Map<String, Value>) -> Result<(), String> {
    let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
    if text("subject").split_once(':').is_none_or(|(kind, id)| kind != head.subject || id.is_empty()) {
        return Err(format!("the subject '{}' is not {}:id", text("subject"), head.subject));
    }
    let score = row.get("score").and_then(Value::as_f64).unwrap_or(-1.0);
    let money = row.get("money_fen").and_then(Value::as_i64).unwrap_or(-1);
    if !(0.0..=1.0).contains(&score) || money < 0 {
        return Err(format!("score {score} or money {money} is out of its range"));
    }
    let pointers: Vec<crate::detect::Pointer> = serde_json::from_str(text("evidence")).map_err(|error| format!("evidence: {error}"))?;
    if pointers.iter().any(|pointer| pointer.id.is_empty()) {
        return Err("a piece of evidence has no id".into());
    }
    let detail: Map<String, Value> = serde_json::from_str(text("detail")).map_err(|error| format!("detail: {error}"))?;
    let explanation = explain(head, &detail, at(row)?, money);
    match [explanation.zh.text(), explanation.en.text()].into_iter().find(|text| text.contains('{')) {
        Some(gap) => Err(format!("a sentence has a gap: {gap}")),
        None => Ok(()),
    }
}
