//! What became of each message at each webhook, as long as it is remembered.

use super::webhook::{self, Tools};
use super::{message, sql};
use crate::config;
use crate::db::{Columns, Db};
use crate::error::{Error, Result, codes};
use crate::ids::{MessageId, WebhookId};
use crate::receive::Actor;
use crate::time::{DAY, SECOND, Time};
use serde::Serialize;
use sqlx::any::AnyRow;

/// Rows forgotten in one transaction.
const FORGOTTEN: i64 = 1_000;

/// A message on its way to one webhook.
#[derive(Clone, Debug, Serialize)]
pub struct Delivery {
    /// The message: its `webhook-id`.
    pub message: MessageId,
    /// What it tells of.
    pub event: String,
    /// The id of what changed.
    pub key: String,
    /// When that was.
    pub at: Time,
    /// `waiting`, `delivered` or `given_up`.
    pub state: String,
    /// How often it was sent since it was asked for.
    pub attempts: i64,
    /// When it is sent next, while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_at: Option<Time>,
    /// When the last attempt ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_at: Option<Time>,
    /// What the receiver answered then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<i64>,
    /// Why it was not taken then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// The deliveries of a webhook, newest first; of one state or of all.
///
/// Errors: `not_found`, `invalid` for a state that there is not.
pub async fn list(
    tools: Tools<'_>,
    actor: &Actor,
    of: WebhookId,
    state: Option<&str>,
    before: Option<MessageId>,
    limit: i64,
) -> Result<Vec<Delivery>> {
    if state.is_some_and(|state| !["waiting", "delivered", "given_up"].contains(&state)) {
        return Err(Error::new(&codes::INVALID, "A delivery's state is waiting, delivered or given_up."));
    }
    webhook::get(tools, actor, of).await?;
    let before = before.map(|id| id.to_string()).unwrap_or_default();
    let rows = sqlx::query(sql::DELIVERIES).bind(of.to_string()).bind(state).bind(before).bind(limit).fetch_all(tools.db.read()).await?;
    rows.iter().map(delivery).collect()
}

/// Sends a message again, whatever became of it.
///
/// Errors: `not_found`, `webhook_ended`.
pub async fn again(tools: Tools<'_>, actor: &Actor, of: WebhookId, message: MessageId, now: Time) -> Result<Delivery> {
    active(tools, actor, of).await?;
    let mut tx = tools.db.begin().await?;
    let asked = sqlx::query(sql::AGAIN).bind(of.to_string()).bind(message.to_string()).bind(now.0).execute(tx.conn()).await?;
    if asked.rows_affected() == 0 {
        return Err(Error::of(&codes::NOT_FOUND));
    }
    webhook::note(&mut tx, tools.ids, actor, "webhook.sent_again", of, now).await?;
    tx.commit().await?;
    one(tools.db, of, message).await
}

/// Sends a webhook a message that tells of nothing.
///
/// Errors: `not_found`, `webhook_ended`.
pub async fn test(tools: Tools<'_>, actor: &Actor, of: WebhookId, now: Time) -> Result<Delivery> {
    active(tools, actor, of).await?;
    let id: MessageId = tools.ids.next();
    let mut tx = tools.db.begin().await?;
    message::test(&mut tx, id, of, now).await?;
    webhook::note(&mut tx, tools.ids, actor, "webhook.tested", of, now).await?;
    tx.commit().await?;
    one(tools.db, of, id).await
}

async fn active(tools: Tools<'_>, actor: &Actor, id: WebhookId) -> Result<()> {
    match webhook::get(tools, actor, id).await?.ended_at {
        Some(_) => Err(Error::of(&codes::WEBHOOK_ENDED)),
        None => Ok(()),
    }
}

async fn one(db: &Db, of: WebhookId, message: MessageId) -> Result<Delivery> {
    let row = sqlx::query(sql::DELIVERY).bind(of.to_string()).bind(message.to_string()).fetch_optional(db.read()).await?;
    row.as_ref().map(delivery).transpose()?.ok_or_else(|| Error::of(&codes::NOT_FOUND))
}

/// Gives up what nobody had time to try until it was too late, and forgets what was settled long ago; how many of each.
pub async fn tidy(db: &Db, settings: &config::Webhooks, now: Time) -> Result<(u64, u64)> {
    let patience = i64::try_from(settings.give_up_seconds).unwrap_or(i64::MAX).saturating_mul(SECOND);
    let before = now.plus(-i64::from(settings.keep_days) * DAY).0;
    let mut tx = db.begin().await?;
    sqlx::query(sql::FORGET_OLD_SECRETS).bind(now.0).execute(tx.conn()).await?;
    let given_up = sqlx::query(sql::GIVE_UP_OLD).bind(now.plus(-patience).0).bind(now.0).execute(tx.conn()).await?.rows_affected();
    tx.commit().await?;
    let mut forgotten = 0;
    for statement in [sql::FORGET, sql::FORGET_MESSAGES] {
        loop {
            let mut tx = db.begin().await?;
            let gone = sqlx::query(statement).bind(before).bind(FORGOTTEN).execute(tx.conn()).await?.rows_affected();
            tx.commit().await?;
            forgotten += gone;
            if gone < FORGOTTEN as u64 {
                break;
            }
        }
    }
    Ok((given_up, forgotten))
}

fn delivery(row: &AnyRow) -> Result<Delivery> {
    let state = row.text("state");
    Ok(Delivery {
        message: row.id("message_id")?,
        event: row.text("event"),
        key: row.text("key"),
        at: row.time("at"),
        attempts: row.int("attempts"),
        next_at: (state == "waiting").then(|| row.time("due_at")),
        last_at: row.time_opt("last_at"),
        status: row.int_opt("status"),
        problem: row.text_opt("problem"),
        state,
    })
}
