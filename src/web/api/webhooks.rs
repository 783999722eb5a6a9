//! Webhooks: who is told of what happens, and what became of each message.

use super::classes::{Page, with_next};
use super::json;
use crate::app::App;
use crate::error::{Error, Result, codes};
use crate::receive::Right;
use crate::tell::webhook::{self, Webhook};
use crate::tell::{address, delivery};
use crate::web::auth::Asker;
use crate::web::problem::Answer;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json as value};
use std::str::FromStr;

/// Webhooks of the asker's, oldest first; an administrator sees all
#[utoipa::path(get, path = "/v1/webhooks", tag = "webhooks", params(("cursor" = Option<String>, Query), ("limit" = Option<i64>, Query, description = "at most 200")),
    responses((status = 200, description = "{items: [webhook], next?}; a query in an address is not shown"), (status = 403, description = "forbidden")))]
pub(super) async fn list(State(app): State<App>, Asker(actor): Asker, Query(page): Query<Page>) -> Answer<Json<Value>> {
    actor.require(Right::Subscribe)?;
    let limit = page.limit.unwrap_or(50).clamp(1, 200);
    let items = webhook::list(app.webhooks(), &actor, page.cursor.as_deref().map(id).transpose()?, limit).await?;
    let next = (items.len() as i64 == limit).then(|| items.last().map(|last| last.id.to_string())).flatten();
    Ok(Json(with_next(value!({"items": items.iter().map(shown).collect::<Vec<_>>()}), next)))
}

/// Ask to be told: {name, url, events: [evidence.sealed, evidence.refused, hours.credited]}
#[utoipa::path(post, path = "/v1/webhooks", tag = "webhooks", request_body(content = Object, content_type = "application/json"),
    responses((status = 201, description = "the webhook, with its secret, which is shown only this once"), (status = 403, description = "forbidden"), (status = 409, description = "too_many_webhooks"), (status = 422, description = "webhook_url")))]
pub(super) async fn add(State(app): State<App>, Asker(actor): Asker, body: Body) -> Answer<(StatusCode, Json<Value>)> {
    actor.require(Right::Subscribe)?;
    let (kept, secret) = webhook::add(app.webhooks(), &actor, json(&app, body).await?, app.clock.now()).await?;
    Ok((StatusCode::CREATED, Json(with_secret(&kept, secret))))
}

/// One webhook
#[utoipa::path(get, path = "/v1/webhooks/{id}", tag = "webhooks", params(("id" = String, Path)), responses((status = 200, description = "the webhook"), (status = 404, description = "not_found")))]
pub(super) async fn get(State(app): State<App>, Asker(actor): Asker, Path(of): Path<String>) -> Answer<Json<Value>> {
    actor.require(Right::Subscribe)?;
    Ok(Json(shown(&webhook::get(app.webhooks(), &actor, id(&of)?).await?)))
}

/// Change a webhook: {name?, url?, events?, active?}; active: false ends it, true lets one that has ended begin again
#[utoipa::path(patch, path = "/v1/webhooks/{id}", tag = "webhooks", params(("id" = String, Path)), request_body(content = Object, content_type = "application/json"),
    responses((status = 200, description = "the webhook"), (status = 404, description = "not_found"), (status = 422, description = "webhook_url")))]
pub(super) async fn change(State(app): State<App>, Asker(actor): Asker, Path(of): Path<String>, body: Body) -> Answer<Json<Value>> {
    actor.require(Right::Subscribe)?;
    let changes = json(&app, body).await?;
    Ok(Json(shown(&webhook::change(app.webhooks(), &actor, id(&of)?, changes, app.clock.now()).await?)))
}

/// Remove a webhook and all that waits for it
#[utoipa::path(delete, path = "/v1/webhooks/{id}", tag = "webhooks", params(("id" = String, Path)), responses((status = 204, description = "it is gone"), (status = 404, description = "not_found")))]
pub(super) async fn remove(State(app): State<App>, Asker(actor): Asker, Path(of): Path<String>) -> Answer<StatusCode> {
    actor.require(Right::Subscribe)?;
    webhook::remove(app.webhooks(), &actor, id(&of)?, app.clock.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Send a webhook the event webhook.test
#[utoipa::path(post, path = "/v1/webhooks/{id}/test", tag = "webhooks", params(("id" = String, Path)), responses((status = 202, description = "the delivery, which waits"), (status = 404, description = "not_found"), (status = 409, description = "webhook_ended")))]
pub(super) async fn test(State(app): State<App>, Asker(actor): Asker, Path(of): Path<String>) -> Answer<(StatusCode, Json<Value>)> {
    actor.require(Right::Subscribe)?;
    let waits = delivery::test(app.webhooks(), &actor, id(&of)?, app.clock.now()).await?;
    app.jobs.news().notify_one();
    Ok((StatusCode::ACCEPTED, Json(serde_json::to_value(waits)?)))
}

/// Give a webhook a new secret; the one before signs as well for a day
#[utoipa::path(post, path = "/v1/webhooks/{id}/secret", tag = "webhooks", params(("id" = String, Path)), responses((status = 200, description = "the webhook, with its new secret, which is shown only this once"), (status = 404, description = "not_found")))]
pub(super) async fn rotate(State(app): State<App>, Asker(actor): Asker, Path(of): Path<String>) -> Answer<Json<Value>> {
    actor.require(Right::Subscribe)?;
    let (kept, secret) = webhook::rotate(app.webhooks(), &actor, id(&of)?, app.clock.now()).await?;
    Ok(Json(with_secret(&kept, secret)))
}

/// Which deliveries.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    state: Option<String>,
    cursor: Option<String>,
    limit: Option<i64>,
}

/// What became of the messages to a webhook, newest first, as long as it is remembered
#[utoipa::path(get, path = "/v1/webhooks/{id}/deliveries", tag = "webhooks",
    params(("id" = String, Path), ("state" = Option<String>, Query, description = "waiting, delivered or given_up"), ("cursor" = Option<String>, Query), ("limit" = Option<i64>, Query, description = "at most 200")),
    responses((status = 200, description = "{items: [{message, event, key, at, state, attempts, next_at?, last_at?, status?, problem?: timeout|connect|broken|status|redirect|not_public|gone|ended|too_late}], next?}"), (status = 404, description = "not_found")))]
pub(super) async fn deliveries(
    State(app): State<App>,
    Asker(actor): Asker,
    Path(of): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Answer<Json<Value>> {
    actor.require(Right::Subscribe)?;
    let limit = wanted.limit.unwrap_or(50).clamp(1, 200);
    let before = wanted.cursor.as_deref().map(id).transpose()?;
    let items = delivery::list(app.webhooks(), &actor, id(&of)?, wanted.state.as_deref(), before, limit).await?;
    let next = (items.len() as i64 == limit).then(|| items.last().map(|last| last.message.to_string())).flatten();
    Ok(Json(with_next(value!({"items": items}), next)))
}

/// Send a message again, whatever became of it
#[utoipa::path(post, path = "/v1/webhooks/{id}/deliveries/{message}/retry", tag = "webhooks", params(("id" = String, Path), ("message" = String, Path)),
    responses((status = 202, description = "the delivery, which waits"), (status = 404, description = "not_found"), (status = 409, description = "webhook_ended")))]
pub(super) async fn retry(
    State(app): State<App>,
    Asker(actor): Asker,
    Path((of, message)): Path<(String, String)>,
) -> Answer<(StatusCode, Json<Value>)> {
    actor.require(Right::Subscribe)?;
    let waits = delivery::again(app.webhooks(), &actor, id(&of)?, id(&message)?, app.clock.now()).await?;
    app.jobs.news().notify_one();
    Ok((StatusCode::ACCEPTED, Json(serde_json::to_value(waits)?)))
}

fn id<T: FromStr>(text: &str) -> Result<T> {
    text.parse().map_err(|_| Error::of(&codes::INVALID_ID))
}

/// A webhook as it is shown: without its secret, and without what an address says after its path.
fn shown(webhook: &Webhook) -> Value {
    let mut shown = value!({
        "id": webhook.id, "name": webhook.name, "url": address::shown(&webhook.url), "events": webhook.events,
        "active": webhook.ended_at.is_none(), "platform": webhook.platform, "provider": webhook.provider,
        "created_by": webhook.created_by, "created_at": webhook.created_at, "waiting": webhook.waiting, "given_up": webhook.given_up,
    });
    for (name, at) in [("ended_at", webhook.ended_at), ("old_secret_until", webhook.old_secret_until)] {
        if let Some(at) = at {
            shown[name] = value!(at);
        }
    }
    shown
}

fn with_secret(webhook: &Webhook, secret: String) -> Value {
    let mut shown = shown(webhook);
    shown["secret"] = secret.into();
    shown
}
