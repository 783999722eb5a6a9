//! What an office waits for when a province is in training: the weekly report, the claim of one class, and what a changed policy would do, with a
//! hundred thousand trainees in 2,500 classes.
//!
//! The rules of detection are replaced by ones that look at nothing: what is measured here are plan and money.

use crate::machine::{self, timed};
use crate::server::Server;
use crate::{Bench, ROUNDS, tell};
use futures::{StreamExt, stream};
use keshi::simulate::Bulk;
use keshi::time::{DAY, MINUTE, Time};
use reqwest::Method;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// Trainees of each class but the claimed one.
const TRAINEES: u64 = 40;
/// Trainees of the class that is claimed, which is the last.
const CLAIMED: u64 = 50;
/// Lessons of a class, one a day from Monday on.
const LESSONS: u64 = 4;
/// Events of each trainee in a lesson: join, a beat every four minutes, leave.
const EVENTS: u64 = 12;
/// Classes opened at the same time.
const AT_ONCE: usize = 8;
/// Everybody trains in this week.
const MONDAY: &str = "2020-03-02";
/// Seconds in which they are to be there.
const REPORT: f64 = 5.0;
const CLAIM: f64 = 1.0;
const DIFF: f64 = 60.0;

const POLICY: &str = include_str!("../../policies/shaanxi-2020-31.toml");
/// Where the built-in rules are.
const RULES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/detect/rules");
/// A body that returns a finding's columns and no row.
const NOTHING: &str = "select '' as subject, '' as class, '' as lesson, '' as trainee, $since as at, 0.0 as score, cast(0 as bigint) as money_fen, \
     '[]' as evidence, '{}' as detail where $since > $until\n";

pub(crate) fn measure(bench: &Bench, classes: u64) {
    let rules = bench.path().join("rules");
    blind(&rules);
    let server = Server::with(&bench.runtime, bench.path(), None, &[("KESHI__RULES__FOLDER", machine::text(&rules))]);
    let begun = Instant::now();
    bench.runtime.block_on(async {
        send(&server, Method::POST, "/v1/providers", json!({"external_id": "bench", "name": "测速培训中心", "kind": "institution"})).await;
        stream::iter(0..classes).for_each_concurrent(AT_ONCE, |number| open(&server, Class { number, classes })).await;
    });
    server.settle();
    eprintln!("  ({classes} classes after {:.0} s, with letters and hours)", begun.elapsed().as_secs_f64());
    machine::settle();
    report(&server, classes);
    claim(&server, classes);
    difference(bench, &server, classes);
}

/// The built-in rules with bodies that see nothing, and so without parameters.
fn blind(folder: &Path) {
    fs::create_dir(folder).expect("the folder can be written to");
    for rule in fs::read_dir(RULES).expect("the bench runs where it was built").map(|entry| entry.expect("it can be listed").path()) {
        let text = fs::read_to_string(&rule).expect("a rule is text");
        let mut of_parameter = false;
        let mut is_head = |line: &&str| {
            of_parameter = if line.starts_with("-- [") { line.starts_with("-- [parameters") } else { of_parameter };
            !of_parameter
        };
        let head: String =
            text.lines().take_while(|line| line.starts_with("--")).filter(&mut is_head).map(|line| format!("{line}\n")).collect();
        let name = rule.file_name().expect("a file has a name");
        fs::write(folder.join(name), head + NOTHING).expect("it is written");
    }
}

fn report(server: &Server<'_>, classes: u64) {
    let ask = || server.json(Method::GET, &format!("/v1/reports/weekly?week={MONDAY}"), None);
    let took = best(|| timed(ask).0.as_secs_f64());
    let trainees = (classes - 1) * TRAINEES + CLAIMED;
    let answer = ask().to_string();
    assert!(answer.contains(&trainees.to_string()), "the report counts everybody: {answer}");
    tell(
        &format!("weekly report of {trainees} trainees in {classes} classes"),
        &format!("{took:.2} s"),
        &format!("< {REPORT} s"),
        took < REPORT,
    );
}

fn claim(server: &Server<'_>, classes: u64) {
    let class = Class { number: classes - 1, classes }.name();
    let one = |number: u64| json!({"trainee": format!("ext:b{:07}", (classes - 1) * TRAINEES + number), "kind": "qualified", "number": format!("H-{number}"), "issued_on": "2020-03-25"});
    let list: Vec<Value> = (0..CLAIMED).map(one).collect();
    server.json(Method::POST, &format!("/v1/classes/ext:{class}/certificates"), Some(&json!({"certificates": list})));
    let seen = best(|| timed(|| server.json(Method::GET, &format!("/v1/classes/ext:{class}/subsidy"), None)).0.as_secs_f64());
    // A claim is filed once.
    let file = || server.json(Method::POST, &format!("/v1/classes/ext:{class}/claim"), Some(&json!({"accept_gaps": true})));
    let (took, filed) = timed(file);
    assert_eq!(filed["state"], "filed");
    let took = took.as_secs_f64();
    tell(
        &format!("claim of {CLAIMED} trainees in {LESSONS} lessons, assembled, sealed and answered (its subsidy alone {seen:.2} s)"),
        &format!("{took:.2} s"),
        &format!("< {CLAIM} s"),
        took < CLAIM,
    );
}

/// A change that makes every hour be counted again from its events.
fn difference(bench: &Bench, server: &Server<'_>, classes: u64) {
    let file = bench.path().join("changed.toml");
    let changed = POLICY.replace("idle_gap_seconds = { value = 300", "idle_gap_seconds = { value = 200");
    assert_ne!(changed, POLICY);
    fs::write(&file, changed).expect("it is written");
    let begun = Instant::now();
    let told = server.command(&["policy", "diff", machine::text(&file), "--all", "--json"]);
    let took = begun.elapsed().as_secs_f64();
    let told: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(told["items"].as_array().map(Vec::len), Some(classes as usize), "every class is compared");
    tell(
        &format!("policy diff over {classes} classes, hours counted again from their events"),
        &format!("{took:.1} s"),
        &format!("< {DIFF} s"),
        took < DIFF,
    );
}

fn best(measured: impl FnMut() -> f64) -> f64 {
    std::iter::repeat_with(measured).take(ROUNDS).fold(f64::MAX, f64::min)
}

#[derive(Clone, Copy)]
struct Class {
    number: u64,
    /// How many there are.
    classes: u64,
}

impl Class {
    fn name(self) -> String {
        format!("office-{}", self.number)
    }

    fn lesson(self, lesson: u64) -> Bulk {
        let trainees = if self.number + 1 == self.classes { CLAIMED } else { TRAINEES };
        let first: Time = format!("{MONDAY}T09:00:00+08:00").parse().expect("a time");
        let from = first.plus(lesson as i64 * DAY);
        Bulk {
            rows: trainees * EVENTS,
            trainees,
            first: self.number * TRAINEES,
            seed: self.number * LESSONS + lesson,
            from,
            until: from.plus(45 * MINUTE),
        }
    }

    fn lessons(self) -> Value {
        let one = |number: u64| {
            let Bulk { from, until, .. } = self.lesson(number);
            json!({"external_id": format!("l{number}"), "title": format!("第{}课", number + 1), "kind": "theory", "mode": "live", "starts_at": from,
                "ends_at": until, "hours": 1, "teacher": format!("教师{}", self.number)})
        };
        json!({"lessons": (0..LESSONS).map(one).collect::<Vec<_>>()})
    }

    fn log(self) -> Vec<u8> {
        (0..LESSONS).flat_map(|lesson| self.lesson(lesson).lines()).collect::<String>().into_bytes()
    }
}

/// Applied for, planned, approved, and its log handed over.
async fn open(server: &Server<'_>, class: Class) {
    let name = class.name();
    let application = json!({
        "external_id": name, "provider": "ext:bench", "platform": "px-class", "title": "测速班", "trade": {"code": "6-31-01-03", "name": "电工"},
        "application": "full", "starts_on": MONDAY, "ends_on": "2020-03-20", "epidemic": true,
        "hours": {"total": 8, "online": 4, "theory": 4, "practice": 4}, "standards_fen": {"qualified": 80_000},
    });
    let place = format!("/v1/classes/ext:{name}");
    send(server, Method::POST, "/v1/classes", application).await;
    send(server, Method::PUT, &format!("{place}/roster"), class.lesson(0).roster()).await;
    send(server, Method::PUT, &format!("{place}/lessons"), class.lessons()).await;
    send(server, Method::POST, &format!("{place}/decision"), json!({"decision": "approve"})).await;
    let request = server.request(Method::POST, &format!("/v1/evidence?kind=attendance&class=ext:{name}&filename=log.ndjson"));
    answered(request.body(class.log())).await;
}

async fn send(server: &Server<'_>, method: Method, path: &str, body: Value) {
    answered(server.request(method, path).json(&body)).await;
}

async fn answered(request: reqwest::RequestBuilder) {
    let answer = request.timeout(Duration::from_secs(120)).send().await.expect("the server answers");
    let (status, body) = (answer.status(), answer.text().await.expect("the server answers"));
    assert!(status.is_success(), "{status} {body}");
}
