//! Sends a written plan to a server as its clients would: providers open classes, a reviewer approves them, platforms and
//! providers hand over the evidence. Speaks the contract and nothing else, so it may be sent again at any time.

use super::lists::{self, List};
use super::plan::{Class, Content, Item, Lesson, Plan};
use crate::error::{Error, Result, codes};
use futures::{StreamExt, TryStreamExt, stream};
use indicatif::ProgressBar;
use reqwest::{Method, StatusCode, Url};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

/// Uploads under way at once.
const AT_ONCE: usize = 4;

/// Tokens by what they are for. A token of a provider or platform is listed under its external id or id.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Access {
    /// An administrator's.
    pub admin: String,
    /// A reviewer's.
    pub reviewer: String,
    /// An inspector's.
    pub inspector: String,
    /// Of each provider, by external id.
    pub providers: BTreeMap<String, String>,
    /// Of each platform, by id.
    pub platforms: BTreeMap<String, String>,
}

/// A client of one server.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    server: Url,
    /// Who it speaks as.
    pub access: Access,
}

/// What was sent.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    /// Files the server took as new.
    pub new: u64,
    /// Files it had already.
    pub known: u64,
    /// Bytes sent.
    pub bytes: u64,
    /// Rows of logs the server could read.
    pub accepted_rows: u64,
    /// Rows it refused.
    pub refused_rows: u64,
    /// keshi's id of each item, by its path.
    pub evidence: BTreeMap<String, String>,
}

/// A body of a request.
enum Body {
    Nothing,
    Bytes { media_type: &'static str, bytes: Vec<u8> },
}

impl Client {
    /// A client of the server at this address, such as `http://127.0.0.1:8080`.
    ///
    /// # Errors
    /// When the address is none.
    pub fn new(server: &str, access: Access) -> Result<Client> {
        let server = Url::parse(server)
            .map_err(|cause| Error::new(&codes::CONFIG, format!("'{server}' is no address of a server.")).because(cause))?;
        let http = reqwest::Client::builder().no_proxy().build().map_err(Error::internal)?;
        Ok(Client { http, server, access })
    }

    /// `GET`s an address of the server, as the inspector.
    ///
    /// # Errors
    /// When the server does not answer with success and JSON.
    pub async fn get(&self, path: &str) -> Result<Value> {
        self.get_as(path, &self.access.inspector).await
    }

    async fn get_as(&self, path: &str, token: &str) -> Result<Value> {
        self.call(Method::GET, self.url(path, &[])?, token, Body::Nothing).await.map(|(_, answer)| answer)
    }

    /// `GET`s bytes.
    ///
    /// # Errors
    /// When the server does not answer with success.
    pub async fn get_bytes(&self, path: &str) -> Result<Vec<u8>> {
        let answer = self.http.get(self.url(path, &[])?).bearer_auth(&self.access.inspector).send().await.map_err(away)?;
        let answer = answer.error_for_status().map_err(away)?;
        Ok(answer.bytes().await.map_err(away)?.to_vec())
    }

    /// Sends JSON as somebody; returns the status and the answer.
    ///
    /// # Errors
    /// When the server does not answer with success.
    pub async fn json(&self, method: Method, path: &str, token: &str, body: &Value) -> Result<(StatusCode, Value)> {
        let body = Body::Bytes { media_type: "application/json", bytes: serde_json::to_vec(body)? };
        self.call(method, self.url(path, &[])?, token, body).await
    }

    /// `POST`s JSON and takes the answer as bytes, as the inspector.
    ///
    /// # Errors
    /// When the server does not answer with success.
    pub async fn post_for_bytes(&self, path: &str, body: &Value) -> Result<Vec<u8>> {
        let request = self.http.post(self.url(path, &[])?).bearer_auth(&self.access.inspector).json(body);
        let answer = request.send().await.map_err(away)?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(away)?.to_vec();
        if status.is_success() { Ok(bytes) } else { Err(refused("POST", path, status, &bytes)) }
    }

    /// `POST`s a text as somebody.
    ///
    /// # Errors
    /// When the server does not answer with success and JSON.
    pub(super) async fn document(&self, path: &str, query: &[(&str, &str)], token: &str, bytes: Vec<u8>) -> Result<Value> {
        let body = Body::Bytes { media_type: "text/plain; charset=utf-8", bytes };
        self.call(Method::POST, self.url(path, query)?, token, body).await.map(|(_, answer)| answer)
    }

    fn url(&self, path: &str, query: &[(&str, &str)]) -> Result<Url> {
        let mut url = self.server.join(path).map_err(Error::internal)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    async fn call(&self, method: Method, url: Url, token: &str, body: Body) -> Result<(StatusCode, Value)> {
        let place = url.path().to_owned();
        for attempt in 0..6 {
            let mut request = self.http.request(method.clone(), url.clone()).bearer_auth(token);
            if let Body::Bytes { media_type, bytes } = &body {
                request = request.header("content-type", *media_type).body(bytes.clone());
            }
            let answer = request.send().await.map_err(away)?;
            let status = answer.status();
            let bytes = answer.bytes().await.map_err(away)?;
            // A server that is busy says so, and means: try again.
            if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) && attempt < 5 {
                tokio::time::sleep(Duration::from_millis(200 << attempt)).await;
                continue;
            }
            if !status.is_success() {
                return Err(refused(method.as_str(), &place, status, &bytes));
            }
            let answer = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes)? };
            return Ok((status, answer));
        }
        Err(Error::of(&codes::BUSY))
    }
}

fn away(cause: reqwest::Error) -> Error {
    Error::new(&codes::NOT_READY, "The server does not answer; start it with keshi serve and try again.").because(cause)
}

fn refused(method: &str, place: &str, status: StatusCode, body: &[u8]) -> Error {
    let problem: Value = serde_json::from_slice(body).unwrap_or_default();
    let said = problem["detail"].as_str().or(problem["title"].as_str()).unwrap_or("no reason given");
    let code = problem["code"].as_str().unwrap_or("no code");
    let first_row = problem["rows"][0]["message"].as_str().map(|row| format!(" First row: {row}")).unwrap_or_default();
    Error::new(&codes::INVALID, format!("{method} {place} was answered with {} ({code}): {said}{first_row}", status.as_u16()))
}

/// Creates the providers of a plan as the administrator; returns keshi's id of each by its external id.
///
/// # Errors
/// When the server refuses one.
pub async fn providers(plan: &Plan, client: &Client) -> Result<BTreeMap<String, String>> {
    let mut ids = BTreeMap::new();
    for provider in &plan.providers {
        let (_, answer) = client.json(Method::POST, "/v1/providers", &client.access.admin, &lists::provider(provider)).await?;
        ids.insert(provider.external_id.clone(), answer["id"].as_str().unwrap_or_default().to_owned());
    }
    Ok(ids)
}

/// Sends everything of a plan that was written to `dir`: classes, rosters, timetables, decisions, then the evidence.
///
/// # Errors
/// When the server refuses any of it.
pub async fn send(plan: &Plan, dir: &Path, client: &Client, progress: &ProgressBar) -> Result<Sent> {
    for class in &plan.classes {
        open(plan, class, client).await?;
    }
    let items: Vec<_> = plan.items().collect();
    progress.set_length(items.len() as u64);
    let sent = stream::iter(items)
        .map(|(class, lesson, item)| async move {
            let bytes = tokio::fs::read(dir.join(&item.path)).await?;
            let size = bytes.len() as u64;
            let (status, answer) = hand_over(plan, class, lesson, item, bytes, client).await?;
            progress.inc(1);
            Ok::<_, Error>((item, size, status, answer))
        })
        .buffer_unordered(AT_ONCE)
        .try_fold(Sent::default(), |mut sent, (item, size, status, answer)| async move {
            sent.bytes += size;
            *(if status == StatusCode::OK { &mut sent.known } else { &mut sent.new }) += 1;
            let receipt = if answer["receipt"].is_object() { &answer["receipt"] } else { &answer };
            sent.accepted_rows += receipt["accepted_rows"].as_u64().unwrap_or(0);
            sent.refused_rows += receipt["refused_rows"].as_array().map_or(0, Vec::len) as u64;
            let id = answer["id"].as_str().or(receipt["evidence"].as_str()).unwrap_or_default();
            sent.evidence.insert(item.path.clone(), id.to_owned());
            Ok(sent)
        });
    sent.await
}

/// Opens a class, sends its lists, and has it approved.
async fn open(plan: &Plan, class: &Class, client: &Client) -> Result<()> {
    let provider = &plan.providers[class.provider].external_id;
    let token = client.access.providers.get(provider).map_or("", String::as_str);
    let (_, answer) = client.json(Method::POST, "/v1/classes", token, &lists::application(plan, class)).await?;
    let place = format!("/v1/classes/ext:{}", class.external_id);
    for (name, List { media_type, bytes, .. }) in [("roster", lists::roster(class, &plan.people)?), ("lessons", lists::lessons(class)?)] {
        let url = client.url(&format!("{place}/{name}"), &[])?;
        client.call(Method::PUT, url, token, Body::Bytes { media_type, bytes }).await?;
    }
    if answer["decision"].is_null() || answer["decision"] == "pending" {
        let decision = json!({ "decision": "approve", "reason": "材料齐全，同意开班" });
        client.json(Method::POST, &format!("{place}/decision"), &client.access.reviewer, &decision).await?;
    }
    Ok(())
}

/// Platforms hand over what they record, providers what they collect.
async fn hand_over(
    plan: &Plan,
    class: &Class,
    lesson: Option<&Lesson>,
    item: &Item,
    bytes: Vec<u8>,
    client: &Client,
) -> Result<(StatusCode, Value)> {
    let token = match item.kind {
        "attendance" | "video" => client.access.platforms.get(class.platform),
        _ => client.access.providers.get(&plan.providers[class.provider].external_id),
    };
    let class_ref = format!("ext:{}", class.external_id);
    let lesson_ref = lesson.map(|lesson| format!("ext:{}", lesson.external_id));
    let trainee_ref = item.trainee.map(|place| format!("ext:{}", class.trainees[place].external_id));
    let span = [item.from, item.until].map(|time| time.map(|time| time.in_zone(chrono_tz::Asia::Shanghai)));
    let mut query = vec![("class", class_ref.as_str())];
    query.extend(lesson_ref.as_deref().map(|lesson| ("lesson", lesson)));
    let (path, media_type) = if item.live {
        ("/v1/attendance", "application/x-ndjson")
    } else {
        query.push(("kind", item.kind));
        query.extend(trainee_ref.as_deref().map(|trainee| ("trainee", trainee)));
        query.push(("filename", &item.filename));
        query.extend(item.timezone.map(|zone| ("timezone", zone)));
        query.extend(span[0].as_deref().map(|from| ("from", from)));
        query.extend(span[1].as_deref().map(|until| ("until", until)));
        ("/v1/evidence", media_type(item))
    };
    let url = client.url(path, &query)?;
    client.call(Method::POST, url, token.map_or("", String::as_str), Body::Bytes { media_type, bytes }).await
}

fn media_type(item: &Item) -> &'static str {
    match &item.content {
        Content::Video(_) => "video/mp4",
        Content::Picture(_) => "image/jpeg",
        Content::Text(_) => "text/plain; charset=utf-8",
        Content::Log { .. } => "application/octet-stream",
    }
}

/// Waits until the server has no open jobs; returns how many it gave up and keeps for a person (dead letters).
///
/// # Errors
/// When the server does not answer, has finished no job for `patience`, or is not done after six times that.
pub async fn settle(client: &Client, patience: Duration, progress: &ProgressBar) -> Result<u64> {
    let started = std::time::Instant::now();
    let (mut before, mut moved) = (BTreeSet::new(), started);
    loop {
        let jobs = client.get_as("/v1/jobs?state=open", &client.access.admin).await?;
        let ids = jobs["items"].as_array().into_iter().flatten().filter_map(|job| job["id"].as_str());
        let open: BTreeSet<String> = ids.map(str::to_owned).collect();
        if open.is_empty() {
            let dead = client.get_as("/v1/jobs?state=dead", &client.access.admin).await?;
            return Ok(dead["items"].as_array().map_or(0, Vec::len) as u64);
        }
        progress.set_message(format!("{} open jobs", open.len()));
        if !before.is_subset(&open) {
            moved = std::time::Instant::now();
        }
        if moved.elapsed() > patience || started.elapsed() > 6 * patience {
            let message = format!(
                "The server still has {} open jobs after {} s, and finished the last one {} s ago; look at GET /v1/jobs?state=open.",
                open.len(),
                started.elapsed().as_secs(),
                moved.elapsed().as_secs()
            );
            return Err(Error::new(&codes::NOT_READY, message));
        }
        before = open;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}
