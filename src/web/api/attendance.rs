//! Live events: the body itself is the evidence.

use super::evidence::{answer, stream};
use crate::app::App;
use crate::pipeline;
use crate::receive::{Claim, Query as ClaimQuery};
use crate::web::auth::Asker;
use crate::web::problem::Answer;
use axum::Json;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde_json::Value;

/// Attendance events as NDJSON: {trainee, kind, at, until?, ip?, device?, …} a line
#[utoipa::path(post, path = "/v1/attendance", tag = "evidence", params(("class" = String, Query), ("lesson" = Option<String>, Query)),
    request_body(content = String, content_type = "application/x-ndjson"),
    responses((status = 201, description = "the evidence with its receipt"), (status = 422, description = "unreadable_log, with rows")))]
pub(super) async fn submit(
    State(app): State<App>,
    Asker(actor): Asker,
    Query(query): Query<ClaimQuery>,
    body: Body,
) -> Answer<(StatusCode, Json<Value>)> {
    let query = ClaimQuery { kind: Some("attendance".to_owned()), ..query };
    let claim = Claim::check(&app.db, &actor, &query).await?;
    let submitted = pipeline::submit(&app, &actor, claim, None, stream(&app, body)).await?;
    answer(&app, submitted).await
}
