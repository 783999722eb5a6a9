//! The parent's side: start a child on one file, bound it, and turn however it ends into facts or a sentence.

use super::child::{Answer, Request, SUBCOMMAND, Task};
use super::edits;
use super::facts::{Measured, MediaKind, Pass, Reading};
use super::keyframes::Keyframes;
use super::limits::{ANSWER_BYTES, COMPLAINT_BYTES, Limits};
use super::reel::Reel;
use super::rehearse::{Attempt, Misdeed};
use crate::error::{Error, Result};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use likeness::grey::Grey;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio::sync::Semaphore;

/// The running program, also after it was replaced on the disk: what a child is made of.
pub const EXE: &str = "/proc/self/exe";

/// Measures one picture or video in a child process.
///
/// A video is looked at as thoroughly as `pass` says. `exe` is keshi's own executable ([`EXE`]); `permits` bounds how many children run
/// at once in this server, the waiting time does not count. Whatever the file does to its decoder is [`Measured::Cannot`]; an error means that keshi could not try
/// (the file is away, no process can be started, the machine has no sandbox), so the same job may succeed later.
pub async fn measure(file: &Path, kind: MediaKind, pass: Pass, limits: &Limits, exe: &Path, permits: &Semaphore) -> Result<Measured> {
    let Some(input) = regular_file(file)? else {
        return Ok(cannot("The evidence is not a regular file."));
    };
    let _permit = permits.acquire().await.map_err(Error::internal)?;
    let ended = outcome(Task::Measure(kind, pass), Stdio::from(input), limits, exe).await?;
    // Text is worth no other fact: where a child crashed that may have been reading it, the rest is asked for alone.
    if limits.text
        && ended.is_a_crash()
        && let Some(input) = regular_file(file)?
    {
        let limits = Limits { text: false, ..limits.clone() };
        return told(outcome(Task::Measure(kind, pass), Stdio::from(input), &limits, exe).await?, &limits);
    }
    told(ended, limits)
}

/// The light of a picture, to be laid over another; `None` where it cannot be opened. Pixels are a claim of the child's, as facts are.
pub async fn light(file: &Path, limits: &Limits, exe: &Path, permits: &Semaphore) -> Result<Option<Grey>> {
    Ok(match seen(Task::Light, file, limits, exe, permits).await? {
        Some(Answer::Light(light)) => light.read(),
        _ => None,
    })
}

/// The light of a video at moments (milliseconds from its beginning, in order, [`super::MOMENTS`] at most), with when each frame came; nothing where it cannot
/// be opened.
pub async fn lights(file: &Path, at: Vec<u32>, limits: &Limits, exe: &Path, permits: &Semaphore) -> Result<Vec<(u32, Grey)>> {
    Ok(match seen(Task::Lights(at), file, limits, exe, permits).await? {
        Some(Answer::Lights(found)) => found.into_iter().filter_map(|(at_ms, light)| Some((at_ms, light.read()?))).collect(),
        _ => Vec::new(),
    })
}

/// What a child answers of a file that was opened before: whatever keeps it from being opened now, it is compared with nothing.
async fn seen(task: Task, file: &Path, limits: &Limits, exe: &Path, permits: &Semaphore) -> Result<Option<Answer>> {
    let Some(input) = regular_file(file)? else { return Ok(None) };
    let _permit = permits.acquire().await.map_err(Error::internal)?;
    match outcome(task, Stdio::from(input), limits, exe).await? {
        Outcome::Answered(Answer::NoSandbox { because }) => Err(Error::internal(format!("no sandbox: {because}"))),
        Outcome::Answered(answer) => Ok(Some(answer)),
        _ => Ok(None),
    }
}

/// Lets a child go wrong on purpose and says what [`measure`] would have said. For tests.
pub async fn rehearse(misdeed: Misdeed, limits: &Limits, exe: &Path) -> Result<Measured> {
    ask(Task::Misbehave(misdeed), Stdio::null(), limits, exe).await
}

/// Lets a sandboxed child try everything it must not, and says what happened; `keshi doctor` shows it. Each must have been refused.
pub async fn check_sandbox(exe: &Path) -> Result<Vec<Attempt>> {
    let limits = Limits { wall_s: 30, cpu_s: 10, ..Limits::default() };
    match outcome(Task::Probe, Stdio::null(), &limits, exe).await? {
        Outcome::Answered(Answer::Probed { attempts }) => Ok(attempts),
        Outcome::Answered(Answer::NoSandbox { because }) => Err(Error::internal(because)),
        other => Err(Error::internal(format!("the sandboxed child did not report: {other:?}"))),
    }
}

/// Opens the file without waiting for anybody to write to it; `None` if it is a pipe, device or folder.
fn regular_file(file: &Path) -> Result<Option<std::fs::File>> {
    use std::os::unix::fs::OpenOptionsExt;
    let nonblocking = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).expect("an open flag is a small number");
    let input = std::fs::OpenOptions::new().read(true).custom_flags(nonblocking).open(file)?;
    Ok(input.metadata()?.is_file().then_some(input))
}

fn cannot(because: impl Into<String>) -> Measured {
    Measured::Cannot { because: because.into() }
}

/// How a child ended.
#[derive(Debug)]
enum Outcome {
    Answered(Answer),
    Nonsense,
    TooMuchSaid,
    TooSlow,
    Died { status: ExitStatus, complaint: String },
}

impl Outcome {
    /// Whether the child ended by its own fault, and not by being out of time.
    fn is_a_crash(&self) -> bool {
        const FAULTS: [i32; 5] = [libc::SIGABRT, libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL];
        matches!(self, Outcome::Died { status, .. } if status.signal().is_some_and(|signal| FAULTS.contains(&signal)))
    }
}

async fn ask(task: Task, input: Stdio, limits: &Limits, exe: &Path) -> Result<Measured> {
    told(outcome(task, input, limits, exe).await?, limits)
}

/// What a child's end says of the file.
fn told(outcome: Outcome, limits: &Limits) -> Result<Measured> {
    let too_slow = || cannot(format!("Opening the file took longer than {} seconds; it was given up.", limits.wall_s));
    Ok(match outcome {
        Outcome::Answered(Answer::Facts { mut facts, thumbnail, row, reel, keyframes }) => {
            (facts.thumbnail, facts.row) = (jpeg(thumbnail), jpeg(row));
            facts.strip = facts.strip.take().filter(|_| facts.row.is_some());
            facts.screen.retain(Reading::is_well_formed);
            facts.screen.truncate(Reading::MOST);
            facts.edits.retain(edits::is_known);
            facts.edits.dedup();
            facts.reel = reel.and_then(|text| BASE64_STANDARD.decode(text).ok()).and_then(|bytes| Reel::from_bytes(&bytes));
            facts.keyframes = keyframes.filter(Keyframes::is_well_formed);
            Measured::Facts(facts)
        }
        Outcome::Answered(Answer::Cannot { because }) => cannot(because),
        Outcome::Answered(Answer::NoSandbox { because }) => return Err(Error::internal(format!("no sandbox: {because}"))),
        Outcome::Answered(Answer::Probed { .. } | Answer::Light(_) | Answer::Lights(_)) | Outcome::Nonsense | Outcome::TooMuchSaid => {
            cannot("The file made its decoder answer nonsense; it was given up.")
        }
        Outcome::TooSlow => too_slow(),
        Outcome::Died { complaint, .. } if OUT_OF_MEMORY.iter().any(|words| complaint.contains(words)) => {
            cannot(format!("Opening the file needs more than {} MiB of memory; it was given up.", limits.memory_bytes >> 20))
        }
        Outcome::Died { status, complaint } => match status.signal() {
            Some(libc::SIGXCPU) => {
                cannot(format!("Opening the file took more than {} seconds of processor time; it was given up.", limits.cpu_s))
            }
            Some(libc::SIGALRM) => too_slow(),
            // Nobody but the system, short of memory, or an operator ends a child this way: the file is not to blame.
            Some(libc::SIGKILL | libc::SIGTERM) => return Err(Error::internal(format!("the media child was killed: {status}"))),
            Some(_) => cannot("The file crashed its decoder."),
            None if status.code() == Some(PANICKED) => cannot("The file crashed its decoder."),
            None => return Err(Error::internal(format!("the media child failed: {status}: {complaint}"))),
        },
    })
}

/// The child is trusted in nothing: what will be served as a picture must be one.
fn jpeg(base64: Option<String>) -> Option<Vec<u8>> {
    let bytes = base64.and_then(|text| BASE64_STANDARD.decode(text).ok());
    bytes.filter(|bytes| bytes.starts_with(&[0xFF, 0xD8, 0xFF]))
}

/// What Rust says when there is no memory left: where it aborts, and where a decoder insisted.
const OUT_OF_MEMORY: [&str; 2] = ["memory allocation of", "AllocError"];

/// The exit code of a Rust program that panicked.
const PANICKED: i32 = 101;

/// Runs one child to its end, or to the end of its time.
async fn outcome(task: Task, input: Stdio, limits: &Limits, exe: &Path) -> Result<Outcome> {
    let request = serde_json::to_string(&Request { limits: limits.clone(), task })?;
    let mut child = Command::new(exe)
        .args([SUBCOMMAND, &request])
        .env_clear()
        // Where the operator says that libraries, and what recognises text, are; nothing else of the environment is the child's business.
        .envs(["LD_LIBRARY_PATH", "TESSDATA_PREFIX"].into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
        // New threads are refused to it.
        .env("OMP_THREAD_LIMIT", "1")
        .current_dir("/")
        .stdin(input)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let (stdout, stderr) = (child.stdout.take().expect("it was piped"), child.stderr.take().expect("it was piped"));
    let ended = async {
        let (said, complaint) = tokio::try_join!(answer(stdout), complaint(stderr))?;
        let status = child.wait().await?;
        Ok::<_, std::io::Error>(match serde_json::from_slice(&said) {
            _ if !status.success() => Outcome::Died { status, complaint },
            Ok(answer) => Outcome::Answered(answer),
            Err(_) => Outcome::Nonsense,
        })
    };
    let ended = tokio::time::timeout(Duration::from_secs(limits.wall_s), ended).await;
    let outcome = match ended {
        Ok(Ok(outcome)) => return Ok(outcome),
        Ok(Err(error)) if error.kind() == TOO_MUCH => Ok(Outcome::TooMuchSaid),
        Ok(Err(error)) => Err(Error::from(error)),
        Err(_) => Ok(Outcome::TooSlow),
    };
    // It still runs. Waiting for its end here keeps the permit until its memory is free.
    child.kill().await?;
    outcome
}

const TOO_MUCH: std::io::ErrorKind = std::io::ErrorKind::FileTooLarge;

/// The whole answer, or [`TOO_MUCH`].
async fn answer(stdout: impl AsyncRead + Unpin) -> std::io::Result<Vec<u8>> {
    let mut said = Vec::new();
    stdout.take(ANSWER_BYTES).read_to_end(&mut said).await?;
    if said.len() as u64 == ANSWER_BYTES { Err(TOO_MUCH.into()) } else { Ok(said) }
}

/// The beginning of what was said on standard error; the rest is read and dropped, so that nobody waits to be heard.
async fn complaint(mut stderr: impl AsyncRead + Unpin) -> std::io::Result<String> {
    let mut said = Vec::new();
    (&mut stderr).take(COMPLAINT_BYTES).read_to_end(&mut said).await?;
    tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await?;
    Ok(String::from_utf8_lossy(&said).into_owned())
}
