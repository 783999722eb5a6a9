//! A candidate rule over the past; nothing is written.

use super::json;
use crate::app::App;
use crate::detect::{self, Backtest, Window};
use crate::error::{Error, Result, codes};
use crate::receive::{Actor, Right};
use crate::register::trail;
use crate::time::Time;
use crate::web::auth::Asker;
use crate::web::problem::Answer;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What is tried.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct Wanted {
    /// The rule, head and all.
    pub(in crate::web) sql: String,
    /// Other values for some of its parameters.
    #[serde(default)]
    pub(in crate::web) parameters: BTreeMap<String, toml::Value>,
    /// First moment looked at; all time where it is left out.
    #[serde(default)]
    pub(in crate::web) since: Option<Time>,
    /// First moment after.
    #[serde(default)]
    pub(in crate::web) until: Option<Time>,
}

/// Try a rule on the past: {sql, parameters?, since?, until?}; what it would raise beside the queue and beside what people decided. Nothing is written
#[utoipa::path(post, path = "/v1/backtests", tag = "detect", request_body(content = Object, content_type = "application/json"),
    responses((status = 200, description = "{rule, version, live_version?, found, same, new, gone, confirmed, dismissed, missed, precision?, money_fen, took_ms, rows_read, news, goners}"),
        (status = 422, description = "bad_rule, query_limit, invalid")))]
pub(super) async fn backtest(State(app): State<App>, Asker(actor): Asker, body: Body) -> Answer<Json<Backtest>> {
    let wanted: Wanted = json(&app, body).await?;
    Ok(Json(run(&app, &actor, wanted).await?))
}

/// Runs it for whoever may query the lake and see findings; who tried what is in the trail.
pub(in crate::web) async fn run(app: &App, actor: &Actor, wanted: Wanted) -> Result<Backtest> {
    actor.require(Right::Query)?;
    actor.require(Right::SeeFindings)?;
    let window = Window { since: wanted.since.unwrap_or(Window::ALL.since), until: wanted.until.unwrap_or(Window::ALL.until) };
    if window.since > window.until {
        return Err(Error::new(&codes::INVALID, "since lies behind until; swap them."));
    }
    let now = app.clock.now();
    let note =
        trail::Note { actor: &actor.label, action: "rule.tried", subject_kind: "lake", subject_id: "lake", detail: Some(&wanted.sql) };
    trail::record(&app.db, &app.ids, now, note).await?;
    detect::backtest(&app.db, &app.lake, &app.rules, &wanted.sql, &wanted.parameters, window, now).await
}
