//! Credited hours and the trace of each.

use super::class_of;
use crate::app::App;
use crate::error::{Error, Result, codes};
use crate::ids::{LessonId, TraineeId};
use crate::link::{self, Trace};
use crate::receive::Right;
use crate::register::{class, lesson, roster};
use crate::seal::LogPart;
use crate::store;
use crate::web::auth::Asker;
use crate::web::problem::Answer;
use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Credits of a class, a row per trainee and lesson
#[utoipa::path(get, path = "/v1/classes/{class}/credits", tag = "hours", params(("class" = String, Path)),
    responses((status = 200, description = "{items: [{trainee, lesson, credited_ms, hours, presence_ms, corroborated_ms, reasons}]}")))]
pub(super) async fn credits(State(app): State<App>, Asker(actor): Asker, Path(class): Path<String>) -> Answer<Json<Value>> {
    actor.require(Right::See)?;
    let class = class_of(&app, &actor, &class).await?;
    Ok(Json(json!({"items": link::credits_of_class(&app.db, class.id).await?})))
}

/// Whose hour.
#[derive(Debug, Deserialize)]
pub(super) struct Whose {
    trainee: Option<String>,
}

/// A lesson's trace: spans that cover its whole window, for one trainee or all
#[utoipa::path(get, path = "/v1/classes/{class}/lessons/{lesson}/trace", tag = "hours", params(("class" = String, Path), ("lesson" = String, Path), ("trainee" = Option<String>, Query)),
    responses((status = 200, description = "{items: [trace]}; each with spans [{kind, from, until, reason?, evidence}] and receipts; stated [{trainee, evidence, row, platform, kind, stated_ms, mark}] is what platforms state without times and nobody credits")))]
pub(super) async fn lesson_trace(
    State(app): State<App>,
    Asker(actor): Asker,
    Path((class, lesson)): Path<(String, String)>,
    Query(whose): Query<Whose>,
) -> Answer<Json<Value>> {
    actor.require(Right::See)?;
    let class = class_of(&app, &actor, &class).await?;
    let lesson = lesson::get(&app.db, class.id, &lesson.parse()?).await?;
    let trainee = match whose.trainee {
        Some(text) => Some(roster::get(&app.db, class.id, &text.parse()?).await?.id),
        None => None,
    };
    let traces = link::trace_of_lesson(&app.db, lesson.id, trainee).await?;
    let stated = stated(&app, lesson.id, trainee).await?;
    Ok(Json(json!({"lesson": lesson, "items": traces, "receipts": receipts(&app, &traces).await?, "stated": stated})))
}

/// Totals and marks without times, of trainees of the lesson.
async fn stated(app: &App, lesson: LessonId, only: Option<TraineeId>) -> Result<Vec<Value>> {
    let events = app.lake.events_of_lesson(lesson).await?;
    let stated =
        events.iter().filter(|event| event.kind.is_stated() && event.trainee.is_some() && (only.is_none() || event.trainee == only));
    let told = stated.map(|event| {
        json!({"trainee": event.trainee, "evidence": event.evidence, "row": event.row, "platform": event.platform, "kind": event.kind.as_str(),
            "stated_ms": event.stated_ms, "mark": event.mark})
    });
    Ok(told.collect())
}

/// All hours of a trainee, each with its trace
#[utoipa::path(get, path = "/v1/trainees/{trainee}/trace", tag = "hours", params(("trainee" = String, Path)), responses((status = 200, description = "{items: [trace], receipts}")))]
pub(super) async fn trainee_trace(State(app): State<App>, Asker(actor): Asker, Path(trainee): Path<String>) -> Answer<Json<Value>> {
    actor.require(Right::See)?;
    let id: TraineeId = trainee.parse().map_err(|_| Error::of(&codes::INVALID_ID))?;
    let trainee = roster::by_id(&app.db, id).await?;
    let class = class::by_id(&app.db, trainee.class).await?;
    actor.require_class(&class).map_err(|_| Error::of(&codes::UNKNOWN_TRAINEE))?;
    let traces = link::trace_of_trainee(&app.db, id).await?;
    Ok(Json(json!({"items": traces, "receipts": receipts(&app, &traces).await?})))
}

/// The log part of every piece of evidence and every run a trace rests on, by id.
async fn receipts(app: &App, traces: &[Trace]) -> Result<Map<String, Value>> {
    let mut receipts = Map::new();
    let evidence = traces.iter().flat_map(|trace| &trace.spans).flat_map(|span| &span.evidence).map(|pointer| pointer.id);
    let unique: std::collections::BTreeSet<_> = evidence.collect();
    for id in unique {
        let leaf = store::get(&app.db, id).await?.leaf;
        if let Some(sealed) = app.log.receipt(leaf).await? {
            receipts.insert(id.to_string(), serde_json::to_value::<LogPart>(sealed.log_part())?);
        }
    }
    let runs: std::collections::BTreeMap<_, _> = traces.iter().map(|trace| (trace.run, trace.leaf)).collect();
    for (run, leaf) in runs {
        if let Some(sealed) = app.log.receipt(leaf).await? {
            receipts.insert(run.to_string(), serde_json::to_value::<LogPart>(sealed.log_part())?);
        }
    }
    Ok(receipts)
}
