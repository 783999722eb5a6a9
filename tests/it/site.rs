//! A deployment of its own for a test: the real program as a child process, on SQLite and a folder or on PostgreSQL and S3.

mod bucket;
mod cutter;
#[path = "../../storage/tests/it/services.rs"]
mod services;

use bucket::Bucket;
pub use cutter::Cutter;
use keshi::simulate::{self, Access, Client, Plan};
use serde_json::Value;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a server may take to come up on a busy machine.
const START: Duration = Duration::from_secs(120);

/// A story as two tests of its name: on SQLite and a folder, on PostgreSQL and S3.
macro_rules! on_both {
    ($($story:ident),+ $(,)?) => {
        $(mod $story {
            use crate::site::Engine;

            #[tokio::test(flavor = "multi_thread")]
            async fn on_sqlite_and_a_folder() {
                super::$story(Engine::Small).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn on_postgresql_and_s3() {
                super::$story(Engine::Large).await;
            }
        })+
    };
}
pub(crate) use on_both;

/// On what a deployment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// SQLite and a folder.
    Small,
    /// PostgreSQL and S3.
    Large,
    /// SQLite and an S3 service that has Object Lock.
    Locking,
}

/// A deployment; what is in it goes when it is dropped.
pub struct Site {
    folder: TempDir,
    settings: Vec<(&'static str, String)>,
    /// Its bucket, if it has one.
    pub bucket: Option<Bucket>,
    port: u16,
}

/// A running server; dropped, it is killed.
pub struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended a moment ago; then there is nobody to kill.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Site {
    pub async fn new(engine: Engine) -> Site {
        Site::with(engine, &[]).await
    }

    /// One with further settings, as environment variables.
    pub async fn with(engine: Engine, more: &[(&'static str, &str)]) -> Site {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = vec![("KESHI__LIMITS__REQUESTS_PER_MINUTE", "0".to_owned()), ("KESHI__TELEMETRY__LOG", "warn".to_owned())];
        settings.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let bucket = match engine {
            Engine::Small => None,
            Engine::Large => Some(Bucket::plain().await),
            Engine::Locking => Some(Bucket::locking().await),
        };
        if engine == Engine::Large {
            settings.push(("KESHI__DATA__DATABASE", database()));
        }
        if let Some(bucket) = &bucket {
            settings.push(("KESHI__DATA__OBJECTS", bucket.url(&folder.path().join("spool"))));
            settings.push(("AWS_ACCESS_KEY_ID", services::ACCESS.to_owned()));
            settings.push(("AWS_SECRET_ACCESS_KEY", services::SECRET.to_owned()));
        }
        // Free a moment ago, and asked of the system at random: nobody else is likely to take it.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Site { folder, settings, bucket, port }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A place for a test's own files.
    pub fn place(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where the objects lie as files, whoever keeps them.
    pub fn objects(&self) -> PathBuf {
        self.bucket.as_ref().map_or_else(|| self.place("data/objects"), Bucket::objects)
    }

    /// The URL of its database.
    pub fn database(&self) -> String {
        let named = self.settings.iter().find(|(name, _)| *name == "KESHI__DATA__DATABASE").map(|(_, url)| url.clone());
        named.unwrap_or_else(|| format!("sqlite:{}", self.place("data/keshi.sqlite").display()))
    }

    /// A subcommand on this deployment.
    pub fn keshi(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keshi"));
        command.args(args).env("KESHI__DATA__FOLDER", self.place("data")).envs(self.settings.iter().cloned());
        command.stdin(Stdio::null());
        command
    }

    /// Runs a subcommand that must succeed; its standard output, trimmed.
    pub fn run(&self, args: &[&str]) -> String {
        succeeded(&self.keshi(args).output().unwrap())
    }

    pub fn token(&self, role: &str, more: &[&str]) -> String {
        self.run(&[&["token", "create", "--role", role, "--name", "test"], more].concat())
    }

    /// Starts the server and waits until it is ready. What it says is in the file `server.log`.
    pub async fn start(&self) -> Server {
        self.start_with(&[]).await
    }

    /// The same with further settings of this server alone.
    pub async fn start_with(&self, more: &[(&str, &str)]) -> Server {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.place("server.log")).unwrap();
        let mut command = self.keshi(&["serve", "--listen", &format!("127.0.0.1:{}", self.port)]);
        let mut server = Server(command.envs(more.iter().copied()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap());
        let (http, started) = (client(), Instant::now());
        while !http.get(format!("{}/readyz", self.address())).send().await.is_ok_and(|answer| answer.status().is_success()) {
            let ended = server.0.try_wait().unwrap();
            assert!(ended.is_none() && started.elapsed() < START, "the server is not ready ({ended:?}):\n{}", self.said());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        server
    }

    /// What the server said.
    pub fn said(&self) -> String {
        std::fs::read_to_string(self.place("server.log")).unwrap_or_default()
    }

    /// Tokens for everybody in a plan, whose providers are made with it.
    pub async fn access(&self, plan: &Plan) -> Client {
        let mut access = Access {
            admin: self.token("admin", &[]),
            reviewer: self.token("reviewer", &[]),
            inspector: self.token("inspector", &[]),
            ..Access::default()
        };
        let made = simulate::providers(plan, &Client::new(&self.address(), access.clone()).unwrap()).await.unwrap();
        for (name, id) in made {
            access.providers.insert(name, self.token("provider", &["--provider", &id]));
        }
        for class in &plan.classes {
            access.platforms.entry(class.platform.to_owned()).or_insert_with(|| self.token("platform", &["--platform", class.platform]));
        }
        Client::new(&self.address(), access).unwrap()
    }
}

impl Server {
    /// Forgets how much memory it held at its highest.
    pub fn forget_peak(&self) {
        std::fs::write(format!("/proc/{}/clear_refs", self.0.id()), "5").unwrap();
    }

    /// How much memory it held at its highest, in MiB.
    pub fn peak_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let highest = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        highest.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
    }

    /// Ends it in the middle of whatever it does, as a power cut would.
    pub fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Asks it to stop, and waits until it has.
    pub fn stop(mut self) {
        let pid = rustix::process::Pid::from_raw(self.0.id() as i32).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        let asked = Instant::now();
        let ended = loop {
            match self.0.try_wait().unwrap() {
                Some(ended) => break ended,
                None => assert!(asked.elapsed() < START, "a server that is asked to stop finishes what is under way, and no more"),
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        assert!(ended.success(), "a server that is asked to stop ends in good order: {ended}");
    }
}

/// A client that asks the server and nobody in between.
pub fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// The standard output of a command that must have succeeded, trimmed.
pub fn succeeded(output: &Output) -> String {
    let (said, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}: {said}{wrong}", output.status);
    said.trim().to_owned()
}

/// Whether a value is a digest of these bytes in hexadecimal.
pub fn is_sha256(value: &Value, bytes: &[u8]) -> bool {
    use sha2::Digest as _;
    value.as_str() == Some(&hex::encode(sha2::Sha256::digest(bytes)))
}

/// A file of the media that nobody here made.
pub fn medium(name: &str) -> Vec<u8> {
    let folder = std::env::var("KESHI_TEST_MEDIA").expect("KESHI_TEST_MEDIA names no folder: run the tests with `make test`");
    std::fs::read(Path::new(&folder).join(name)).unwrap()
}

/// The URL of an empty database of its own on the test server.
fn database() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let server =
        std::env::var("KESHI_TEST_POSTGRES").expect("KESHI_TEST_POSTGRES names no PostgreSQL server: run the tests with `make test`");
    let name = format!("keshi_it_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    succeeded(&Command::new("createdb").args(["--maintenance-db", &server, &name]).output().unwrap());
    let mut url = reqwest::Url::parse(&server).unwrap();
    url.set_path(&name);
    url.into()
}
