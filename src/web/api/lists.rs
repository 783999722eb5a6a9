//! Lists that other offices keep: brought in as dated files, and which there are.

use super::evidence::{stream, with_receipt};
use crate::app::App;
use crate::error::{Error, codes};
use crate::pipeline::lists::{self, Said};
use crate::receive::{Right, file_name};
use crate::register::office::{self, List};
use crate::store;
use crate::web::auth::Asker;
use crate::web::problem::Answer;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::{Value, json};

/// Which lists.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    history: bool,
}

/// The lists in force, as of when, and how many people on rosters each names; with history=true earlier files as well
#[utoipa::path(get, path = "/v1/lists", tag = "lists", params(("history" = Option<bool>, Query)),
    responses((status = 200, description = "{items: [{id, kind, source, as_of, evidence, entries, refused, by, at, people_on_rosters?, replaced_at?}]}"), (status = 403, description = "forbidden")))]
pub(super) async fn list(State(app): State<App>, Asker(actor): Asker, Query(asked): Query<Asked>) -> Answer<Json<Value>> {
    actor.require(Right::SeeFindings)?;
    let items: Vec<Value> = lists::all(&app, asked.history).await?.iter().map(|(list, people)| shown(list, *people)).collect();
    Ok(Json(json!({"items": items})))
}

/// What is said of a file in the query.
#[derive(Debug, Deserialize)]
pub(super) struct Words {
    as_of: Option<String>,
    source: Option<String>,
    filename: Option<String>,
}

/// Bring in a list: CSV or XLSX as the body, with the columns of its kind (docs/LISTS.md). It takes the place of the file before of the same kind and source
#[utoipa::path(post, path = "/v1/lists/{kind}", tag = "lists",
    params(("kind" = String, Path, description = "pension, payroll, student, deceased, detained, provider_network, staff_device or course_material"),
        ("as_of" = String, Query, description = "the day as of which it holds, such as 2020-03-01"), ("source" = String, Query, description = "the office that keeps it"), ("filename" = Option<String>, Query)),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, description = "{id, kind, source, as_of, evidence, entries, refused, refused_rows?: [{row, code, message}], people_on_rosters?, receipt}; code is empty, id_number, date, backwards, sector, unknown_provider, network, device, sha256 or damaged"),
        (status = 200, description = "the same; these bytes are in force already"), (status = 403, description = "forbidden"), (status = 404, description = "not_found: no such kind"), (status = 409, description = "older_list"),
        (status = 413, description = "too_large"), (status = 422, description = "unsupported_list, or rows_at_fault where no row can be taken in")))]
pub(super) async fn bring(
    State(app): State<App>,
    Asker(actor): Asker,
    Path(kind): Path<String>,
    Query(words): Query<Words>,
    body: Body,
) -> Answer<(StatusCode, Json<Value>)> {
    actor.require(Right::BringLists)?;
    let as_of = words.as_of.as_deref().unwrap_or_default().trim().parse::<NaiveDate>();
    let said = Said {
        kind: kind.parse()?,
        source: office::source(words.source.as_deref().unwrap_or_default())?,
        as_of: as_of.map_err(|_| Error::new(&codes::INVALID, "Say in as_of as of which day the list holds, such as 2020-03-01."))?,
        filename: words.filename.as_deref().and_then(file_name),
    };
    let brought = lists::bring(&app, &actor, said, stream(&app, body)).await?;
    let list = &brought.list;
    let people = if list.kind.of_people() { Some(office::people(&app.db, list.id).await?) } else { None };
    let mut answer = shown(list, people);
    if !brought.faults.is_empty() {
        answer["refused_rows"] = serde_json::to_value(&brought.faults).map_err(Error::from)?;
    }
    let evidence = store::get(&app.db, list.evidence).await?;
    answer["receipt"] = with_receipt(&evidence, &brought.sealed)?["receipt"].take();
    Ok((if brought.new { StatusCode::CREATED } else { StatusCode::OK }, Json(answer)))
}

fn shown(list: &List, people: Option<i64>) -> Value {
    let mut shown = serde_json::to_value(list).unwrap_or_default();
    if let Some(people) = people {
        shown["people_on_rosters"] = people.into();
    }
    shown
}
