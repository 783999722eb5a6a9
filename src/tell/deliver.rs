//! Brings messages to their receivers, beside the jobs: writes what was announced, leases what is due, and sends it.
//!
//! A delivery is leased by moving the time at which it is due ahead. A server that dies in between has told nobody, or has told and could
//! not note it; either way the delivery is due again, under the same `webhook-id`. A receiver that is slow or does not answer has few
//! places ([`config::Webhooks`]), so it is in nobody's way.

use super::attempt::{Letter, Outcome, Sender};
use super::{message, schedule, sql, webhook};
use crate::config;
use crate::db::{Columns, Db};
use crate::error::{Error, Result};
use crate::ids::{Ids, MessageId, WebhookId, chance};
use crate::register::secrets::Secrets;
use crate::time::{Clock, MINUTE, SECOND, Time};
use futures::{FutureExt, StreamExt, stream};
use sqlx::Row;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long nobody looks whether another server announced something, or a wait is over.
const IDLE: Duration = Duration::from_millis(500);
/// Messages written before something is sent, and how many of them at once.
const WRITTEN: (i64, usize) = (200, 16);

/// What bringing messages needs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Teller {
    /// Database.
    pub db: Db,
    /// Time.
    pub clock: Clock,
    /// Ids.
    pub ids: Ids,
    /// What decrypts addresses and secrets.
    pub secrets: Secrets,
    /// Settings.
    pub settings: config::Webhooks,
}

/// A delivery that nobody else tries for now.
#[derive(Clone, Copy, Debug)]
struct Leased {
    webhook: WebhookId,
    message: MessageId,
    attempts: i64,
    since: Time,
}

/// A receiver as this server knows it.
#[derive(Debug, Default)]
struct Receiver {
    under_way: usize,
    failing: bool,
}

/// What is under way.
#[derive(Default)]
struct UnderWay {
    tasks: JoinSet<(WebhookId, bool)>,
    receivers: HashMap<WebhookId, Receiver>,
    /// The receiver that was served last, so that all have their turn where places are few.
    last: Option<WebhookId>,
}

impl UnderWay {
    fn ended(&mut self, done: Result<(WebhookId, bool), tokio::task::JoinError>) {
        let Ok((webhook, answered)) = done else { return };
        let receiver = self.receivers.entry(webhook).or_default();
        receiver.under_way = receiver.under_way.saturating_sub(1);
        receiver.failing = !answered;
        if receiver.under_way == 0 && answered {
            self.receivers.remove(&webhook);
        }
    }

    fn room(&self, webhook: WebhookId, settings: &config::Webhooks) -> usize {
        match self.receivers.get(&webhook) {
            Some(receiver) if receiver.failing => 1_usize.saturating_sub(receiver.under_way),
            Some(receiver) => settings.parallel_each.max(1).saturating_sub(receiver.under_way),
            None => settings.parallel_each.max(1),
        }
    }
}

/// Until `stop`; what is under way then is waited for. `news` wakes it.
pub async fn run(teller: Teller, news: Arc<Notify>, stop: CancellationToken) {
    let sender = match Sender::new(&teller.settings) {
        Ok(sender) => sender,
        Err(error) => {
            tracing::error!(%error, cause = ?error.cause, "webhooks cannot be told anything by this server");
            return;
        }
    };
    let mut under_way = UnderWay::default();
    while !stop.is_cancelled() {
        let more = match turn(&teller, &sender, &mut under_way).await {
            Ok(more) => more,
            Err(error) => {
                tracing::warn!(%error, cause = ?error.cause, "webhooks could not be told; it is tried again");
                false
            }
        };
        if !more {
            tokio::select! {
                Some(done) = under_way.tasks.join_next() => under_way.ended(done),
                () = news.notified() => {}
                () = tokio::time::sleep(IDLE) => {}
                () = stop.cancelled() => {}
            }
        }
        while let Some(done) = under_way.tasks.try_join_next() {
            under_way.ended(done);
        }
    }
    while under_way.tasks.join_next().await.is_some() {}
}

/// Writes what was announced and begins to send what is due, as far as there is room; whether there is more to be written.
async fn turn(teller: &Teller, sender: &Sender, under_way: &mut UnderWay) -> Result<bool> {
    let more = write(teller).await?;
    let mut places = teller.settings.parallel.max(1).saturating_sub(under_way.tasks.len());
    if places == 0 {
        return Ok(more);
    }
    let mut waited_for = waited_for(&teller.db, teller.clock.now()).await?;
    waited_for.sort();
    let next = waited_for.partition_point(|id| under_way.last.is_some_and(|last| *id <= last));
    waited_for.rotate_left(next);
    for webhook in waited_for {
        let room = under_way.room(webhook, &teller.settings).min(places);
        if room == 0 {
            continue;
        }
        for leased in lease(teller, webhook, room).await? {
            places -= 1;
            under_way.receivers.entry(webhook).or_default().under_way += 1;
            let (teller, sender) = (teller.clone(), sender.clone());
            under_way.tasks.spawn(async move { (webhook, one(&teller, &sender, leased).await) });
        }
        under_way.last = Some(webhook);
        if places == 0 {
            break;
        }
    }
    Ok(more)
}

/// Writes what was announced; whether there may be more.
async fn write(teller: &Teller) -> Result<bool> {
    let ids = message::unwritten(&teller.db, teller.clock.now(), WRITTEN.0).await?;
    let more = ids.len() as i64 == WRITTEN.0;
    stream::iter(ids).for_each_concurrent(WRITTEN.1, |id| write_one(teller, id)).await;
    Ok(more)
}

async fn write_one(teller: &Teller, id: MessageId) {
    if let Err(error) = message::write(&teller.db, id, teller.clock.now()).await {
        tracing::warn!(message.id = %id, %error, cause = ?error.cause, "a webhook message could not be written; again in a minute");
        if let Err(error) = message::postpone(&teller.db, id, teller.clock.now().plus(MINUTE)).await {
            tracing::warn!(message.id = %id, %error, "nor could it be put off");
        }
    }
}

async fn waited_for(db: &Db, now: Time) -> Result<Vec<WebhookId>> {
    let rows = sqlx::query(sql::WAITED_FOR).bind(now.0).fetch_all(db.read()).await?;
    rows.iter().map(|row| row.id("id")).collect()
}

/// Longer than an attempt and its record may take.
fn lease_end(settings: &config::Webhooks, now: Time) -> Time {
    now.plus(i64::try_from(settings.timeout_seconds.max(1)).unwrap_or(i64::MAX).saturating_mul(2 * SECOND).saturating_add(5 * SECOND))
}

async fn lease(teller: &Teller, webhook: WebhookId, most: usize) -> Result<Vec<Leased>> {
    let now = teller.clock.now();
    let mut tx = teller.db.begin().await?;
    let rows = sqlx::query(sql::LEASE)
        .bind(webhook.to_string())
        .bind(now.0)
        .bind(lease_end(&teller.settings, now).0)
        .bind(most as i64)
        .fetch_all(tx.conn())
        .await?;
    tx.commit().await?;
    let leased = |row: &sqlx::any::AnyRow| {
        Ok(Leased { webhook, message: row.id("message_id")?, attempts: row.int("attempts"), since: row.time("since_at") })
    };
    rows.iter().map(leased).collect()
}

/// One attempt; whether the receiver answered as it should.
async fn one(teller: &Teller, sender: &Sender, leased: Leased) -> bool {
    let attempt = AssertUnwindSafe(attempt(teller, sender, leased)).catch_unwind().await;
    match attempt.unwrap_or_else(|_| Err(Error::internal("an attempt panicked"))) {
        Ok(answered) => answered,
        Err(error) => {
            // The lease runs out, and it is sent again.
            tracing::warn!(webhook.id = %leased.webhook, message.id = %leased.message, %error, cause = ?error.cause, "an attempt at a webhook could not be made or noted");
            false
        }
    }
}

async fn attempt(teller: &Teller, sender: &Sender, leased: Leased) -> Result<bool> {
    let Some(letter) = letter(teller, leased).await? else { return Ok(true) };
    let outcome = sender.send(letter, teller.clock.now()).await?;
    let now = teller.clock.now();
    let spread = u16::from_be_bytes(chance::<2>());
    let next = || schedule::next(&teller.settings, leased.since, leased.attempts + 1, now, spread);
    let (state, due, status, problem, counted) = match outcome {
        Outcome::Taken(status) => ("delivered", now, Some(status), None, "delivered"),
        Outcome::Gone => ("given_up", now, Some(410), Some("gone"), "gone"),
        Outcome::NotTaken(status, problem) => match next() {
            Some(due) => ("waiting", due, status, Some(problem), "failed"),
            None => ("given_up", now, status, Some(problem), "given_up"),
        },
    };
    let (ids, Leased { webhook, message, .. }) = (teller.ids.clone(), leased);
    let noted = teller.db.write(move |tx| {
        async move {
            // First, so that attempts that end it at the same time wait for each other here and not for each other's deliveries.
            let ended = outcome == Outcome::Gone && webhook::end(tx, webhook, now).await?;
            sqlx::query(sql::TRIED)
                .bind(webhook.to_string())
                .bind(message.to_string())
                .bind(state)
                .bind(due.0)
                .bind(now.0)
                .bind(status.map(i64::from))
                .bind(problem)
                .execute(tx.conn())
                .await?;
            if ended {
                webhook::let_go(tx, &ids, webhook, now).await?;
            }
            Ok(ended)
        }
        .boxed()
    });
    if noted.await? {
        tracing::info!(webhook.id = %webhook, "a webhook has ended: its receiver says that it is gone");
    }
    metrics::counter!("keshi_webhook_attempts_total", "outcome" => counted).increment(1);
    Ok(matches!(outcome, Outcome::Taken(_)))
}

/// What is sent; nothing where the webhook has ended or is no more.
async fn letter(teller: &Teller, leased: Leased) -> Result<Option<Letter>> {
    let wanted = sqlx::query(sql::TO_SEND).bind(leased.webhook.to_string()).bind(leased.message.to_string());
    let Some(row) = wanted.fetch_optional(teller.db.read()).await? else { return Ok(None) };
    let open = |column| teller.secrets.open(&row.get::<Vec<u8>, _>(column));
    let mut secrets = vec![open("secret_sealed")?];
    if row.time_opt("old_secret_until").is_some_and(|until| until > teller.clock.now()) {
        secrets.push(open("old_secret_sealed")?);
    }
    let url = open("url_sealed")?.parse().map_err(Error::internal)?;
    Ok(Some(Letter { id: leased.message, url, secrets, body: row.text("body") }))
}
