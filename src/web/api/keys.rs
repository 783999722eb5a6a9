//! Keys that platforms sign with.

use super::json;
use crate::app::App;
use crate::error::{Error, Result, codes};
use crate::ids::PlatformKeyId;
use crate::pipeline::keys;
use crate::receive::{Actor, Right};
use crate::register::platform_key::{self, New};
use crate::register::{PlatformKey, platform};
use crate::time::Time;
use crate::web::auth::Asker;
use crate::web::problem::Answer;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json as value};

/// Keys of a platform, revoked ones too, in the order of registration
#[utoipa::path(get, path = "/v1/platforms/{id}/keys", tag = "plan", params(("id" = String, Path)),
    responses((status = 200, description = "{items: [{id, platform, key, public_key, pem, required: no|files|all, by, at, log_index?, revoked_from?}]}"), (status = 404, description = "unknown_platform")))]
pub(super) async fn list(State(app): State<App>, Asker(actor): Asker, Path(id): Path<String>) -> Answer<Json<Value>> {
    actor.require(Right::See)?;
    let platform = own(&app, &actor, &id).await?;
    let mut items = Vec::new();
    for key in platform_key::list(&app.db, Some(&platform)).await? {
        items.push(shown(&app, &key).await?);
    }
    Ok(Json(value!({ "items": items })))
}

/// Register a key: {public_key: PEM or base64 of its 32 bytes, name?, required?: no|files|all}
///
/// Signatures name the key as `name`, or by its thumbprint (RFC 7638) where it has none. With `required`, what the platform hands over
/// unsigned is refused while the key is live: files, or files and live events.
#[utoipa::path(post, path = "/v1/platforms/{id}/keys", tag = "plan", params(("id" = String, Path)), request_body(content = Object, content_type = "application/json"),
    responses((status = 201, description = "the key, sealed"), (status = 403, description = "forbidden"), (status = 409, description = "duplicate")))]
pub(super) async fn register(
    State(app): State<App>,
    Asker(actor): Asker,
    Path(id): Path<String>,
    body: Body,
) -> Answer<(StatusCode, Json<Value>)> {
    let platform = own(&app, &actor, &id).await?;
    keys::may_change(&app, &actor, &platform).await?;
    let new: New = json(&app, body).await?;
    let key = keys::register(&app, &actor.label, &platform, &new).await?;
    if let Some(leaf) = key.leaf {
        app.log.sealed(leaf).await?;
    }
    Ok((StatusCode::CREATED, Json(shown(&app, &key).await?)))
}

/// From when on a key counts no more.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct From {
    #[serde(default)]
    from: Option<Time>,
}

/// Revoke a key: {from?: a time not later than now}
///
/// What was signed before `from` stands. A further revocation may name an earlier time.
#[utoipa::path(post, path = "/v1/platforms/{id}/keys/{key}/revoke", tag = "plan", params(("id" = String, Path), ("key" = String, Path, description = "the id of its registration")),
    request_body(content = Object, content_type = "application/json"),
    responses((status = 200, description = "the key, its revocation sealed"), (status = 403, description = "forbidden, key_revoked"), (status = 404, description = "not_found")))]
pub(super) async fn revoke(
    State(app): State<App>,
    Asker(actor): Asker,
    Path((id, key)): Path<(String, String)>,
    body: Body,
) -> Answer<Json<Value>> {
    let platform = own(&app, &actor, &id).await?;
    keys::may_change(&app, &actor, &platform).await?;
    let From { from } = json(&app, body).await?;
    let key: PlatformKeyId = key.parse().map_err(|_| Error::of(&codes::INVALID_ID))?;
    let key = platform_key::by_id(&app.db, key).await?;
    if key.platform != platform {
        return Err(Error::of(&codes::NOT_FOUND).into());
    }
    let revocation = keys::revoke(&app, &actor.label, &key, from).await?;
    if let Some(leaf) = revocation.leaf {
        app.log.sealed(leaf).await?;
    }
    Ok(Json(shown(&app, &key).await?))
}

/// A platform that the asker may ask about.
async fn own(app: &App, actor: &Actor, id: &str) -> Result<String> {
    let platform = platform::get(&app.db, id).await?.id;
    let foreign = actor.platform.as_ref().is_some_and(|own| *own != platform);
    if foreign { Err(Error::of(&codes::UNKNOWN_PLATFORM)) } else { Ok(platform) }
}

async fn shown(app: &App, key: &PlatformKey) -> Result<Value> {
    let mut shown = value!({
        "id": key.id, "platform": key.platform, "key": key.name, "public_key": key.fields()["public_key"], "pem": key.pem()?,
        "required": key.required, "by": key.actor, "at": key.at,
    });
    if let Some(from) = platform_key::revoked_from(&app.db, key.id).await? {
        shown["revoked_from"] = value!(from);
    }
    if let Some(leaf) = key.leaf
        && let Some(sealed) = app.log.receipt(leaf).await?
    {
        shown["log_index"] = sealed.index.into();
    }
    Ok(shown)
}
