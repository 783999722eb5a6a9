//! `keshi serve` as a child process on its own data folder, and a client of it that costs little.

use crate::bulk::Class;
use crate::machine::text;
use reqwest::{Method, StatusCode};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// How long the server may take to come up, or to end.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is asked whether it has finished.
const POLL: Duration = Duration::from_millis(20);

/// The servers that run, for whoever has to stop them in a hurry.
static RUNNING: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// A running server; dropped, it is stopped, and its data is gone.
pub(crate) struct Server<'a> {
    runtime: &'a Runtime,
    child: Child,
    folder: PathBuf,
    data: PathBuf,
    objects: Option<String>,
    /// Settings beyond those of the bench, as environment variables.
    settings: Vec<(&'static str, String)>,
    address: String,
    token: String,
    http: reqwest::Client,
}

impl<'a> Server<'a> {
    /// Starts one with nothing in it.
    pub(crate) fn start(runtime: &'a Runtime, folder: &Path, objects: Option<&str>) -> Server<'a> {
        Server::with(runtime, folder, objects, &[])
    }

    /// The same with further settings.
    pub(crate) fn with(runtime: &'a Runtime, folder: &Path, objects: Option<&str>, settings: &[(&'static str, &str)]) -> Server<'a> {
        let data = folder.join("data");
        fs::create_dir(&data).expect("the folder can be written to, and the server before has gone");
        let mut create = keshi(folder);
        let done = create.args(["token", "create", "--role", "admin", "--data", text(&data)]).output().expect("keshi runs");
        assert!(done.status.success(), "keshi token: {}", String::from_utf8_lossy(&done.stderr));
        let token = String::from_utf8_lossy(&done.stdout).trim().to_owned();
        // Free a moment ago; whoever takes it meanwhile makes the start fail, loudly.
        let address = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").to_string();
        let (folder, objects) = (folder.to_owned(), objects.map(str::to_owned));
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let child = serve(&folder, &data, &address, objects.as_deref(), &settings);
        let mut server = Server { runtime, child, folder, data, objects, settings, address, token, http };
        server.comes_up();
        server
    }

    /// Ends it as a power cut would, and starts it again on what it left; how long it was away.
    pub(crate) fn kill_and_start(&mut self) -> Duration {
        let begun = Instant::now();
        self.child.kill().and_then(|()| self.child.wait()).expect("a child");
        RUNNING.lock().unwrap_or_else(PoisonError::into_inner).retain(|id| *id != self.child.id());
        self.child = serve(&self.folder, &self.data, &self.address, self.objects.as_deref(), &self.settings);
        self.comes_up();
        begun.elapsed()
    }

    /// What a subcommand on its data prints, which succeeds.
    pub(crate) fn command(&self, args: &[&str]) -> String {
        let done = keshi(&self.folder).args(args).args(["--data", text(&self.data)]).output().expect("keshi runs");
        assert!(done.status.success(), "keshi {args:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).into_owned()
    }

    /// The end of its log.
    fn said_last(&self) -> String {
        let log = fs::read_to_string(self.folder.join("keshi.log")).unwrap_or_default();
        log.lines().rev().take(20).collect::<Vec<_>>().join("\n")
    }

    fn comes_up(&mut self) {
        let started = Instant::now();
        while !self.is_ready() {
            let ended = self.child.try_wait().expect("a child");
            assert!(
                ended.is_none() && started.elapsed() < PATIENCE,
                "the server did not start; its log: {}",
                self.folder.join("keshi.log").display()
            );
            std::thread::sleep(POLL);
        }
    }

    /// Where it listens, and the token of its operator, for a client that cares for itself.
    pub(crate) fn access(&self) -> (&str, &str) {
        (&self.address, &self.token)
    }

    fn is_ready(&self) -> bool {
        let asked = self.http.get(self.url("/readyz")).send();
        self.runtime.block_on(asked).is_ok_and(|answer| answer.status().is_success())
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A request that is yet to be sent.
    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, self.url(path)).bearer_auth(&self.token)
    }

    /// Sends JSON, or nothing; the answer, which is a success.
    pub(crate) fn json(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        let request = self.request(method, path);
        let request = if let Some(body) = body { request.json(body) } else { request };
        self.runtime.block_on(async {
            let answer = request.send().await.expect("the server answers");
            let (status, body) = (answer.status(), answer.text().await.expect("the server answers"));
            assert!(status.is_success(), "{path}: {status} {body}");
            serde_json::from_str(&body).expect("JSON")
        })
    }

    /// The answer to a question to the lake, as CSV.
    pub(crate) fn csv(&self, sql: &str) -> String {
        let request = self.request(Method::POST, "/v1/query").header("accept", "text/csv").json(&json!({ "sql": sql }));
        self.runtime.block_on(async {
            let answer = request.send().await.and_then(reqwest::Response::error_for_status).expect("the server answers");
            answer.text().await.expect("the server answers")
        })
    }

    /// What stands under an address.
    pub(crate) fn text(&self, path: &str) -> String {
        let request = self.request(Method::GET, path);
        self.runtime.block_on(async {
            let answer = request.send().await.and_then(reqwest::Response::error_for_status).expect("the server answers");
            answer.text().await.expect("the server answers")
        })
    }

    /// Waits until there is nothing left to do, and nothing that was given up.
    pub(crate) fn settle(&self) {
        let jobs = |state: &str| self.json(Method::GET, &format!("/v1/jobs?state={state}"), None)["items"].as_array().map_or(0, Vec::len);
        while jobs("open") > 0 {
            std::thread::sleep(POLL);
        }
        let dead = self.json(Method::GET, "/v1/jobs?state=dead", None);
        assert!(dead["items"].as_array().is_none_or(Vec::is_empty), "jobs failed: {dead}; the server said: {}", self.said_last());
    }

    /// Posts a file as the body. The kernel hands it from the file to the socket, so that the sender takes little of the processors.
    pub(crate) fn post_file(&self, path: &str, file: &Path) -> (StatusCode, Value) {
        let mut body = File::open(file).expect("the file is there");
        let size = body.metadata().expect("the file is there").len();
        let mut socket = TcpStream::connect(&self.address).expect("the server listens");
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-length: {size}\r\nconnection: close\r\n\r\n",
            self.address, self.token
        );
        socket.write_all(head.as_bytes()).expect("the server takes it");
        let sent = io::copy(&mut body, &mut socket).expect("the server takes it");
        assert_eq!(sent, size);
        let mut answer = String::new();
        socket.read_to_string(&mut answer).expect("the server answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer of HTTP");
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        (StatusCode::from_u16(status).expect("a status"), serde_json::from_str(body).expect("JSON"))
    }

    /// Opens a class on a platform, with its provider, its roster and its timetable, and has it approved; its keshi id. The first class is `bench`.
    pub(crate) fn open_class(&self, class: Class) -> String {
        let provider = json!({ "external_id": "bench", "name": "测速培训中心", "kind": "institution" });
        self.json(Method::POST, "/v1/providers", Some(&provider));
        let name = class.name();
        let (starts_on, ends_on) = class.days();
        let opened = self.json(
            Method::POST,
            "/v1/classes",
            Some(&json!({
                "external_id": name, "provider": "ext:bench", "platform": "px-class", "title": "测速班",
                "trade": { "code": "6-31-01-03", "name": "电工" }, "application": "full",
                "starts_on": starts_on, "ends_on": ends_on,
                "hours": { "total": 40, "online": 20, "theory": 20, "practice": 20 },
                "standards_fen": { "qualified": 80_000 }, "epidemic": true,
            })),
        );
        let place = format!("/v1/classes/ext:{name}");
        self.json(Method::PUT, &format!("{place}/roster"), Some(&class.roster()));
        self.json(Method::PUT, &format!("{place}/lessons"), Some(&class.lessons()));
        self.json(Method::POST, &format!("{place}/decision"), Some(&json!({ "decision": "approve" })));
        opened["id"].as_str().expect("an id").to_owned()
    }

    /// Forgets how much memory the server ever had; what it has now, in KiB.
    pub(crate) fn forget_peak(&self) -> u64 {
        fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5").expect("a child of one's own");
        self.status("VmRSS:")
    }

    /// The most memory it has had since, in KiB.
    pub(crate) fn peak(&self) -> u64 {
        self.status("VmHWM:")
    }

    fn status(&self, line: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("a child of one's own");
        let found = status.lines().find_map(|l| l.strip_prefix(line)).expect("Linux says so");
        found.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    /// Seconds of processor it has used so far; the clock ticks a hundred times a second.
    pub(crate) fn processor(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        let ticks = status.rsplit(')').next().unwrap_or_default().split(' ').skip(12).take(2).filter_map(|t| t.parse::<f64>().ok());
        ticks.sum::<f64>() / 100.0
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        terminate(self.child.id());
        let started = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) {
            if started.elapsed() > PATIENCE {
                self.child.kill().ok();
            }
            std::thread::sleep(POLL);
        }
        RUNNING.lock().unwrap_or_else(PoisonError::into_inner).retain(|id| *id != self.child.id());
        fs::remove_dir_all(&self.data).ok();
    }
}

/// Tells every server to stop.
pub(crate) fn stop_all() {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().for_each(terminate);
}

fn terminate(id: u32) {
    if let Some(pid) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        // It may have ended by itself a moment ago.
        let _ = kill_process(pid, Signal::TERM);
    }
}

/// Starts the server's process.
fn serve(folder: &Path, data: &Path, address: &str, objects: Option<&str>, settings: &[(&'static str, String)]) -> Child {
    let log = File::options().create(true).append(true).open(folder.join("keshi.log")).expect("a file");
    let mut serve = keshi(folder);
    serve.envs(settings.iter().map(|(name, value)| (name, value)));
    serve.args(["serve", "--listen", address, "--data", text(data)]).stdin(Stdio::null());
    if let Some(url) = objects {
        serve.args(["--objects", url]);
    }
    let child = serve.stdout(log.try_clone().expect("a file")).stderr(log).spawn().expect("keshi runs");
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner).push(child.id());
    child
}

/// The release binary, with no setting but those of the bench.
fn keshi(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keshi"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("KESHI")) {
        command.env_remove(name);
    }
    command.env("TMPDIR", folder);
    command.env("KESHI__LIMITS__REQUESTS_PER_MINUTE", "0");
    // A document is kept as it is and asks for no job, so that the upload alone is measured; it may be as large as a video here.
    command.env("KESHI__LIMITS__DOCUMENT_BYTES", "17179869184");
    // Ten million rows are more than a gigabyte.
    command.env("KESHI__LIMITS__ATTENDANCE_BYTES", "4294967296");
    command.env("KESHI__SERVER__CONNECTIONS", "4096");
    command.env("KESHI__TELEMETRY__LOG", "warn");
    command
}
