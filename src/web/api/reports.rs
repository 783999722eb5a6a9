//! The notice's reports: a week's statistics, and the back-fill export.

use super::{class_of, json};
use crate::app::App;
use crate::audit::report::figures::value;
use crate::audit::report::filed::{Correction, Filed};
use crate::audit::report::mapping::Mapping;
use crate::audit::report::weekly::PARTS;
use crate::audit::report::{Report, Week, table};
use crate::error::{Error, Result, codes};
use crate::pipeline::reports::{self, Backfill};
use crate::receive::{Actor, Right};
use crate::tables::write::Format;
use crate::web::auth::Asker;
use crate::web::problem::Answer;
use axum::Json;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::io::Cursor;

/// Pieces of an export that wait to be sent.
const WAITING: usize = 4;

/// What of the weekly report is asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    week: Option<String>,
    format: Option<String>,
    version: Option<i64>,
}

/// Which week is to be filed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ToFile {
    week: String,
}

/// What the export is asked for.
#[derive(Debug, Deserialize)]
pub(super) struct AskedBackfill {
    class: Option<String>,
    format: Option<String>,
}

/// Whoever sees every class.
fn may(actor: &Actor) -> Result<()> {
    actor.require(Right::Report)?;
    let bounded =
        "The weekly report and the export of all classes are of everybody's; this token or login is bound to one provider or platform.";
    if actor.unbounded() { Ok(()) } else { Err(Error::new(&codes::FORBIDDEN, bounded)) }
}

/// `?format=` says how, and else what is accepted.
fn format(asked: Option<&str>, headers: &HeaderMap) -> Result<Format> {
    if let Some(name) = asked {
        return Format::named(name).ok_or_else(|| Error::new(&codes::INVALID, "format is one of json, csv, xlsx."));
    }
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let wanted = accept.split(',').map(|part| part.split(';').next().unwrap_or_default().trim());
    let known =
        |part: &str| [Format::Json, Format::Csv, Format::Xlsx].into_iter().find(|one| one.media_type().split(';').next() == Some(part));
    Ok(wanted.filter_map(known).next().unwrap_or(Format::Json))
}

/// A file to be taken away.
fn file_of(format: Format, name: &str, body: Body) -> Response {
    let disposition = format!("attachment; filename=\"{name}.{}\"", format.name());
    let headers = [(header::CONTENT_TYPE, format.media_type().to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    (headers, [(header::CACHE_CONTROL, "no-store")], body).into_response()
}

/// A week's statistics, live, beside what was filed: week is its Monday (2020-03-02) or 2020-W10, last week where it is left out
///
/// CSV and XLSX by Accept or format. With version: the document of that filed version, whose SHA-256 the log holds.
#[utoipa::path(get, path = "/v1/reports/weekly", tag = "reports",
    params(("week" = Option<String>, Query), ("format" = Option<String>, Query, description = "json, csv, xlsx"), ("version" = Option<i64>, Query)),
    responses((status = 200, description = "{week, iso_week, from, until, zone, totals, by_region, by_provider, by_platform, by_category, by_trade, rows, over, as_of, filed?, versions, corrections: [{part, …, figure, filed, now}]}"), (status = 400, description = "invalid")))]
pub(super) async fn weekly(
    State(app): State<App>,
    Asker(actor): Asker,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Answer<Response> {
    may(&actor)?;
    let format = format(asked.format.as_deref(), &headers)?;
    let week = asked.week.as_deref().map_or_else(|| Ok(reports::last_week(&app)), Week::parse)?;
    let (report, versions) = reports::weekly(&app, week).await?;
    if let Some(version) = asked.version {
        let one = versions.into_iter().find(|one| one.version == version);
        let one =
            one.ok_or_else(|| Error::new(&codes::NOT_FOUND, "This week has no such version; versions lists those that were filed."))?;
        return Ok(([(header::CONTENT_TYPE, Format::Json.media_type())], one.document).into_response());
    }
    let corrections = versions.first().map(|last| last.corrections(&report)).transpose()?.unwrap_or_default();
    let name = format!("keshi-weekly-{}", week.monday());
    match format {
        Format::Json => Ok(Json(answer(&app, &report, &versions, &corrections)).into_response()),
        Format::Csv => Ok(file_of(format, &name, table::csv(&report, &corrections)?.into())),
        Format::Xlsx => {
            let made = tokio::task::spawn_blocking(move || {
                let mut bytes = Cursor::new(Vec::new());
                table::xlsx(&report, &corrections, &mut bytes).map(|()| bytes.into_inner())
            });
            Ok(file_of(format, &name, made.await.map_err(Error::internal)??.into()))
        }
    }
}

fn answer(app: &App, report: &Report, versions: &[Filed], corrections: &[Correction]) -> Value {
    let mut answer: Map<String, Value> = report.document();
    answer.insert("over".to_owned(), reports::is_over(app, report.week).into());
    answer.insert("as_of".to_owned(), app.clock.now().to_string().into());
    if let Some(last) = versions.first() {
        answer.insert("filed".to_owned(), last.json().into());
    }
    answer.insert("versions".to_owned(), versions.iter().map(|one| Value::Object(one.json())).collect());
    let correction = |one: &Correction| {
        let mut line = Map::new();
        line.insert("part".to_owned(), PARTS[one.group.part()].1.into());
        line.extend(report.key(&one.group));
        line.insert("figure".to_owned(), one.figure.code().into());
        line.insert("filed".to_owned(), one.filed.map(|filed| value(one.figure, filed)).into());
        line.insert("now".to_owned(), one.now.map(|now| value(one.figure, now)).into());
        Value::Object(line)
    };
    answer.insert("corrections".to_owned(), corrections.iter().map(correction).collect());
    Value::Object(answer)
}

/// File a week's report as it is now: {week}; a further version only where something differs from the last
#[utoipa::path(post, path = "/v1/reports/weekly", tag = "reports", request_body(content = Object, content_type = "application/json"),
    responses((status = 201, description = "{week, version, filed_at, by, sha256, log_index, new}"), (status = 200, description = "the last version says the same"), (status = 409, description = "week_not_over")))]
pub(super) async fn file(State(app): State<App>, Asker(actor): Asker, body: Body) -> Answer<(StatusCode, Json<Value>)> {
    may(&actor)?;
    actor.require(Right::Decide)?;
    let asked: ToFile = json(&app, body).await?;
    let week = Week::parse(&asked.week)?;
    let (filed, new) = reports::file(&app, &actor.label, week).await?;
    let mut answer = Map::new();
    answer.insert("week".to_owned(), week.monday().to_string().into());
    answer.extend(filed.json());
    answer.insert("new".to_owned(), new.into());
    Ok((if new { StatusCode::CREATED } else { StatusCode::OK }, Json(Value::Object(answer))))
}

/// The back-fill export (补录): a row for each trainee and lesson of a class, or of all classes where none is named
///
/// CSV and XLSX have the columns of the mapping file, JSON has all fields.
#[utoipa::path(get, path = "/v1/reports/backfill", tag = "reports",
    params(("class" = Option<String>, Query), ("format" = Option<String>, Query, description = "json, csv, xlsx")),
    responses((status = 200, description = "{items: [{class, …, trainee, lesson, hours_planned, hours_credited, evidence: [{id, kind, sha256, log_index, received_at, late}], late}]}"), (status = 404, description = "unknown_class")))]
pub(super) async fn backfill(
    State(app): State<App>,
    Asker(actor): Asker,
    Query(asked): Query<AskedBackfill>,
    headers: HeaderMap,
) -> Answer<Response> {
    actor.require(Right::Report)?;
    let format = format(asked.format.as_deref(), &headers)?;
    let class = match asked.class.as_deref().map(str::trim).filter(|class| !class.is_empty()) {
        Some(class) => Some(class_of(&app, &actor, class).await?),
        None => {
            may(&actor)?;
            None
        }
    };
    let mapping = Mapping::load(app.config.backfill.path())?;
    let name = class.as_ref().map_or_else(|| "keshi-backfill".to_owned(), |class| format!("keshi-backfill-{}", class.id));
    let names = actor.role.may(Right::SeeNames);
    let asked = Backfill { class: class.map(|class| class.id), format, mapping, actor: actor.label, names };
    let (out, mut pieces) = tokio::sync::mpsc::channel(WAITING);
    tokio::spawn(async move {
        if let Err(error) = reports::backfill(&app, asked, &out).await {
            tracing::error!(%error, cause = ?error.cause, "a back-fill export broke off");
            // Nobody may take what was sent for all of it.
            let _ = out.send(Err(std::io::Error::other("the export broke off"))).await;
        }
    });
    let body = Body::from_stream(futures::stream::poll_fn(move |context| pieces.poll_recv(context)));
    if format == Format::Json {
        return Ok(([(header::CONTENT_TYPE, format.media_type()), (header::CACHE_CONTROL, "no-store")], body).into_response());
    }
    Ok(file_of(format, &name, body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn the_format_is_named_or_accepted_and_else_json() {
        let mut headers = HeaderMap::new();
        assert_eq!(format(None, &headers).expect("json"), Format::Json);
        headers.insert(header::ACCEPT, HeaderValue::from_static("text/html, text/csv;q=0.9, */*"));
        assert_eq!(format(None, &headers).expect("csv"), Format::Csv);
        assert_eq!(format(Some("xlsx"), &headers).expect("xlsx"), Format::Xlsx);
        assert_eq!(format(Some("pdf"), &headers).expect_err("none").code, "invalid");
    }
}
