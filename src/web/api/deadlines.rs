//! What is due and overdue, and by whom.

use super::classes::with_next;
use crate::app::App;
use crate::audit::deadline::{self, Filter};
use crate::audit::overview::Scope;
use crate::receive::Right;
use crate::web::auth::Asker;
use crate::web::problem::Answer;
use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

/// What of it is asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    state: Option<String>,
    kind: Option<String>,
    cursor: Option<String>,
    limit: Option<usize>,
}

/// What is due within the asker's scope, the first due first: open is still in time, overdue is not
#[utoipa::path(get, path = "/v1/deadlines", tag = "reports",
    params(("state" = Option<String>, Query, description = "open, overdue"), ("kind" = Option<String>, Query, description = "decision, prepayment, full_plan, claim_decision, certificates, claim, weekly_report"), ("cursor" = Option<String>, Query), ("limit" = Option<usize>, Query, description = "at most 500")),
    responses((status = 200, description = "{items: [{kind, subject, due_on, certain, state, by, clause, since, days_left, class?, class_external_id?, class_title?, provider?, provider_external_id?, provider_name?}], counts: {open, overdue}, as_of, next?}")))]
pub(super) async fn list(State(app): State<App>, Asker(actor): Asker, Query(asked): Query<Asked>) -> Answer<Json<Value>> {
    actor.require(Right::See)?;
    let filter = Filter::parse(asked.state.as_deref(), asked.kind.as_deref())?;
    let scope = Scope { provider: actor.provider.map(|id| id.to_string()), platform: actor.platform.clone() };
    let now = app.clock.now();
    let found = deadline::all(&app.db, app.deadline_rules(), &scope, now).await?;
    let (items, next) = deadline::page(&found, filter, asked.cursor.as_deref(), asked.limit.unwrap_or(100).clamp(1, 500))?;
    let counts = deadline::tally(&found).all;
    Ok(Json(with_next(json!({"items": items, "counts": counts, "as_of": now}), next)))
}
