//! Live events: few at a time they are gathered with others, many or an endless stream of them are evidence of their own.

use super::evidence::{answer, stream, with_receipt};
use super::signed::is_signed;
use crate::app::App;
use crate::error::{Error, Result, codes};
use crate::pipeline::live::{self, Asked, Kept, Receipt};
use crate::pipeline::{self, Announced};
use crate::receive::signature::{self, Handed};
use crate::receive::{Claim, Query as ClaimQuery};
use crate::store;
use crate::web::auth::Asker;
use crate::web::problem::{Answer, Problem};
use axum::body::Body;
use axum::extract::{FromRequestParts, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt, TryStreamExt};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::pin::Pin;
use std::sync::Arc;

/// Attendance events as NDJSON: {trainee, kind, at, until?, ip?, device?, …} a line
///
/// A body of at most 64 KiB is kept together with what others send at the same moment for the same class and lesson: `id` and `receipt` are
/// of that evidence, `rows` are the first and the last of its lines that are of this body, `accepted_rows` and `refused_rows` of the receipt
/// speak of this body alone. An event whose `ref` (or, without one, whose content) was accepted before is not kept again: `repeated` says
/// where it is. A larger body is evidence of its own.
#[utoipa::path(post, path = "/v1/attendance", tag = "evidence", params(("class" = String, Query), ("lesson" = Option<String>, Query)),
    request_body(content = String, content_type = "application/x-ndjson"),
    responses((status = 201, description = "the evidence with its receipt, {rows: {first, last}, repeated?: [{row, evidence, evidence_row}]}"),
        (status = 200, description = "nothing was new: the first evidence with its receipt, and repeated"),
        (status = 422, description = "unreadable_log, with rows"), (status = 429, description = "busy: try again after Retry-After")))]
pub(super) async fn submit(State(app): State<App>, request: Request) -> Answer<Response> {
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let (asked, body) = asked(&app, request).await?;
    let (actor, claim) = &*asked;
    let mut chunks = Box::pin(stream(&app, body));
    let small = match announced {
        Some(length) if length > live::SMALL as u64 => Begun::Large(Bytes::new()),
        _ => begin(&mut chunks).await?,
    };
    let begun = match small {
        Begun::Small(body) => match live::submit(&app, &asked, &body).await? {
            Some(receipt) => return shown(&app, receipt).await,
            None => body,
        },
        Begun::Large(begun) => begun,
    };
    let body = futures::stream::iter((!begun.is_empty()).then_some(Ok(begun))).chain(chunks);
    let submitted = pipeline::submit(&app, actor, (**claim).clone(), Announced::default(), body).await?;
    Ok(answer(&app, submitted).await?.into_response())
}

/// Who asks, and the claim of the query; looked up again once a second, since whoever sends single events asks the same all the time.
async fn asked(app: &App, request: Request) -> Result<(Asked, Body), Problem> {
    let (mut parts, body) = request.into_parts();
    signature::not_taken(is_signed(&parts.headers))?;
    let key = parts
        .headers
        .get(header::AUTHORIZATION)
        .map(|token| (Sha256::digest(token.as_bytes()).into(), parts.uri.query().unwrap_or_default().to_owned()));
    let asked = match key {
        Some(key) => app.live.asked.get(&key, look_up(app, &mut parts)).await?,
        None => look_up(app, &mut parts).await?,
    };
    Ok((asked, body))
}

async fn look_up(app: &App, parts: &mut Parts) -> Result<Asked> {
    let Asker(actor) = Asker::from_request_parts(parts, app).await.map_err(|Problem(error)| error)?;
    signature::unsigned(&app.db, &actor, Handed::Live, app.clock.now()).await?;
    let Query(query) = Query::<ClaimQuery>::from_request_parts(parts, app)
        .await
        .map_err(|cause| Error::new(&codes::INVALID, "The query cannot be read; see /docs.").because(cause))?;
    let query = ClaimQuery { kind: Some("attendance".to_owned()), ..query };
    let claim = Claim::check(&app.db, &actor, &query).await?;
    Ok(Arc::new((actor, Arc::new(claim))))
}

/// The beginning of a body.
enum Begun {
    /// All of it.
    Small(Bytes),
    /// More than is gathered.
    Large(Bytes),
}

/// Reads as much as could be gathered, and no further than one chunk beyond.
async fn begin<S: Stream<Item = std::io::Result<Bytes>>>(chunks: &mut Pin<Box<S>>) -> Result<Begun> {
    let mut begun = BytesMut::new();
    while let Some(chunk) = chunks.try_next().await.map_err(|cause| Error::of(&codes::TRUNCATED).because(cause))? {
        if begun.is_empty() && chunk.len() > live::SMALL {
            return Ok(Begun::Large(chunk));
        }
        begun.extend_from_slice(&chunk);
        if begun.len() > live::SMALL {
            return Ok(Begun::Large(begun.freeze()));
        }
    }
    Ok(Begun::Small(begun.freeze()))
}

/// A sender's own part put into what all of the batch are answered alike, which is written once.
async fn shown(app: &App, receipt: Receipt) -> Answer<Response> {
    let (status, kept) = match (&receipt.kept, receipt.repeated.first()) {
        (Some(kept), _) => (if receipt.rows.is_some() { StatusCode::CREATED } else { StatusCode::OK }, kept.clone()),
        (None, Some(repeated)) => {
            let evidence = store::get(&app.db, repeated.evidence).await?;
            let sealed = app.log.sealed(evidence.leaf).await?;
            (StatusCode::OK, Arc::new(Kept { evidence, sealed, shown: Default::default() }))
        }
        (None, None) => return Err(Error::internal("a receipt of nothing").into()),
    };
    let shared = match kept.shown.get() {
        Some(shared) => shared,
        None => {
            let written = shared_part(&kept)?;
            kept.shown.get_or_init(|| written)
        }
    };
    let mut own = format!(",\"accepted_rows\":{}", receipt.accepted);
    if !receipt.refused.is_empty() {
        own += &format!(",\"refused_rows\":{}", serde_json::to_string(&receipt.refused)?);
    }
    own.push('}');
    if let Some((first, last)) = receipt.rows {
        own += &format!(",\"rows\":{}", json!({"first": first, "last": last}));
    }
    if !receipt.repeated.is_empty() {
        own += &format!(",\"repeated\":{}", serde_json::to_string(&receipt.repeated)?);
    }
    own.push('}');
    Ok((status, [(header::CONTENT_TYPE, "application/json")], [shared.as_str(), &own].concat()).into_response())
}

/// The evidence and its receipt as JSON, open at the end of the receipt.
fn shared_part(kept: &Kept) -> Result<String> {
    let mut body = with_receipt(&kept.evidence, &kept.sealed)?;
    let mut receipt = body["receipt"].take();
    if let (Some(body), Some(receipt)) = (body.as_object_mut(), receipt.as_object_mut()) {
        body.remove("receipt");
        receipt.remove("accepted_rows");
        receipt.remove("refused_rows");
    }
    let open = |value: &Value| value.to_string().strip_suffix('}').unwrap_or_default().to_owned();
    Ok(format!("{},\"receipt\":{}", open(&body), open(&receipt)))
}
