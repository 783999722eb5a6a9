//! Subsidy, prepayment and claim of a class.

use super::{class_of, json, small};
use crate::app::App;
use crate::audit::claim::Eyes;
use crate::error::{Error, Result, codes};
use crate::ids::LeafId;
use crate::pipeline::money::{self, Gaps};
use crate::receive::{Actor, Right};
use crate::register::money::claim;
use crate::register::money::{Claim, Event, Prepayment, State as Standing};
use crate::register::{Class, trail};
use crate::web::auth::Asker;
use crate::web::problem::Answer;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json as value};
use tokio_util::io::ReaderStream;

/// The subsidy of a class by the notice's formulas, every step shown
#[utoipa::path(get, path = "/v1/classes/{class}/subsidy", tag = "money", params(("class" = String, Path)),
    responses((status = 200, description = "{policy, epidemic, online_standard_fen{kind}, total_standard_fen{kind}, prepayment_fen, prepaid?, claim?, trainees: [{trainee, trainee_external_id, certificate?, final_fen, steps: [{name, formula, value}], at_risk_fen, at_risk_steps}], final_fen, at_risk_fen, gaps: [{code, clause, message, message_zh, trainees?, lessons?}]}")))]
pub(super) async fn subsidy(State(app): State<App>, Asker(actor): Asker, Path(class): Path<String>) -> Answer<Json<Value>> {
    actor.require(Right::See)?;
    let class = class_of(&app, &actor, &class).await?;
    let mut answer = money::subsidy(&app, &class).await?.answer();
    answer["class"] = class.id.to_string().into();
    answer["class_external_id"] = class.external_id.into();
    if let Some(claim) = claim::live(&app.db, class.id).await? {
        answer["claim"] = value!({"id": claim.id, "state": claim.state, "amount_fen": claim.amount_fen, "filed_at": claim.filed_at});
    }
    Ok(Json(answer))
}

/// Record what was paid in advance: {amount_fen, paid_on, reference?}, at most what clause 五（三） computes
#[utoipa::path(post, path = "/v1/classes/{class}/prepayment", tag = "money", params(("class" = String, Path)), request_body(content = Object, content_type = "application/json"),
    responses((status = 201, description = "{id, class, amount_fen, paid_on, reference?, at, receipt}"), (status = 200, description = "it was there"), (status = 409, description = "not_approved, duplicate, claim_stands"), (status = 422, description = "over_formula, not_in_epidemic")))]
pub(super) async fn prepay(
    State(app): State<App>,
    Asker(actor): Asker,
    Path(class): Path<String>,
    body: Body,
) -> Answer<(StatusCode, Json<Value>)> {
    actor.require(Right::Decide)?;
    let class = class_of(&app, &actor, &class).await?;
    let (kept, new) = money::prepay(&app, &actor, &class, &json(&app, body).await?).await?;
    let Prepayment { id, amount_fen, paid_on, reference, at, leaf, .. } = kept;
    let mut answer = value!({
        "id": id, "class": class.id, "class_external_id": class.external_id, "amount_fen": amount_fen, "paid_on": paid_on, "at": at,
        "receipt": receipt(&app, leaf).await?,
    });
    if let Some(reference) = reference {
        answer["reference"] = reference.text.into();
    }
    Ok((if new { StatusCode::CREATED } else { StatusCode::OK }, Json(answer)))
}

/// What a claimant sends.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Filed {
    #[serde(default)]
    accept_gaps: bool,
}

/// Put the claim together and file it: {accept_gaps?}
#[utoipa::path(post, path = "/v1/classes/{class}/claim", tag = "money", params(("class" = String, Path)), request_body(content = Object, content_type = "application/json"),
    responses((status = 201, description = "the claim: {id, class, state, amount_fen, prepaid_fen, gaps, filed_at, sha256, events, receipt}"), (status = 409, description = "claim_gaps with gaps; not_approved; claim_stands")))]
pub(super) async fn file(
    State(app): State<App>,
    Asker(actor): Asker,
    Path(class): Path<String>,
    body: Body,
) -> Answer<(StatusCode, Json<Value>)> {
    actor.require(Right::Plan)?;
    let class = class_of(&app, &actor, &class).await?;
    let bytes = small(&app, body).await?;
    let filed: Filed = match bytes.trim_ascii().is_empty() {
        true => Filed::default(),
        false => {
            serde_json::from_slice(&bytes).map_err(|cause| Error::new(&codes::INVALID, format!("The body is not as expected: {cause}.")))?
        }
    };
    money::file(&app, &actor, &class, if filed.accept_gaps { Gaps::Stated } else { Gaps::None }).await?;
    Ok((StatusCode::CREATED, Json(claim_of(&app, &actor, &class).await?)))
}

/// The claim of a class and what became of it
#[utoipa::path(get, path = "/v1/classes/{class}/claim", tag = "money", params(("class" = String, Path)),
    responses((status = 200, description = "{id, class, state, amount_fen, prepaid_fen, granted_fen?, balance_fen?, gaps, filed_at, sha256, document, events: [{id, state, reason?, amount_fen?, paid_on?, reference?, at}], receipt}"), (status = 404, description = "no_claim")))]
pub(super) async fn claimed(State(app): State<App>, Asker(actor): Asker, Path(class): Path<String>) -> Answer<Json<Value>> {
    actor.require(Right::See)?;
    let class = class_of(&app, &actor, &class).await?;
    Ok(Json(claim_of(&app, &actor, &class).await?))
}

/// Decide a claim: {decision: approve|return|refuse, amount_fen?, reason?}
#[utoipa::path(post, path = "/v1/classes/{class}/claim/decision", tag = "money", params(("class" = String, Path)), request_body(content = Object, content_type = "application/json"),
    responses((status = 200, description = "the claim"), (status = 404, description = "no_claim"), (status = 409, description = "claim_stands"), (status = 422, description = "over_formula")))]
pub(super) async fn decide(State(app): State<App>, Asker(actor): Asker, Path(class): Path<String>, body: Body) -> Answer<Json<Value>> {
    actor.require(Right::Decide)?;
    let class = class_of(&app, &actor, &class).await?;
    money::decide(&app, &actor, &class, &json(&app, body).await?).await?;
    Ok(Json(claim_of(&app, &actor, &class).await?))
}

/// Record that a granted claim was paid: {paid_on, reference?}; what was paid in advance is taken off
#[utoipa::path(post, path = "/v1/classes/{class}/claim/settlement", tag = "money", params(("class" = String, Path)), request_body(content = Object, content_type = "application/json"),
    responses((status = 200, description = "the claim"), (status = 404, description = "no_claim"), (status = 409, description = "claim_stands")))]
pub(super) async fn settle(State(app): State<App>, Asker(actor): Asker, Path(class): Path<String>, body: Body) -> Answer<Json<Value>> {
    actor.require(Right::Decide)?;
    let class = class_of(&app, &actor, &class).await?;
    money::settle(&app, &actor, &class, &json(&app, body).await?).await?;
    Ok(Json(claim_of(&app, &actor, &class).await?))
}

/// The claim pack: a zip of the claim on paper, a workbook, and the evidence of the class as a bundle that verifies offline
#[utoipa::path(get, path = "/v1/classes/{class}/claim/pack", tag = "money", params(("class" = String, Path)),
    responses((status = 200, description = "the zip", content_type = "application/zip"), (status = 503, description = "fonts_missing")))]
pub(super) async fn pack(State(app): State<App>, Asker(actor): Asker, Path(class): Path<String>) -> Answer<Response> {
    actor.require(Right::SeeNames)?;
    let class = class_of(&app, &actor, &class).await?;
    let subject = class.id.to_string();
    let note = trail::Note { actor: &actor.label, action: "claim.taken", subject_kind: "class", subject_id: &subject, detail: None };
    trail::record(&app.db, &app.ids, app.clock.now(), note).await?;
    let eyes = Eyes { names: true, numbers: actor.role.may(Right::SeePersonal) };
    let made = money::pack(&app, &class, eyes).await?;
    let head = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_LENGTH, made.size.to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", made.name)),
    ];
    let file = tokio::fs::File::from_std(made.file);
    Ok((head, Body::from_stream(ReaderStream::with_capacity(file, 256 * 1024))).into_response())
}

/// The log part of what was sealed by this leaf, waited for.
async fn receipt(app: &App, leaf: Option<LeafId>) -> Result<Value> {
    let Some(leaf) = leaf else { return Ok(Value::Null) };
    Ok(value!({"log": app.log.sealed(leaf).await?.log_part()}))
}

async fn claim_of(app: &App, actor: &Actor, class: &Class) -> Result<Value> {
    let (kept, events, sums) = money::claim_of(app, class).await?;
    let Claim { id, document, digest, gaps, state, filed_at, leaf, .. } = kept;
    let mut answer = value!({
        "id": id, "class": class.id, "class_external_id": class.external_id, "state": state, "gaps": gaps, "filed_at": filed_at,
        "sha256": digest.to_string(), "document": serde_json::from_str::<Value>(&document)?,
        "events": events.iter().map(shown).collect::<Vec<_>>(), "receipt": receipt(app, leaf).await?,
    });
    if let (Some(answer), Value::Object(sums)) = (answer.as_object_mut(), value!(sums)) {
        answer.extend(sums);
    }
    if actor.role.may(Right::SeeFindings) {
        let (findings, at_risk_fen) = crate::audit::claim::findings(&app.db, class.id).await?;
        answer["findings"] = value!({"open": findings, "at_risk_fen": at_risk_fen});
    }
    Ok(answer)
}

fn shown(event: &Event) -> Value {
    let mut answer = value!({"id": event.id, "state": event.state, "at": event.at});
    if let Some(fen) = event.amount_fen {
        answer["amount_fen"] = fen.into();
    }
    if let Some(day) = event.paid_on {
        answer["paid_on"] = day.to_string().into();
    }
    if let Some(remark) = &event.remark {
        answer[if event.state == Standing::Settled { "reference" } else { "reason" }] = remark.text.clone().into();
    }
    answer
}
