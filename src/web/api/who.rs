//! Who is who: those whom the logs of a class name and the roster does not know, and what people said of them.

use super::classes::{Page, with_next};
use super::{class_of, json};
use crate::analyse::attendance::suggestions;
use crate::app::App;
use crate::error::{Error, Result, codes};
use crate::ids::ClassId;
use crate::lake::{self, ingest};
use crate::pipeline;
use crate::receive::{Actor, Right};
use crate::register::personal::mask;
use crate::register::resolution::{self, Says};
use crate::register::{Class, Resolution, roster, trail};
use crate::web::auth::Asker;
use crate::web::problem::Answer;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json as value};
use std::collections::HashMap;

/// Those who wait: whom the logs name and the roster does not know or knows twice, most rows first
#[utoipa::path(get, path = "/v1/classes/{class}/unmatched", tag = "hours",
    params(("class" = String, Path), ("cursor" = Option<String>, Query), ("limit" = Option<i64>, Query, description = "at most 200")),
    responses((status = 200, description = "{items: [{identity, doubt, written, rows, logs, span_ms, evidence: {id, row}, suggestions: [{trainee, external_id, name, likeness}]}], people, rows, rows_of_more, next?}"), (status = 403, description = "forbidden")))]
pub(super) async fn unmatched(
    State(app): State<App>,
    Asker(actor): Asker,
    Path(class): Path<String>,
    Query(page): Query<Page>,
) -> Answer<Json<Value>> {
    let class = seen(&app, &actor, &class).await?;
    let limit = page.limit.unwrap_or(50).clamp(1, 200);
    let waiting = lake::unmatched(&app.db, class.id, page.cursor.as_deref().unwrap_or_default(), limit).await?;
    let next = (waiting.len() as i64 == limit).then(|| waiting.last().map(lake::Unmatched::cursor)).flatten();
    let roster = ingest::roster_of(&app.db, &app.secrets, class.id).await?;
    let called: HashMap<_, _> =
        roster::of_class(&app.db, class.id).await?.into_iter().map(|trainee| (trainee.id, (trainee.external_id, trainee.name))).collect();
    let mut items = Vec::with_capacity(waiting.len());
    for one in &waiting {
        let who = one.who(&app.secrets)?;
        let suggested = suggestions(&roster, &who).into_iter().map(|suggestion| {
            let (external_id, name) = called.get(&suggestion.trainee).cloned().unwrap_or_default();
            value!({"trainee": suggestion.trainee, "external_id": external_id, "name": name, "likeness": suggestion.likeness})
        });
        items.push(value!({
            "identity": one.identity, "doubt": one.doubt, "written": written(serde_json::to_value(&who)?),
            "rows": one.rows, "logs": one.logs, "span_ms": one.span_ms, "evidence": {"id": one.evidence, "row": one.first_row},
            "suggestions": suggested.collect::<Vec<_>>(),
        }));
    }
    let (people, rows) = lake::unmatched_count(&app.db, class.id).await?;
    let more = lake::rows_of_more(&app.db, class.id).await?;
    Ok(Json(with_next(value!({"items": items, "people": people, "rows": rows, "rows_of_more": more}), next)))
}

/// What people said of who somebody is, the newest first; what counts no more has replaced_at
#[utoipa::path(get, path = "/v1/classes/{class}/resolutions", tag = "hours",
    params(("class" = String, Path), ("cursor" = Option<String>, Query), ("limit" = Option<i64>, Query, description = "at most 200")),
    responses((status = 200, description = "{items: [{id, identity, written, says, trainee?, reason, by, at, replaced_at?, log_index?}], next?}"), (status = 403, description = "forbidden")))]
pub(super) async fn resolutions(
    State(app): State<App>,
    Asker(actor): Asker,
    Path(class): Path<String>,
    Query(page): Query<Page>,
) -> Answer<Json<Value>> {
    let class = seen(&app, &actor, &class).await?;
    let limit = page.limit.unwrap_or(50).clamp(1, 200);
    let before = page.cursor.map(|text| text.parse().map_err(|_| Error::of(&codes::INVALID_ID))).transpose()?;
    let said = resolution::of_class(&app.db, class.id, before, limit).await?;
    let next = (said.len() as i64 == limit).then(|| said.last().map(|last| last.id.to_string())).flatten();
    let mut items = Vec::with_capacity(said.len());
    for one in &said {
        items.push(told(&app, one).await?);
    }
    Ok(Json(with_next(value!({"items": items}), next)))
}

/// A resolution as sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sent {
    identity: String,
    #[serde(default)]
    trainee: Option<String>,
    #[serde(default)]
    nobody: bool,
    #[serde(default)]
    withdraw: bool,
    reason: String,
}

/// Say who somebody is, once for the class: {identity, reason} and one of trainee, nobody: true, withdraw: true
#[utoipa::path(post, path = "/v1/classes/{class}/resolutions", tag = "hours", params(("class" = String, Path)), request_body(content = Object, content_type = "application/json"),
    responses((status = 201, description = "the resolution; the logs of the class are read again"), (status = 404, description = "not_found, unknown_trainee"), (status = 409, description = "cannot_be: a key of the row speaks against it")))]
pub(super) async fn resolve(
    State(app): State<App>,
    Asker(actor): Asker,
    Path(class): Path<String>,
    body: Body,
) -> Answer<(StatusCode, Json<Value>)> {
    actor.require(Right::Resolve)?;
    let class = class_of(&app, &actor, &class).await?;
    let sent: Sent = json(&app, body).await?;
    let says = match (&sent.trainee, sent.nobody, sent.withdraw) {
        (Some(trainee), false, false) => Says::Trainee(roster::get(&app.db, class.id, &trainee.parse()?).await?.id),
        (None, true, false) => Says::Nobody,
        (None, false, true) => Says::Open,
        _ => return Err(Error::new(&codes::INVALID, "Send one of trainee, nobody: true and withdraw: true.").into()),
    };
    let kept = pipeline::resolve(&app, &actor, class.id, sent.identity.parse()?, says, &sent.reason).await?;
    Ok((StatusCode::CREATED, Json(told(&app, &kept).await?)))
}

/// The class, if the asker may see names in it; that is written down.
async fn seen(app: &App, actor: &Actor, class: &str) -> Result<Class> {
    actor.require(Right::SeeNames)?;
    let class = class_of(app, actor, class).await.map_err(|problem| problem.0)?;
    looked(app, actor, class.id).await?;
    Ok(class)
}

async fn looked(app: &App, actor: &Actor, class: ClassId) -> Result<()> {
    let subject = class.to_string();
    let note = trail::Note { actor: &actor.label, action: "names.seen", subject_kind: "class", subject_id: &subject, detail: None };
    trail::looked(&app.db, &app.ids, app.clock.now(), note).await
}

/// What the file writes of somebody: names and accounts; numbers and addresses masked, for everybody.
fn written(mut who: Value) -> Value {
    for (key, value) in who.as_object_mut().into_iter().flatten() {
        if let Value::String(text) = value {
            *text = match key.as_str() {
                "phone" => mask::phone(text),
                "email" => mask::email(text),
                "id_number" => mask::id_number(text),
                _ => mask::text(text),
            };
        }
    }
    who
}

async fn told(app: &App, one: &Resolution) -> Result<Value> {
    let index = match one.leaf {
        Some(leaf) => app.log.receipt(leaf).await?.map(|sealed| sealed.index),
        None => None,
    };
    let mut told = value!({
        "id": one.id, "class": one.class, "identity": one.identity, "written": written(serde_json::from_str(&one.who(&app.secrets)?)?),
        "says": one.says.as_str(), "reason": one.reason(&app.secrets)?, "by": one.actor, "at": one.at,
    });
    if let Some(trainee) = one.says.trainee() {
        told["trainee"] = value!(trainee);
        told["trainee_external_id"] = roster::by_id(&app.db, trainee).await?.external_id.into();
    }
    if let Some(at) = one.replaced_at {
        told["replaced_at"] = value!(at);
    }
    if let Some(index) = index {
        told["log_index"] = index.into();
    }
    Ok(told)
}
