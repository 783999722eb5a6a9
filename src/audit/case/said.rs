//! What an item says at the moment when it is put into a case.

use super::{Kind, Thing, sql};
use crate::db::{Columns, Db};
use crate::detect::{self, Rules};
use crate::error::{Error, Result, codes};
use crate::ids::{EvidenceId, FindingId};
use crate::store;
use crate::time::Time;
use serde_json::{Value, json};
use sqlx::any::AnyRow;

/// What it says, and the fen at risk by it.
///
/// Errors: `not_found`, `unknown_class`, `unknown_lesson`, `unknown_trainee` when there is no such thing.
pub(super) async fn said(db: &Db, rules: &Rules, thing: Thing, now: Time) -> Result<(Value, i64)> {
    let id = thing.id.to_string();
    let row = async |statement, unknown| -> Result<AnyRow> {
        let row = sqlx::query(statement).bind(&id).fetch_optional(db.read()).await?;
        row.ok_or_else(|| Error::of(unknown))
    };
    Ok(match thing.kind {
        Kind::Finding => finding(db, rules, FindingId(thing.id), now).await?,
        Kind::Evidence => (evidence(db, EvidenceId(thing.id)).await?, 0),
        Kind::Class => {
            let row = row(sql::CLASS_SAID, &codes::UNKNOWN_CLASS).await?;
            (json!({ "external_id": row.text("external_id"), "title": row.text("title"), "provider": row.text("provider") }), 0)
        }
        Kind::Lesson => {
            let row = row(sql::LESSON_SAID, &codes::UNKNOWN_LESSON).await?;
            let said = json!({
                "external_id": row.text("external_id"), "title": row.text("title"), "class": row.text("class_id"),
                "class_title": row.text("class_title"), "starts_at": row.time("starts_at"), "ends_at": row.time("ends_at"),
            });
            (said, 0)
        }
        Kind::Trainee => {
            let row = row(sql::TRAINEE_SAID, &codes::UNKNOWN_TRAINEE).await?;
            let (class, title) = (row.text("class_id"), row.text("class_title"));
            (json!({ "external_id": row.text("external_id"), "class": class, "class_title": title }), 0)
        }
    })
}

/// A finding as GET shows it, with its first sentence by itself and the digest of the rule's text.
async fn finding(db: &Db, rules: &Rules, id: FindingId, now: Time) -> Result<(Value, i64)> {
    let (finding, _) = detect::one(db, rules, id, now).await?;
    let mut said = serde_json::to_value(&finding)?;
    said["seen"] = json!({ "zh": finding.explanation.zh.seen, "en": finding.explanation.en.seen });
    said["rule_digest"] = json!(detect::rule_of(db, id).await?.map(|digest| digest.to_string()));
    Ok((said, finding.money_fen))
}

async fn evidence(db: &Db, id: EvidenceId) -> Result<Value> {
    let of = store::get(db, id).await?;
    Ok(json!({
        "kind": of.kind.as_str(), "sha256": of.digest.to_string(), "size": of.size, "media_type": of.media_type, "filename": of.filename,
        "class": of.class, "lesson": of.lesson, "trainee": of.trainee, "received_at": of.received_at,
    }))
}
