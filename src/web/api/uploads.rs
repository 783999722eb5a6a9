//! Resumable upload: tus 1.0 (<https://tus.io/protocols/resumable-upload>) with creation, creation-with-upload, checksum, expiration and
//! termination. Beyond the protocol, `GET` tells what became of an upload, with the receipt, and lists those a sender has under way.

use super::classes::with_next;
use super::evidence::{answer, stream};
use super::signed::{field, signed};
use crate::app::App;
use crate::error::{Error, Result, codes};
use crate::ids::UploadId;
use crate::pipeline;
use crate::receive::signature::Purpose;
use crate::receive::upload::{self, CHECKSUMS, Checksum, New, Outcome, Upload};
use crate::receive::{Actor, Claim, accept};
use crate::web::auth::Asker;
use crate::web::problem::{Answer, Problem};
use axum::Json;
use axum::body::Body;
use axum::extract::{OriginalUri, Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The only version of the protocol.
const VERSION: &str = "1.0.0";
const EXTENSIONS: &str = "creation,creation-with-upload,checksum,expiration,termination";
/// What a part of an upload is sent as.
const PART: &str = "application/offset+octet-stream";

const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const UPLOAD_EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const UPLOAD_CHECKSUM: HeaderName = HeaderName::from_static("upload-checksum");

/// What the server can do, by the protocol
#[utoipa::path(options, path = "/v1/uploads", tag = "evidence",
    responses((status = 204, description = "Tus-Version, Tus-Extension, Tus-Max-Size, Tus-Checksum-Algorithm")))]
pub(super) async fn options(State(app): State<App>) -> Response {
    let limits = &app.config.limits;
    let most = limits.attendance_bytes.max(limits.video_bytes).max(limits.screenshot_bytes).max(limits.document_bytes);
    let most = most.to_string();
    let told =
        [("tus-version", VERSION), ("tus-extension", EXTENSIONS), ("tus-max-size", most.as_str()), ("tus-checksum-algorithm", CHECKSUMS)];
    spoken((StatusCode::NO_CONTENT, told).into_response())
}

/// Where a list goes on.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Wanted {
    cursor: Option<UploadId>,
    limit: Option<i64>,
}

/// The asker's uploads that have not expired, oldest first
#[utoipa::path(get, path = "/v1/uploads", tag = "evidence", params(("cursor" = Option<String>, Query), ("limit" = Option<i64>, Query)),
    responses((status = 200, description = "{items: [{id, size, received, expires_at, state: open|whole|kept|refused, claim, signed?: the name of the key, evidence?}], next?}")))]
pub(super) async fn list(State(app): State<App>, Asker(actor): Asker, Query(wanted): Query<Wanted>) -> Answer<Json<Value>> {
    let limit = wanted.limit.unwrap_or(100).clamp(1, 500);
    let uploads = upload::list(&app.db, &actor, wanted.cursor, limit).await?;
    let next = (uploads.len() as i64 == limit).then(|| uploads.last().map(|last| last.id.to_string())).flatten();
    Ok(Json(with_next(json!({"items": uploads.iter().map(short).collect::<Vec<_>>()}), next)))
}

/// Begins an upload; Upload-Length says how large it will be, Upload-Metadata what it is: the keys of POST /v1/evidence's query, and sha256
#[utoipa::path(post, path = "/v1/uploads", tag = "evidence",
    params(("Upload-Length" = u64, Header), ("Upload-Metadata" = String, Header, description = "key and base64 of the value, parted by commas: kind, class, lesson, trainee, from, until, filename, timezone, format, and sha256 in hexadecimal"), ("Tus-Resumable" = String, Header)),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream", description = "the first bytes, or none"),
    responses((status = 201, description = "Location, Upload-Expires; with bytes Upload-Offset"), (status = 412, description = "tus_version"), (status = 413, description = "too_large"), (status = 429, description = "too_many_uploads")))]
pub(super) async fn begin(
    State(app): State<App>,
    Asker(actor): Asker,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    spoken(begun(&app, &actor, &uri, &headers, body).await.unwrap_or_else(|error| Problem(error).into_response()))
}

async fn begun(app: &App, actor: &Actor, uri: &Uri, headers: &HeaderMap, body: Body) -> Result<Response> {
    speaks(headers)?;
    let size = number(headers, &UPLOAD_LENGTH)?;
    let (query, digest) = upload::metadata(&field(headers, UPLOAD_METADATA.as_str())?.unwrap_or_default())?;
    let claim = Claim::check(&app.db, actor, &query).await?;
    let limit = accept::limit(&app.config.limits, claim.kind);
    if size > limit {
        return Err(storage::StorageError::TooLarge { limit }.into());
    }
    if size == 0 {
        return Err(Error::of(&codes::EMPTY_BODY));
    }
    let signed = signed(app, (actor, &claim), &query, uri, headers, Purpose::Upload).await?;
    let digest = signed.as_ref().map(|signed| signed.said.body).or(digest);
    let signature = signed.map(|signed| signed.document);
    let upload = upload::begin(&app.upload_tools(), &New { actor, query: &query, digest, size, signature }).await?;
    let place = format!("/v1/uploads/{}", upload.id);
    let mut response = if headers.get(header::CONTENT_TYPE).is_some_and(|sent| sent == PART) {
        // What was begun is told even where its first bytes were not taken: the sender goes on with it.
        match arrived(app, &upload, headers, 0, body).await {
            Ok(()) => standing(&upload::get(&app.db, actor, upload.id).await?, StatusCode::CREATED),
            Err(error) if error.code == codes::TRUNCATED.name => {
                standing(&upload::get(&app.db, actor, upload.id).await?, StatusCode::CREATED)
            }
            Err(error) => Problem(error).into_response(),
        }
    } else {
        standing(&upload, StatusCode::CREATED)
    };
    response.headers_mut().insert(header::LOCATION, HeaderValue::from_str(&place).map_err(Error::internal)?);
    Ok(response)
}

/// How much of an upload is there
#[utoipa::path(head, path = "/v1/uploads/{id}", tag = "evidence", params(("id" = String, Path), ("Tus-Resumable" = String, Header)),
    responses((status = 200, description = "Upload-Offset, Upload-Length, Upload-Expires"), (status = 404, description = "unknown_upload")))]
pub(super) async fn offset(State(app): State<App>, Asker(actor): Asker, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let told = async {
        speaks(&headers)?;
        let upload = known(&app, &actor, &id).await?;
        let mut response = standing(&upload, StatusCode::OK);
        response.headers_mut().insert(UPLOAD_LENGTH, upload.size.into());
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Ok::<_, Error>(response)
    };
    spoken(told.await.unwrap_or_else(|error| Problem(error).into_response()))
}

/// Goes on with an upload at Upload-Offset; with its last byte it becomes evidence
#[utoipa::path(patch, path = "/v1/uploads/{id}", tag = "evidence",
    params(("id" = String, Path), ("Upload-Offset" = u64, Header), ("Upload-Checksum" = Option<String>, Header, description = "sha1 or sha256, a blank, base64"), ("Tus-Resumable" = String, Header)),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"),
    responses((status = 204, description = "Upload-Offset, Upload-Expires"), (status = 404, description = "unknown_upload"), (status = 409, description = "offset_conflict"), (status = 415, description = "offset_stream"), (status = 422, description = "all is there and is refused, as by POST /v1/evidence"), (status = 460, description = "checksum_mismatch")))]
pub(super) async fn go_on(State(app): State<App>, Asker(actor): Asker, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    let told = async {
        speaks(&headers)?;
        if headers.get(header::CONTENT_TYPE).is_none_or(|sent| sent != PART) {
            return Err(Error::of(&codes::OFFSET_STREAM));
        }
        let from = number(&headers, &UPLOAD_OFFSET)?;
        let upload = known(&app, &actor, &id).await?;
        arrived(&app, &upload, &headers, from, body).await?;
        Ok(standing(&known(&app, &actor, &id).await?, StatusCode::NO_CONTENT))
    };
    spoken(told.await.unwrap_or_else(|error| Problem(error).into_response()))
}

/// PATCH or DELETE for clients that can only POST: X-HTTP-Method-Override says which
#[utoipa::path(post, path = "/v1/uploads/{id}", tag = "evidence",
    params(("id" = String, Path), ("X-HTTP-Method-Override" = String, Header, description = "PATCH or DELETE")),
    responses((status = 204, description = "as PATCH or DELETE"), (status = 400, description = "method_not_allowed")))]
pub(super) async fn go_on_by_post(state: State<App>, asker: Asker, id: Path<String>, headers: HeaderMap, body: Body) -> Response {
    match headers.get("x-http-method-override").and_then(|value| value.to_str().ok()) {
        Some("PATCH") => go_on(state, asker, id, headers, body).await,
        Some("DELETE") => remove(state, asker, id, headers).await,
        _ => spoken(Problem(Error::of(&codes::METHOD)).into_response()),
    }
}

/// Throws away what is there of an upload; evidence that was made of it stays
#[utoipa::path(delete, path = "/v1/uploads/{id}", tag = "evidence", params(("id" = String, Path), ("Tus-Resumable" = String, Header)),
    responses((status = 204, description = "gone"), (status = 404, description = "unknown_upload")))]
pub(super) async fn remove(State(app): State<App>, Asker(actor): Asker, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let told = async {
        speaks(&headers)?;
        let upload = known(&app, &actor, &id).await?;
        upload::forget(&app.db, &app.objects, upload.id).await?;
        Ok::<_, Error>(StatusCode::NO_CONTENT.into_response())
    };
    spoken(told.await.unwrap_or_else(|error| Problem(error).into_response()))
}

/// What became of an upload
#[utoipa::path(get, path = "/v1/uploads/{id}", tag = "evidence", params(("id" = String, Path)),
    responses((status = 200, description = "{id, size, received, expires_at, state, claim, evidence?: the evidence with its receipt, problem?: why it was refused}"), (status = 404, description = "unknown_upload")))]
pub(super) async fn state(State(app): State<App>, Asker(actor): Asker, Path(id): Path<String>) -> Answer<Json<Value>> {
    let upload = known(&app, &actor, &id).await?;
    let mut told = short(&upload);
    if upload.received == upload.size {
        match pipeline::finish(&app, &upload).await {
            Ok(submitted) => {
                told["state"] = "kept".into();
                told["evidence"] = answer(&app, submitted).await?.1.0;
            }
            Err(error) => {
                told["state"] = if upload::get(&app.db, &actor, upload.id).await?.outcome.is_some() { "refused" } else { "whole" }.into();
                told["problem"] = json!({"code": error.code, "detail": error.message, "rows": error.rows});
            }
        }
    }
    Ok(Json(told))
}

/// Takes a body in and, with the last byte, makes evidence of the whole. It goes on when the sender is gone: what has arrived is kept.
async fn arrived(app: &App, upload: &Upload, headers: &HeaderMap, from: u64, body: Body) -> Result<()> {
    let checksum = headers.get(UPLOAD_CHECKSUM).map(|value| Checksum::parse(value.to_str().unwrap_or_default())).transpose()?;
    let place = app.uploads.clone().try_acquire_owned().map_err(|_| Error::of(&codes::BUSY))?;
    let (app, upload) = (app.clone(), upload.clone());
    let taking = tokio::spawn(async move {
        let there = upload::take(&app.upload_tools(), &upload, from, checksum, stream(&app, body)).await;
        drop(place);
        if there? == upload.size {
            let upload = upload::get(&app.db, &upload.actor, upload.id).await?;
            pipeline::finish(&app, &upload).await?;
        }
        Ok(())
    });
    taking.await.map_err(Error::internal)?
}

/// An upload of the asker.
async fn known(app: &App, actor: &Actor, id: &str) -> Result<Upload> {
    upload::get(&app.db, actor, id.parse().map_err(|_| Error::of(&codes::UNKNOWN_UPLOAD))?).await
}

/// An upload as lists show it.
fn short(upload: &Upload) -> Value {
    let claim: Map<String, Value> = match serde_json::to_value(&upload.query) {
        Ok(Value::Object(keys)) => keys.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        _ => Map::new(),
    };
    let mut item = json!({
        "id": upload.id, "size": upload.size, "received": upload.received, "expires_at": upload.expires_at, "claim": claim,
        "state": match &upload.outcome {
            Some(Outcome::Kept(_)) => "kept",
            Some(Outcome::Refused(_)) => "refused",
            None if upload.received == upload.size => "whole",
            None => "open",
        },
    });
    if let Some(signature) = &upload.signature {
        item["signed"] = signature.key.as_str().into();
    }
    if let Some(digest) = &upload.digest {
        item["sha256"] = digest.to_string().into();
    }
    if let Some(Outcome::Kept(evidence)) = &upload.outcome {
        item["evidence"] = evidence.to_string().into();
    }
    item
}

/// How far an upload is, as headers.
fn standing(upload: &Upload, status: StatusCode) -> Response {
    let mut response = status.into_response();
    response.headers_mut().insert(UPLOAD_OFFSET, upload.received.into());
    let expires = upload.expires_at.utc().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(expires) = HeaderValue::from_str(&expires) {
        response.headers_mut().insert(UPLOAD_EXPIRES, expires);
    }
    response
}

/// Every answer names the version; one that refuses another, the versions there are.
fn spoken(mut response: Response) -> Response {
    response.headers_mut().insert(TUS_RESUMABLE, HeaderValue::from_static(VERSION));
    if response.status() == StatusCode::PRECONDITION_FAILED {
        response.headers_mut().insert("tus-version", HeaderValue::from_static(VERSION));
    }
    response
}

fn speaks(headers: &HeaderMap) -> Result<()> {
    if headers.get(TUS_RESUMABLE).is_some_and(|version| version == VERSION) { Ok(()) } else { Err(Error::of(&codes::TUS_VERSION)) }
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Result<u64> {
    let sent = headers.get(name).and_then(|value| value.to_str().ok()?.parse::<i64>().ok()?.try_into().ok());
    sent.ok_or_else(|| Error::new(&codes::INVALID, format!("The header {name} is missing or no number of bytes.")))
}
