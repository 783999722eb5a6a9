//! Papers of a class.

use super::{class_of, json};
use crate::app::App;
use crate::error::{Error, codes};
use crate::pipeline;
use crate::receive::Right;
use crate::register::Class;
use crate::register::opening::{Paper, PaperKind, paper};
use crate::web::auth::Asker;
use crate::web::problem::Answer;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json as value};

/// A paper as sent.
#[derive(Debug, Deserialize)]
struct New {
    kind: String,
    evidence: String,
}

/// The papers of a class, the oldest first, and what became of a promise to file the full plan
#[utoipa::path(get, path = "/v1/classes/{class}/documents", tag = "plan", params(("class" = String, Path)),
    responses((status = 200, description = "{items: [paper], promise: {due, state: open|in_time|late|overdue}?}")))]
pub(super) async fn list(State(app): State<App>, Asker(actor): Asker, Path(class): Path<String>) -> Answer<Json<Value>> {
    actor.require(Right::See)?;
    let class = class_of(&app, &actor, &class).await?;
    let papers = paper::of_class(&app.db, class.id).await?;
    let promise = promise(&app, &class, &papers);
    let mut answer = value!({"items": papers});
    if let Some(promise) = promise {
        answer["promise"] = promise;
    }
    Ok(Json(answer))
}

/// File a piece of evidence as a paper of the class: {kind: licence|online_plan|full_plan|promise|other, evidence}
#[utoipa::path(post, path = "/v1/classes/{class}/documents", tag = "plan", params(("class" = String, Path)), request_body(content = Object, content_type = "application/json"),
    responses((status = 201, description = "the paper"), (status = 200, description = "it was filed as such before"), (status = 404, description = "no such evidence"), (status = 422, description = "foreign_evidence")))]
pub(super) async fn file(
    State(app): State<App>,
    Asker(actor): Asker,
    Path(class): Path<String>,
    body: Body,
) -> Answer<(StatusCode, Json<Value>)> {
    actor.require(Right::Plan)?;
    let class = class_of(&app, &actor, &class).await?;
    let new: New = json(&app, body).await?;
    let evidence = new.evidence.parse().map_err(|_| Error::new(&codes::INVALID_ID, "evidence is the id of a piece of evidence."))?;
    let (paper, new) = pipeline::file_paper(&app, &actor, &class, PaperKind::handed_in(&new.kind)?, evidence).await?;
    Ok((if new { StatusCode::CREATED } else { StatusCode::OK }, Json(serde_json::to_value(paper)?)))
}

/// What became of the promise of a class, if it made one.
fn promise(app: &App, class: &Class, papers: &[Paper]) -> Option<Value> {
    let policy = app.policies.at(app.clock.now());
    let due = class.promise_due?;
    let kept = paper::of_promise(papers, due, |at| policy.day_of(at), policy.day_of(app.clock.now()));
    Some(value!({"due": due, "state": kept}))
}
