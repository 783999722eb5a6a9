//! `keshi submit`: hands over files from a terminal.

use crate::error::{Error, Result, codes};
use crate::receive::signature::{Request, Signer};
use crate::time::Clock;
use bytes::Bytes;
use futures::{Stream, TryStreamExt};
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::{Client, Url};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use std::io::SeekFrom;
use std::path::{Path, PathBuf};
use std::time::Duration;
use storage::Digest;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

/// How often in a row a transfer may break without a byte more before it is given up.
const TRIES: u32 = 6;
/// The pause after the first break; it doubles while nothing moves.
const PAUSE: Duration = Duration::from_secs(1);

/// Hands over files as evidence and prints a receipt line for each
///
/// A transfer that breaks goes on where it stood, and so does the same command given again after it was ended, for a week.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keshi submit 签到.xlsx --server http://127.0.0.1:8080 --token $TOKEN --kind attendance --class ext:C1 --lesson ext:L1
  keshi submit 签到.xlsx --server https://keshi.example.org --token $TOKEN --kind attendance --class ext:C1 --key px-class.pem --key-name px-class-2026
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
    /// Sign with this Ed25519 key: a PEM file (PKCS #8), as openssl genpkey writes it
    #[arg(long)]
    key: Option<PathBuf>,
    /// What the key is registered as; its thumbprint where this is left out
    #[arg(long, requires = "key")]
    key_name: Option<String>,
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
    let signer = args.key.as_deref().map(|path| signer(path, args.key_name.as_deref())).transpose()?;
    for file in &args.files {
        let answer = send(&args, &http, signer.as_ref(), file).await?;
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

/// The key to sign with.
fn signer(path: &Path, name: Option<&str>) -> Result<Signer> {
    let unreadable = |cause| Error::new(&codes::INVALID, format!("'{}' cannot be read: {cause}.", path.display()));
    Signer::from_pem(&std::fs::read_to_string(path).map_err(unreadable)?, name)
}

/// Hands over one file: goes on with an upload of the same bytes to the same place that is unfinished, or begins one.
async fn send(args: &Args, http: &Client, signer: Option<&Signer>, path: &Path) -> Result<Value> {
    let unreadable = |cause: std::io::Error| Error::new(&codes::INVALID, format!("'{}' cannot be read: {cause}.", path.display()));
    let size = tokio::fs::metadata(path).await.map_err(unreadable)?.len();
    let bar = bar(args.progress, size, path);
    let server = Server { args, http, signer, path, bar: &bar, digest: digest(path, &bar).await.map_err(unreadable)?, size };
    let (mut place, mut at, mut failures, mut waited) = (None, 0, 0, PAUSE);
    let told = loop {
        let cause = match server.step(&mut place, &mut at).await {
            Ok(Some(told)) => break told,
            Ok(None) => {
                (failures, waited) = (0, PAUSE);
                continue;
            }
            // It expired, or another sender of the same file was quicker: find it again.
            Err(Trouble::Refused(error)) if error.code == codes::UNKNOWN_UPLOAD.name || error.code == codes::OFFSET_CONFLICT.name => {
                place = None;
                error.message
            }
            Err(Trouble::Refused(error)) => return Err(error),
            Err(Trouble::Broken(cause)) => cause,
        };
        failures += 1;
        if failures >= TRIES {
            let sentence = format!("'{}' was not taken: {cause}. Send it again; what is there is not sent twice.", path.display());
            return Err(Error::new(&codes::STORAGE_AWAY, sentence));
        }
        bar.suspend(|| eprintln!("{}: the transfer broke; on in {} s", path.display(), waited.as_secs()));
        tokio::time::sleep(waited).await;
        waited *= 2;
    };
    bar.finish_and_clear();
    Ok(told)
}

/// One file on its way to one server.
struct Server<'a> {
    args: &'a Args,
    http: &'a Client,
    signer: Option<&'a Signer>,
    path: &'a Path,
    bar: &'a ProgressBar,
    digest: String,
    size: u64,
}

/// Why a request came to nothing.
enum Trouble {
    /// It will not come to anything another time, either.
    Refused(Error),
    /// The connection or the server: worth another try.
    Broken(String),
}

impl From<reqwest::Error> for Trouble {
    fn from(cause: reqwest::Error) -> Trouble {
        Trouble::Broken(cause.without_url().to_string())
    }
}

impl Server<'_> {
    /// The next request: find or begin the upload, send from where it stands, or ask what became of it. The evidence with its receipt at the
    /// end, nothing while it gets further.
    async fn step(&self, place: &mut Option<Url>, at: &mut u64) -> Result<Option<Value>, Trouble> {
        let Some(upload) = place else {
            (*place, *at) = match self.unfinished().await? {
                Some((place, there)) => (Some(place), there),
                None => (Some(self.begin().await?), 0),
            };
            self.bar.set_position(*at);
            return Ok(None);
        };
        if *at == self.size {
            let told = self.told(self.http.get(upload.clone())).await?.json::<Value>().await?;
            return match told["state"].as_str() {
                Some("kept") => Ok(Some(told["evidence"].clone())),
                Some("refused") => Err(Trouble::Refused(refusal(self.path, &told["problem"], "the server refused it"))),
                _ => Err(Trouble::Broken("the server has all of it and is not done with it".to_owned())),
            };
        }
        let before = *at;
        match self.rest(upload, *at).await {
            Ok(()) => *at = self.size,
            Err(Trouble::Refused(error)) if error.code != codes::OFFSET_CONFLICT.name => return Err(Trouble::Refused(error)),
            Err(broken) => {
                *at = self.offset(upload).await?;
                self.bar.set_position(*at);
                // A break after which more is there than before is nothing to wait for.
                if *at <= before {
                    return Err(broken);
                }
            }
        }
        Ok(None)
    }

    /// An unfinished upload of these bytes to this place, and how much of it is there.
    async fn unfinished(&self) -> Result<Option<(Url, u64)>, Trouble> {
        let mut url = self.url("/v1/uploads")?;
        loop {
            let page = self.told(self.http.get(url.clone())).await?.json::<Value>().await?;
            for item in page["items"].as_array().into_iter().flatten() {
                let signed = item["signed"].as_str() == self.signer.map(Signer::name);
                let same = item["state"] == "open" && item["sha256"] == self.digest.as_str() && item["claim"] == self.claim() && signed;
                if let (true, Some(id), Some(there)) = (same, item["id"].as_str(), item["received"].as_u64()) {
                    return Ok(Some((self.url(&format!("/v1/uploads/{id}"))?, there)));
                }
            }
            let Some(next) = page["next"].as_str() else { return Ok(None) };
            url = self.url("/v1/uploads")?;
            url.query_pairs_mut().append_pair("cursor", next);
        }
    }

    async fn begin(&self) -> Result<Url, Trouble> {
        use base64::prelude::{BASE64_STANDARD, Engine};
        let mut keys = self.claim();
        keys["sha256"] = self.digest.clone().into();
        let pair = |(key, value): (&String, &Value)| format!("{key} {}", BASE64_STANDARD.encode(value.as_str().unwrap_or_default()));
        let metadata = keys.as_object().into_iter().flatten().map(pair).collect::<Vec<_>>().join(",");
        let url = self.url("/v1/uploads")?;
        let mut request = self.http.post(url.clone()).header("upload-length", self.size).header("upload-metadata", &metadata);
        if let Some(signer) = self.signer {
            for (name, value) in self.signed(signer, &url, &metadata).map_err(Trouble::Refused)? {
                request = request.header(name, value);
            }
        }
        let answer = self.told(request).await?;
        let place = answer.headers().get(reqwest::header::LOCATION).and_then(|place| place.to_str().ok()).map(str::to_owned);
        self.url(&place.ok_or_else(|| Trouble::Broken("the server names no place for the upload".to_owned()))?)
    }

    /// The fields that a signed beginning of an upload has more.
    fn signed(&self, signer: &Signer, url: &Url, metadata: &str) -> Result<[(&'static str, String); 3]> {
        use base64::prelude::{BASE64_STANDARD, Engine};
        let digest: Digest = self.digest.parse().map_err(Error::internal)?;
        let digest = format!("sha-256=:{}:", BASE64_STANDARD.encode(digest.0));
        let field = |name: &str| {
            Ok([("repr-digest", digest.as_str()), ("upload-metadata", metadata)]
                .into_iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value.to_owned()))
        };
        let origin = url.origin().ascii_serialization();
        let request = Request { method: "POST", origin: &origin, path: url.path(), query: url.query(), field: &field };
        let now = Clock::System.now();
        let (input, signature) = signer.sign(&request, &["@method", "@target-uri", "repr-digest", "upload-metadata"], now)?;
        Ok([("repr-digest", digest), ("signature-input", input), ("signature", signature)])
    }

    /// Sends everything from a place in the file on.
    async fn rest(&self, upload: &Url, at: u64) -> Result<(), Trouble> {
        let unreadable =
            |cause| Trouble::Refused(Error::new(&codes::INVALID, format!("'{}' cannot be read: {cause}.", self.path.display())));
        let mut file = tokio::fs::File::open(self.path).await.map_err(unreadable)?;
        file.seek(SeekFrom::Start(at)).await.map_err(unreadable)?;
        let left = self.size - at;
        let bytes = ReaderStream::with_capacity(file.take(left), 256 * 1024);
        let request = self.http.patch(upload.clone()).header("upload-offset", at).header("content-type", "application/offset+octet-stream");
        let request = request.header(reqwest::header::CONTENT_LENGTH, left);
        self.told(request.body(reqwest::Body::wrap_stream(counted(bytes, self.bar.clone())))).await.map(drop)
    }

    async fn offset(&self, upload: &Url) -> Result<u64, Trouble> {
        let answer = self.told(self.http.head(upload.clone())).await?;
        let there = answer.headers().get("upload-offset").and_then(|there| there.to_str().ok()?.parse().ok());
        there.ok_or_else(|| Trouble::Broken("the server does not say how much is there".to_owned()))
    }

    /// Sends a request; an answer that is no success is trouble.
    async fn told(&self, request: reqwest::RequestBuilder) -> Result<reqwest::Response, Trouble> {
        let answer = request.bearer_auth(&self.args.token).header("tus-resumable", "1.0.0").send().await?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let mut body: Value = answer.json().await.unwrap_or_default();
        if status == reqwest::StatusCode::NOT_FOUND && body.is_null() {
            body = json!({"code": codes::UNKNOWN_UPLOAD.name, "detail": codes::UNKNOWN_UPLOAD.help}); // the answer to HEAD has no body
        }
        let error = refusal(self.path, &body, &format!("the server answered {status}"));
        let again = status.is_server_error() || status == reqwest::StatusCode::TOO_MANY_REQUESTS;
        Err(if again && error.code != codes::TOO_MANY_UPLOADS.name { Trouble::Broken(error.message) } else { Trouble::Refused(error) })
    }

    fn url(&self, place: &str) -> Result<Url, Trouble> {
        Url::parse(&self.args.server)
            .and_then(|server| server.join(place))
            .map_err(|_| Trouble::Refused(Error::new(&codes::INVALID, "--server is an address such as http://127.0.0.1:8080.")))
    }

    /// What the file is said to be, as the server lists it.
    fn claim(&self) -> Value {
        let name = self.path.file_name().map(|name| name.to_string_lossy().into_owned());
        let args = self.args;
        let pairs = [
            ("kind", Some(&args.kind)),
            ("class", args.class.as_ref()),
            ("lesson", args.lesson.as_ref()),
            ("trainee", args.trainee.as_ref()),
            ("filename", name.as_ref()),
            ("timezone", args.timezone.as_ref()),
        ];
        pairs.into_iter().filter_map(|(key, value)| Some((key.to_owned(), Value::from(value?.as_str())))).collect::<Map<_, _>>().into()
    }
}

/// The SHA-256 of a file, in hexadecimal: by it an unfinished upload is found again, and the server checks what arrived.
async fn digest(path: &Path, bar: &ProgressBar) -> std::io::Result<String> {
    let (path, bar) = (path.to_owned(), bar.clone());
    let hashed = tokio::task::spawn_blocking(move || {
        let mut hasher = Sha256::new();
        std::io::copy(&mut bar.wrap_read(std::fs::File::open(path)?), &mut Hashing(&mut hasher))?;
        bar.reset();
        Ok(hex::encode(hasher.finalize()))
    });
    hashed.await.map_err(std::io::Error::other)?
}

/// A hasher to write to.
struct Hashing<'a>(&'a mut Sha256);

impl std::io::Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
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

/// A server's problem as an error of this file's.
fn refusal(path: &Path, problem: &Value, otherwise: &str) -> Error {
    let detail = problem["detail"].as_str().unwrap_or(otherwise);
    let code = codes::ALL.iter().find(|code| problem["code"] == code.name).copied().unwrap_or(&codes::ROWS_AT_FAULT);
    let rows = serde_json::from_value(problem["rows"].clone()).unwrap_or_default();
    Error::new(code, format!("'{}' was refused: {detail}", path.display())).with_rows(rows)
}
