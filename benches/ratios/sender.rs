//! A sender of live events that costs little: HTTP/1.1 by hand, one thread for all connections, and of an answer no more is looked at than
//! where the event is said to be. Nothing is sent on a connection before what was sent last is answered.

use crate::bulk;
use crate::live::Load;
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::LocalSet;
use tokio::time::{sleep, sleep_until};
use uuid::Uuid;

/// Connections; each sends its next event when it is due, and not before the one before it is answered.
pub(crate) const CONNECTIONS: u64 = 2_000;
/// A sender that is this far behind at the end gives up what it has not begun.
const GRACE: Duration = Duration::from_secs(5);

/// An event that was acknowledged.
pub(crate) struct Acknowledged {
    pub(crate) due: Instant,
    pub(crate) took: Duration,
    pub(crate) evidence: Uuid,
    pub(crate) row: u64,
    number: u64,
    turn: u32,
}

impl Acknowledged {
    /// What it was sent under.
    pub(crate) fn reference(&self) -> String {
        reference(self.number, self.turn)
    }
}

fn reference(number: u64, turn: u32) -> String {
    format!("{number}-{turn}")
}

/// What a connection needs to know.
pub(crate) struct Sender {
    pub(crate) address: String,
    pub(crate) token: String,
    pub(crate) begun: Instant,
    pub(crate) load: Load,
}

impl Sender {
    /// Sends everything, on this thread; what was acknowledged, and the seconds of processor it took.
    pub(crate) fn send_all(self) -> (Vec<Acknowledged>, f64) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let sender = Rc::new(self);
        let acknowledged = LocalSet::new().block_on(&runtime, async {
            let connections: Vec<_> = (0..CONNECTIONS).map(|number| tokio::task::spawn_local(sender.clone().send(number))).collect();
            let mut all = Vec::new();
            for connection in connections {
                all.extend(connection.await.expect("a connection does not give up"));
            }
            all
        });
        let used = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux says so");
        let nanoseconds: f64 = used.split(' ').next().and_then(|first| first.parse().ok()).expect("a number");
        (acknowledged, nanoseconds / 1e9)
    }

    /// Sends the events of one connection until the time is over; what was sent and not answered is sent again.
    async fn send(self: Rc<Self>, number: u64) -> Vec<Acknowledged> {
        let pause = Duration::from_secs_f64(CONNECTIONS as f64 / self.load.rate as f64);
        let first = self.begun + pause.mul_f64(number as f64 / CONNECTIONS as f64);
        let end = self.begun + Duration::from_secs(self.load.seconds);
        let (mut acknowledged, mut socket, mut answer) = (Vec::new(), None, Vec::with_capacity(8192));
        for turn in 0.. {
            let due = first + pause * turn;
            if due >= end {
                break;
            }
            sleep_until(due.into()).await;
            if Instant::now() > end + GRACE {
                break;
            }
            let request = self.request(number, turn);
            let (evidence, row) = loop {
                match self.exchange(&mut socket, &request, &mut answer).await {
                    Ok(answer) => break answer,
                    // The server is away, or full.
                    Err(_) => {
                        socket = None;
                        sleep(Duration::from_millis(100 + number % 100)).await;
                    }
                }
            };
            acknowledged.push(Acknowledged { due, took: due.elapsed(), evidence, row, number, turn });
        }
        acknowledged
    }

    fn request(&self, number: u64, turn: u32) -> String {
        let (lesson, second) = (number % 20, u64::from(turn) % 2_700);
        let at = bulk::moment(lesson, second);
        let body = format!(
            "{{\"trainee\":\"ext:b{number:07}\",\"kind\":\"heartbeat\",\"at\":\"{at}\",\"device\":\"sim-{number:07x}\",\"position_ms\":{},\"ref\":\"{}\"}}\n",
            second * 1000,
            reference(number, turn)
        );
        format!(
            "POST /v1/attendance?class=ext:bench&lesson=ext:l{lesson:02} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/x-ndjson\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            self.token,
            body.len()
        )
    }

    /// One request and its answer on a connection that stays; evidence and row.
    async fn exchange(&self, socket: &mut Option<TcpStream>, request: &str, answer: &mut Vec<u8>) -> io::Result<(Uuid, u64)> {
        let socket = match socket {
            Some(socket) => socket,
            None => {
                let fresh = TcpStream::connect(&self.address).await?;
                fresh.set_nodelay(true)?;
                socket.insert(fresh)
            }
        };
        socket.write_all(request.as_bytes()).await?;
        answer.clear();
        let mut whole = None;
        while whole.is_none_or(|whole| answer.len() < whole) {
            if socket.read_buf(answer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if whole.is_none() {
                whole = length(answer)?;
            }
        }
        let answer = std::str::from_utf8(answer).map_err(io::Error::other)?;
        if !answer.starts_with("HTTP/1.1 20") {
            assert!(answer.contains("\"busy\"") || answer.contains("_away\""), "{answer}");
            return Err(io::ErrorKind::WouldBlock.into());
        }
        place(answer).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}

/// How long the answer is whose beginning this is; nothing while its head is not whole.
fn length(begun: &[u8]) -> io::Result<Option<usize>> {
    let Some(head) = begun.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let lines = std::str::from_utf8(&begun[..head]).map_err(io::Error::other)?;
    let length = lines.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().ok())?
    });
    Ok(Some(head + 4 + length.ok_or(io::ErrorKind::InvalidData)?))
}

/// Where an answer says that the event is.
fn place(answer: &str) -> Option<(Uuid, u64)> {
    let after = |from: &str, name: &str| from.find(name).map(|place| place + name.len());
    let number = |from: &str| from.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok();
    let id = |from: &str| from.get(..36)?.parse().ok();
    if let Some(repeated) = answer.rfind("\"repeated\":[{").map(|place| &answer[place..]) {
        let evidence = id(&repeated[after(repeated, "\"evidence\":\"")?..])?;
        return Some((evidence, number(&repeated[after(repeated, "\"evidence_row\":")?..])?));
    }
    let evidence = id(&answer[after(answer, "\r\n\r\n{\"id\":\"")?..])?;
    // A server that keeps every event as evidence of its own names no row.
    let row = answer.rfind("\"rows\":{\"first\":").map(|place| &answer[place + 16..]);
    Some((evidence, row.map_or(Some(1), number)?))
}
