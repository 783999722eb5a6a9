//! What the notice says against the plan of a class.

use super::class_of;
use crate::app::App;
use crate::pipeline;
use crate::receive::Right;
use crate::register::Class;
use crate::web::auth::Asker;
use crate::web::problem::Answer;
use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

/// Remarks on the plan of a class, each with its clause and what to do
#[utoipa::path(get, path = "/v1/classes/{class}/checks", tag = "plan", params(("class" = String, Path)),
    responses((status = 200, description = "{items: [{code, clause, weight: must|note, message{zh,en}, rows?}]}")))]
pub(super) async fn list(State(app): State<App>, Asker(actor): Asker, Path(class): Path<String>) -> Answer<Json<Value>> {
    actor.require(Right::See)?;
    let class = class_of(&app, &actor, &class).await?;
    Ok(Json(json!({"items": pipeline::remarks(&app, &class).await?})))
}

/// An answer with the remarks beside what it says.
pub(super) async fn beside(app: &App, class: &Class, mut answer: Value) -> Answer<Json<Value>> {
    answer["remarks"] = serde_json::to_value(pipeline::remarks(app, class).await?)?;
    Ok(Json(answer))
}
