//! Decisions on opening applications.

use super::classes::told;
use super::{class_of, json};
use crate::app::App;
use crate::pipeline;
use crate::receive::Right;
use crate::register::class;
use crate::register::opening::{again, decision};
use crate::web::auth::Asker;
use crate::web::problem::Answer;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use serde_json::{Value, json as value};

/// Decide an application: {decision: approve|return|refuse, reason?, standards_fen?}
#[utoipa::path(post, path = "/v1/classes/{class}/decision", tag = "plan", params(("class" = String, Path)), request_body(content = Object, content_type = "application/json"),
    responses((status = 200, description = "the class with the decision"), (status = 409, description = "already_decided")))]
pub(super) async fn decide(State(app): State<App>, Asker(actor): Asker, Path(class): Path<String>, body: Body) -> Answer<Json<Value>> {
    actor.require(Right::Decide)?;
    let class = class_of(&app, &actor, &class).await?;
    pipeline::decide(&app, &actor, &class, &json(&app, body).await?).await?;
    Ok(Json(told(&app, &class::by_id(&app.db, class.id).await?)?))
}

/// Every decision on a class, the oldest first, each with its deadline, its written form and its place in the log; and what was filed before
#[utoipa::path(get, path = "/v1/classes/{class}/decisions", tag = "plan", params(("class" = String, Path)),
    responses((status = 200, description = "{items: [decision], earlier: [application], due: {on, certain}?}")))]
pub(super) async fn list(State(app): State<App>, Asker(actor): Asker, Path(class): Path<String>) -> Answer<Json<Value>> {
    actor.require(Right::See)?;
    let class = class_of(&app, &actor, &class).await?;
    let now = app.clock.now();
    let policy = app.policies.at(now);
    let items = decision::of_class(&app.db, class.id, policy.tz()).await?;
    let mut answer = value!({"items": items, "earlier": again::earlier(&app.db, class.id).await?});
    if class.decision.is_none() {
        let due = decision::due(policy, &app.calendar, class.filed_at);
        answer["due"] = value!({"on": due.on, "certain": due.certain, "overdue": policy.day_of(now) > due.on});
    }
    Ok(Json(answer))
}
