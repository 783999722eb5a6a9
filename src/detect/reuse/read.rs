//! What was found of one piece of evidence.

use super::played::Stretch;
use super::sql;
use crate::db::{Columns, Db};
use crate::error::Result;
use crate::ids::EvidenceId;
use serde::Serialize;
use sqlx::Row;
use sqlx::any::AnyRow;

/// Another picture or recording that is the same, or nearly so.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Match {
    /// It.
    pub evidence: EvidenceId,
    /// `coded`, `picture`, `recording` or `moment`.
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
    /// Why two recordings are taken for one: `together` (pictures and sound), `sound`, `pictures` (against the sound), `silent` (pictures, without sound to
    /// ask), `packets` (the same coded pictures, to the bit, for a while).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// How long two recordings share something, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aligned_ms: Option<i64>,
    /// How long that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length_ms: Option<i64>,
    /// How much later the longest stretch that they share is in the other, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset_ms: Option<i64>,
    /// When a picture is on show in a recording, in milliseconds from its beginning, where one of the two is the picture and the other the recording.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_ms: Option<i64>,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<i64>,
    /// The stretches that they share, the longest first: from and until in this one, from and until in the other, in milliseconds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<Stretch>,
}

impl Match {
    /// Its kind as programs outside are told it: `sound` where the sound alone says so, else `frames` for two recordings and for a picture out of one.
    pub fn outside(&self) -> &'static str {
        match (self.kind.as_str(), self.because.as_deref()) {
            ("recording", Some("sound")) => "sound",
            ("recording" | "moment", _) => "frames",
            ("coded", _) => "coded",
            _ => "picture",
        }
    }
}

/// Matches of a piece of evidence, earlier and later ones, the surest first.
pub async fn of(db: &Db, id: EvidenceId, limit: i64) -> Result<Vec<Match>> {
    let rows = sqlx::query(sql::OF).bind(id.to_string()).bind(limit).fetch_all(db.read()).await?;
    rows.iter()
        .map(|row| {
            let runs = runs(row)?;
            Ok(Match {
                evidence: row.id("other")?,
                kind: row.text("kind"),
                tier: row.text("tier"),
                score: row.try_get("score")?,
                distance: row.int_opt("distance"),
                changed_milli: row.int_opt("changed_milli"),
                patch: row.text_opt("patch"),
                because: row.text_opt("because"),
                aligned_ms: row.int_opt("aligned_ms"),
                length_ms: row.int_opt("aligned_ms"),
                offset_ms: runs.first().map(|Stretch(from, _, other_from, _)| i64::from(*other_from) - i64::from(*from)),
                at_ms: row.int_opt("at_ms"),
                until_ms: row.int_opt("until_ms"),
                runs,
            })
        })
        .collect()
}

/// As the one that was asked for has them; they are kept as the later has them.
fn runs(row: &AnyRow) -> Result<Vec<Stretch>> {
    let Some(json) = row.text_opt("runs") else { return Ok(Vec::new()) };
    let runs: Vec<Stretch> = serde_json::from_str(&json)?;
    let turned = |Stretch(from, until, other_from, other_until)| Stretch(other_from, other_until, from, until);
    Ok(if row.int("is_later") == 1 { runs } else { runs.into_iter().map(turned).collect() })
}
