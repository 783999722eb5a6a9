//! Single live events from many connections, each until its receipt, with the server killed in the middle; beside PostgreSQL, which
//! takes one insert a transaction from as many connections as it admits.

use crate::bulk;
use crate::machine::{self, percentiles};
use crate::postgres::Postgres;
use crate::sender::{Acknowledged, CONNECTIONS, Sender};
use crate::server::Server;
use crate::{Bench, tell};
use reqwest::Method;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Of a hundred answers, 99 must come within this many milliseconds.
const TARGET: f64 = 1_000.0;
/// Files that are open beside the connections.
const SPARE_FILES: u64 = 200;
/// Connections of the peer: what a cluster with default settings admits, but for the operator's own.
const PEER_CONNECTIONS: u64 = 90;
const PEER_SECONDS: u64 = 20;

/// How many events a second, and for how long.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) rate: u64,
    pub(crate) seconds: u64,
}

impl Default for Load {
    fn default() -> Load {
        Load { rate: 20_000, seconds: 60 }
    }
}

pub(crate) fn measure(bench: &Bench, load: Load) {
    raise_limit();
    let mut server = Server::start(&bench.runtime, bench.path(), None);
    server.open_class(bulk::alone(0, CONNECTIONS));
    server.settle();
    machine::settle();
    let (address, token) = server.access();
    let begun = Instant::now() + Duration::from_millis(500);
    let sender = Sender { address: address.to_owned(), token: token.to_owned(), begun, load };
    let (mut used, idle) = (0.0, server.processor());
    let sending = std::thread::spawn(move || sender.send_all());
    std::thread::sleep(begun + Duration::from_secs(load.seconds) / 2 - Instant::now());
    let killed = Instant::now();
    used += server.processor() - idle;
    let away = server.kill_and_start();
    let (acknowledged, own) = sending.join().expect("the sender does not give up");
    let took = begun.elapsed();
    used += server.processor();
    let each = |seconds: f64| seconds * 1e6 / acknowledged.len().max(1) as f64;
    let (each_event, each_sent) = (each(used), each(own));
    // What was due while there was no server, and what had to be made up for after it, has its own line.
    let back = killed + away + away;
    let apart = |event: &&Acknowledged| event.due + event.took < killed || event.due > back;
    let (p50, p99) = percentiles(acknowledged.iter().filter(apart).map(|event| event.took).collect());
    let (_, with_death) = percentiles(acknowledged.iter().map(|event| event.took).collect());
    let per_second = acknowledged.len() as f64 / took.as_secs_f64();
    eprintln!("  ({per_second:.0}/s, p50 {p50:.0} ms, p99 {p99:.0} ms; now every one is looked for)");
    let peak = server.peak() / 1024;
    let (lost, twice, pieces) = missing(&server, &acknowledged);
    drop(server);
    machine::settle();
    let plain = inserts(bench.path());
    let due = load.rate * load.seconds;
    let held = lost == 0 && twice == 0 && acknowledged.len() as u64 >= due * 99 / 100 && per_second >= load.rate as f64 * 0.97;
    tell(
        &format!(
            "{} single events from {CONNECTIONS} connections in {:.1} s, killed after {} s and away for {:.1} s: {per_second:.0}/s in {pieces} pieces of evidence, p50 {p50:.0} ms, p99 {p99:.0} ms ({with_death:.0} ms with what was due while it was away), {lost} lost, {twice} counted twice; {each_event:.0} µs of processor an event, {each_sent:.0} µs of it more for the sender, at most {peak} MiB of memory since; PostgreSQL, one insert a transaction, synchronous_commit=on, {PEER_CONNECTIONS} connections: {plain:.0}/s",
            acknowledged.len(),
            took.as_secs_f64(),
            load.seconds / 2,
            away.as_secs_f64(),
        ),
        &format!("{per_second:.0}/s, p99 {p99:.0} ms, {lost} lost, {:.2} x the inserts a second", per_second / plain),
        &format!("{} a second for {} s, p99 < {TARGET} ms, none lost", load.rate, load.seconds),
        held && p99 < TARGET,
    );
}

/// As many files as there are connections; the server inherits it.
fn raise_limit() {
    let now = getrlimit(Resource::Nofile);
    let wanted = CONNECTIONS + SPARE_FILES;
    if now.current.is_some_and(|current| current < wanted) {
        let raised = Rlimit { current: Some(wanted), maximum: now.maximum };
        setrlimit(Resource::Nofile, raised).unwrap_or_else(|error| panic!("{wanted} open files are needed (ulimit -n {wanted}): {error}"));
    }
}

/// How many acknowledged events are not in the evidence named, at the row named; how many events are there twice; how much evidence.
fn missing(server: &Server<'_>, acknowledged: &[Acknowledged]) -> (usize, usize, usize) {
    let (mut cursor, mut ids) = (String::new(), Vec::new());
    loop {
        let page = server.json(Method::GET, &format!("/v1/evidence?kind=attendance&class=ext:bench&limit=500{cursor}"), None);
        ids.extend(page["items"].as_array().expect("a list").iter().map(|item| item["id"].as_str().expect("an id").to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let mut named: BTreeMap<Uuid, Vec<&Acknowledged>> = BTreeMap::new();
    for event in acknowledged {
        named.entry(event.evidence).or_default().push(event);
    }
    let (mut found, mut twice, mut seen) = (0, 0, HashSet::new());
    for id in &ids {
        let content = server.text(&format!("/v1/evidence/{id}/content"));
        let lines: Vec<&str> = content.lines().collect();
        let reference = |line: &str| serde_json::from_str::<Value>(line).expect("JSON")["ref"].as_str().expect("a ref").to_owned();
        twice += lines.iter().filter(|line| !seen.insert(reference(line))).count();
        let here = named.remove(&id.parse().expect("an id")).unwrap_or_default();
        found +=
            here.iter().filter(|event| lines.get(event.row as usize - 1).is_some_and(|line| reference(line) == event.reference())).count();
    }
    (acknowledged.len() - found, twice, ids.len())
}

/// Inserts a second into PostgreSQL: the same event by the same key, one a transaction.
fn inserts(folder: &Path) -> f64 {
    let mut postgres = Postgres::start(folder.parent().expect("a folder in a folder"));
    postgres.ask("create table live (ref text primary key, body text not null);");
    let script = folder.join("insert.sql");
    let insert = "\\set number random(1, 9000000000000)\n\
                  insert into live values (:number::text, '{\"trainee\":\"ext:b0000001\",\"kind\":\"heartbeat\",\"at\":\"2020-03-03T09:00:00+08:00\",\"device\":\"sim-0000001\",\"position_ms\":1000,\"ref\":\"' || :number || '\"}') on conflict do nothing;\n";
    std::fs::write(&script, insert).expect("the folder can be written to");
    // The cluster's own user has to read it; the folder is closed to it, so it is handed over by a pipe.
    let command =
        format!("\\! cat '{}' | pgbench -n -c {PEER_CONNECTIONS} -j 2 -T {PEER_SECONDS} -f /dev/stdin 2>&1", machine::text(&script));
    let said = postgres.ask(&command);
    let per_second = said.iter().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    per_second.unwrap_or_else(|| panic!("pgbench: {}", said.join("\n")))
}
