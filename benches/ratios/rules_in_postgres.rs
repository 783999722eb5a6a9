//! The five heaviest rules beside PostgreSQL, which has the same tables with indexes on what the rules join and bound.

use crate::machine::{self, run, text};
use crate::postgres::Postgres;
use crate::rules::{Catalogue, Piece, python};
use crate::{Bench, tell};
use keshi::detect::{Rule, Window};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

/// How much longer PostgreSQL is to take.
const RATIO: f64 = 10.0;
/// It is stopped after so many times as long.
const PATIENCE: f64 = 15.0;
const HEAVIEST: usize = 5;
const CSV: &str = include_str!("rules_csv.py");
/// Words of the rules that PostgreSQL has under other names, and what it may use.
const WORDS: &str = include_str!("rules_in_postgres.sql");
/// Indexes; then what the planner is to know.
const INDEXES: &str = include_str!("rules_indexes.sql");

pub(crate) fn measure(bench: &Bench, classes: u64, seed: u64) {
    let catalogue = Catalogue::write(bench, classes, seed);
    let (mut all, _) = catalogue.look_at(bench, catalogue.rules.iter().collect(), Window::ALL);
    all.sort_by_key(|looked| std::cmp::Reverse(looked.took_ms));
    let heaviest = all.iter().take(HEAVIEST).filter_map(|looked| catalogue.rules.get(&looked.rule)).collect();
    let (heaviest, ours) = catalogue.look_at(bench, heaviest, Window::ALL);

    let mut postgres = Postgres::start(bench.path().parent().expect("it lies in a folder"));
    fill(&mut postgres, &catalogue.folder);
    let mut theirs = 0.0;
    for looked in heaviest {
        let rule = catalogue.rules.get(&looked.rule).expect("it is one of them");
        let here = looked.took_ms as f64 / 1000.0;
        let (there, found) = ask(&mut postgres, rule, &catalogue.pieces(bench, rule), catalogue.now.0, here * PATIENCE);
        let told = match found {
            Some(found) if found == looked.findings.len() as u64 => String::new(),
            Some(found) => format!(", where it finds {found}, not {}", looked.findings.len()),
            None => ", where it was stopped".to_owned(),
        };
        println!("  {}: {here:.1} s beside another one, PostgreSQL {there:.1} s{told}", looked.rule);
        theirs += there;
    }
    let ratio = theirs / ours;
    let figures =
        format!("the {HEAVIEST} heaviest rules: {ours:.1} s, PostgreSQL with indexes {theirs:.1} s, or longer where it was stopped");
    tell(&figures, &format!("{ratio:.1} x"), &format!(">= {RATIO} x"), ratio >= RATIO);
}

/// Copies all tables.
fn fill(postgres: &mut Postgres, folder: &Path) {
    let told = run(text(&python()), &["-c", CSV, text(folder)]);
    let tables: BTreeMap<String, String> = serde_json::from_str(&told).expect("JSON");
    postgres.ask(WORDS);
    let (took, ()) = machine::timed(|| {
        for (table, columns) in &tables {
            let file = folder.join(format!("{table}.csv"));
            postgres.ask(&format!("create table {table} ({columns});\n\\copy {table} from '{}' with (format csv, header)", text(&file)));
            std::fs::remove_file(file).expect("it was written");
        }
        postgres.ask(INDEXES);
    });
    eprintln!("  (in PostgreSQL, with its indexes, after {:.0} s)", took.as_secs_f64());
}

/// Seconds that a rule takes, and what it finds; nothing where it took longer than it may.
fn ask(postgres: &mut Postgres, rule: &Rule, pieces: &[Piece], now: i64, most: f64) -> (f64, Option<u64>) {
    let begun = Instant::now();
    let mut found = 0;
    // What comes too late must not end psql.
    postgres.ask("\\set ON_ERROR_STOP off");
    for piece in pieces {
        let left = Duration::from_secs_f64(most).saturating_sub(begun.elapsed()).as_millis().max(1);
        let sql = with_values(rule, piece, now);
        let window = format!("at >= {} and at < {}", moment(piece.0[0]), moment(piece.0[1]));
        let lines = postgres.ask(&format!("set statement_timeout = {left};\nselect count(*) from ({sql}\n) found where {window};"));
        match lines.first().and_then(|line| line.parse::<u64>().ok()) {
            Some(some) => found += some,
            None => return (begun.elapsed().as_secs_f64(), None),
        }
    }
    (begun.elapsed().as_secs_f64(), Some(found))
}

/// A rule with its values in place of their names, the longest names first.
fn with_values(rule: &Rule, piece: &Piece, now: i64) -> String {
    let [since, until, ends] = piece.0;
    let mut values: Vec<(String, String)> =
        [("since", since), ("until", until), ("ends", ends), ("now", now)].map(|(name, at)| (name.to_owned(), moment(at))).into();
    values.extend(rule.head.parameters.iter().map(|(name, one)| {
        let value = serde_json::to_value(&one.value).expect("a plain value");
        (name.clone(), value.as_str().map_or_else(|| value.to_string(), |words| format!("'{}'", words.replace('\'', "''"))))
    }));
    values.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    let sql = rule.sql.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n");
    values.into_iter().fold(sql, |sql, (name, value)| sql.replace(&format!("${name}"), &value))
}

fn moment(micros: i64) -> String {
    format!("(timestamptz '1970-01-01 00:00:00+00' + interval '{micros} microseconds')")
}
