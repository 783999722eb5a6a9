//! Webhooks: who is told of what happens, what became of each message, and the secret, once.

use super::frame::{Frame, with_query};
use super::reader::Reader;
use super::visit::{Visit, id};
use crate::audit::overview;
use crate::error::Result;
use crate::ids::{MessageId, WebhookId};
use crate::receive::{Actor, Right};
use crate::register::{Reference, provider};
use crate::tell::delivery::{self, Delivery};
use crate::tell::webhook::{self, Changes, NewWebhook, Tools};
use crate::tell::{DEADLINES_DAILY, EVIDENCE_REFUSED, EVIDENCE_SEALED, HOURS_CREDITED, Webhook, address};
use crate::time::Time;
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query};
use axum::response::Response;
use serde::Deserialize;

/// Rows on a page.
const LISTED: i64 = 50;

/// A webhook as it is shown.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its address, without the query.
    pub url: String,
    /// What it is told of.
    pub events: Vec<String>,
    /// What the platform or provider is called that it belongs to, on its own page; an operator's has none.
    pub owner: Option<String>,
    /// When it was made.
    pub made: Time,
    /// Until when the old secret signs as well.
    pub both_until: Option<Time>,
    /// Whether it is told anything.
    pub active: bool,
    /// Messages that wait.
    pub waiting: i64,
    /// Messages that were given up.
    pub given_up: i64,
}

/// The list.
#[derive(Debug, Template)]
#[template(path = "webhooks.html")]
pub struct Webhooks {
    /// Surroundings.
    pub frame: Frame,
    /// The reader's webhooks; an operator sees all.
    pub rows: Vec<Row>,
    /// The next part.
    pub next: Option<String>,
}

/// One webhook.
#[derive(Debug, Template)]
#[template(path = "webhook.html")]
pub struct One {
    /// Surroundings.
    pub frame: Frame,
    /// The webhook.
    pub row: Row,
    /// Its secret, when it was made just now.
    pub secret: Option<String>,
    /// What became of its messages, newest first.
    pub deliveries: Vec<Delivery>,
    /// The next part.
    pub next: Option<String>,
}

impl Webhooks {
    /// A part of the list.
    pub async fn read(reader: Reader<'_>, tools: Tools<'_>, actor: &Actor, after: Option<WebhookId>) -> Result<Webhooks> {
        let rows = webhook::list(tools, actor, after, LISTED).await?;
        let next = (rows.len() as i64 == LISTED).then(|| rows.last().map(|last| last.id.to_string())).flatten();
        Ok(Webhooks {
            rows: rows.iter().map(row).collect(),
            next: next.map(|cursor| with_query(&reader.frame.place, "cursor", &cursor)),
            frame: reader.frame,
        })
    }
}

impl One {
    /// A webhook with a part of its deliveries.
    pub async fn read(reader: Reader<'_>, tools: Tools<'_>, actor: &Actor, of: WebhookId, before: Option<MessageId>) -> Result<One> {
        let webhook = webhook::get(tools, actor, of).await?;
        let deliveries = delivery::list(tools, actor, of, None, before, LISTED).await?;
        let next = (deliveries.len() as i64 == LISTED).then(|| deliveries.last().map(|last| last.message.to_string())).flatten();
        let place = format!("/webhooks/{of}");
        Ok(One {
            row: Row { owner: owner(&reader, &webhook).await?, ..row(&webhook) },
            secret: None,
            deliveries,
            next: next.map(|cursor| with_query(&place, "cursor", &cursor)),
            frame: reader.frame,
        })
    }
}

/// What the platform or provider is called whose it is.
async fn owner(reader: &Reader<'_>, webhook: &Webhook) -> Result<Option<String>> {
    Ok(match (&webhook.platform, webhook.provider) {
        (Some(id), _) => Some(reader.named(&overview::platform_name(reader.db, id).await?).to_owned()),
        (None, Some(id)) => Some(provider::get(reader.db, &Reference::Id(id.0)).await?.name),
        (None, None) => None,
    })
}

/// As both pages show it; whose it is, is told on its own.
fn row(webhook: &Webhook) -> Row {
    Row {
        id: webhook.id.to_string(),
        name: webhook.name.clone(),
        url: address::shown(&webhook.url),
        events: webhook.events.clone(),
        owner: None,
        made: webhook.created_at,
        both_until: webhook.old_secret_until,
        active: webhook.ended_at.is_none(),
        waiting: webhook.waiting,
        given_up: webhook.given_up,
    }
}

/// Where a list goes on.
#[derive(Debug, Deserialize)]
pub struct Asked {
    cursor: Option<String>,
}

/// What a form without fields sends.
#[derive(Debug, Deserialize)]
pub struct Sent {
    csrf: String,
}

/// What the form of a new webhook sends.
#[derive(Debug, Deserialize)]
pub struct New {
    csrf: String,
    name: String,
    url: String,
    sealed: Option<String>,
    refused: Option<String>,
    credited: Option<String>,
    deadlines: Option<String>,
}

/// What the form that ends a webhook, or lets it begin again, sends.
#[derive(Debug, Deserialize)]
pub struct Active {
    csrf: String,
    active: String,
}

/// `GET /webhooks`
pub async fn list(visit: Visit, Query(asked): Query<Asked>) -> Response {
    let page = async {
        let actor = may(&visit, None)?;
        let after = asked.cursor.as_deref().map(id).transpose()?;
        Webhooks::read(visit.reader(), visit.app.webhooks(), actor, after).await
    };
    visit.answer(page.await)
}

/// `GET /webhooks/{id}`
pub async fn show(visit: Visit, Path(of): Path<String>, Query(asked): Query<Asked>) -> Response {
    let page = async {
        let before = asked.cursor.as_deref().map(id).transpose()?;
        One::read(visit.reader(), visit.app.webhooks(), may(&visit, None)?, id(&of)?, before).await
    };
    visit.answer(page.await)
}

/// `POST /webhooks`: the page of the new one, with its secret.
pub async fn add(visit: Visit, Form(new): Form<New>) -> Response {
    let page = async {
        let actor = may(&visit, Some(&new.csrf))?;
        let asked = [
            (EVIDENCE_SEALED, &new.sealed),
            (EVIDENCE_REFUSED, &new.refused),
            (HOURS_CREDITED, &new.credited),
            (DEADLINES_DAILY, &new.deadlines),
        ];
        let events = asked.into_iter().filter(|(_, asked)| asked.is_some()).map(|(event, _)| event.to_owned()).collect();
        let new = NewWebhook { name: new.name.clone(), url: new.url.trim().to_owned(), events };
        let (made, secret) = webhook::add(visit.app.webhooks(), actor, new, visit.app.clock.now()).await?;
        with_secret(&visit, made.id, secret).await
    };
    visit.answer(page.await)
}

/// `POST /webhooks/{id}/secret`: its page, with the new secret.
pub async fn rotate(visit: Visit, Path(of): Path<String>, Form(sent): Form<Sent>) -> Response {
    let page = async {
        let actor = may(&visit, Some(&sent.csrf))?;
        let (kept, secret) = webhook::rotate(visit.app.webhooks(), actor, id(&of)?, visit.app.clock.now()).await?;
        with_secret(&visit, kept.id, secret).await
    };
    visit.answer(page.await)
}

/// `POST /webhooks/{id}/test`
pub async fn test(visit: Visit, Path(of): Path<String>, Form(sent): Form<Sent>) -> Response {
    let done = async {
        delivery::test(visit.app.webhooks(), may(&visit, Some(&sent.csrf))?, id(&of)?, visit.app.clock.now()).await?;
        visit.app.jobs.news().notify_one();
        Ok(())
    };
    visit.back(done.await, &place(&of))
}

/// `POST /webhooks/{id}/deliveries/{message}/retry`
pub async fn retry(visit: Visit, Path((of, message)): Path<(String, String)>, Form(sent): Form<Sent>) -> Response {
    let done = async {
        let actor = may(&visit, Some(&sent.csrf))?;
        delivery::again(visit.app.webhooks(), actor, id(&of)?, id(&message)?, visit.app.clock.now()).await?;
        visit.app.jobs.news().notify_one();
        Ok(())
    };
    visit.back(done.await, &place(&of))
}

/// `POST /webhooks/{id}/active`
pub async fn begin_or_end(visit: Visit, Path(of): Path<String>, Form(sent): Form<Active>) -> Response {
    let done = async {
        let actor = may(&visit, Some(&sent.csrf))?;
        let changes = Changes { active: Some(sent.active == "yes"), ..Changes::default() };
        webhook::change(visit.app.webhooks(), actor, id(&of)?, changes, visit.app.clock.now()).await.map(drop)
    };
    visit.back(done.await, &place(&of))
}

/// `POST /webhooks/{id}/remove`
pub async fn remove(visit: Visit, Path(of): Path<String>, Form(sent): Form<Sent>) -> Response {
    let done = async { webhook::remove(visit.app.webhooks(), may(&visit, Some(&sent.csrf))?, id(&of)?, visit.app.clock.now()).await };
    visit.back(done.await, "/webhooks")
}

/// Who asks, if the role may be told at all and the form, where there is one, is the session's.
fn may<'a>(visit: &'a Visit, csrf: Option<&str>) -> Result<&'a Actor> {
    if let Some(csrf) = csrf {
        visit.check(csrf)?;
    }
    visit.person.actor.require(Right::Subscribe)?;
    Ok(&visit.person.actor)
}

async fn with_secret(visit: &Visit, of: WebhookId, secret: String) -> Result<One> {
    let page = One::read(visit.reader(), visit.app.webhooks(), &visit.person.actor, of, None).await?;
    Ok(One { secret: Some(secret), ..page })
}

/// The page of a webhook; an id that is none leads to the list.
fn place(of: &str) -> String {
    of.parse::<WebhookId>().map_or_else(|_| "/webhooks".to_owned(), |of| format!("/webhooks/{of}"))
}
