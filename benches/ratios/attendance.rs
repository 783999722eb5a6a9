//! A log of a million rows, or as many as are asked for, from its first byte until it is sealed, stored, read, matched to the roster and can be asked for, beside
//! PostgreSQL's `COPY` of the same rows into a plain table with the same columns.

use crate::bulk;
use crate::machine::{self, timed};
use crate::postgres::Postgres;
use crate::server::Server;
use crate::{Bench, ROUNDS, tell};
use reqwest::Method;
use serde_json::json;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

const TRAINEES: u64 = 200;
/// Speed aimed at, as a part of COPY's.
const TARGET: f64 = 0.5;
/// Rows taken out of the lake at once.
const CHUNK: u64 = 50_000;
/// The lake's columns with the lake's types. (PostgreSQL's own type for ids was tried: smaller, and slower to copy into.)
const COLUMNS: &str = "evidence text not null, \"row\" bigint not null, byte_from bigint, byte_until bigint, platform text, provider text, \
     class text, lesson text, trainee text, source_name text, kind text not null, at timestamptz not null, \"until\" timestamptz, \
     received_at timestamptz not null, ip text, device text, user_agent text, client text, region text, position_ms bigint, \
     score double precision, reference text";

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
    let (log, rows) = (bench.path().join("log.ndjson"), bench.path().join("rows.csv"));
    let class = bulk::alone(wanted, TRAINEES);
    class.write(&log).expect("it is written");
    // The cluster's own user has to reach it, so it is beside the bench's folder, which nobody else may enter.
    let mut postgres = Postgres::start(bench.path().parent().expect("a folder in a folder"));
    let (mut copy, mut best): (Duration, Option<Seen>) = (Duration::MAX, None);
    for round in 0..ROUNDS {
        let server = Server::start(&bench.runtime, bench.path(), None);
        server.open_class(class);
        server.settle();
        machine::settle();
        let seen = ingest(&server, &log, wanted);
        if best.is_none_or(|best| seen.settled < best.settled) {
            best = Some(seen);
        }
        if round == 0 {
            export(&server, &rows, wanted);
        }
        drop(server);
        machine::settle();
        copy = copy.min(postgres.copy(COLUMNS, &rows));
        assert_eq!(postgres.ask("select count(*), count(trainee) from attendance;"), [format!("{wanted}|{wanted}")]);
    }
    let best = best.expect("measured");
    let size = |path: &Path| fs::metadata(path).map_or(0, |file| file.len()) / machine::MIB as u64;
    let seconds = |took: Duration| took.as_secs_f64();
    let ratio = seconds(copy) / seconds(best.settled);
    tell(
        &format!(
            "{wanted} rows ({} MiB): answered with the receipt after {:.2} s, read, matched and queryable after {:.2} s, hours credited and rules run after {:.2} s ({:.1} s of processor, at most {} MiB of memory); COPY of the same rows ({} MiB of CSV) {:.2} s",
            size(&log),
            seconds(best.answered),
            seconds(best.queryable),
            seconds(best.settled),
            best.processor,
            best.memory,
            size(&rows),
            seconds(copy)
        ),
        &format!("{ratio:.2} x COPY until no job is open, {:.2} x until queryable", seconds(copy) / seconds(best.queryable)),
        &format!("{TARGET} until no job is open"),
        ratio >= TARGET,
    );
    fs::remove_file(&log).and_then(|()| fs::remove_file(&rows)).expect("they are there");
}

/// Hands a log over and waits until everything that follows from it is done.
fn ingest(server: &Server<'_>, log: &Path, rows: u64) -> Seen {
    let (begun, used) = (Instant::now(), server.processor());
    server.forget_peak();
    let (status, answer) = server.post_file("/v1/evidence?kind=attendance&class=ext:bench&filename=class.ndjson", log);
    let answered = begun.elapsed();
    assert_eq!(status, 201, "{answer}");
    assert!(answer["receipt"]["log"]["index"].is_u64(), "{answer}");
    let place = format!("/v1/evidence/{}", answer["id"].as_str().expect("an id"));
    while server.json(Method::GET, &place, None)["state"] != "analysed" {
        std::thread::sleep(Duration::from_millis(20));
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
    Seen { answered, queryable, settled, processor, memory: server.peak() / 1024 }
}

/// Writes the lake's rows as CSV.
fn export(server: &Server<'_>, path: &Path, rows: u64) {
    let mut file = BufWriter::new(File::create(path).expect("a file"));
    let (took, ()) = timed(|| {
        for first in (1..=rows).step_by(CHUNK as usize) {
            let text = server.csv(&format!("select * from attendance where row between {first} and {}", first + CHUNK - 1));
            let without_head = text.split_once('\n').map_or("", |(_, rows)| rows);
            let text = if first == 1 { text.as_str() } else { without_head };
            file.write_all(text.as_bytes()).expect("it is written");
        }
    });
    file.flush().expect("it is written");
    eprintln!("  (the rows were taken out of the lake for COPY in {:.0} s)", took.as_secs_f64());
}
