//! Personal data: shown for a reason, handed to whom it is about, asked to be corrected; and who looked.

use super::classes::{Page, with_next};
use super::{class_of, json};
use crate::app::App;
use crate::audit::{overview, person};
use crate::error::{Error, Result, codes};
use crate::ids::{CorrectionId, TraineeId};
use crate::receive::{Actor, Right};
use crate::register::personal::correction::{self, Correction};
use crate::register::personal::{self, account as accounts, mask};
use crate::register::{Trainee, class, roster};
use crate::web::auth::Asker;
use crate::web::problem::Answer;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderName, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json as value};
use std::collections::HashMap;

/// An answer in the clear, which nobody on the way keeps.
type Clear = ([(HeaderName, &'static str); 1], Json<Value>);

fn clear(body: Value) -> Clear {
    ([(header::CACHE_CONTROL, "no-store")], Json(body))
}

/// Why somebody looks.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Why {
    reason: String,
}

/// A trainee of a class that the asker may know of.
pub(in crate::web) async fn trainee_of(app: &App, actor: &Actor, id: &str) -> Result<Trainee> {
    let id: TraineeId = id.parse().map_err(|_| Error::of(&codes::INVALID_ID))?;
    let trainee = roster::by_id(&app.db, id).await?;
    let class = class::by_id(&app.db, trainee.class).await?;
    actor.require_class(&class).map_err(|_| Error::of(&codes::UNKNOWN_TRAINEE))?;
    Ok(trainee)
}

/// Show the bank account of a class in the clear: {reason}
///
/// The look is in the trail, with the reason, before it is answered.
#[utoipa::path(post, path = "/v1/classes/{class}/bank_account/reveal", tag = "personal", params(("class" = String, Path)), request_body(content = Object, content_type = "application/json"),
    responses((status = 200, description = "{class, bank_account, fault?}"), (status = 403, description = "forbidden"), (status = 404, description = "not_found"), (status = 429, description = "too_many_looks")))]
pub(super) async fn account(State(app): State<App>, Asker(actor): Asker, Path(class): Path<String>, body: Body) -> Answer<Clear> {
    actor.require(Right::SeeAccounts)?;
    let class = class_of(&app, &actor, &class).await?;
    let Why { reason } = json(&app, body).await?;
    let account = accounts::reveal(app.personal(), &actor.label, class.id, &reason, app.clock.now()).await?;
    let mut shown = value!({"class": class.id, "bank_account": account});
    if let Some(fault) = accounts::fault(&account) {
        shown["fault"] = fault.code().into();
    }
    Ok(clear(shown))
}

/// Show the personal data of a trainee in the clear: {reason}
///
/// The look is in the trail, with the reason, before it is answered.
#[utoipa::path(post, path = "/v1/trainees/{trainee}/personal", tag = "personal", params(("trainee" = String, Path)), request_body(content = Object, content_type = "application/json"),
    responses((status = 200, description = "{trainee, id_number, id_number_fault?, phone, email}"), (status = 403, description = "forbidden"), (status = 404, description = "unknown_trainee"), (status = 429, description = "too_many_looks")))]
pub(super) async fn reveal(State(app): State<App>, Asker(actor): Asker, Path(trainee): Path<String>, body: Body) -> Answer<Clear> {
    actor.require(Right::SeePersonal)?;
    let trainee = trainee_of(&app, &actor, &trainee).await?;
    let Why { reason } = json(&app, body).await?;
    let shown = personal::reveal(app.personal(), &actor.label, &trainee, &reason, app.clock.now()).await?;
    let mut answer = value!({"trainee": trainee.id, "id_number": shown.id_number, "phone": shown.phone, "email": shown.email});
    if let Some(fault) = &trainee.fault {
        answer["id_number_fault"] = fault.clone().into();
    }
    Ok(clear(answer))
}

/// Whose data, for whom and why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default)]
    trainee: Option<String>,
    #[serde(default)]
    id_number: Option<String>,
    requested_by: String,
    reason: String,
}

/// Everything kept of a person, for them to see and copy: {id_number or trainee, requested_by, reason}
///
/// A provider gives what stands on its own rosters. The look is in the trail of each. Evidence is listed and not attached: its bytes are
/// never changed, and logs hold other people, too.
#[utoipa::path(post, path = "/v1/persons/access", tag = "personal", request_body(content = Object, content_type = "application/json"),
    responses((status = 200, description = "{person, as_of, requested_by, reason, rosters: [{class, trainee, hours, evidence, certificates, looks, corrections}], notes}"), (status = 404, description = "unknown_trainee"), (status = 429, description = "too_many_looks")))]
pub(super) async fn access(State(app): State<App>, Asker(actor): Asker, body: Body) -> Answer<Clear> {
    actor.require(Right::GiveAccess)?;
    let Wanted { trainee, id_number, requested_by, reason } = json(&app, body).await?;
    let whose = match (trainee, id_number) {
        (Some(id), None) => person::Whose::Trainee(trainee_of(&app, &actor, &id).await?.id),
        (None, Some(number)) => person::Whose::IdNumber(number),
        _ => return Err(Error::new(&codes::INVALID, "Name the person by id_number or by trainee, one of the two.").into()),
    };
    Ok(clear(assemble(&app, &actor, &whose, &requested_by, &reason).await?))
}

/// Everything kept of a person, as the asker may hand it out.
pub(in crate::web) async fn assemble(app: &App, actor: &Actor, whose: &person::Whose, by: &str, reason: &str) -> Result<Value> {
    let tools = person::Tools { db: &app.db, ids: &app.ids, secrets: &app.secrets };
    let request = person::Request { actor: &actor.label, provider: actor.provider, requested_by: by, reason, now: app.clock.now() };
    person::assemble(tools, whose, request).await
}

/// What a trainee asked to be corrected
#[utoipa::path(get, path = "/v1/trainees/{trainee}/corrections", tag = "personal", params(("trainee" = String, Path)),
    responses((status = 200, description = "{items: [{id, class, trainee, field, reason, state: open|corrected|declined, outcome?, by, at, closed_by?, closed_at?}]}")))]
pub(super) async fn corrections_of(State(app): State<App>, Asker(actor): Asker, Path(trainee): Path<String>) -> Answer<Json<Value>> {
    actor.require(Right::GiveAccess)?;
    let trainee = trainee_of(&app, &actor, &trainee).await?;
    let list = correction::of_trainee(&app.db, trainee.id).await?;
    Ok(Json(value!({"items": list.iter().map(|one| shown(&app, one)).collect::<Result<Vec<_>>>()?})))
}

/// Take down what a trainee asks to be corrected: {field: name|id_number|phone|email|category|hours|certificate|other, reason}
///
/// The provider sees it and corrects the roster. Evidence is never changed.
#[utoipa::path(post, path = "/v1/trainees/{trainee}/corrections", tag = "personal", params(("trainee" = String, Path)), request_body(content = Object, content_type = "application/json"),
    responses((status = 201, description = "the request"), (status = 404, description = "unknown_trainee")))]
pub(super) async fn ask(
    State(app): State<App>,
    Asker(actor): Asker,
    Path(trainee): Path<String>,
    body: Body,
) -> Answer<(StatusCode, Json<Value>)> {
    actor.require(Right::GiveAccess)?;
    let trainee = trainee_of(&app, &actor, &trainee).await?;
    let new: correction::New = json(&app, body).await?;
    let id = correction::ask(app.personal(), &actor.label, &trainee, &new, app.clock.now()).await?;
    Ok((StatusCode::CREATED, Json(shown(&app, &correction::by_id(&app.db, id).await?)?)))
}

/// Which requests.
#[derive(Debug, Deserialize)]
pub(super) struct Which {
    state: Option<correction::State>,
}

/// Requests for correction of the classes the asker may know of, the newest first
#[utoipa::path(get, path = "/v1/corrections", tag = "personal", params(("state" = Option<String>, Query, description = "open, corrected or declined"), ("cursor" = Option<String>, Query), ("limit" = Option<i64>, Query, description = "at most 500")),
    responses((status = 200, description = "{items, next?}")))]
pub(super) async fn corrections(
    State(app): State<App>,
    Asker(actor): Asker,
    Query(which): Query<Which>,
    Query(page): Query<Page>,
) -> Answer<Json<Value>> {
    actor.require(Right::GiveAccess)?;
    let limit = page.limit.unwrap_or(100).clamp(1, 500);
    let list = correction::list(&app.db, actor.provider, which.state, page.cursor.as_deref().unwrap_or_default(), limit).await?;
    let next = (list.len() as i64 == limit).then(|| list.last().map(|last| last.id.to_string())).flatten();
    let items = list.iter().map(|one| shown(&app, one)).collect::<Result<Vec<_>>>()?;
    Ok(Json(with_next(value!({"items": items}), next)))
}

/// Close a request: {state: corrected|declined, outcome?}
#[utoipa::path(post, path = "/v1/corrections/{correction}/close", tag = "personal", params(("correction" = String, Path)), request_body(content = Object, content_type = "application/json"),
    responses((status = 200, description = "the request"), (status = 404, description = "not_found"), (status = 409, description = "duplicate")))]
pub(super) async fn close(State(app): State<App>, Asker(actor): Asker, Path(id): Path<String>, body: Body) -> Answer<Json<Value>> {
    actor.require(Right::GiveAccess)?;
    let of = correction_of(&app, &actor, &id).await?;
    let how: correction::Close = json(&app, body).await?;
    correction::close(app.personal(), &actor.label, &of, &how, app.clock.now()).await?;
    Ok(Json(shown(&app, &correction::by_id(&app.db, of.id).await?)?))
}

/// A request about a class that the asker may know of.
pub(in crate::web) async fn correction_of(app: &App, actor: &Actor, id: &str) -> Result<Correction> {
    let id: CorrectionId = id.parse().map_err(|_| Error::of(&codes::INVALID_ID))?;
    let of = correction::by_id(&app.db, id).await?;
    actor.require_class(&class::by_id(&app.db, of.class).await?).map_err(|_| Error::of(&codes::NOT_FOUND))?;
    Ok(of)
}

/// A request; numbers in it are masked, and stand whole in what the person is given.
fn shown(app: &App, one: &Correction) -> Result<Value> {
    Ok(value!({
        "id": one.id, "class": one.class, "trainee": one.trainee, "trainee_external_id": one.external_id, "field": one.field,
        "reason": mask::text(&one.reason(&app.secrets)?), "state": one.state, "outcome": one.outcome, "by": one.actor, "at": one.at,
        "closed_by": one.closed_by, "closed_at": one.closed_at,
    }))
}

/// About what.
#[derive(Debug, Deserialize)]
pub(super) struct About {
    subject: String,
}

/// Who looked at what and changed it: lines of the trail about one thing, the newest first
#[utoipa::path(get, path = "/v1/trail", tag = "personal", params(("subject" = String, Query, description = "kind:id, such as trainee:…, class:…, evidence:…; an id alone is a trainee's"), ("cursor" = Option<String>, Query), ("limit" = Option<i64>, Query, description = "at most 500")),
    responses((status = 200, description = "{items: [{at, actor, name, action, subject{kind, id}, detail?}], next?}"), (status = 403, description = "forbidden")))]
pub(super) async fn trail(
    State(app): State<App>,
    Asker(actor): Asker,
    Query(about): Query<About>,
    Query(page): Query<Page>,
) -> Answer<Json<Value>> {
    actor.require(Right::SeeTrail)?;
    let (kind, id) = about.subject.split_once(':').unwrap_or(("trainee", &about.subject));
    let limit = page.limit.unwrap_or(100).clamp(1, 500);
    let lines = personal::trail_of(&app.db, kind, id, page.cursor.as_deref().unwrap_or_default(), limit).await?;
    let mut names: HashMap<&str, String> = HashMap::new();
    for line in &lines {
        if !names.contains_key(line.actor.as_str()) {
            names.insert(&line.actor, overview::actor(&app.db, &line.actor).await?);
        }
    }
    let items: Vec<Value> = lines
        .iter()
        .map(|line| {
            let mut item = value!({
                "at": line.at, "actor": line.actor, "name": names.get(line.actor.as_str()), "action": line.action,
                "subject": {"kind": line.subject_kind, "id": line.subject_id},
            });
            if let Some(detail) = &line.detail {
                item["detail"] = detail.clone().into();
            }
            item
        })
        .collect();
    let next = (lines.len() as i64 == limit).then(|| lines.last().map(|last| last.id.clone())).flatten();
    Ok(Json(with_next(value!({"items": items}), next)))
}
