//! SQL over the lake's tables, read-only and bounded.

use super::json;
use crate::app::App;
use crate::audit::question::{self, Question};
use crate::error::Result;
use crate::lake::query::{Format, Limits, Printer};
use crate::receive::Right;
use crate::register::trail;
use crate::web::auth::Asker;
use crate::web::problem::Answer;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A query as sent.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    sql: String,
}

/// The bounds on a query.
pub(in crate::web) fn limits(app: &App) -> Limits {
    let query = &app.config.query;
    Limits { time: Duration::from_secs(query.seconds), memory_bytes: query.memory_bytes, rows: query.rows, ..Limits::default() }
}

/// Query the lake: {sql}; rows as JSON, or CSV with Accept: text/csv. Its tables are as of the last run of the rules, at most ten minutes old
#[utoipa::path(post, path = "/v1/query", tag = "detect", request_body(content = Object, content_type = "application/json"),
    responses((status = 200, description = "a JSON array of rows, or CSV"), (status = 422, description = "bad_query, query_limit")))]
pub(super) async fn query(State(app): State<App>, Asker(actor): Asker, headers: HeaderMap, body: Body) -> Answer<Response> {
    actor.require(Right::Query)?;
    let asked: Asked = json(&app, body).await?;
    let note =
        trail::Note { actor: &actor.label, action: "query.asked", subject_kind: "lake", subject_id: "lake", detail: Some(&asked.sql) };
    trail::record(&app.db, &app.ids, app.clock.now(), note).await?;
    let csv = headers.get(header::ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"text/csv"));
    let (format, media_type) = if csv { (Format::Csv, "text/csv; charset=utf-8") } else { (Format::Json, "application/json") };
    let bytes = rows(&app, &asked.sql, format).await?;
    Ok(([(header::CONTENT_TYPE, media_type)], bytes).into_response())
}

/// Questions that were kept.
#[derive(Debug, Serialize)]
pub(super) struct Questions {
    items: Vec<Question>,
}

/// Questions to the lake that somebody kept on the page, by name
#[utoipa::path(get, path = "/v1/queries", tag = "detect", responses((status = 200, description = "{items: [{id, name, sql, by, at}]}")))]
pub(super) async fn kept(State(app): State<App>, Asker(actor): Asker) -> Answer<Json<Questions>> {
    actor.require(Right::Query)?;
    Ok(Json(Questions { items: question::list(&app.db).await? }))
}

/// All rows, within the limits, printed.
async fn rows(app: &App, sql: &str, format: Format) -> Result<Vec<u8>> {
    let mut answer = app.lake.query(sql, Vec::new(), limits(app)).await?;
    let mut printer = Printer::new(format, answer.schema.clone());
    let mut bytes = printer.head()?;
    while let Some(batch) = answer.batches.next().await {
        bytes.extend(printer.rows(batch?)?);
    }
    bytes.extend(printer.foot()?);
    Ok(bytes)
}
