//! `keshi submit`: hands over files from a terminal.

use crate::error::{Error, Result, codes};
use bytes::Bytes;
use futures::{Stream, TryStreamExt};
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::{Client, Url};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio_util::io::ReaderStream;

/// How often a broken transfer is tried again.
const TRIES: u32 = 5;

/// Hands over files as evidence and prints a receipt line for each
///
/// A transfer that breaks is sent again, up to five times; what the server has already is not kept twice.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keshi submit 签到.xlsx --server http://127.0.0.1:8080 --token $TOKEN --kind attendance --class ext:C1 --lesson ext:L1
  keshi submit *.mp4 --server http://127.0.0.1:8080 --token $TOKEN --kind video --class ext:C1 --progress")]
pub(super) struct Args {
    /// Files
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The server's address
    #[arg(long)]
    server: String,
    /// A token that may hand over evidence
    #[arg(long, env = "KESHI_TOKEN", hide_env_values = true)]
    token: String,
    /// attendance, video, screenshot or document
    #[arg(long)]
    kind: String,
    /// Class: an id, or ext:<external id>
    #[arg(long)]
    class: Option<String>,
    /// Lesson: an id, or ext:<external id>
    #[arg(long)]
    lesson: Option<String>,
    /// Trainee: an id, or ext:<external id>
    #[arg(long)]
    trainee: Option<String>,
    /// Time zone of the file, such as Asia/Shanghai
    #[arg(long)]
    timezone: Option<String>,
    /// Show a progress bar
    #[arg(long)]
    progress: bool,
    /// Print each answer as JSON
    #[arg(long)]
    json: bool,
}

/// Sends all files; stops at the first that is refused.
pub(super) async fn run(args: Args) -> Result<()> {
    let http = Client::builder().no_proxy().connect_timeout(Duration::from_secs(10)).build().map_err(Error::internal)?;
    for file in &args.files {
        let answer = send(&args, &http, file).await?;
        if args.json {
            println!("{answer}");
        } else {
            let text =
                |pointer: &str| answer.pointer(pointer).map(|value| value.to_string().trim_matches('"').to_owned()).unwrap_or_default();
            println!("{}  evidence {}  log index {}  sha256 {}", file.display(), text("/id"), text("/receipt/log/index"), text("/sha256"));
        }
    }
    Ok(())
}

async fn send(args: &Args, http: &Client, path: &Path) -> Result<Value> {
    let url = address(args, path)?;
    let mut waited = Duration::from_secs(1);
    for attempt in 1.. {
        let file = tokio::fs::File::open(path)
            .await
            .map_err(|cause| Error::new(&codes::INVALID, format!("'{}' cannot be read: {cause}.", path.display())))?;
        let size = file.metadata().await?.len();
        let bar = bar(args.progress, size, path);
        let body = reqwest::Body::wrap_stream(counted(ReaderStream::with_capacity(file, 256 * 1024), bar.clone()));
        let request = http.post(url.clone()).bearer_auth(&args.token).header(reqwest::header::CONTENT_LENGTH, size).body(body);
        let sent = request.send().await;
        bar.finish_and_clear();
        match sent {
            Ok(answer) if answer.status().is_success() => return answer.json().await.map_err(Error::internal),
            Ok(answer) if answer.status().is_server_error() && attempt < TRIES => {}
            Ok(answer) => return Err(refused(path, answer).await),
            Err(_) if attempt < TRIES => {}
            Err(cause) => {
                return Err(Error::new(&codes::STORAGE_AWAY, format!("'{}' was not taken: {cause}. Send it again.", path.display())));
            }
        }
        eprintln!("{}: the transfer broke; again in {} s", path.display(), waited.as_secs());
        tokio::time::sleep(waited).await;
        waited *= 2;
    }
    unreachable!("the loop ends by returning")
}

fn address(args: &Args, path: &Path) -> Result<Url> {
    let base = Url::parse(&args.server).and_then(|server| server.join("/v1/evidence"));
    let mut url = base.map_err(|_| Error::new(&codes::INVALID, "--server is an address such as http://127.0.0.1:8080."))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let pairs = [
        ("kind", Some(&args.kind)),
        ("class", args.class.as_ref()),
        ("lesson", args.lesson.as_ref()),
        ("trainee", args.trainee.as_ref()),
        ("timezone", args.timezone.as_ref()),
        ("filename", name.as_ref()),
    ];
    url.query_pairs_mut().extend_pairs(pairs.iter().filter_map(|(key, value)| value.map(|value| (key, value))));
    Ok(url)
}

fn bar(shown: bool, size: u64, path: &Path) -> ProgressBar {
    if !shown {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{msg} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(size).with_style(style).with_message(path.file_name().unwrap_or_default().to_string_lossy().into_owned())
}

fn counted(
    stream: impl Stream<Item = std::io::Result<Bytes>> + Send + 'static,
    bar: ProgressBar,
) -> impl Stream<Item = std::io::Result<Bytes>> + Send + 'static {
    stream.inspect_ok(move |chunk| bar.inc(chunk.len() as u64))
}

async fn refused(path: &Path, answer: reqwest::Response) -> Error {
    let status = answer.status();
    let body: Value = answer.json().await.unwrap_or_default();
    let detail = body["detail"].as_str().map_or_else(|| format!("the server answered {status}"), str::to_owned);
    let rows = serde_json::from_value(body["rows"].clone()).unwrap_or_default();
    Error::new(&codes::ROWS_AT_FAULT, format!("'{}' was refused: {detail}", path.display())).with_rows(rows)
}
