//! The public log, by C2SP tlog-tiles.

use crate::app::App;
use crate::error::{Error, codes};
use crate::seal::Trust;
use crate::web::problem::Answer;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

/// The newest checkpoint, a signed note
#[utoipa::path(get, path = "/log/checkpoint", tag = "log", responses((status = 200, description = "signed note", content_type = "text/plain")))]
pub(super) async fn checkpoint(State(app): State<App>) -> Answer<Response> {
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")], app.log.checkpoint().await?)
        .into_response())
}

/// The trust file: log keys, witnesses, time-stamp roots
#[utoipa::path(get, path = "/log/trust.json", tag = "log", responses((status = 200, description = "{logs: [{origin, vkey, from, until?}], witnesses, tsa}")))]
pub(super) async fn trust(State(app): State<App>) -> Json<Trust> {
    Json(app.log.trust())
}

/// A tile of hashes (tile/L/N[.p/W]) or a bundle of entries (tile/entries/N[.p/W])
#[utoipa::path(get, path = "/log/tile/{*path}", tag = "log", params(("path" = String, Path)), responses((status = 200, description = "bytes", content_type = "application/octet-stream"), (status = 404, description = "not in the tree")))]
pub(super) async fn tile(State(app): State<App>, Path(path): Path<String>) -> Answer<Response> {
    let path = format!("tile/{path}").parse().map_err(|_| Error::of(&codes::NOT_FOUND))?;
    let bytes = app.log.tile(&path).await?.ok_or_else(|| Error::of(&codes::NOT_FOUND))?;
    let head = [(header::CONTENT_TYPE, "application/octet-stream"), (header::CACHE_CONTROL, "public, max-age=604800, immutable")];
    Ok((head, bytes).into_response())
}
