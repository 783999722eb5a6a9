//! Findings: the queue, one of them, and what a person decides of it.

use super::json as body_json;
use crate::app::App;
use crate::audit::case;
use crate::detect::{self, Decision, Filter, Order};
use crate::error::{Error, Result, codes};
use crate::ids::FindingId;
use crate::receive::Right;
use crate::register::{Reference, class, provider};
use crate::web::auth::Asker;
use crate::web::problem::Answer;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::Value;

/// What the queue is narrowed to.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Wanted {
    rule: Option<String>,
    status: Option<String>,
    severity: Option<String>,
    class: Option<String>,
    provider: Option<String>,
    trainee: Option<String>,
    from: Option<String>,
    until: Option<String>,
    #[serde(default)]
    order: Order,
    cursor: Option<String>,
    limit: Option<i64>,
}

/// The queue, most money at risk first
#[utoipa::path(get, path = "/v1/findings", tag = "detect",
    params(("rule" = Option<String>, Query), ("status" = Option<String>, Query), ("severity" = Option<String>, Query), ("class" = Option<String>, Query), ("provider" = Option<String>, Query),
        ("trainee" = Option<String>, Query), ("from" = Option<String>, Query), ("until" = Option<String>, Query), ("order" = Option<String>, Query, description = "money or time"), ("cursor" = Option<String>, Query), ("limit" = Option<i64>, Query)),
    responses((status = 200, description = "{items: [finding], next?}")))]
pub(super) async fn list(State(app): State<App>, Asker(actor): Asker, Query(wanted): Query<Wanted>) -> Answer<Json<Value>> {
    actor.require(Right::SeeFindings)?;
    let page = detect::list(&app.db, &app.rules, &filter(&app, wanted).await?, app.clock.now()).await?;
    Ok(Json(serde_json::to_value(page)?))
}

async fn filter(app: &App, wanted: Wanted) -> Result<Filter> {
    let class = match &wanted.class {
        Some(text) => Some(class::get(&app.db, &text.parse()?).await?.id),
        None => None,
    };
    let provider = match &wanted.provider {
        Some(text) => Some(provider::get(&app.db, &text.parse::<Reference>()?).await?.id),
        None => None,
    };
    let time =
        |text: Option<String>| text.map(|text| text.replace(' ', "+").parse().map_err(|_| Error::of(&codes::INVALID_TIME))).transpose();
    Ok(Filter {
        rule: wanted.rule,
        status: wanted.status,
        severity: wanted.severity,
        class,
        provider,
        trainee: wanted.trainee.map(|text| text.parse().map_err(|_| Error::of(&codes::INVALID_ID))).transpose()?,
        from: time(wanted.from)?,
        until: time(wanted.until)?,
        order: wanted.order,
        cursor: wanted.cursor,
        limit: wanted.limit.unwrap_or(100),
    })
}

/// One finding with its history
#[utoipa::path(get, path = "/v1/findings/{id}", tag = "detect", params(("id" = String, Path)), responses((status = 200, description = "the finding, with history: [event], and cases: [{id, title, status}] for whoever may see cases"), (status = 404, description = "not_found")))]
pub(super) async fn get(State(app): State<App>, Asker(actor): Asker, Path(id): Path<String>) -> Answer<Json<Value>> {
    actor.require(Right::SeeFindings)?;
    let id: FindingId = id.parse().map_err(|_| Error::of(&codes::INVALID_ID))?;
    let (finding, history) = detect::one(&app.db, &app.rules, id, app.clock.now()).await?;
    let mut body = serde_json::to_value(finding)?;
    body["history"] = serde_json::to_value(history)?;
    if super::cases::may(&actor, Right::SeeFindings).is_ok() {
        body["cases"] = serde_json::to_value(case::of(&app.db, case::Kind::Finding, id).await?)?;
    }
    Ok(Json(body))
}

/// Judge a finding: {status: open|snoozed|confirmed|dismissed, until?, note?}
#[utoipa::path(post, path = "/v1/findings/{id}/status", tag = "detect", params(("id" = String, Path)), request_body(content = Object, content_type = "application/json"),
    responses((status = 200, description = "the finding"), (status = 404, description = "not_found")))]
pub(super) async fn set_status(State(app): State<App>, Asker(actor): Asker, Path(id): Path<String>, body: Body) -> Answer<Json<Value>> {
    actor.require(Right::Judge)?;
    let id = id.parse().map_err(|_| Error::of(&codes::INVALID_ID))?;
    let decision: Decision = body_json(&app, body).await?;
    let finding = detect::set_status(&app.db, &app.rules, &app.jobs, &app.ids, id, &decision, &actor.label, app.clock.now()).await?;
    app.log.wake();
    Ok(Json(serde_json::to_value(finding)?))
}
