//! The demo's server: `keshi serve` as a child process, as an operator would start it.

use crate::error::{Error, Result, codes};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};

/// How long the server may take to come up, first migration included.
const START: Duration = Duration::from_secs(60);
/// How long it may take to finish what it is doing when told to stop.
const STOP: Duration = Duration::from_secs(20);

/// This same program, to be run with other subcommands on the demo's data.
#[derive(Clone, Debug)]
pub(super) struct Keshi {
    exe: PathBuf,
    data: PathBuf,
}

/// A running server; dropped, it is killed.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
}

impl Keshi {
    /// The running program, on a data folder.
    pub(super) fn new(data: &Path) -> Result<Keshi> {
        Ok(Keshi { exe: std::env::current_exe()?, data: data.to_owned() })
    }

    /// A subcommand that works on the demo's data.
    pub(super) fn on_data(&self, args: &[&str]) -> Command {
        let mut command = self.bare(args);
        command.arg("--data").arg(&self.data);
        command
    }

    /// A subcommand that needs no data.
    pub(super) fn bare(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.exe);
        command.args(args).stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// Runs a subcommand to its end with a line on its standard input; its standard output, trimmed.
    pub(super) async fn output(&self, args: &[&str], line: &str) -> Result<String> {
        let mut child = self.on_data(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        // A command that does not read its input may have ended before; what it said then tells more.
        let _ = child.stdin.take().expect("asked for above").write_all(format!("{line}\n").as_bytes()).await;
        let done = child.wait_with_output().await?;
        if !done.status.success() {
            let said = String::from_utf8_lossy(&done.stderr).trim().to_owned();
            return Err(Error::new(&codes::CONFIG, format!("keshi {} failed: {said}", args[..args.len().min(2)].join(" "))));
        }
        Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned())
    }

    /// Starts the server and waits until it is ready. Its log goes to a file.
    pub(super) async fn serve(&self, listen: &str, log: &Path) -> Result<Server> {
        if tokio::net::TcpStream::connect(listen).await.is_ok() {
            let message = format!("Something already listens on {listen}; stop it, or choose another address with --listen.");
            return Err(Error::new(&codes::CONFIG, message));
        }
        let file = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
        let mut command = self.on_data(&["serve", "--listen", listen]);
        // A group of its own: Ctrl-C reaches the demo alone, which then stops the server in good order.
        let child = command.process_group(0).stdout(file.try_clone()?).stderr(file).spawn()?;
        let mut server = Server { child };
        let ready = format!("http://{listen}/readyz");
        let http = reqwest::Client::builder().no_proxy().build().map_err(Error::internal)?;
        let started = Instant::now();
        while started.elapsed() < START {
            if let Some(status) = server.child.try_wait()? {
                return Err(Error::new(&codes::NOT_READY, format!("The server stopped while starting ({status}); see {}.", log.display())));
            }
            if http.get(&ready).send().await.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(server);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err(Error::new(&codes::NOT_READY, format!("The server was not ready after {} s; see {}.", START.as_secs(), log.display())))
    }
}

impl Server {
    /// Returns when the server has ended by itself.
    pub(super) async fn ended(&mut self) -> Result<ExitStatus> {
        Ok(self.child.wait().await?)
    }

    /// Asks the server to stop, and waits until it has.
    pub(super) async fn stop(mut self) -> Result<()> {
        let pid = self.child.id().and_then(|pid| rustix::process::Pid::from_raw(pid as i32));
        if let Some(pid) = pid {
            // It may have ended a moment ago; then there is nobody to tell.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        if tokio::time::timeout(STOP, self.child.wait()).await.is_err() {
            self.child.kill().await?;
        }
        Ok(())
    }
}
