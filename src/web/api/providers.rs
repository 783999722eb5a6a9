//! Platforms and providers.

use super::json;
use crate::app::App;
use crate::receive::Right;
use crate::register::{platform, provider};
use crate::web::auth::Asker;
use crate::web::problem::Answer;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json as value};

/// Platforms, the six of the notice first
#[utoipa::path(get, path = "/v1/platforms", tag = "plan", responses((status = 200, description = "{items: [{id, name_zh, name_en, host, timezone, headings, source, formats, columns, values, filenames, sha256}]}")))]
pub(super) async fn platforms(State(app): State<App>, Asker(actor): Asker) -> Answer<Json<Value>> {
    actor.require(Right::See)?;
    Ok(Json(value!({"items": platform::list(&app.db).await?})))
}

/// Providers
#[utoipa::path(get, path = "/v1/providers", tag = "plan", responses((status = 200, description = "{items: [provider]}")))]
pub(super) async fn list(State(app): State<App>, Asker(actor): Asker) -> Answer<Json<Value>> {
    actor.require(Right::See)?;
    let mut items = provider::list(&app.db).await?;
    items.retain(|one| actor.provider.is_none_or(|own| own == one.id));
    Ok(Json(value!({"items": items})))
}

/// Enter a provider: {external_id, name, kind: enterprise|institution, listed_from?, listed_until?, region?}
#[utoipa::path(post, path = "/v1/providers", tag = "plan", request_body(content = Object, content_type = "application/json"),
    responses((status = 201, description = "the provider"), (status = 200, description = "it was there with the same content"), (status = 409, description = "duplicate")))]
pub(super) async fn add(State(app): State<App>, Asker(actor): Asker, body: Body) -> Answer<(StatusCode, Json<Value>)> {
    actor.require(Right::EnterProviders)?;
    let (kept, new) = provider::add(&app.db, &app.ids, app.clock.now(), &actor.label, json(&app, body).await?).await?;
    Ok((if new { StatusCode::CREATED } else { StatusCode::OK }, Json(serde_json::to_value(kept)?)))
}
