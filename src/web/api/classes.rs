//! Classes, their rosters and timetables.

use super::{checks, class_of, json, small};
use crate::app::App;
use crate::error::{Error, codes};
use crate::pipeline;
use crate::receive::{Actor, Right};
use crate::register::personal::account;
use crate::register::secrets::Secrets;
use crate::register::{Class, Trainee, class, lesson, platform, provider, roster, trail};
use crate::web::auth::Asker;
use crate::web::problem::Answer;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json as value};

/// Where a list goes on.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    pub(super) cursor: Option<String>,
    pub(super) limit: Option<i64>,
}

/// Classes the asker may know of, oldest first
#[utoipa::path(get, path = "/v1/classes", tag = "plan", params(("cursor" = Option<String>, Query), ("limit" = Option<i64>, Query, description = "at most 500")),
    responses((status = 200, description = "{items: [class], next?}")))]
pub(super) async fn list(State(app): State<App>, Asker(actor): Asker, Query(page): Query<Page>) -> Answer<Json<Value>> {
    actor.require(Right::See)?;
    let limit = page.limit.unwrap_or(100).clamp(1, 500);
    let after = page.cursor.map(|text| text.parse().map_err(|_| Error::of(&codes::INVALID_ID))).transpose()?;
    let items = class::list(&app.db, actor.provider, actor.platform.as_deref(), after, limit).await?;
    let next = (items.len() as i64 == limit).then(|| items.last().map(|last| last.id.to_string())).flatten();
    let items = items.iter().map(|class| told(&app, class)).collect::<Answer<Vec<_>>>()?;
    Ok(Json(with_next(value!({"items": items}), next)))
}

/// A class with the state it is in today.
pub(super) fn told(app: &App, class: &Class) -> Answer<Value> {
    let now = app.clock.now();
    let mut told = serde_json::to_value(class)?;
    told["state"] = value!(class.state(app.policies.at(now).day_of(now)));
    Ok(told)
}

/// A list's `next`, where there is one.
pub(super) fn with_next(mut list: Value, next: Option<String>) -> Value {
    if let Some(next) = next {
        list["next"] = next.into();
    }
    list
}

/// File an opening application
#[utoipa::path(post, path = "/v1/classes", tag = "plan", request_body(content = Object, content_type = "application/json"),
    responses((status = 201, description = "the class, and remarks on its plan"), (status = 200, description = "it was there with the same content, or was returned and is filed again with this one"), (status = 409, description = "duplicate"), (status = 422, description = "unknown_provider, unknown_platform")))]
pub(super) async fn add(State(app): State<App>, Asker(actor): Asker, body: Body) -> Answer<(StatusCode, Json<Value>)> {
    actor.require(Right::Plan)?;
    let new: class::NewClass = json(&app, body).await?;
    if let Some(own) = actor.provider
        && provider::get(&app.db, &new.provider.parse()?).await?.id != own
    {
        return Err(Error::new(&codes::FORBIDDEN, "A provider opens its own classes only; name yourself as provider.").into());
    }
    let (kept, new) = class::add(&app.db, &app.ids, &app.secrets, app.clock.now(), &actor.label, new).await?;
    let answer = checks::beside(&app, &kept, with_account(&app, &actor, &kept).await?).await?;
    Ok((if new { StatusCode::CREATED } else { StatusCode::OK }, answer))
}

/// A class as the asker may see it: the account it is paid to by its last four digits, and what is wrong with it.
async fn with_account(app: &App, actor: &Actor, class: &Class) -> Answer<Value> {
    let mut shown = told(app, class)?;
    if actor.role.may(Right::Plan)
        && let Some(account) = account::masked(&app.db, &app.secrets, class.id).await?
    {
        shown["bank_account_masked"] = account.masked.into();
        if let Some(fault) = account.fault {
            shown["bank_account_fault"] = fault.code().into();
        }
    }
    Ok(shown)
}

/// One class; bank_account_masked and bank_account_fault for providers, reviewers and administrators
#[utoipa::path(get, path = "/v1/classes/{class}", tag = "plan", params(("class" = String, Path)), responses((status = 200, description = "the class"), (status = 404, description = "unknown_class")))]
pub(super) async fn get(State(app): State<App>, Asker(actor): Asker, Path(class): Path<String>) -> Answer<Json<Value>> {
    actor.require(Right::See)?;
    let class = class_of(&app, &actor, &class).await?;
    Ok(Json(with_account(&app, &actor, &class).await?))
}

/// The roster: names for those who may see them, ID numbers masked
#[utoipa::path(get, path = "/v1/classes/{class}/roster", tag = "plan", params(("class" = String, Path)), responses((status = 200, description = "{items: [trainee]}; id_number_fault (length, characters, region, birth_date, birth_to_come, checksum) where the number is none of GB 11643")))]
pub(super) async fn roster(State(app): State<App>, Asker(actor): Asker, Path(class): Path<String>) -> Answer<Json<Value>> {
    actor.require(Right::See)?;
    let class = class_of(&app, &actor, &class).await?;
    let trainees = roster::of_class(&app.db, class.id).await?;
    if actor.role.may(Right::SeeNames) {
        looked(&app, &actor, &class.id.to_string()).await?;
    }
    Ok(Json(value!({"items": shown(&trainees, &actor, &app.secrets)?})))
}

/// Replace the roster: JSON {trainees: […], reason?}, CSV or XLSX. Of an approved plan what changes is kept as an amendment
#[utoipa::path(put, path = "/v1/classes/{class}/roster", tag = "plan", params(("class" = String, Path), ("reason" = Option<String>, Query, description = "why an approved plan is amended")), request_body(content = Object, content_type = "application/json"),
    responses((status = 200, description = "{items: [trainee], remarks: [remark]}"), (status = 422, description = "rows_at_fault")))]
pub(super) async fn put_roster(
    State(app): State<App>,
    Asker(actor): Asker,
    Path(class): Path<String>,
    Query(given): Query<Given>,
    body: Body,
) -> Answer<Json<Value>> {
    actor.require(Right::Plan)?;
    let class = class_of(&app, &actor, &class).await?;
    let bytes = small(&app, body).await?;
    let reason = given.reason.or_else(|| said(&bytes));
    let list = tokio::task::spawn_blocking(move || roster::read(&bytes)).await.map_err(Error::internal)??;
    let kept = pipeline::put_roster(&app, &actor, &class, list, reason.as_deref()).await?;
    checks::beside(&app, &class, value!({"items": shown(&kept, &actor, &app.secrets)?})).await
}

/// The timetable
#[utoipa::path(get, path = "/v1/classes/{class}/lessons", tag = "plan", params(("class" = String, Path)), responses((status = 200, description = "{items: [lesson]}")))]
pub(super) async fn lessons(State(app): State<App>, Asker(actor): Asker, Path(class): Path<String>) -> Answer<Json<Value>> {
    actor.require(Right::See)?;
    let class = class_of(&app, &actor, &class).await?;
    Ok(Json(value!({"items": lesson::of_class(&app.db, class.id).await?})))
}

/// Replace the timetable: JSON {lessons: […], reason?}, CSV or XLSX. Of an approved plan what changes is kept as an amendment
#[utoipa::path(put, path = "/v1/classes/{class}/lessons", tag = "plan", params(("class" = String, Path), ("reason" = Option<String>, Query, description = "why an approved plan is amended")), request_body(content = Object, content_type = "application/json"),
    responses((status = 200, description = "{items: [lesson], remarks: [remark]}"), (status = 422, description = "rows_at_fault")))]
pub(super) async fn put_lessons(
    State(app): State<App>,
    Asker(actor): Asker,
    Path(class): Path<String>,
    Query(given): Query<Given>,
    body: Body,
) -> Answer<Json<Value>> {
    actor.require(Right::Plan)?;
    let class = class_of(&app, &actor, &class).await?;
    let zone = platform::get(&app.db, &class.platform).await?.zone();
    let bytes = small(&app, body).await?;
    let reason = given.reason.or_else(|| said(&bytes));
    let list = tokio::task::spawn_blocking(move || lesson::read(&bytes, zone)).await.map_err(Error::internal)??;
    let kept = pipeline::put_lessons(&app, &actor, &class, list, reason.as_deref()).await?;
    checks::beside(&app, &class, value!({"items": kept})).await
}

/// Why a plan is changed.
#[derive(Debug, Deserialize)]
pub(super) struct Given {
    reason: Option<String>,
}

/// The reason within a JSON body.
fn said(body: &[u8]) -> Option<String> {
    serde_json::from_slice::<Given>(body).ok()?.reason
}

/// Trainees as the asker may see them.
fn shown(trainees: &[Trainee], actor: &Actor, secrets: &Secrets) -> Answer<Vec<Value>> {
    let mut items = Vec::with_capacity(trainees.len());
    for trainee in trainees {
        let mut item = value!({
            "id": trainee.id, "class": trainee.class, "external_id": trainee.external_id, "category": trainee.category,
            "platform_user": trainee.platform_user,
        });
        if let Some(fault) = &trainee.fault {
            item["id_number_fault"] = fault.clone().into();
        }
        if actor.role.may(Right::SeeNames) {
            item["name"] = trainee.name.clone().into();
            item["id_number_masked"] = roster::masked(&trainee.reveal(secrets)?.id_number).into();
        }
        items.push(item);
    }
    Ok(items)
}

/// Records a look at names.
async fn looked(app: &App, actor: &Actor, class: &str) -> Answer<()> {
    let note = trail::Note { actor: &actor.label, action: "names.seen", subject_kind: "class", subject_id: class, detail: None };
    trail::record(&app.db, &app.ids, app.clock.now(), note).await?;
    Ok(())
}
