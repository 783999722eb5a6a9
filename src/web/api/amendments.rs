//! Amendments of approved plans.

use super::class_of;
use crate::app::App;
use crate::link::hours_text;
use crate::receive::Right;
use crate::register::amendment::{self, Amendment, Subject};
use crate::register::trail;
use crate::web::auth::Asker;
use crate::web::problem::Answer;
use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Amendments of an approved plan, the newest first: what changed, why, and the hours of the class before and after
#[utoipa::path(get, path = "/v1/classes/{class}/amendments", tag = "plan", params(("class" = String, Path)),
    responses((status = 200, description = "{items: [{id, kind: roster|timetable, changes, personal?, reason?, hours_before, hours_after?, hours_difference?, by, at, digest, leaf, log_index?}]}")))]
pub(super) async fn list(State(app): State<App>, Asker(actor): Asker, Path(class): Path<String>) -> Answer<Json<Value>> {
    actor.require(Right::See)?;
    let class = class_of(&app, &actor, &class).await?;
    let (all, called) = (amendment::of_class(&app.db, class.id).await?, amendment::called(&app.db, class.id).await?);
    let mut items = Vec::with_capacity(all.len());
    for one in &all {
        let mut item = shown(one, &called);
        if actor.role.may(Right::SeeNames) {
            item["personal"] = json!(one.personal(&app.secrets)?);
        }
        items.push(item);
    }
    if actor.role.may(Right::SeeNames) && !all.is_empty() {
        let id = class.id.to_string();
        let note = trail::Note { actor: &actor.label, action: "names.seen", subject_kind: "class", subject_id: &id, detail: None };
        trail::record(&app.db, &app.ids, app.clock.now(), note).await?;
    }
    Ok(Json(json!({"items": items})))
}

fn shown(of: &Amendment, called: &HashMap<String, String>) -> Value {
    let changes: Vec<Value> = of
        .changes
        .iter()
        .map(|change| {
            let word = match change.subject {
                Subject::Trainee => "trainee",
                Subject::Lesson => "lesson",
            };
            let mut shown = json!({"change": change.change, "fields": change.fields, "before": change.before, "after": change.after});
            shown[word] = change.id.clone().into();
            shown[format!("{word}_external_id")] = called.get(&change.id).cloned().into();
            shown
        })
        .collect();
    let mut item = json!({
        "id": of.id, "class": of.class, "kind": of.kind, "changes": changes, "reason": of.reason,
        "hours_before": hours_text(of.hours_before), "by": of.by, "at": of.at, "digest": of.digest.to_string(), "leaf": of.leaf,
        "log_index": of.log_index,
    });
    if let Some(after) = of.hours_after {
        item["hours_after"] = hours_text(after).into();
        item["hours_difference"] = signed(after - of.hours_before).into();
    }
    item
}

/// A difference of hours with its sign.
fn signed(milli: i64) -> String {
    if milli < 0 { format!("-{}", hours_text(-milli)) } else { hours_text(milli) }
}
