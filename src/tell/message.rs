//! Messages: what was announced is written from what stands by then, for those who asked and may see it, in one transaction.

use super::digest::{self, Digest};
use super::{DEADLINES_DAILY, EVIDENCE_REFUSED, EVIDENCE_SEALED, HOURS_CREDITED, TEST, sql};
use crate::db::{Columns, Db, Tx};
use crate::error::{Error, Result};
use crate::ids::{MessageId, WebhookId};
use crate::link::hours_text;
use crate::time::{MINUTE, SECOND, Time};
use futures::FutureExt;
use serde_json::{Map, Value, json};
use sqlx::any::AnyRow;

/// The shortest and the longest wait for a seal.
const SEAL: (i64, i64) = (SECOND / 4, MINUTE);

/// What became of an announced message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It waits for so many receivers.
    For(u64),
    /// What it tells of is not sealed yet; it is looked at again.
    Later,
    /// It is no longer so, or nobody who asked may see it: it is gone.
    ForNobody,
    /// Another server has written it.
    Elsewhere,
}

/// Announced messages that are to be written, the first due first.
pub async fn unwritten(db: &Db, now: Time, limit: i64) -> Result<Vec<MessageId>> {
    let rows = sqlx::query(sql::UNWRITTEN).bind(now.0).bind(limit).fetch_all(db.read()).await?;
    rows.iter().map(|row| row.id("id")).collect()
}

/// Writes a message and addresses it.
pub async fn write(db: &Db, id: MessageId, now: Time) -> Result<Written> {
    db.write(move |tx| write_in(tx, id, now).boxed()).await
}

async fn write_in(tx: &mut Tx, id: MessageId, now: Time) -> Result<Written> {
    let Some(row) = sqlx::query(sql::TAKE_UNWRITTEN).bind(id.to_string()).fetch_optional(tx.conn()).await? else {
        return Ok(Written::Elsewhere);
    };
    let (event, key, at) = (row.text("event"), row.text("key"), row.time("at"));
    let told = match told(tx, &event, &key).await? {
        Standing::Unsealed => {
            // Each time a quarter later: where the storage is away for hours nobody asks all the time.
            let wait = ((now.0 - at.0) / 4).clamp(SEAL.0, SEAL.1);
            sqlx::query(sql::POSTPONE).bind(id.to_string()).bind(now.plus(wait).0).execute(tx.conn()).await?;
            return Ok(Written::Later);
        }
        Standing::So(told) => Some(told),
        Standing::NoMore => None,
    };
    if let Some(Told { platform, provider, data }) = told {
        sqlx::query(sql::WRITE).bind(id.to_string()).bind(body(&event, at, data)).execute(tx.conn()).await?;
        let addressed = match event.as_str() {
            DEADLINES_DAILY => {
                sqlx::query(sql::ADDRESS_OWN).bind(id.to_string()).bind(&event).bind(provider.unwrap_or_default()).bind(now.0)
            }
            _ => sqlx::query(sql::ADDRESS).bind(id.to_string()).bind(&event).bind(platform).bind(provider).bind(now.0),
        };
        let receivers = addressed.execute(tx.conn()).await?.rows_affected();
        if receivers > 0 {
            return Ok(Written::For(receivers));
        }
    }
    sqlx::query(sql::DROP_MESSAGE).bind(id.to_string()).execute(tx.conn()).await?;
    Ok(Written::ForNobody)
}

/// Looks at a message again later.
pub(super) async fn postpone(db: &Db, id: MessageId, until: Time) -> Result<()> {
    let mut tx = db.begin().await?;
    sqlx::query(sql::POSTPONE).bind(id.to_string()).bind(until.0).execute(tx.conn()).await?;
    tx.commit().await
}

/// A message to one webhook that tells of nothing.
pub(super) async fn test(tx: &mut Tx, id: MessageId, webhook: WebhookId, now: Time) -> Result<()> {
    let (id, webhook) = (id.to_string(), webhook.to_string());
    let text = body(TEST, now, json!({"webhook": webhook}));
    sqlx::query(sql::ADD_WRITTEN).bind(&id).bind(TEST).bind(&webhook).bind(now.0).bind(text).execute(tx.conn()).await?;
    sqlx::query(sql::ADDRESS_ONE).bind(&webhook).bind(&id).bind(now.0).execute(tx.conn()).await?;
    Ok(())
}

/// A payload as Standard Webhooks recommends it.
fn body(event: &str, at: Time, data: Value) -> String {
    json!({"type": event, "timestamp": at, "data": data}).to_string()
}

/// What stands of a thing that changed.
enum Standing {
    So(Told),
    /// So, and not under a published checkpoint yet.
    Unsealed,
    NoMore,
}

/// What is told, and whose it is.
struct Told {
    platform: Option<String>,
    provider: Option<String>,
    data: Value,
}

async fn told(tx: &mut Tx, event: &str, key: &str) -> Result<Standing> {
    if event == DEADLINES_DAILY {
        return deadlines(tx, key).await;
    }
    let statement = match event {
        EVIDENCE_SEALED | EVIDENCE_REFUSED => sql::EVIDENCE,
        HOURS_CREDITED => sql::RUN,
        other => return Err(Error::internal(format!("nothing is told of the event '{other}'"))),
    };
    let Some(row) = sqlx::query(statement).bind(key).fetch_optional(tx.conn()).await? else { return Ok(Standing::NoMore) };
    let index = row.int_opt("log_index").filter(|index| *index < row.int("published_size"));
    let Some(index) = index else { return Ok(Standing::Unsealed) };
    let data = match event {
        HOURS_CREDITED => Some(hours(key, &row)?),
        EVIDENCE_REFUSED => refused(&row)?.map(|said| evidence(key, &row, said)).transpose()?,
        _ => Some(evidence(key, &row, Map::new())?),
    };
    let Some(mut data) = data else { return Ok(Standing::NoMore) };
    data.insert("log".to_owned(), json!({"origin": row.text("origin"), "index": index}));
    Ok(Standing::So(Told { platform: row.text_opt("platform_id"), provider: row.text_opt("provider_id"), data: Value::Object(data) }))
}

/// Ids and what the bytes are: no file name, no trainee's own id, nothing that somebody typed of a person.
fn evidence(id: &str, row: &AnyRow, mut said: Map<String, Value>) -> Result<Map<String, Value>> {
    said.insert("evidence".to_owned(), id.into());
    said.insert("kind".to_owned(), row.text("kind").into());
    said.insert("sha256".to_owned(), row.digest("digest")?.to_string().into());
    said.insert("size".to_owned(), row.int("size").into());
    said.insert("media_type".to_owned(), row.text("media_type").into());
    said.insert("received_at".to_owned(), row.time("received_at").to_string().into());
    said.insert("platform".to_owned(), row.text_opt("platform_id").into());
    said.insert("provider".to_owned(), row.text_opt("provider_id").into());
    said.insert("lesson".to_owned(), row.text_opt("lesson_id").into());
    said.insert("trainee".to_owned(), row.text_opt("trainee_id").into());
    place(row, &mut said);
    Ok(said)
}

fn place(row: &AnyRow, said: &mut Map<String, Value>) {
    said.insert("class".to_owned(), row.text_opt("class_id").into());
    for name in ["class_external_id", "lesson_external_id"] {
        if let Some(text) = row.text_opt(name) {
            said.insert(name.to_owned(), text.into());
        }
    }
}

/// How much of it was refused, if anything still is.
fn refused(row: &AnyRow) -> Result<Option<Map<String, Value>>> {
    let count = |name| row.text_opt(name).map(|text| serde_json::from_str::<u64>(&text)).transpose();
    let whole = row.time_opt("failed_at").is_some();
    let (accepted, refused) = (count("accepted")?, count("refused")?.unwrap_or(0));
    if !whole && (row.time_opt("analysed_at").is_none() || refused == 0) {
        return Ok(None);
    }
    let mut said = Map::new();
    said.insert("refused".to_owned(), if whole { "whole" } else { "rows" }.into());
    if !whole {
        said.insert("refused_rows".to_owned(), refused.into());
        said.insert("accepted_rows".to_owned(), accepted.into());
    }
    Ok(Some(said))
}

fn hours(lesson: &str, row: &AnyRow) -> Result<Map<String, Value>> {
    let mut said = Map::new();
    said.insert("lesson".to_owned(), lesson.into());
    place(row, &mut said);
    said.insert("platform".to_owned(), row.text_opt("platform_id").into());
    said.insert("provider".to_owned(), row.text_opt("provider_id").into());
    said.insert("run".to_owned(), row.text("id").into());
    said.insert("runs".to_owned(), row.int("runs").into());
    said.insert("sha256".to_owned(), row.digest("digest")?.to_string().into());
    said.insert("policy".to_owned(), row.text("policy").into());
    said.insert("credited_at".to_owned(), row.time("at").to_string().into());
    said.insert("trainees".to_owned(), row.int("trainees").into());
    said.insert("credited_ms".to_owned(), row.int("credited_ms").into());
    said.insert("hours".to_owned(), hours_text(row.int("hours_milli")).into());
    Ok(said)
}

/// A day's digest: counts and ids of classes. Whoever runs the server is told of all, a provider of its own.
async fn deadlines(tx: &mut Tx, key: &str) -> Result<Standing> {
    let Some((day, audience)) = key.split_once(' ') else { return Ok(Standing::NoMore) };
    let Some(row) = sqlx::query(sql::DIGEST).bind(day).bind(audience).fetch_optional(tx.conn()).await? else { return Ok(Standing::NoMore) };
    let Digest { counts, kinds, classes, skipped, .. } = row.json("document")?;
    let provider = (audience != digest::ALL).then(|| audience.to_owned());
    let data = json!({
        "day": day, "provider": provider, "open": counts.open, "overdue": counts.overdue, "kinds": kinds, "classes": classes, "skipped": skipped,
    });
    Ok(Standing::So(Told { platform: None, provider, data }))
}
