//! The catalogue against the log and the lake.

use super::objects::away;
use super::{Report, sql};
use crate::db::{Columns, Db};
use crate::error::{Error, Result};
use crate::lake;
use crate::register::resolution;
use serde_json::Value;
use sqlx::Row;
use sqlx::any::AnyRow;
use storage::{Digest, Objects, StorageError};

/// Every piece of evidence has a leaf that names its bytes.
pub(super) async fn evidence(db: &Db, report: &mut Report) -> Result<()> {
    let mut after = String::new();
    loop {
        let rows = sqlx::query(sql::EVIDENCE_AFTER).bind(&after).fetch_all(db.read()).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.text("id");
        for row in &rows {
            report.evidence += 1;
            let id = row.text("id");
            match row.try_get::<Option<Vec<u8>>, _>("body")? {
                None => report.problem("leaf_missing", format!("Evidence {id} has no leaf in the log.")),
                Some(body) => {
                    if let Some(field) = contradiction(&serde_json::from_slice(&body).unwrap_or_default(), row)? {
                        report.problem("leaf_differs", format!("The leaf of evidence {id} gives another {field} than the catalogue."));
                    }
                }
            }
        }
    }
}

/// Every resolution of who somebody is has a leaf that seals what it says. They are not derived: what is gone is gone.
pub(super) async fn resolutions(db: &Db, report: &mut Report) -> Result<()> {
    for row in sqlx::query(sql::RESOLUTIONS_ASTRAY).fetch_all(db.read()).await? {
        let id = row.text("id");
        report
            .problem("resolution_astray", format!("Resolution {id} counts although a newer one was kept, or is the newest and does not."));
    }
    let mut after = String::new();
    loop {
        let rows = sqlx::query(sql::RESOLUTIONS_AFTER).bind(&after).fetch_all(db.read()).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.text("id");
        for row in &rows {
            report.resolutions += 1;
            let kept = resolution::by_id(db, row.id("id")?).await?;
            let Some(body) = row.try_get::<Option<Vec<u8>>, _>("body")? else {
                report.problem("leaf_missing", format!("Resolution {} has no leaf in the log.", kept.id));
                continue;
            };
            let leaf: Value = serde_json::from_slice(&body).unwrap_or_default();
            let digest = Digest::of(&kept.document()?);
            let must = [
                ("kind", "resolution".to_owned()),
                ("resolution", kept.id.to_string()),
                ("class", kept.class.to_string()),
                ("says", kept.says.as_str().to_owned()),
                ("digest", digest.to_string()),
                ("by", kept.actor.clone()),
                ("at", kept.at.to_string()),
            ];
            if let Some((field, _)) = must.iter().find(|(name, must)| leaf.get(*name).and_then(Value::as_str) != Some(must)) {
                report.problem("resolution_differs", format!("The leaf of resolution {} gives another {field} than is kept.", kept.id));
            }
        }
    }
}

/// The first thing the catalogue says that the leaf says otherwise.
fn contradiction(leaf: &Value, row: &AnyRow) -> Result<Option<&'static str>> {
    let must: [(&str, Value); 8] = [
        ("kind", "evidence".into()),
        ("evidence", row.text("id").into()),
        ("evidence_kind", row.text("kind").into()),
        ("digest", row.digest("digest")?.to_string().into()),
        ("size", row.int("size").into()),
        ("class", row.text_opt("class_id").into()),
        ("lesson", row.text_opt("lesson_id").into()),
        ("received_at", row.time("received_at").to_string().into()),
    ];
    Ok(must.into_iter().find(|(name, must)| leaf.get(*name).unwrap_or(&Value::Null) != must).map(|(name, _)| name))
}

/// Every live segment has its bytes somewhere and holds as many rows as the catalogue says. That objects are right was seen before.
pub(super) async fn segments(db: &Db, objects: &Objects, report: &mut Report) -> Result<()> {
    let mut after = String::new();
    loop {
        let rows = sqlx::query(sql::SEGMENTS_AFTER).bind(&after).fetch_all(db.read()).await?;
        let Some(last) = rows.last() else { break };
        after = last.text("id");
        for row in &rows {
            report.segments += 1;
            let (id, says) = (row.text("id"), row.int("row_count").unsigned_abs());
            if row.text_opt("pack_id").is_some() {
                if row.int("packed") == 0 {
                    report.problem("segment_astray", format!("Segment {id} is in a pack that does not count; run keshi rebuild."));
                }
                continue; // its rows are counted with the pack
            }
            match row.get::<Option<Vec<u8>>, _>("bytes") {
                Some(bytes) if Digest::of(&bytes) != row.digest("digest")? => {
                    report.problem(
                        "segment_altered",
                        format!("The bytes of segment {id} in the catalogue are not its own; run keshi rebuild."),
                    );
                }
                Some(bytes) => held(&id, "Segment", says, lake::rows_of(bytes::Bytes::from(bytes)), report),
                None if row.int("own_object") == 1 => object(objects, row.digest("digest")?, &id, "Segment", says, report).await?,
                None => report.problem("segment_missing", format!("The bytes of segment {id} are nowhere; run keshi rebuild.")),
            }
        }
    }
    for row in sqlx::query(sql::PACKS).fetch_all(db.read()).await? {
        report.packs += 1;
        let (id, says, parts) = (row.text("id"), row.int("row_count").unsigned_abs(), row.int("of_segments").unsigned_abs());
        if parts != says {
            report.problem("rows_differ", format!("Pack {id} is said to hold {says} rows, its segments {parts}; run keshi rebuild."));
        }
        object(objects, row.digest("digest")?, &id, "Pack", says, report).await?;
    }
    for row in sqlx::query(sql::LOGS_WITHOUT).fetch_all(db.read()).await? {
        report.problem(
            "log_without_segment",
            format!("Evidence {} was read, and the lake has nothing of it; run keshi rebuild.", row.text("id")),
        );
    }
    Ok(())
}

async fn object(objects: &Objects, digest: Digest, id: &str, what: &str, says: u64, report: &mut Report) -> Result<()> {
    let copy = match objects.local_copy(&digest).await {
        Ok(copy) => copy,
        Err(StorageError::Missing(_) | StorageError::DigestMismatch { .. }) => return Ok(()), // told of already
        Err(error) => return Err(away(error)),
    };
    let file = std::fs::File::open(copy.path())?;
    let rows = tokio::task::spawn_blocking(move || lake::rows_of(file)).await.map_err(Error::internal)?;
    held(id, what, says, rows, report);
    Ok(())
}

fn held(id: &str, what: &str, says: u64, held: Result<u64>, report: &mut Report) {
    match held {
        Ok(held) if held == says => report.rows += held,
        Ok(held) => report.problem("rows_differ", format!("{what} {id} holds {held} rows, the catalogue says {says}; run keshi rebuild.")),
        Err(_) => report.problem("segment_unreadable", format!("{what} {id} cannot be read; run keshi rebuild.")),
    }
}
