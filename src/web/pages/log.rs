//! The sealed log: its head, and how anybody checks it.

use super::frame::Frame;
use super::proof::Proof;
use super::reader::Reader;
use super::visit::{self, Visit};
use crate::audit::overview;
use crate::error::{Error, Result, codes};
use crate::time::Time;
use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use base64::prelude::{BASE64_STANDARD, Engine};
use serde::Deserialize;

/// A leaf in the list of the newest.
#[derive(Clone, Debug)]
pub struct LeafRow {
    /// Its index.
    pub index: u64,
    /// Its kind: `evidence`, `credit_run`, `decision` …
    pub kind: String,
    /// When it was sealed.
    pub sealed: Time,
    /// The page of what it seals, where there is one.
    pub href: Option<String>,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "log.html")]
pub struct Log {
    /// Surroundings.
    pub frame: Frame,
    /// Which log.
    pub origin: String,
    /// Leaves sealed.
    pub size: i64,
    /// Root hash in base64.
    pub root: String,
    /// When the checkpoint was signed.
    pub signed: Option<Time>,
    /// The signed note.
    pub checkpoint: String,
    /// The key in signed-note form.
    pub vkey: String,
    /// Leaves waiting to be sealed.
    pub staged: i64,
    /// The newest leaves.
    pub newest: Vec<LeafRow>,
    /// The leaf asked for, with its proof.
    pub leaf: Option<Proof>,
}

/// Leaves listed.
const LISTED: i64 = 30;

impl Log {
    /// The bytes the proof speaks of: a leaf shown here stands for itself.
    pub fn bytes(&self) -> Option<(String, &str)> {
        None
    }

    /// The log, and one leaf of it when an index is asked for.
    pub async fn read(reader: Reader<'_>, index: Option<u64>) -> Result<Log> {
        let head = overview::log_head(reader.db).await?;
        let newest = overview::newest_leaves(reader.db, LISTED).await?;
        let mut rows = Vec::with_capacity(newest.len());
        for leaf in &newest {
            rows.push(row(&reader, leaf).await?);
        }
        let leaf = match index {
            Some(index) => {
                let id = overview::leaf_at(reader.db, index).await?.ok_or_else(|| Error::of(&codes::NOT_FOUND))?;
                Proof::read(&reader, id).await?
            }
            None => None,
        };
        let trust = reader.log.trust();
        let key = trust.logs.last();
        Ok(Log {
            origin: key.map(|key| key.origin.clone()).unwrap_or_default(),
            vkey: key.map(|key| key.vkey.clone()).unwrap_or_default(),
            size: head.as_ref().map_or(0, |head| head.size),
            root: head.as_ref().map(|head| BASE64_STANDARD.encode(&head.root)).unwrap_or_default(),
            signed: head.as_ref().map(|head| head.at),
            staged: head.as_ref().map_or(0, |head| head.staged),
            checkpoint: head.map(|head| head.note).unwrap_or_default(),
            newest: rows,
            leaf,
            frame: reader.frame,
        })
    }
}

async fn row(reader: &Reader<'_>, leaf: &overview::Leaf) -> Result<LeafRow> {
    let body: serde_json::Value = serde_json::from_slice(&leaf.body).unwrap_or_default();
    Ok(LeafRow {
        index: leaf.index,
        kind: body["kind"].as_str().unwrap_or_default().to_owned(),
        sealed: leaf.at,
        href: sealed_page(reader, leaf, &body).await?,
    })
}

/// The page of what a leaf seals, evidence, finding decided, lesson calculated or class decided, if the reader may open it.
async fn sealed_page(reader: &Reader<'_>, leaf: &overview::Leaf, body: &serde_json::Value) -> Result<Option<String>> {
    let named = |name: &str| body[name].as_str();
    let (db, scope) = (reader.db, &reader.scope);
    if let Some(id) = &leaf.evidence {
        let seen = overview::evidence(db, scope, visit::id(id)?).await?.is_some();
        return Ok(seen.then(|| format!("/evidence/{id}")));
    }
    if let Some(id) = named("evidence") {
        let seen = overview::evidence(db, scope, visit::id(id)?).await?.is_some();
        return Ok(seen.then(|| format!("/evidence/{id}")));
    }
    if let Some(id) = named("finding").filter(|_| reader.findings) {
        return Ok(Some(format!("/findings/{id}")));
    }
    if let Some(id) = named("lesson") {
        let seen = overview::lesson(db, scope, visit::id(id)?).await?.is_some();
        return Ok(seen.then(|| format!("/lessons/{id}")));
    }
    let Some(id) = named("class") else { return Ok(None) };
    let seen = overview::class(db, scope, visit::id(id)?).await?.is_some();
    Ok(seen.then(|| format!("/classes/{id}")))
}

/// What the page is asked for.
#[derive(Debug, Deserialize)]
pub struct Asked {
    leaf: Option<u64>,
}

/// `GET /log`
pub async fn show(visit: Visit, Query(asked): Query<Asked>) -> Response {
    visit.answer(Log::read(visit.reader(), asked.leaf).await)
}
