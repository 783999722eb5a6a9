//! Runs of the rules: how far they are, and stopping one.

use crate::app::App;
use crate::detect::{self, RunLine};
use crate::receive::Right;
use crate::web::auth::Asker;
use crate::web::problem::Answer;
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use serde_json::{Value, json};

/// Runs listed.
const LISTED: i64 = 50;

/// The newest runs.
#[derive(Debug, Serialize)]
pub(super) struct Runs {
    items: Vec<RunLine>,
}

/// The newest runs of the rules, and how far the one is that goes on
#[utoipa::path(get, path = "/v1/runs", tag = "detect",
    responses((status = 200, description = "{items: [{id, why: change|all|asked, changes, begun_at, ended_at?, asked, rules, broken, found, new, ceased, stopped}]}; the newest 50")))]
pub(super) async fn list(State(app): State<App>, Asker(actor): Asker) -> Answer<Json<Runs>> {
    actor.require(Right::SeeFindings)?;
    Ok(Json(Runs { items: detect::runs(&app.db, LISTED).await? }))
}

/// Ask a run of the rules to stop; what it has found stays
#[utoipa::path(post, path = "/v1/runs/{id}/stop", tag = "detect", params(("id" = String, Path)),
    responses((status = 202, description = "{id}: it stops within seconds"), (status = 404, description = "not_found: no such run goes on")))]
pub(super) async fn stop(
    State(app): State<App>,
    Asker(actor): Asker,
    Path(id): Path<String>,
) -> Answer<(axum::http::StatusCode, Json<Value>)> {
    actor.require(Right::Judge)?;
    detect::stop(&app.db, &app.ids, &id, &actor.label, app.clock.now()).await?;
    Ok((axum::http::StatusCode::ACCEPTED, Json(json!({"id": id}))))
}
