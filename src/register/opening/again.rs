//! Filing a returned application again: the class stays the same, its content is new, and what was returned stays readable.

use super::sql;
use crate::db::{Columns, Db, Tx};
use crate::error::Result;
use crate::ids::{ClassId, Ids};
use crate::register::class::{Application, Class, Hours, NewClass, Standards, Trade, bind_application};
use crate::register::secrets::Secrets;
use crate::register::trail;
use crate::time::Time;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The content of an application, as its decision's leaf names it by SHA-256: all but the bank account, with keys in order.
pub fn content(class: &Class) -> Value {
    json!({
        "application": class.application, "ends_on": class.ends_on, "epidemic": class.epidemic, "external_id": class.external_id,
        "hours": class.hours, "platform": class.platform, "promise_due": class.promise_due, "provider": class.provider,
        "standards_fen": class.standards_fen, "starts_on": class.starts_on, "title": class.title, "trade": class.trade,
    })
}

/// An earlier content of an application.
#[derive(Clone, Debug, Serialize)]
pub struct Earlier {
    /// What was filed.
    pub content: Value,
    /// When.
    pub filed_at: Time,
    /// When something else was filed in its place.
    pub replaced_at: Time,
    /// Who did.
    pub by: String,
}

/// Files other content for a class that was returned; `false` when it is not (no longer) returned, or another provider's.
#[allow(clippy::too_many_arguments, reason = "each is one thing the change needs, named at its one call")]
pub async fn file(
    tx: &mut Tx,
    ids: &Ids,
    secrets: &Secrets,
    now: Time,
    actor: &str,
    before: &Class,
    new: &NewClass,
    digest: &[u8],
) -> Result<bool> {
    let class = before.id.to_string();
    let query = bind_application(sqlx::query(sql::FILE_AGAIN).bind(&class), new, secrets)?;
    let done = query.bind(digest.to_vec()).bind(now.0).bind(&new.provider).execute(tx.conn()).await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    let id: uuid::Uuid = ids.next();
    sqlx::query(sql::ADD_EARLIER)
        .bind(id.to_string())
        .bind(&class)
        .bind(content(before).to_string())
        .bind(before.filed_at.0)
        .bind(now.0)
        .bind(actor)
        .execute(tx.conn())
        .await?;
    if before.starts_on != new.starts_on {
        sqlx::query(sql::AGES_AGAIN).bind(&class).execute(tx.conn()).await?;
    }
    let note = trail::Note { actor, action: "class.filed_again", subject_kind: "class", subject_id: &class, detail: None };
    trail::note(tx, ids, now, note).await?;
    Ok(true)
}

/// A class as it was applied for at a moment.
pub async fn as_of(db: &Db, mut class: Class, at: Time) -> Result<Class> {
    let earlier = earlier(db, class.id).await?;
    if let Some(then) = earlier.into_iter().find(|earlier| earlier.replaced_at > at) {
        let content: Content = serde_json::from_value(then.content)?;
        class.application = content.application;
        class.ends_on = content.ends_on;
        class.epidemic = content.epidemic;
        class.hours = content.hours;
        class.platform = content.platform;
        class.promise_due = content.promise_due;
        class.standards_fen = content.standards_fen;
        class.starts_on = content.starts_on;
        class.title = content.title;
        class.trade = content.trade;
        class.filed_at = then.filed_at;
    }
    Ok(class)
}

/// What may change when an application is filed again.
#[derive(Deserialize)]
struct Content {
    application: Application,
    ends_on: NaiveDate,
    epidemic: bool,
    hours: Hours,
    platform: String,
    promise_due: Option<NaiveDate>,
    standards_fen: Standards,
    starts_on: NaiveDate,
    title: String,
    trade: Trade,
}

/// Earlier contents of a class's application, the oldest first.
pub async fn earlier(db: &Db, class: ClassId) -> Result<Vec<Earlier>> {
    let rows = sqlx::query(sql::EARLIER).bind(class.to_string()).fetch_all(db.read()).await?;
    let one = |row: &sqlx::any::AnyRow| {
        Ok(Earlier {
            content: row.json("content")?,
            filed_at: row.time("filed_at"),
            replaced_at: row.time("replaced_at"),
            by: row.text("actor"),
        })
    };
    rows.iter().map(one).collect()
}
