//! Credited hours and the trace of each.

use super::class_of;
use crate::analyse::attendance::MatchedBy;
use crate::app::App;
use crate::error::{Error, Result, codes};
use crate::ids::{EvidenceId, ResolutionId, TraineeId};
use crate::lake::EventRow;
use crate::link::{self, Trace};
use crate::receive::Right;
use crate::register::{class, lesson, resolution, roster};
use crate::seal::LogPart;
use crate::store;
use crate::web::auth::Asker;
use crate::web::problem::Answer;
use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

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
    responses((status = 200, description = "{items: [trace]}; each with spans [{kind, from, until, reason?, evidence: [{id, row?, resolution?}]}], matches [{evidence, row, by, confidence, resolution?}] and receipts; stated [{trainee, evidence, row, platform, kind, stated_ms, mark}] is what platforms state without times and nobody credits")))]
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
    let events = app.lake.events_of_lesson(lesson.id).await?;
    let (matches, stated) = (matches(&traces, &events), stated(&events, trainee));
    Ok(Json(json!({"lesson": lesson, "items": traces, "matches": matches, "receipts": receipts(&app, &traces).await?, "stated": stated})))
}

/// Totals and marks without times, of trainees of the lesson.
fn stated(events: &[EventRow], only: Option<TraineeId>) -> Vec<Value> {
    let stated =
        events.iter().filter(|event| event.kind.is_stated() && event.trainee.is_some() && (only.is_none() || event.trainee == only));
    let told = stated.map(|event| {
        json!({"trainee": event.trainee, "evidence": event.evidence, "row": event.row, "platform": event.platform, "kind": event.kind.as_str(),
            "stated_ms": event.stated_ms, "mark": event.mark})
    });
    told.collect()
}

/// All hours of a trainee, each with its trace
#[utoipa::path(get, path = "/v1/trainees/{trainee}/trace", tag = "hours", params(("trainee" = String, Path)), responses((status = 200, description = "{items: [trace], matches, receipts}")))]
pub(super) async fn trainee_trace(State(app): State<App>, Asker(actor): Asker, Path(trainee): Path<String>) -> Answer<Json<Value>> {
    actor.require(Right::See)?;
    let id: TraineeId = trainee.parse().map_err(|_| Error::of(&codes::INVALID_ID))?;
    let trainee = roster::by_id(&app.db, id).await?;
    let class = class::by_id(&app.db, trainee.class).await?;
    actor.require_class(&class).map_err(|_| Error::of(&codes::UNKNOWN_TRAINEE))?;
    let traces = link::trace_of_trainee(&app.db, id).await?;
    let matches = matches(&traces, &app.lake.events_of_trainee(id).await?);
    Ok(Json(json!({"items": traces, "matches": matches, "receipts": receipts(&app, &traces).await?})))
}

/// How sure it is that the rows of a trace are about its trainee: each row once, with what it was matched by.
fn matches(traces: &[Trace], events: &[EventRow]) -> Vec<Value> {
    let pointers = traces.iter().flat_map(|trace| &trace.spans).flat_map(|span| &span.evidence);
    let rows: BTreeSet<_> = pointers.filter_map(|pointer| Some((pointer.id, pointer.row?))).collect();
    let known = events.iter().filter(|event| rows.contains(&(event.evidence, event.row)));
    let known: BTreeMap<_, _> =
        known.filter_map(|event| Some(((event.evidence, event.row), (event.matched_by?, event.resolution)))).collect();
    let told = |((evidence, row), (by, resolution)): (&(EvidenceId, u64), &(MatchedBy, Option<ResolutionId>))| {
        let mut one = json!({"evidence": evidence, "row": row, "by": by.as_str(), "confidence": by.confidence().as_str()});
        if let Some(resolution) = resolution {
            one["resolution"] = resolution.to_string().into();
        }
        one
    };
    known.iter().map(told).collect()
}

/// The log part of every piece of evidence, every run and every resolution a trace rests on, by id.
async fn receipts(app: &App, traces: &[Trace]) -> Result<Map<String, Value>> {
    let mut receipts = Map::new();
    let evidence = traces.iter().flat_map(|trace| &trace.spans).flat_map(|span| &span.evidence).map(|pointer| pointer.id);
    let unique: BTreeSet<_> = evidence.collect();
    for id in unique {
        let leaf = store::get(&app.db, id).await?.leaf;
        if let Some(sealed) = app.log.receipt(leaf).await? {
            receipts.insert(id.to_string(), serde_json::to_value::<LogPart>(sealed.log_part())?);
        }
    }
    let runs: BTreeMap<_, _> = traces.iter().map(|trace| (trace.run, trace.leaf)).collect();
    for (run, leaf) in runs {
        if let Some(sealed) = app.log.receipt(leaf).await? {
            receipts.insert(run.to_string(), serde_json::to_value::<LogPart>(sealed.log_part())?);
        }
    }
    let pointers = traces.iter().flat_map(|trace| &trace.spans).flat_map(|span| &span.evidence);
    let said: BTreeSet<ResolutionId> = pointers.filter_map(|pointer| pointer.resolution).collect();
    for id in said {
        if let Some(leaf) = resolution::by_id(&app.db, id).await?.leaf
            && let Some(sealed) = app.log.receipt(leaf).await?
        {
            receipts.insert(id.to_string(), serde_json::to_value::<LogPart>(sealed.log_part())?);
        }
    }
    Ok(receipts)
}
