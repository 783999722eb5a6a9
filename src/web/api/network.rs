//! Who shares what: groups of providers, and where a value is found.

use super::query::limits;
use crate::app::App;
use crate::detect::network::{self, Group, Holder, KINDS};
use crate::error::{Error, Result, codes};
use crate::receive::{Actor, Right};
use crate::register::trail;
use crate::web::auth::Asker;
use crate::web::problem::Answer;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use serde::{Deserialize, Serialize};

/// The groups.
#[derive(Debug, Serialize)]
pub(super) struct Groups {
    items: Vec<Group>,
}

/// Where a value is found.
#[derive(Debug, Serialize)]
pub(super) struct Holders {
    items: Vec<Holder>,
}

/// What is followed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Followed {
    kind: String,
    value: String,
}

/// Providers that share devices, addresses, phones, accounts or recordings, as the groups they form
#[utoipa::path(get, path = "/v1/network", tag = "detect",
    responses((status = 200, description = "{items: [{providers: [[id, name]], kinds: {kind: ties}, ties: [{kind, value, held: [{provider, name, people, classes}]}]}]}"), (status = 422, description = "query_limit")))]
pub(super) async fn groups(State(app): State<App>, Asker(actor): Asker) -> Answer<Json<Groups>> {
    Ok(Json(Groups { items: all(&app, &actor).await? }))
}

/// Follow a device, an address, a phone or an account: {kind, value}. The value is in the body, for it may be an address of somebody
#[utoipa::path(post, path = "/v1/network/follow", tag = "detect", request_body(content = Object, content_type = "application/json"),
    responses((status = 200, description = "{items: [{provider: [id, name], class: [id, title], people, lessons, first_at?, last_at?}]}"), (status = 422, description = "invalid, query_limit")))]
pub(super) async fn follow(State(app): State<App>, Asker(actor): Asker, body: Body) -> Answer<Json<Holders>> {
    let followed: Followed = super::json(&app, body).await?;
    Ok(Json(Holders { items: one(&app, &actor, &followed.kind, &followed.value).await? }))
}

fn may(actor: &Actor) -> Result<()> {
    actor.require(Right::SeeFindings)?;
    actor.require(Right::Query)
}

/// The groups, for whoever may query the lake and see findings; who looked is in the trail.
pub(in crate::web) async fn all(app: &App, actor: &Actor) -> Result<Vec<Group>> {
    may(actor)?;
    let now = app.clock.now();
    let note = trail::Note { actor: &actor.label, action: "network.looked", subject_kind: "lake", subject_id: "lake", detail: None };
    trail::record(&app.db, &app.ids, now, note).await?;
    network::groups(&app.lake, limits(app)).await
}

/// Where a value is found; who followed what is in the trail.
pub(in crate::web) async fn one(app: &App, actor: &Actor, kind: &str, value: &str) -> Result<Vec<Holder>> {
    may(actor)?;
    if !KINDS.contains(&kind) {
        return Err(Error::new(&codes::INVALID, format!("kind is one of {}.", KINDS.join(", "))));
    }
    let detail = format!("{kind} {value}");
    let note =
        trail::Note { actor: &actor.label, action: "network.followed", subject_kind: "lake", subject_id: "lake", detail: Some(&detail) };
    trail::record(&app.db, &app.ids, app.clock.now(), note).await?;
    network::holders(&app.lake, kind, value, limits(app)).await
}
