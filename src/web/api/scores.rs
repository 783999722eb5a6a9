//! Scores: what speaks against classes, trainees, providers and devices, by kind of fraud.

use crate::app::App;
use crate::db::cursor;
use crate::detect::score::{self, Score};
use crate::error::{Error, Result, codes};
use crate::receive::Right;
use crate::web::auth::Asker;
use crate::web::problem::Answer;
use axum::Json;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};

/// What can have a score.
pub(in crate::web) const KINDS: [&str; 4] = ["provider", "class", "trainee", "device"];

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Wanted {
    kind: Option<String>,
    typology: Option<String>,
    subject: Option<String>,
    cursor: Option<String>,
    limit: Option<i64>,
}

/// A part of a ranking.
#[derive(Debug, Serialize)]
pub(super) struct Ranking {
    items: Vec<Score>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Who has most against them, highest score first; with `subject`, all scores of one
#[utoipa::path(get, path = "/v1/scores", tag = "detect",
    params(("kind" = Option<String>, Query, description = "provider (unless said otherwise), class, trainee or device"), ("typology" = Option<String>, Query, description = "all unless said otherwise"),
        ("subject" = Option<String>, Query, description = "an id of that kind"), ("cursor" = Option<String>, Query), ("limit" = Option<i64>, Query)),
    responses((status = 200, description = "{items: [{kind, id, external_id?, name?, typology, score, money_fen, parts: [{rule, findings, clear, weight, part}], at}], next?}")))]
pub(super) async fn list(State(app): State<App>, Asker(actor): Asker, Query(wanted): Query<Wanted>) -> Answer<Json<Ranking>> {
    actor.require(Right::SeeFindings)?;
    let kind = wanted.kind.as_deref().unwrap_or(KINDS[0]);
    if !KINDS.contains(&kind) {
        return Err(Error::new(&codes::INVALID, format!("kind is one of {}.", KINDS.join(", "))).into());
    }
    if let Some(subject) = &wanted.subject {
        return Ok(Json(Ranking { items: score::of(&app.db, kind, subject).await?, next: None }));
    }
    let limit = wanted.limit.unwrap_or(100).clamp(1, 500);
    let behind = wanted.cursor.as_deref().map(behind).transpose()?;
    let behind = behind.as_ref().map(|(score, id)| (*score, id.as_str()));
    let (items, next) = page(&app.db, kind, wanted.typology.as_deref().unwrap_or(score::ALL), behind, limit).await?;
    Ok(Json(Ranking { items, next }))
}

/// A part of a ranking, and the cursor of the next.
pub(in crate::web) async fn page(
    db: &crate::db::Db,
    kind: &str,
    typology: &str,
    behind: Option<(f64, &str)>,
    limit: i64,
) -> Result<(Vec<Score>, Option<String>)> {
    let mut items = score::ranked(db, kind, typology, behind, limit + 1).await?;
    let more = items.len() as i64 > limit;
    items.truncate(limit as usize);
    let next = items.last().filter(|_| more).map(|last| cursor::write([last.score.to_bits().to_string(), last.id.clone()]));
    Ok((items, next))
}

/// Where a page before ended.
pub(in crate::web) fn behind(cursor: &str) -> Result<(f64, String)> {
    let [bits, id] = cursor::read(cursor)?;
    Ok((f64::from_bits(bits.parse().map_err(|_| cursor::stale())?), id))
}
