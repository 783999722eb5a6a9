//! What an inspector waits for while the lake grows: the trace of a lesson and of a trainee over HTTP, with a million events in the lake and
//! with many times as many, in classes like each other.

use crate::bulk::{Class, LESSONS};
use crate::machine::{self, MIB, percentiles};
use crate::server::Server;
use crate::{Bench, tell};
use reqwest::Method;
use serde_json::json;
use std::time::{Duration, Instant};

/// Events of a class: 25,000 a lesson.
const ROWS: u64 = 500_000;
const TRAINEES: u64 = 200;
/// Classes that are a million events.
const FEW: u64 = 2;
/// Requests of each kind.
const REQUESTS: u64 = 400;
/// Of a hundred answers, 99 must come within this many milliseconds, ...
const TARGET: f64 = 100.0;
/// ... and in the large lake within so many times the small one's.
const GROWTH: f64 = 1.5;

/// Milliseconds.
#[derive(Clone, Copy)]
struct Seen {
    lesson: (f64, f64),
    trainee: (f64, f64),
}

pub(crate) fn measure(bench: &Bench, events: u64) {
    let server = Server::start(&bench.runtime, bench.path(), None);
    let mut trainees = Vec::new();
    let begun = Instant::now();
    let few = (FEW * ROWS).min(events);
    fill(bench, &server, &mut trainees, few / ROWS);
    let small = ask(&server, &trainees);
    report(few, small);
    fill(bench, &server, &mut trainees, events / ROWS);
    eprintln!("  ({events} events were there after {:.0} s, with hours and rules)", begun.elapsed().as_secs_f64());
    server.forget_peak();
    let large = ask(&server, &trainees);
    report(events, large);
    let worst = large.lesson.1.max(large.trainee.1);
    let growth = (large.lesson.1 / small.lesson.1).max(large.trainee.1 / small.trainee.1);
    tell(
        &format!(
            "{events} events: trace of a lesson p50 {:.0} ms, p99 {:.0} ms; of a trainee p50 {:.0} ms, p99 {:.0} ms; with {few}: p99 {:.0} ms and {:.0} ms; memory of the server at most {} MiB meanwhile",
            large.lesson.0,
            large.lesson.1,
            large.trainee.0,
            large.trainee.1,
            small.lesson.1,
            small.trainee.1,
            server.peak() / 1024,
        ),
        &format!("p99 {worst:.0} ms, {growth:.2} x that with {few}"),
        &format!("< {TARGET} ms and < {GROWTH} x"),
        worst < TARGET && growth < GROWTH,
    );
}

fn report(events: u64, seen: Seen) {
    eprintln!(
        "  ({events} events: lesson p50 {:.1} ms p99 {:.1} ms, trainee p50 {:.1} ms p99 {:.1} ms)",
        seen.lesson.0, seen.lesson.1, seen.trainee.0, seen.trainee.1
    );
}

/// Opens classes and hands their logs over until there are so many; all that follows from it is done when this returns.
fn fill(bench: &Bench, server: &Server<'_>, trainees: &mut Vec<Vec<String>>, classes: u64) {
    let log = bench.path().join("class.ndjson");
    for number in trainees.len() as u64..classes {
        let class = Class { number, rows: ROWS, trainees: TRAINEES };
        server.open_class(class);
        class.write(&log).expect("it is written");
        let (status, answer) =
            server.post_file(&format!("/v1/evidence?kind=attendance&class=ext:{}&filename=class.ndjson", class.name()), &log);
        assert_eq!(status, 201, "{answer}");
        let roster = server.json(Method::GET, &format!("/v1/classes/ext:{}/roster", class.name()), None);
        let ids = roster["items"].as_array().expect("a list").iter().map(|one| one["id"].as_str().expect("an id").to_owned());
        trainees.push(ids.collect());
    }
    server.settle();
    std::fs::remove_file(&log).ok();
    let there = server.json(Method::POST, "/v1/query", Some(&json!({ "sql": "select count(*) as n from attendance" })));
    assert_eq!(there[0]["n"], classes * ROWS);
    machine::settle();
}

/// Asks for lessons and trainees all over the lake, one after the other.
fn ask(server: &Server<'_>, trainees: &[Vec<String>]) -> Seen {
    let classes = trainees.len() as u64;
    let turn = |kind: u64, number: u64| {
        // Spread over all, and the same in every run.
        let chance = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17) ^ kind;
        let (class, rest) = (chance % classes, chance / classes);
        if kind == 0 {
            let name = Class { number: class, rows: ROWS, trainees: TRAINEES }.name();
            format!("/v1/classes/ext:{name}/lessons/ext:l{:02}/trace", rest % LESSONS)
        } else {
            format!("/v1/trainees/{}/trace", trainees[class as usize][(rest % TRAINEES) as usize])
        }
    };
    let [lesson, trainee] = [0, 1].map(|kind| {
        let mut bytes = 0;
        let took: Vec<Duration> = (0..REQUESTS)
            .map(|number| {
                let path = turn(kind, number);
                let begun = Instant::now();
                bytes += server.text(&path).len();
                begun.elapsed()
            })
            .collect();
        eprintln!("  ({:.2} MiB an answer)", bytes as f64 / REQUESTS as f64 / MIB as f64);
        percentiles(took)
    });
    Seen { lesson, trainee }
}
