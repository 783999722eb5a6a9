//! Evidence: hand over, look up, take back the very bytes.

use super::classes::with_next;
use super::signed::{field, signed};
use crate::app::App;
use crate::detect::reuse;
use crate::error::{Error, Result, codes};
use crate::ids::EvidenceId;
use crate::link;
use crate::pipeline::{self, Announced, Submitted};
use crate::receive::signature::{self, Purpose};
use crate::receive::{Actor, Claim, Kind, Query as ClaimQuery, Right};
use crate::register::{Reference, class, lesson, platform_key, roster, trail};
use crate::seal::Sealed;
use crate::store::{self, Evidence, Filter};
use crate::web::auth::Asker;
use crate::web::problem::Answer;
use axum::Json;
use axum::body::Body;
use axum::extract::{OriginalUri, Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use std::ops::Range;
use std::time::Duration;

/// Most matches listed with a piece of evidence.
const MATCHES: i64 = 100;

/// A body as the storage takes it; one that stands still for too long ends with an error.
pub(in crate::web) fn stream(app: &App, body: Body) -> impl Stream<Item = std::io::Result<Bytes>> + Send + use<> {
    let patience = Duration::from_secs(app.config.server.idle_seconds.max(1));
    futures::stream::unfold(body.into_data_stream(), move |mut chunks| async move {
        let next = match tokio::time::timeout(patience, chunks.next()).await {
            Ok(next) => next?.map_err(std::io::Error::other),
            Err(_) => Err(std::io::ErrorKind::TimedOut.into()),
        };
        Some((next, chunks))
    })
}

/// Hand over evidence: the raw bytes as the body
#[utoipa::path(post, path = "/v1/evidence", tag = "evidence",
    params(("kind" = String, Query, description = "attendance, video, screenshot or document"), ("class" = Option<String>, Query), ("lesson" = Option<String>, Query), ("trainee" = Option<String>, Query),
        ("from" = Option<String>, Query), ("until" = Option<String>, Query), ("filename" = Option<String>, Query), ("timezone" = Option<String>, Query), ("format" = Option<String>, Query)),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, description = "the evidence with its receipt; of a signed request also signatures"), (status = 200, description = "the first receipt of the same bytes at the same place"), (status = 403, description = "signature_wrong, signature_stale, key_revoked, …"), (status = 413, description = "too_large"), (status = 422, description = "unreadable_log with rows, wrong_type, …")))]
pub(super) async fn submit(
    State(app): State<App>,
    Asker(actor): Asker,
    Query(query): Query<ClaimQuery>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Body,
) -> Answer<(StatusCode, Json<Value>)> {
    let claim = Claim::check(&app.db, &actor, &query).await?;
    let limit = crate::receive::accept::limit(&app.config.limits, claim.kind);
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(Error::from(storage::StorageError::TooLarge { limit }).into());
    }
    let signed = signed(&app, (&actor, &claim), &query, &uri, &headers, Purpose::Content).await?;
    let digest = match field(&headers, Purpose::Content.digest())? {
        Some(text) => signature::sha256(Purpose::Content.digest(), &text)?,
        None => None,
    };
    let submitted = pipeline::submit(&app, &actor, claim, Announced { digest, signed }, stream(&app, body)).await?;
    answer(&app, submitted).await
}

/// What an upload is answered with.
pub(super) async fn answer(app: &App, submitted: Submitted) -> Answer<(StatusCode, Json<Value>)> {
    let evidence = store::get(&app.db, submitted.evidence).await?;
    let mut body = with_receipt(&evidence, &submitted.sealed)?;
    if submitted.signed {
        body["signatures"] = signatures(app, evidence.id).await?;
    }
    Ok((if submitted.new { StatusCode::CREATED } else { StatusCode::OK }, Json(body)))
}

/// What platforms signed of a piece of evidence: all that is needed to check it elsewhere, with the place in the log.
async fn signatures(app: &App, id: EvidenceId) -> Result<Value> {
    let mut items = Vec::new();
    for (signature, leaf) in store::signature::of_evidence(&app.db, id).await? {
        let document = signature.read()?;
        let mut item = json!({
            "id": signature.id, "platform": document.platform, "key": document.key, "registration": signature.key,
            "sha256": signature.digest.to_string(), "at": signature.at, "document": document,
        });
        if let Some(from) = platform_key::revoked_from(&app.db, signature.key).await? {
            item["key_revoked_from"] = json!(from);
        }
        if let Some(sealed) = app.log.receipt(leaf).await? {
            item["log"] = serde_json::to_value(sealed.log_part())?;
        }
        items.push(item);
    }
    Ok(items.into())
}

/// A piece of evidence with its receipt.
pub(super) fn with_receipt(evidence: &Evidence, sealed: &Sealed) -> Result<Value> {
    let mut body = short(evidence);
    body["receipt"] = receipt_of(evidence, sealed)?;
    Ok(body)
}

/// A receipt by contract.
fn receipt_of(evidence: &Evidence, sealed: &Sealed) -> Result<Value> {
    let mut receipt = json!({
        "evidence": evidence.id, "sha256": evidence.digest.to_string(), "size": evidence.size,
        "received_at": evidence.received_at, "log": sealed.log_part(),
    });
    if let Some(rows) = evidence.accepted_rows {
        receipt["accepted_rows"] = rows.into();
    }
    if !evidence.refused_rows.is_empty() {
        receipt["refused_rows"] = serde_json::to_value(&evidence.refused_rows)?;
    }
    Ok(receipt)
}

/// A piece of evidence as lists show it.
fn short(evidence: &Evidence) -> Value {
    let mut item = json!({
        "id": evidence.id, "kind": evidence.kind, "sha256": evidence.digest.to_string(), "size": evidence.size,
        "media_type": evidence.media_type, "filename": evidence.filename, "platform": evidence.platform, "provider": evidence.provider,
        "class": evidence.class, "lesson": evidence.lesson, "trainee": evidence.trainee, "from": evidence.from, "until": evidence.until,
        "received_at": evidence.received_at, "state": evidence.state, "assumptions": evidence.assumptions,
    });
    let more = [
        ("class_external_id", &evidence.class_external_id),
        ("lesson_external_id", &evidence.lesson_external_id),
        ("trainee_external_id", &evidence.trainee_external_id),
        ("reader", &evidence.reader),
    ];
    for (name, text) in more {
        if let Some(text) = text {
            item[name] = text.clone().into();
        }
    }
    item
}

/// What a list is narrowed to.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Wanted {
    kind: Option<String>,
    class: Option<String>,
    lesson: Option<String>,
    trainee: Option<String>,
    platform: Option<String>,
    from: Option<String>,
    until: Option<String>,
    cursor: Option<String>,
    limit: Option<i64>,
}

/// The catalogue, newest first
#[utoipa::path(get, path = "/v1/evidence", tag = "evidence",
    params(("kind" = Option<String>, Query), ("class" = Option<String>, Query), ("lesson" = Option<String>, Query), ("trainee" = Option<String>, Query), ("platform" = Option<String>, Query),
        ("from" = Option<String>, Query, description = "received at or after"), ("until" = Option<String>, Query, description = "received before"), ("cursor" = Option<String>, Query), ("limit" = Option<i64>, Query)),
    responses((status = 200, description = "{items: [evidence], next?}")))]
pub(super) async fn list(State(app): State<App>, Asker(actor): Asker, Query(wanted): Query<Wanted>) -> Answer<Json<Value>> {
    actor.require(Right::See)?;
    let limit = wanted.limit.unwrap_or(100).clamp(1, 500);
    let items = store::list(&app.db, &filter(&app, &actor, &wanted).await?, limit).await?;
    let next = (items.len() as i64 == limit).then(|| items.last().map(|last| last.id.to_string())).flatten();
    Ok(Json(with_next(json!({"items": items.iter().map(short).collect::<Vec<_>>()}), next)))
}

async fn filter(app: &App, actor: &Actor, wanted: &Wanted) -> Result<Filter> {
    let reference = |text: &Option<String>| text.as_deref().map(str::parse::<Reference>).transpose();
    let class = match reference(&wanted.class)? {
        Some(reference) => {
            let class = class::get(&app.db, &reference).await?;
            actor.require_class(&class)?;
            Some(class.id)
        }
        None => None,
    };
    let lesson = match (reference(&wanted.lesson)?, class) {
        (Some(reference), Some(class)) => Some(lesson::get(&app.db, class, &reference).await?.id),
        (Some(Reference::Id(id)), None) => Some(id.into()),
        (Some(Reference::External(_)), None) => {
            return Err(Error::new(&codes::INVALID, "A lesson's own id is unique within its class: send class too."));
        }
        (None, _) => None,
    };
    let trainee = match (reference(&wanted.trainee)?, class) {
        (Some(reference), Some(class)) => Some(roster::get(&app.db, class, &reference).await?.id),
        (Some(Reference::Id(id)), None) => Some(id.into()),
        (Some(Reference::External(_)), None) => {
            return Err(Error::new(&codes::INVALID, "A trainee's own id is unique within its class: send class too."));
        }
        (None, _) => None,
    };
    let time = |text: &Option<String>| {
        text.as_deref().map(|text| text.replace(' ', "+").parse().map_err(|_| Error::of(&codes::INVALID_TIME))).transpose()
    };
    Ok(Filter {
        kind: wanted.kind.as_deref().map(str::parse::<Kind>).transpose()?,
        class,
        lesson,
        trainee,
        platform: actor.platform.clone().or(wanted.platform.clone()),
        provider: actor.provider,
        from: time(&wanted.from)?,
        until: time(&wanted.until)?,
        before: wanted.cursor.as_deref().map(|text| text.parse().map_err(|_| Error::of(&codes::INVALID_ID))).transpose()?,
    })
}

/// Evidence the asker may know of.
pub(super) async fn visible(app: &App, actor: &Actor, id: &str) -> Result<Evidence> {
    actor.require(Right::See)?;
    let id: EvidenceId = id.parse().map_err(|_| Error::of(&codes::INVALID_ID))?;
    let evidence = store::get(&app.db, id).await?;
    let foreign = (actor.platform.is_some() && actor.platform != evidence.platform)
        || (actor.provider.is_some() && actor.provider != evidence.provider);
    if foreign { Err(Error::of(&codes::NOT_FOUND)) } else { Ok(evidence) }
}

/// One piece of evidence with facts, matches, signatures and receipt
#[utoipa::path(get, path = "/v1/evidence/{id}", tag = "evidence", params(("id" = String, Path)), responses((status = 200, description = "the evidence"), (status = 404, description = "not_found")))]
pub(super) async fn get(State(app): State<App>, Asker(actor): Asker, Path(id): Path<String>) -> Answer<Json<Value>> {
    let evidence = visible(&app, &actor, &id).await?;
    let mut body = short(&evidence);
    body["facts"] = store::facts(&app.db, evidence.id).await?.into();
    if let Some(placed) = link::placed(&app.db, evidence.id, &app.policies).await? {
        body["placed"] = serde_json::to_value(placed)?;
    }
    let mut matches = Vec::new();
    for other in store::same_bytes(&app.db, &evidence, MATCHES).await? {
        if actor.unbounded() || visible(&app, &actor, &other.to_string()).await.is_ok() {
            matches.push(json!({"evidence": other, "kind": "bytes", "tier": "exact", "score": 1.0}));
        }
    }
    for one in reuse::of(&app.db, evidence.id, MATCHES).await? {
        if actor.unbounded() || visible(&app, &actor, &one.evidence.to_string()).await.is_ok() {
            let kind = one.outside();
            let mut told = serde_json::to_value(one)?;
            told["kind"] = kind.into();
            matches.push(told);
        }
    }
    body["matches"] = matches.into();
    let signatures = signatures(&app, evidence.id).await?;
    if signatures.as_array().is_some_and(|items| !items.is_empty()) {
        body["signatures"] = signatures;
    }
    if let Some(sealed) = app.log.receipt(evidence.leaf).await? {
        body["receipt"] = receipt_of(&evidence, &sealed)?;
    }
    Ok(Json(body))
}

/// The receipt
#[utoipa::path(get, path = "/v1/evidence/{id}/receipt", tag = "evidence", params(("id" = String, Path)), responses((status = 200, description = "the receipt")))]
pub(super) async fn receipt(State(app): State<App>, Asker(actor): Asker, Path(id): Path<String>) -> Answer<Json<Value>> {
    let evidence = visible(&app, &actor, &id).await?;
    let sealed = app.log.sealed(evidence.leaf).await?;
    Ok(Json(receipt_of(&evidence, &sealed)?))
}

/// The proof as C2SP tlog-proof text
#[utoipa::path(get, path = "/v1/evidence/{id}/proof", tag = "evidence", params(("id" = String, Path)), responses((status = 200, description = "tlog-proof", content_type = "text/plain")))]
pub(super) async fn proof(State(app): State<App>, Asker(actor): Asker, Path(id): Path<String>) -> Answer<String> {
    let evidence = visible(&app, &actor, &id).await?;
    Ok(app.log.sealed(evidence.leaf).await?.proof_text())
}

/// A small picture of it
#[utoipa::path(get, path = "/v1/evidence/{id}/thumbnail", tag = "evidence", params(("id" = String, Path)), responses((status = 200, description = "JPEG", content_type = "image/jpeg"), (status = 404, description = "there is none")))]
pub(super) async fn thumbnail(State(app): State<App>, Asker(actor): Asker, Path(id): Path<String>) -> Answer<Response> {
    let evidence = visible(&app, &actor, &id).await?;
    let Some((media_type, digest)) = store::thumbnail(&app.db, evidence.id).await? else {
        return Err(Error::new(&codes::NOT_FOUND, "There is no small picture of this evidence.").into());
    };
    drawn(&app, &media_type, &digest, "private, max-age=86400").await
}

/// Pictures of a recording in a row; the fact `strip` says how large each is and when it is on show
#[utoipa::path(get, path = "/v1/evidence/{id}/strip", tag = "evidence", params(("id" = String, Path)), responses((status = 200, description = "JPEG", content_type = "image/jpeg"), (status = 404, description = "there is none")))]
pub(super) async fn strip(State(app): State<App>, Asker(actor): Asker, Path(id): Path<String>) -> Answer<Response> {
    let evidence = visible(&app, &actor, &id).await?;
    let Some(digest) = store::strip(&app.db, evidence.id).await? else {
        return Err(Error::new(&codes::NOT_FOUND, "There is no strip of pictures of this evidence.").into());
    };
    // It is another one when all pictures were seen.
    drawn(&app, "image/jpeg", &digest, "private, no-cache").await
}

/// A picture that was made of evidence.
async fn drawn(app: &App, media_type: &str, digest: &storage::Digest, cache: &'static str) -> Answer<Response> {
    let reader = app.objects.open_object(digest).await?;
    let head = [(header::CONTENT_TYPE, media_type.to_owned()), (header::CACHE_CONTROL, cache.to_owned())];
    Ok((head, Body::from_stream(reader.stream)).into_response())
}

/// The very bytes, whole or a range
#[utoipa::path(get, path = "/v1/evidence/{id}/content", tag = "evidence", params(("id" = String, Path), ("Range" = Option<String>, Header)),
    responses((status = 200, description = "the bytes"), (status = 206, description = "a range"), (status = 416, description = "range_not_satisfiable")))]
pub(super) async fn content(State(app): State<App>, Asker(actor): Asker, Path(id): Path<String>, headers: HeaderMap) -> Answer<Response> {
    let evidence = visible(&app, &actor, &id).await?;
    let range = headers.get(header::RANGE).and_then(|value| value.to_str().ok()).and_then(|text| ranged(text, evidence.size));
    let (status, reader) = match &range {
        Some(Err(())) => return Err(Error::of(&codes::RANGE).into()),
        Some(Ok(range)) => (StatusCode::PARTIAL_CONTENT, app.objects.open_range(&evidence.digest, range.clone()).await?),
        None => (StatusCode::OK, app.objects.open_object(&evidence.digest).await?),
    };
    // The bytes as received hold names and faces: whoever takes them is written down first.
    let (now, subject) = (app.clock.now(), evidence.id.to_string());
    let note = trail::Note { actor: &actor.label, action: "evidence.read", subject_kind: "evidence", subject_id: &subject, detail: None };
    trail::looked(&app.db, &app.ids, now, note).await?;
    let mut response = (status, Body::from_stream(reader.stream)).into_response();
    let head = response.headers_mut();
    // Only media is shown in place; anything else could be a page and is saved instead.
    let shown =
        evidence.media_type.starts_with("image/") || evidence.media_type.starts_with("video/") || evidence.media_type.starts_with("audio/");
    let name = evidence.filename.as_deref().map(encoded).unwrap_or_else(|| evidence.id.to_string());
    let disposition = format!("{}; filename*=UTF-8''{name}", if shown { "inline" } else { "attachment" });
    let mut put = |name: header::HeaderName, text: String| {
        if let Ok(value) = HeaderValue::from_str(&text) {
            head.insert(name, value);
        }
    };
    put(header::CONTENT_TYPE, evidence.media_type.clone());
    put(header::CONTENT_LENGTH, reader.size.to_string());
    put(header::ACCEPT_RANGES, "bytes".to_owned());
    put(header::ETAG, format!("\"{}\"", evidence.digest));
    put(header::CACHE_CONTROL, "private, max-age=86400, immutable".to_owned());
    put(header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'".to_owned());
    put(header::CONTENT_DISPOSITION, disposition);
    if let Some(Ok(range)) = &range {
        put(header::CONTENT_RANGE, format!("bytes {}-{}/{}", range.start, range.end - 1, evidence.size));
    }
    Ok(response)
}

/// One range of RFC 9110 bytes; `None` for anything else, which means the whole.
fn ranged(text: &str, size: u64) -> Option<Result<Range<u64>, ()>> {
    let (first, last) = text.trim().strip_prefix("bytes=")?.split_once('-')?;
    if last.contains(',') {
        return None;
    }
    let range = match (first.parse::<u64>().ok(), last.parse::<u64>().ok()) {
        (Some(first), None) if last.is_empty() => first..size,
        (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(size),
        (None, Some(last)) if first.is_empty() => size.saturating_sub(last)..size,
        _ => return None,
    };
    Some(if range.start < range.end { Ok(range) } else { Err(()) })
}

/// RFC 5987.
pub(super) fn encoded(name: &str) -> String {
    name.bytes()
        .map(|byte| match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        assert_eq!(ranged("bytes=0-99", 1000), Some(Ok(0..100)));
        assert_eq!(ranged("bytes=900-", 1000), Some(Ok(900..1000)));
        assert_eq!(ranged("bytes=-100", 1000), Some(Ok(900..1000)));
        assert_eq!(ranged("bytes=0-5000", 1000), Some(Ok(0..1000)));
        assert_eq!(ranged("bytes=1000-", 1000), Some(Err(())));
        assert_eq!(ranged("bytes=0-1,5-6", 1000), None);
        assert_eq!(ranged("rows=0-1", 1000), None);
    }
}
