//! What was found of one piece of evidence.

use super::sql;
use crate::db::{Columns, Db};
use crate::error::Result;
use crate::ids::EvidenceId;
use serde::Serialize;
use sqlx::Row;

/// Another picture that is the same, or nearly so.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Match {
    /// It.
    pub evidence: EvidenceId,
    /// `coded` or `picture`.
    pub kind: String,
    /// `exact`, `strong` or `candidate`.
    pub tier: String,
    /// 0 to 1.
    pub score: f64,
    /// Bits by which the nearest windows differ, of 256.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance: Option<i64>,
    /// Live blocks that are not the same, in thousandths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed_milli: Option<i64>,
    /// Where all that changed lies, in thousandths of the later picture: left, top, right, bottom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patch: Option<String>,
}

/// Matches of a piece of evidence, earlier and later ones, the surest first.
pub async fn of(db: &Db, id: EvidenceId, limit: i64) -> Result<Vec<Match>> {
    let rows = sqlx::query(sql::OF).bind(id.to_string()).bind(limit).fetch_all(db.read()).await?;
    rows.iter()
        .map(|row| {
            Ok(Match {
                evidence: row.id("other")?,
                kind: row.text("kind"),
                tier: row.text("tier"),
                score: row.try_get("score")?,
                distance: row.int_opt("distance"),
                changed_milli: row.int_opt("changed_milli"),
                patch: row.text_opt("patch"),
            })
        })
        .collect()
}
