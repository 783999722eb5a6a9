//! The trail: every change and every look at personal data, with who and when; committed with the change.

use super::sql;
use crate::db::{Columns, Db, Tx};
use crate::error::Result;
use crate::ids::Ids;
use crate::time::{HOUR, Time};
use serde::Serialize;

/// One line of the trail.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// When.
    pub at: Time,
    /// Who: `token:<id>`, `login:<id>` or `keshi`.
    pub actor: String,
    /// What, such as `roster.replaced` or `names.seen`.
    pub action: String,
    /// More, without personal data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// What a line says.
#[derive(Clone, Copy, Debug)]
pub struct Note<'a> {
    /// Who.
    pub actor: &'a str,
    /// What.
    pub action: &'a str,
    /// To what kind of thing.
    pub subject_kind: &'a str,
    /// To which one.
    pub subject_id: &'a str,
    /// More, without personal data.
    pub detail: Option<&'a str>,
}

/// Writes a line with the change it speaks of.
pub async fn note(tx: &mut Tx, ids: &Ids, now: Time, note: Note<'_>) -> Result<()> {
    let id: uuid::Uuid = ids.next();
    sqlx::query(sql::NOTE)
        .bind(id.to_string())
        .bind(now.0)
        .bind(note.actor)
        .bind(note.action)
        .bind(note.subject_kind)
        .bind(note.subject_id)
        .bind(note.detail)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Writes a line that stands alone: somebody looked.
pub async fn record(db: &Db, ids: &Ids, now: Time, line: Note<'_>) -> Result<()> {
    let mut tx = db.begin().await?;
    note(&mut tx, ids, now, line).await?;
    tx.commit().await
}

/// Writes that somebody looked, unless the same was written of them in the hour before: a recording is looked at range by range.
pub async fn looked(db: &Db, ids: &Ids, now: Time, line: Note<'_>) -> Result<()> {
    let known = sqlx::query(sql::LAST_LOOK).bind(line.subject_kind).bind(line.subject_id).bind(line.actor).bind(line.action);
    let last = known.fetch_optional(db.read()).await?.map(|row| row.time("at"));
    if last.is_some_and(|last| last > now.plus(-HOUR)) { Ok(()) } else { record(db, ids, now, line).await }
}

/// The newest lines about one thing.
pub async fn of(db: &Db, subject_kind: &str, subject_id: &str, limit: i64) -> Result<Vec<Entry>> {
    let rows = sqlx::query(sql::TRAIL).bind(subject_kind).bind(subject_id).bind(limit).fetch_all(db.read()).await?;
    Ok(rows
        .iter()
        .map(|row| Entry { at: row.time("at"), actor: row.text("actor"), action: row.text("action"), detail: row.text_opt("detail") })
        .collect())
}
