//! Certificates of a class.

use super::{class_of, small};
use crate::app::App;
use crate::error::{Error, Result};
use crate::pipeline::money;
use crate::receive::{Actor, Right};
use crate::register::{Certificate, certificate, roster, trail};
use crate::web::auth::Asker;
use crate::web::problem::Answer;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json as value};

/// What of the certificates is asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    history: bool,
}

/// Certificates of a class that count; with history=true all ever entered. Numbers in the clear or masked, as the asker may see them
#[utoipa::path(get, path = "/v1/classes/{class}/certificates", tag = "money", params(("class" = String, Path), ("history" = Option<bool>, Query)),
    responses((status = 200, description = "{items: [{id, class, trainee, trainee_external_id, kind, number?, number_masked?, issued_on, evidence?, at, replaced_at?}]}")))]
pub(super) async fn list(
    State(app): State<App>,
    Asker(actor): Asker,
    Path(class): Path<String>,
    Query(asked): Query<Asked>,
) -> Answer<Json<Value>> {
    actor.require(Right::See)?;
    let class = class_of(&app, &actor, &class).await?;
    let all = if asked.history { certificate::history(&app.db, &class).await? } else { certificate::of_class(&app.db, &class).await? };
    if actor.role.may(Right::SeeNames) {
        let action = if actor.role.may(Right::SeePersonal) { "numbers.seen" } else { "names.seen" };
        let subject = class.id.to_string();
        let note = trail::Note { actor: &actor.label, action, subject_kind: "class", subject_id: &subject, detail: Some("certificates") };
        trail::record(&app.db, &app.ids, app.clock.now(), note).await?;
    }
    Ok(Json(value!({"items": shown(&app, &actor, &all)?})))
}

/// Enter certificates: JSON {certificates: [{trainee, kind, number?, issued_on, evidence?}]}, CSV or XLSX. What is there already stays; a new entry for the same trainee and kind takes the place of the old one
#[utoipa::path(post, path = "/v1/classes/{class}/certificates", tag = "money", params(("class" = String, Path)), request_body(content = Object, content_type = "application/json"),
    responses((status = 201, description = "{items: [certificate]}: all that count now"), (status = 200, description = "the same; nothing was new"), (status = 422, description = "rows_at_fault: unknown_trainee, issued_before_class, issued_in_future, same_certificate_twice, number_of_another, foreign_evidence")))]
pub(super) async fn enter(
    State(app): State<App>,
    Asker(actor): Asker,
    Path(class): Path<String>,
    body: Body,
) -> Answer<(StatusCode, Json<Value>)> {
    actor.require(Right::Plan)?;
    let class = class_of(&app, &actor, &class).await?;
    let bytes = small(&app, body).await?;
    let list = tokio::task::spawn_blocking(move || certificate::read(&bytes)).await.map_err(Error::internal)??;
    let (kept, new) = money::certify(&app, &actor, &class, list).await?;
    Ok((if new { StatusCode::CREATED } else { StatusCode::OK }, Json(value!({"items": shown(&app, &actor, &kept)?}))))
}

/// Certificates as the asker may see them.
fn shown(app: &App, actor: &Actor, certificates: &[Certificate]) -> Result<Vec<Value>> {
    let mut items = Vec::with_capacity(certificates.len());
    for one in certificates {
        let mut item = value!({
            "id": one.id, "class": one.class, "trainee": one.trainee, "trainee_external_id": one.trainee_external_id, "kind": one.kind,
            "issued_on": one.issued_on, "at": one.at,
        });
        if actor.role.may(Right::SeeNames)
            && let Some(number) = one.number(&app.secrets)?
        {
            item["number_masked"] = roster::masked(&number).into();
            if actor.role.may(Right::SeePersonal) {
                item["number"] = number.into();
            }
        }
        if let Some(evidence) = one.evidence {
            item["evidence"] = evidence.to_string().into();
        }
        if let Some(at) = one.replaced_at {
            item["replaced_at"] = at.to_string().into();
        }
        items.push(item);
    }
    Ok(items)
}
