//! Who shares what: groups of providers, and where a device, an address, a phone or an account is found.

use super::frame::Frame;
use super::reader::Reader;
use super::visit::Visit;
use crate::detect::network::{Group, Holder, KINDS, MOST_PROVIDERS};
use crate::error::Result;
use crate::web::api::network;
use askama::Template;
use axum::Form;
use axum::response::Response;
use serde::Deserialize;
use std::collections::BTreeSet;

/// The page of groups.
#[derive(Debug, Template)]
#[template(path = "network.html")]
pub struct Network {
    /// Surroundings.
    pub frame: Frame,
    /// Those with most kinds of ties first.
    pub groups: Vec<Group>,
    /// Why there is nothing to show.
    pub trouble: Option<String>,
}

/// The page of one value.
#[derive(Debug, Template)]
#[template(path = "followed.html")]
pub struct Followed {
    /// Surroundings.
    pub frame: Frame,
    /// What it is.
    pub kind: String,
    /// The value.
    pub value: String,
    /// Where it is found.
    pub holders: Vec<Holder>,
}

impl Network {
    /// What more providers than this have in common is no tie.
    pub fn most(&self) -> i64 {
        MOST_PROVIDERS
    }

    /// Whether a value of this kind can be followed.
    pub fn follows(&self, kind: &str) -> bool {
        KINDS.contains(&kind)
    }

    /// What is shown of a value: hashes and long ids by their beginning.
    pub fn short(&self, value: &str) -> String {
        let mut letters = value.chars();
        let begin: String = letters.by_ref().take(18).collect();
        if letters.next().is_some() { format!("{begin}…") } else { begin }
    }
}

impl Followed {
    /// How many providers have it.
    pub fn providers(&self) -> i64 {
        self.each().len() as i64
    }

    /// The providers that have it: id and name.
    pub fn each(&self) -> BTreeSet<&(String, String)> {
        self.holders.iter().map(|holder| &holder.provider).collect()
    }
}

/// What a form that follows a value sends.
#[derive(Debug, Deserialize)]
pub struct Sent {
    csrf: String,
    kind: String,
    value: String,
}

/// `GET /network`
pub async fn show(visit: Visit) -> Response {
    let page = read(visit.reader(), network::all(&visit.app, &visit.person.actor).await);
    visit.answer(page)
}

/// What is wrong with a question is told on the page.
fn read(reader: Reader<'_>, groups: Result<Vec<Group>>) -> Result<Network> {
    let (groups, trouble) = match groups {
        Ok(groups) => (groups, None),
        Err(error) if error.kind == crate::error::Kind::Invalid => (Vec::new(), Some(error.message)),
        Err(error) => return Err(error),
    };
    Ok(Network { groups, trouble, frame: reader.frame })
}

/// `POST /network/follow`: a value may be somebody's address and stands in no link.
pub async fn follow(visit: Visit, Form(sent): Form<Sent>) -> Response {
    let page = match visit.check(&sent.csrf) {
        Ok(()) => followed(&visit, sent).await,
        Err(error) => Err(error),
    };
    visit.answer(page)
}

async fn followed(visit: &Visit, sent: Sent) -> Result<Followed> {
    let holders = network::one(&visit.app, &visit.person.actor, &sent.kind, &sent.value).await?;
    Ok(Followed { holders, kind: sent.kind, value: sent.value, frame: visit.reader().frame })
}
