//! A log of a million rows, or several of as many, from the first byte until all is sealed, stored, read, matched to the roster and can be asked for, beside
//! PostgreSQL's `COPY` of the same rows into a plain table with the same columns.

use crate::bulk::Class;
use crate::machine::{self, timed};
use crate::postgres::Postgres;
use crate::server::Server;
use crate::{Bench, ROUNDS, tell};
use reqwest::Method;
use serde_json::json;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Most rows of a log; there is one for each class. Of 200 trainees in 20 lessons that is a row every ten seconds for each of them.
const A_LOG: u64 = 1_000_000;
const TRAINEES: u64 = 200;
/// Speed aimed at, as a part of COPY's: until no job is open, and until every row can be asked for.
const TARGET: f64 = 0.5;
const QUERYABLE: f64 = 1.0;
/// MiB of memory that the server may take.
const MEMORY: u64 = 512;
/// Rows taken out of the lake at once.
const CHUNK: u64 = 50_000;

/// How far a log had come, and when.
#[derive(Clone, Copy)]
struct Seen {
    answered: Duration,
    queryable: Duration,
    settled: Duration,
    processor: f64,
    /// MiB, at most.
    memory: u64,
}

pub(crate) fn measure(bench: &Bench, wanted: u64) {
    let rows = bench.path().join("rows.csv");
    let logs = wanted.div_ceil(A_LOG).max(1);
    let classes: Vec<Class> = (0..logs).map(|number| Class { number, rows: wanted / logs, trainees: TRAINEES }).collect();
    let wanted = classes.iter().map(|class| class.rows).sum();
    let log = |class: &Class| bench.path().join(format!("{}.ndjson", class.name()));
    classes.iter().for_each(|class| class.write(&log(class)).expect("it is written"));
    let files: Vec<(String, PathBuf)> = classes.iter().map(|class| (class.name(), log(class))).collect();
    // The cluster's own user has to reach it, so it is beside the bench's folder, which nobody else may enter.
    let mut postgres = Postgres::start(bench.path().parent().expect("a folder in a folder"));
    let (mut copy, mut best): (Duration, Option<Seen>) = (Duration::MAX, None);
    // Of many logs the first is as good as a round to warm up.
    for round in 0..if logs > 1 { 1 } else { ROUNDS } {
        let server = Server::start(&bench.runtime, bench.path(), None);
        classes.iter().for_each(|class| drop(server.open_class(*class)));
        server.settle();
        machine::settle();
        let (seen, evidence) = ingest(&server, &files, wanted);
        if best.is_none_or(|best| seen.settled < best.settled) {
            best = Some(seen);
        }
        if round == 0 {
            export(&server, &rows, &evidence, wanted / logs);
        }
        drop(server);
        machine::settle();
        copy = copy.min(postgres.copy(&columns(&rows), &rows));
        assert_eq!(postgres.ask("select count(*), count(trainee) from attendance;"), [format!("{wanted}|{wanted}")]);
    }
    let best = best.expect("measured");
    let size = |path: &Path| fs::metadata(path).map_or(0, |file| file.len()) / machine::MIB as u64;
    let seconds = |took: Duration| took.as_secs_f64();
    let (ratio, queryable) = (seconds(copy) / seconds(best.settled), seconds(copy) / seconds(best.queryable));
    tell(
        &format!(
            "{wanted} rows in {logs} logs ({} MiB): answered with the receipt after {:.2} s, read, matched and queryable after {:.2} s, hours credited and rules run after {:.2} s ({:.1} s of processor, at most {} MiB of memory); COPY of the same rows ({} MiB of CSV) {:.2} s",
            files.iter().map(|(_, log)| size(log)).sum::<u64>(),
            seconds(best.answered),
            seconds(best.queryable),
            seconds(best.settled),
            best.processor,
            best.memory,
            size(&rows),
            seconds(copy)
        ),
        &format!("{ratio:.2} x COPY until no job is open, {queryable:.2} x until queryable"),
        &format!("{TARGET} and {QUERYABLE}, in at most {MEMORY} MiB"),
        ratio >= TARGET && queryable >= QUERYABLE && best.memory <= MEMORY,
    );
    files.iter().try_for_each(|(_, log)| fs::remove_file(log)).and_then(|()| fs::remove_file(&rows)).expect("they are there");
}

/// The lake's columns, as the rows taken out of it name them, with its types. (PostgreSQL's own type for ids was tried: smaller, and slower to copy into.)
fn columns(rows: &Path) -> String {
    let mut head = String::new();
    BufReader::new(File::open(rows).expect("it is there")).read_line(&mut head).expect("text");
    let typed = |name: &str| match name {
        "evidence" | "kind" => format!("{name} text not null"),
        "row" => format!("\"{name}\" bigint not null"),
        "at" | "received_at" => format!("{name} timestamptz not null"),
        "until" => format!("\"{name}\" timestamptz"),
        "byte_from" | "byte_until" | "position_ms" | "stated_ms" => format!("{name} bigint"),
        "score" => format!("{name} double precision"),
        _ => format!("\"{name}\" text"),
    };
    head.trim_end().split(',').map(typed).collect::<Vec<_>>().join(", ")
}

/// Hands logs over, one after the other, and waits until everything that follows from them is done; what was seen, and which evidence they are.
fn ingest(server: &Server<'_>, files: &[(String, PathBuf)], rows: u64) -> (Seen, Vec<String>) {
    let (begun, used) = (Instant::now(), server.processor());
    server.forget_peak();
    let hand_over = |(class, log): &(String, PathBuf)| {
        let (status, answer) = server.post_file(&format!("/v1/evidence?kind=attendance&class=ext:{class}&filename=class.ndjson"), log);
        assert_eq!(status, 201, "{answer}");
        assert!(answer["receipt"]["log"]["index"].is_u64(), "{answer}");
        answer["id"].as_str().expect("an id").to_owned()
    };
    let evidence: Vec<String> = files.iter().map(hand_over).collect();
    let answered = begun.elapsed();
    for id in &evidence {
        while server.json(Method::GET, &format!("/v1/evidence/{id}"), None)["state"] != "analysed" {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    let matched = || {
        server.json(
            Method::POST,
            "/v1/query",
            Some(&json!({ "sql": "select count(*) as n, count(trainee) as matched, count(lesson) as placed from attendance" })),
        )
    };
    assert_eq!(matched(), json!([{ "n": rows, "matched": rows, "placed": rows }]));
    let queryable = begun.elapsed();
    server.settle();
    let settled = begun.elapsed();
    let processor = server.processor() - used;
    assert_eq!(matched()[0]["n"], rows);
    (Seen { answered, queryable, settled, processor, memory: server.peak() / 1024 }, evidence)
}

/// Writes the lake's rows as CSV.
fn export(server: &Server<'_>, path: &Path, evidence: &[String], rows: u64) {
    let mut file = BufWriter::new(File::create(path).expect("a file"));
    let mut head = true;
    let (took, ()) = timed(|| {
        for id in evidence {
            for first in (1..=rows).step_by(CHUNK as usize) {
                let last = first + CHUNK - 1;
                let text = server.csv(&format!("select * from attendance where evidence = '{id}' and row between {first} and {last}"));
                let without_head = text.split_once('\n').map_or("", |(_, rows)| rows);
                let text = if std::mem::take(&mut head) { text.as_str() } else { without_head };
                file.write_all(text.as_bytes()).expect("it is written");
            }
        }
    });
    file.flush().expect("it is written");
    eprintln!("  (the rows were taken out of the lake for COPY in {:.0} s)", took.as_secs_f64());
}
