//! Who is who in a class: those whom the logs name and the roster does not tell, and what people said of them.

use super::frame::Frame;
use super::reader::Reader;
use super::trace::called;
use super::visit::{self, Visit};
use crate::analyse::attendance::{Who, suggestions};
use crate::audit::overview::{self, PART};
use crate::error::{Error, Result, codes};
use crate::ids::{ClassId, TraineeId};
use crate::lake::{self, ingest};
use crate::pipeline;
use crate::receive::identity::Right;
use crate::register::personal::mask;
use crate::register::resolution::{self, Says};
use crate::register::{Reference, Resolution, roster};
use crate::time::Time;
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query};
use axum::response::Response;
use serde::Deserialize;
use std::collections::HashMap;

/// A trainee to choose.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The trainee's id.
    pub trainee: String,
    /// The number the provider calls the trainee by.
    pub number: String,
    /// Name.
    pub name: String,
    /// How like the names are, in percent; 100 where the row fits.
    pub likeness: u8,
}

/// Somebody who waits.
#[derive(Clone, Debug)]
pub struct Waits {
    /// Who, as the forms send it back.
    pub identity: String,
    /// The name as written, or what stands in its place.
    pub name: String,
    /// What else is written: what it is, the value as far as the reader may see it.
    pub keys: Vec<(&'static str, String)>,
    /// Why the roster does not tell.
    pub doubt: String,
    /// Rows.
    pub rows: i64,
    /// Logs.
    pub logs: i64,
    /// The most they could be worth, in milliseconds.
    pub span_ms: i64,
    /// The log in which the person is first.
    pub file: String,
    /// The row there.
    pub row: u64,
    /// That row's page.
    pub href: String,
    /// Who might be meant.
    pub choices: Vec<Choice>,
}

/// What was said of somebody.
#[derive(Clone, Debug)]
pub struct Said {
    /// Its id.
    pub id: String,
    /// Of whom.
    pub identity: String,
    /// As the logs write it.
    pub written: String,
    /// `trainee`, `nobody`, `open`.
    pub says: &'static str,
    /// The trainee: id, name.
    pub trainee: Option<(String, String)>,
    /// Who said it.
    pub by: String,
    /// When.
    pub at: Time,
    /// Why.
    pub reason: String,
    /// Whether something newer was said.
    pub replaced: bool,
    /// Index of the leaf that seals it.
    pub leaf: Option<u64>,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "unmatched.html")]
pub struct Unmatched {
    /// Surroundings.
    pub frame: Frame,
    /// The class.
    pub class: String,
    /// Its title.
    pub class_title: String,
    /// Those who wait, most rows first.
    pub rows: Vec<Waits>,
    /// How many there are.
    pub people: i64,
    /// Their rows.
    pub rows_total: i64,
    /// Rows of people beyond those kept.
    pub more: i64,
    /// The next part of the list.
    pub next: Option<String>,
    /// What was said, the newest first.
    pub said: Vec<Said>,
    /// Whether the reader may say who is who here.
    pub may_resolve: bool,
}

/// What was said, listed at once.
const SAID: i64 = 100;

impl Unmatched {
    /// Whether a word can be taken back: it counts, and says something.
    pub fn may_withdraw(&self, said: &Said) -> bool {
        !said.replaced && said.says != "open"
    }

    /// The class as the reader may see it; names are shown, so only to those who may see them.
    pub async fn read(reader: Reader<'_>, id: ClassId, cursor: &str) -> Result<Unmatched> {
        let class = overview::class(reader.db, &reader.scope, id).await?.ok_or_else(|| Error::of(&codes::UNKNOWN_CLASS))?;
        if !reader.names {
            return Err(Error::of(&codes::FORBIDDEN));
        }
        let trainees = roster::of_class(reader.db, id).await?;
        let names: HashMap<TraineeId, (String, String)> =
            trainees.into_iter().map(|trainee| (trainee.id, (trainee.external_id, trainee.name))).collect();
        let known = ingest::roster_of(reader.db, reader.secrets, id).await?;
        let mut waiting = lake::unmatched(reader.db, id, cursor, PART + 1).await?;
        let more = waiting.len() as i64 > PART;
        waiting.truncate(PART as usize);
        let next = waiting.last().filter(|_| more).map(|last| format!("?cursor={}", last.cursor()));
        let mut rows = Vec::with_capacity(waiting.len());
        for one in &waiting {
            let who = one.who(reader.secrets)?;
            let choices = suggestions(&known, &who).into_iter().map(|suggestion| {
                let (number, name) = names.get(&suggestion.trainee).cloned().unwrap_or_default();
                Choice { trainee: suggestion.trainee.to_string(), number, name, likeness: suggestion.likeness }
            });
            let file = overview::evidence(reader.db, &reader.scope, one.evidence).await?;
            rows.push(Waits {
                identity: one.identity.to_string(),
                name: written(&who),
                keys: keys(&who),
                doubt: one.doubt.clone(),
                rows: one.rows,
                logs: one.logs,
                span_ms: one.span_ms,
                file: called(file.as_ref().and_then(|file| file.line.filename.as_deref()), "attendance", one.evidence),
                row: one.first_row,
                href: format!("/evidence/{}?row={}#row", one.evidence, one.first_row),
                choices: choices.collect(),
            });
        }
        let mut said = Vec::new();
        for one in resolution::of_class(reader.db, id, None, SAID).await? {
            said.push(told(&reader, &one, &names).await?);
        }
        let (people, rows_total) = lake::unmatched_count(reader.db, id).await?;
        Ok(Unmatched {
            class: id.to_string(),
            class_title: class.title,
            rows,
            people,
            rows_total,
            more: i64::try_from(lake::rows_of_more(reader.db, id).await?).unwrap_or(i64::MAX),
            next,
            said,
            may_resolve: reader.resolves,
            frame: reader.frame,
        })
    }
}

/// What a resolution says, for people.
async fn told(reader: &Reader<'_>, one: &Resolution, names: &HashMap<TraineeId, (String, String)>) -> Result<Said> {
    let who: Who = serde_json::from_str(&one.who(reader.secrets)?)?;
    let trainee = match one.says.trainee() {
        Some(trainee) => {
            let name = match names.get(&trainee) {
                Some((_, name)) => name.clone(),
                None => overview::trainee_name(reader.db, trainee).await?.unwrap_or_default(),
            };
            Some((trainee.to_string(), reader.person(&name)))
        }
        None => None,
    };
    let leaf = match one.leaf {
        Some(leaf) => overview::leaf_index(reader.db, leaf).await?,
        None => None,
    };
    Ok(Said {
        id: one.id.to_string(),
        identity: one.identity.to_string(),
        written: written(&who),
        says: one.says.as_str(),
        trainee,
        by: overview::actor(reader.db, &one.actor).await?,
        at: one.at,
        reason: one.reason(reader.secrets)?,
        replaced: one.replaced_at.is_some(),
        leaf,
    })
}

/// What stands for somebody on the page: the name, else the account, else that there is only a number.
fn written(who: &Who) -> String {
    let known = who.name.clone().or_else(|| who.platform_user.clone()).or_else(|| who.trainee.clone());
    known.map_or_else(|| "—".to_owned(), |known| mask::text(&known))
}

/// What else the row says of the person; numbers and addresses masked.
fn keys(who: &Who) -> Vec<(&'static str, String)> {
    let account = who.platform_user.as_deref().filter(|_| who.name.is_some()).map(mask::text);
    let keys = [
        ("trainee", who.trainee.clone()),
        ("platform_user", account),
        ("phone", who.phone.as_deref().map(mask::phone)),
        ("email", who.email.as_deref().map(mask::email)),
        ("id_number", who.id_number.as_deref().map(mask::id_number)),
    ];
    keys.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}

/// What the page is asked for.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    cursor: String,
}

/// `GET /classes/{id}/unmatched`
pub async fn show(visit: Visit, Path(id): Path<String>, Query(asked): Query<Asked>) -> Response {
    let page = match visit::id(&id) {
        Ok(class) => Unmatched::read(visit.reader(), class, &asked.cursor).await,
        Err(error) => Err(error),
    };
    visit.answer_named("class", &id, page).await
}

/// What the form of a resolution sends.
#[derive(Debug, Deserialize)]
pub struct Sent {
    csrf: String,
    identity: String,
    choice: String,
    #[serde(default)]
    other: String,
    #[serde(default)]
    reason: String,
}

/// `POST /classes/{id}/resolutions`
pub async fn resolve(visit: Visit, Path(id): Path<String>, Form(sent): Form<Sent>) -> Response {
    let done = take_down(&visit, &id, sent).await;
    visit.back(done, &format!("/classes/{id}/unmatched#said"))
}

async fn take_down(visit: &Visit, id: &str, sent: Sent) -> Result<()> {
    visit.check(&sent.csrf)?;
    let (app, actor) = (&visit.app, &visit.person.actor);
    actor.require(Right::Resolve)?;
    let class = overview::class(&app.db, &visit.reader().scope, visit::id(id)?).await?.ok_or_else(|| Error::of(&codes::UNKNOWN_CLASS))?;
    let says = match sent.choice.as_str() {
        "nobody" => Says::Nobody,
        "withdraw" => Says::Open,
        "other" => {
            let reference = Reference::External(sent.other.trim().to_owned());
            Says::Trainee(roster::get(&app.db, class.id, &reference).await?.id)
        }
        trainee => Says::Trainee(roster::get(&app.db, class.id, &trainee.parse()?).await?.id),
    };
    pipeline::resolve(app, actor, class.id, sent.identity.parse()?, says, &sent.reason).await.map(drop)
}
