//! Single live events from many connections, each until its receipt, with the server killed in the middle; beside PostgreSQL, which
//! takes one insert a transaction from as many connections as it admits.

use crate::bulk;
use crate::machine::{self, percentiles};
use crate::postgres::Postgres;
use crate::server::Server;
use crate::{Bench, tell};
use reqwest::Method;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, sleep_until};

/// Connections; each sends its next event when it is due, and not before the one before it is answered.
const CONNECTIONS: u64 = 2_000;
/// Of a hundred answers, 99 must come within this many milliseconds.
const TARGET: f64 = 1_000.0;
/// A sender that is this far behind at the end gives up what it has not begun.
const GRACE: Duration = Duration::from_secs(5);
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

/// An event that was acknowledged.
struct Acknowledged {
    due: Instant,
    took: Duration,
    evidence: String,
    row: u64,
    reference: String,
}

/// What a connection needs to know.
struct Sender {
    address: String,
    token: String,
    begun: Instant,
    load: Load,
}

pub(crate) fn measure(bench: &Bench, load: Load) {
    raise_limit();
    let mut server = Server::start(&bench.runtime, bench.path(), None);
    server.open_class(bulk::alone(0, CONNECTIONS));
    server.settle();
    machine::settle();
    let (address, token) = server.access();
    let sender =
        Arc::new(Sender { address: address.to_owned(), token: token.to_owned(), begun: Instant::now() + Duration::from_millis(500), load });
    let connections: Vec<_> = (0..CONNECTIONS).map(|number| bench.runtime.spawn(sender.clone().send(number))).collect();
    bench.runtime.block_on(async { sleep_until(sender.begun + Duration::from_secs(load.seconds) / 2).await });
    let killed = Instant::now();
    let away = server.kill_and_start();
    let acknowledged: Vec<Acknowledged> = bench.runtime.block_on(async {
        let mut all = Vec::new();
        for connection in connections {
            all.extend(connection.await.expect("a connection does not give up"));
        }
        all
    });
    let took = sender.begun.elapsed();
    // What was due while there was no server, and what had to be made up for after it, has its own line.
    let back = killed + away + away;
    let apart = |event: &&Acknowledged| event.due + event.took < killed || event.due > back;
    let (p50, p99) = percentiles(acknowledged.iter().filter(apart).map(|event| event.took).collect());
    let (_, with_death) = percentiles(acknowledged.iter().map(|event| event.took).collect());
    let per_second = acknowledged.len() as f64 / took.as_secs_f64();
    eprintln!("  ({per_second:.0}/s, p50 {p50:.0} ms, p99 {p99:.0} ms; now every one is looked for)");
    let (lost, twice, pieces) = missing(&server, &acknowledged);
    drop(server);
    machine::settle();
    let plain = inserts(bench.path());
    let due = load.rate * load.seconds;
    let held = lost == 0 && twice == 0 && acknowledged.len() as u64 >= due * 99 / 100 && per_second >= load.rate as f64 * 0.97;
    tell(
        &format!(
            "{} single events from {CONNECTIONS} connections in {:.1} s, killed after {} s and away for {:.1} s: {per_second:.0}/s in {pieces} pieces of evidence, p50 {p50:.0} ms, p99 {p99:.0} ms ({with_death:.0} ms with what was due while it was away), {lost} lost, {twice} counted twice; PostgreSQL, one insert a transaction, synchronous_commit=on, {PEER_CONNECTIONS} connections: {plain:.0}/s",
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

impl Sender {
    /// Sends the events of one connection until the time is over; what was sent and not answered is sent again.
    async fn send(self: Arc<Self>, number: u64) -> Vec<Acknowledged> {
        let pause = Duration::from_secs_f64(CONNECTIONS as f64 / self.load.rate as f64);
        let first = self.begun + pause.mul_f64(number as f64 / CONNECTIONS as f64);
        let end = self.begun + Duration::from_secs(self.load.seconds);
        let (mut acknowledged, mut socket) = (Vec::new(), None);
        for turn in 0.. {
            let due = first + pause * turn;
            if due >= end {
                return acknowledged;
            }
            sleep_until(due).await;
            if Instant::now() > end + GRACE {
                return acknowledged;
            }
            let reference = format!("{number}-{turn}");
            let request = self.request(number, turn, &reference);
            let (evidence, row) = loop {
                match self.exchange(&mut socket, &request).await {
                    Ok(answer) => break answer,
                    // The server is away, or full.
                    Err(_) => {
                        socket = None;
                        sleep(Duration::from_millis(100 + number % 100)).await;
                    }
                }
            };
            acknowledged.push(Acknowledged { due, took: due.elapsed(), evidence, row, reference });
        }
        acknowledged
    }

    fn request(&self, number: u64, turn: u32, reference: &str) -> String {
        let (lesson, second) = (number % 20, u64::from(turn) % 2_700);
        let at = bulk::moment(lesson, second);
        let body = format!(
            "{{\"trainee\":\"ext:b{number:07}\",\"kind\":\"heartbeat\",\"at\":\"{at}\",\"device\":\"sim-{number:07x}\",\"position_ms\":{},\"ref\":\"{reference}\"}}\n",
            second * 1000
        );
        format!(
            "POST /v1/attendance?class=ext:bench&lesson=ext:l{lesson:02} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/x-ndjson\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            self.token,
            body.len()
        )
    }

    /// One request and its answer on a connection that stays; evidence and row.
    async fn exchange(&self, socket: &mut Option<TcpStream>, request: &str) -> io::Result<(String, u64)> {
        let socket = match socket {
            Some(socket) => socket,
            None => {
                let fresh = TcpStream::connect(&self.address).await?;
                fresh.set_nodelay(true)?;
                socket.insert(fresh)
            }
        };
        socket.write_all(request.as_bytes()).await?;
        let mut answer = Vec::with_capacity(4096);
        let (head, length) = loop {
            if let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
                break (end + 4, length.ok_or(io::ErrorKind::InvalidData)?);
            }
            if socket.read_buf(&mut answer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        };
        while answer.len() < head + length {
            if socket.read_buf(&mut answer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        if !answer.starts_with(b"HTTP/1.1 20") {
            let code = String::from_utf8_lossy(&answer[head..]).into_owned();
            assert!(code.contains("\"busy\"") || code.contains("_away\""), "{code}");
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let answer: Value = serde_json::from_slice(&answer[head..])?;
        let repeated = &answer["repeated"][0];
        let (evidence, row) = if repeated.is_object() {
            (&repeated["evidence"], &repeated["evidence_row"])
        } else {
            (&answer["id"], &answer["rows"]["first"])
        };
        // A server that keeps every event as evidence of its own names no row.
        Ok((evidence.as_str().ok_or(io::ErrorKind::InvalidData)?.to_owned(), row.as_u64().unwrap_or(1)))
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
    let mut named: BTreeMap<&str, Vec<&Acknowledged>> = BTreeMap::new();
    for event in acknowledged {
        named.entry(&event.evidence).or_default().push(event);
    }
    let (mut found, mut twice, mut seen) = (0, 0, HashSet::new());
    for id in &ids {
        let content = server.text(&format!("/v1/evidence/{id}/content"));
        let lines: Vec<&str> = content.lines().collect();
        let reference = |line: &str| serde_json::from_str::<Value>(line).expect("JSON")["ref"].as_str().expect("a ref").to_owned();
        twice += lines.iter().filter(|line| !seen.insert(reference(line))).count();
        let here = named.remove(id.as_str()).unwrap_or_default();
        found +=
            here.iter().filter(|event| lines.get(event.row as usize - 1).is_some_and(|line| reference(line) == event.reference)).count();
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
