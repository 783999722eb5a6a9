//! The sealed log: its head, and how anybody checks it.

use super::frame::Frame;
use super::proof::Proof;
use super::reader::Reader;
use super::visit::Visit;
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
            newest: newest.iter().map(|leaf| row(leaf, reader.findings)).collect(),
            leaf,
            frame: reader.frame,
        })
    }
}

fn row(leaf: &overview::Leaf, findings: bool) -> LeafRow {
    let body: serde_json::Value = serde_json::from_slice(&leaf.body).unwrap_or_default();
    LeafRow {
        index: leaf.index,
        kind: body["kind"].as_str().unwrap_or_default().to_owned(),
        sealed: leaf.at,
        href: leaf.evidence.as_ref().map(|id| format!("/evidence/{id}")).or_else(|| sealed_page(&body, findings)),
    }
}

/// The page of what a leaf that is no evidence speaks of: the lesson calculated, the finding or class decided on.
fn sealed_page(body: &serde_json::Value, findings: bool) -> Option<String> {
    [("finding", "findings"), ("lesson", "lessons"), ("class", "classes")]
        .into_iter()
        .filter(|(name, _)| findings || *name != "finding")
        .find_map(|(name, folder)| Some(format!("/{folder}/{}", body[name].as_str()?)))
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
