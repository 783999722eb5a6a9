//! Webhooks: who asked to be told of what, and where.

use super::{EVENTS, address, sign, sql};
use crate::config;
use crate::db::{Columns, Db, Tx};
use crate::error::{Error, Result, codes};
use crate::ids::{Ids, ProviderId, WebhookId};
use crate::receive::Actor;
use crate::register::secrets::Secrets;
use crate::register::trail;
use crate::time::{DAY, Time};
use serde::Deserialize;
use sqlx::Row;
use sqlx::any::AnyRow;
use std::collections::BTreeSet;
use url::Url;

/// How long the secret before the newest signs as well.
pub const BOTH_SECRETS: i64 = DAY;
/// Longest name, in characters.
const LONGEST_NAME: usize = 100;
/// How often removing is tried while messages to it are written.
const ATTEMPTS: usize = 5;

/// What keeping webhooks needs.
#[derive(Clone, Copy, Debug)]
pub struct Tools<'a> {
    /// Database.
    pub db: &'a Db,
    /// Ids.
    pub ids: &'a Ids,
    /// What encrypts addresses and secrets.
    pub secrets: &'a Secrets,
    /// Settings.
    pub settings: &'a config::Webhooks,
}

/// A webhook. Its secret is shown when it is made and never again.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// What its owner calls it.
    pub name: String,
    /// The platform it belongs to.
    pub platform: Option<String>,
    /// The provider it belongs to; without either it is an operator's, which is told of everything.
    pub provider: Option<ProviderId>,
    /// What it is told of, in the order of [`EVENTS`].
    pub events: Vec<String>,
    /// Where.
    pub url: Url,
    /// Until when the secret before the newest signs as well.
    pub old_secret_until: Option<Time>,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: Time,
    /// Since when it is told nothing: its receiver said that it is gone, or somebody ended it.
    pub ended_at: Option<Time>,
    /// Messages that wait to be taken.
    pub waiting: i64,
    /// Messages that were given up, as long as they are remembered.
    pub given_up: i64,
}

/// A webhook about to be made.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewWebhook {
    /// What its owner calls it: 1 to 100 characters.
    pub name: String,
    /// Where: `https://…`.
    pub url: String,
    /// What it is to be told of, of [`EVENTS`].
    pub events: Vec<String>,
}

/// What is to be changed of a webhook; what is left out stays.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Changes {
    /// Another name.
    pub name: Option<String>,
    /// Another address.
    pub url: Option<String>,
    /// Other events.
    pub events: Option<Vec<String>>,
    /// `false` ends it; `true` lets one that has ended be told again.
    pub active: Option<bool>,
}

/// Makes a webhook of the asker's, and its secret.
///
/// Errors: `invalid`, `webhook_url`, `too_many_webhooks`.
pub async fn add(tools: Tools<'_>, actor: &Actor, new: NewWebhook, now: Time) -> Result<(Webhook, String)> {
    let (name, events) = (named(&new.name)?, known(&new.events)?);
    let url = address::check(&new.url, tools.settings.closed_network)?;
    let (id, secret): (WebhookId, String) = (tools.ids.next(), sign::secret());
    let (platform, provider) = (actor.platform.as_deref(), actor.provider.map(|id| id.to_string()));
    let mut tx = tools.db.begin().await?;
    let (of_platform, of_provider) = scope(actor);
    let theirs: i64 = sqlx::query(sql::COUNT).bind(of_platform).bind(of_provider).fetch_one(tx.conn()).await?.get(0);
    if !actor.unbounded() && theirs >= i64::from(tools.settings.most) {
        return Err(Error::of(&codes::TOO_MANY_WEBHOOKS));
    }
    sqlx::query(sql::ADD)
        .bind(id.to_string())
        .bind(name)
        .bind(platform)
        .bind(&provider)
        .bind(events.join(" "))
        .bind(tools.secrets.seal(url.as_str()))
        .bind(tools.secrets.seal(&secret))
        .bind(&actor.label)
        .bind(now.0)
        .execute(tx.conn())
        .await?;
    ask(&mut tx, id, &events).await?;
    note(&mut tx, tools.ids, actor, "webhook.added", id, now).await?;
    tx.commit().await?;
    Ok((get(tools, actor, id).await?, secret))
}

/// A webhook of the asker's; an operator sees all.
///
/// Errors: `not_found`.
pub async fn get(tools: Tools<'_>, actor: &Actor, id: WebhookId) -> Result<Webhook> {
    let (platform, provider) = scope(actor);
    let of = sqlx::query(sql::GET).bind(id.to_string()).bind(platform).bind(provider);
    let row = of.fetch_optional(tools.db.read()).await?.ok_or_else(|| Error::of(&codes::NOT_FOUND))?;
    webhook(&row, tools.secrets)
}

/// The asker's webhooks, oldest first; an operator sees all.
pub async fn list(tools: Tools<'_>, actor: &Actor, after: Option<WebhookId>, limit: i64) -> Result<Vec<Webhook>> {
    let (platform, provider) = scope(actor);
    let rows = sqlx::query(sql::LIST)
        .bind(after.map(|id| id.to_string()).unwrap_or_default())
        .bind(platform)
        .bind(provider)
        .bind(limit)
        .fetch_all(tools.db.read())
        .await?;
    rows.iter().map(|row| webhook(row, tools.secrets)).collect()
}

/// Changes a webhook. What waits for one that is ended is given up; one that begins again is told of what happens from then on.
///
/// Errors: `not_found`, `invalid`, `webhook_url`.
pub async fn change(tools: Tools<'_>, actor: &Actor, id: WebhookId, changes: Changes, now: Time) -> Result<Webhook> {
    let before = get(tools, actor, id).await?;
    let name = changes.name.as_deref().map(named).transpose()?.unwrap_or(before.name);
    let events = changes.events.as_deref().map(known).transpose()?.unwrap_or(before.events);
    let url = changes.url.as_deref().map(|text| address::check(text, tools.settings.closed_network)).transpose()?.unwrap_or(before.url);
    let ended = match changes.active {
        Some(true) => None,
        Some(false) => before.ended_at.or(Some(now)),
        None => before.ended_at,
    };
    let mut tx = tools.db.begin().await?;
    sqlx::query(sql::CHANGE)
        .bind(id.to_string())
        .bind(name)
        .bind(events.join(" "))
        .bind(tools.secrets.seal(url.as_str()))
        .bind(ended.map(|at| at.0))
        .execute(tx.conn())
        .await?;
    sqlx::query(sql::ASK_NOTHING).bind(id.to_string()).execute(tx.conn()).await?;
    match ended {
        None => ask(&mut tx, id, &events).await?,
        Some(_) => give_up(&mut tx, id, "ended", now).await?,
    }
    note(&mut tx, tools.ids, actor, "webhook.changed", id, now).await?;
    tx.commit().await?;
    get(tools, actor, id).await
}

/// Gives a webhook a new secret; the one before signs as well for [`BOTH_SECRETS`].
///
/// Errors: `not_found`.
pub async fn rotate(tools: Tools<'_>, actor: &Actor, id: WebhookId, now: Time) -> Result<(Webhook, String)> {
    get(tools, actor, id).await?;
    let secret = sign::secret();
    let mut tx = tools.db.begin().await?;
    let kept = sqlx::query(sql::ROTATE).bind(id.to_string()).bind(tools.secrets.seal(&secret)).bind(now.plus(BOTH_SECRETS).0);
    kept.execute(tx.conn()).await?;
    note(&mut tx, tools.ids, actor, "webhook.secret_changed", id, now).await?;
    tx.commit().await?;
    Ok((get(tools, actor, id).await?, secret))
}

/// Removes a webhook with its deliveries; the trail keeps that it was there.
///
/// Errors: `not_found`.
pub async fn remove(tools: Tools<'_>, actor: &Actor, id: WebhookId, now: Time) -> Result<()> {
    get(tools, actor, id).await?;
    for _ in 0..ATTEMPTS {
        let mut tx = tools.db.begin().await?;
        if taken_out(&mut tx, id).await? {
            note(&mut tx, tools.ids, actor, "webhook.removed", id, now).await?;
            return tx.commit().await;
        }
    }
    Err(Error::of(&codes::BUSY))
}

/// Whether it could be taken out: not where a message to it was written meanwhile.
async fn taken_out(tx: &mut Tx, id: WebhookId) -> Result<bool> {
    for statement in [sql::ASK_NOTHING, sql::REMOVE_DELIVERIES, sql::REMOVE] {
        match sqlx::query(statement).bind(id.to_string()).execute(tx.conn()).await {
            Err(sqlx::Error::Database(cause)) if cause.is_foreign_key_violation() => return Ok(false),
            done => done?,
        };
    }
    Ok(true)
}

/// Ends a webhook whose receiver said that it is gone; whether it had not ended before. [`let_go`] follows.
pub(super) async fn end(tx: &mut Tx, id: WebhookId, now: Time) -> Result<bool> {
    Ok(sqlx::query(sql::END).bind(id.to_string()).bind(now.0).execute(tx.conn()).await?.rows_affected() > 0)
}

/// Lets go of what a webhook that has ended asked for and waits for.
pub(super) async fn let_go(tx: &mut Tx, ids: &Ids, id: WebhookId, now: Time) -> Result<()> {
    sqlx::query(sql::ASK_NOTHING).bind(id.to_string()).execute(tx.conn()).await?;
    give_up(tx, id, "gone", now).await?;
    let subject = id.to_string();
    let line = trail::Note { actor: "keshi", action: "webhook.gone", subject_kind: "webhook", subject_id: &subject, detail: None };
    trail::note(tx, ids, now, line).await
}

async fn give_up(tx: &mut Tx, id: WebhookId, why: &str, now: Time) -> Result<()> {
    sqlx::query(sql::GIVE_UP_ALL).bind(id.to_string()).bind(now.0).bind(why).execute(tx.conn()).await?;
    Ok(())
}

async fn ask(tx: &mut Tx, id: WebhookId, events: &[String]) -> Result<()> {
    for event in events {
        sqlx::query(sql::ASK).bind(event).bind(id.to_string()).execute(tx.conn()).await?;
    }
    Ok(())
}

/// Writes into the trail what was done with a webhook.
pub(super) async fn note(tx: &mut Tx, ids: &Ids, actor: &Actor, action: &str, id: WebhookId, now: Time) -> Result<()> {
    let subject = id.to_string();
    trail::note(tx, ids, now, trail::Note { actor: &actor.label, action, subject_kind: "webhook", subject_id: &subject, detail: None })
        .await
}

/// An asker's platform and provider, empty for none.
fn scope(actor: &Actor) -> (String, String) {
    (actor.platform.clone().unwrap_or_default(), actor.provider.map(|id| id.to_string()).unwrap_or_default())
}

fn named(text: &str) -> Result<String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LONGEST_NAME || text.chars().any(char::is_control) {
        return Err(Error::new(&codes::INVALID, format!("A webhook's name is 1 to {LONGEST_NAME} characters in one line.")));
    }
    Ok(text.to_owned())
}

/// Events as asked for, each once and in one order.
fn known(asked: &[String]) -> Result<Vec<String>> {
    let asked: BTreeSet<&str> = asked.iter().map(String::as_str).collect();
    if asked.is_empty() || asked.iter().any(|event| !EVENTS.contains(event)) {
        return Err(Error::new(&codes::INVALID, format!("A webhook asks for one or more of the events {}.", EVENTS.join(", "))));
    }
    Ok(EVENTS.iter().filter(|event| asked.contains(*event)).map(|event| (*event).to_owned()).collect())
}

fn webhook(row: &AnyRow, secrets: &Secrets) -> Result<Webhook> {
    Ok(Webhook {
        id: row.id("id")?,
        name: row.text("name"),
        platform: row.text_opt("platform_id"),
        provider: row.id_opt("provider_id")?,
        events: row.text("events").split_whitespace().map(str::to_owned).collect(),
        url: secrets.open(&row.get::<Vec<u8>, _>("url_sealed"))?.parse().map_err(Error::internal)?,
        old_secret_until: row.time_opt("old_secret_until"),
        created_by: row.text("created_by"),
        created_at: row.time("created_at"),
        ended_at: row.time_opt("ended_at"),
        waiting: row.int("waiting"),
        given_up: row.int("given_up"),
    })
}
