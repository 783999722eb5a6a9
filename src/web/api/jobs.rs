//! The queue, for operators.

use crate::app::App;
use crate::error::{Error, codes};
use crate::receive::Right;
use crate::web::auth::Asker;
use crate::web::problem::Answer;
use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

/// Which jobs.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    state: Option<String>,
}

/// Jobs: state is open (waiting or running), waiting, running or dead
#[utoipa::path(get, path = "/v1/jobs", tag = "operation", params(("state" = Option<String>, Query)), responses((status = 200, description = "{items: [job]}; at most 500")))]
pub(super) async fn list(State(app): State<App>, Asker(actor): Asker, Query(wanted): Query<Wanted>) -> Answer<Json<Value>> {
    actor.require(Right::Operate)?;
    Ok(Json(json!({"items": app.jobs.list(&app.db, wanted.state.as_deref().unwrap_or("open"), 500).await?})))
}

/// Give a dead job a new chance
#[utoipa::path(post, path = "/v1/jobs/{id}/retry", tag = "operation", params(("id" = String, Path)), responses((status = 200, description = "it waits again"), (status = 404, description = "not_found")))]
pub(super) async fn retry(State(app): State<App>, Asker(actor): Asker, Path(id): Path<String>) -> Answer<Json<Value>> {
    actor.require(Right::Operate)?;
    app.jobs.retry(&app.db, id.parse().map_err(|_| Error::of(&codes::INVALID_ID))?, app.clock.now()).await?;
    Ok(Json(json!({"id": id})))
}
