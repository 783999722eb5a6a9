//! The job: what a picture or a recording has in common with all others.

use super::laid_over::Laying;
use super::moments::Shown;
use super::pictures::Pictures;
use super::played::Shared;
use super::recordings::{self, Recordings};
use super::{laid_over, moments, packets, played, sql};
use crate::analyse::media::Limits;
use crate::db::{Db, Tx};
use crate::error::Result;
use crate::ids::EvidenceId;
use crate::jobs::{Change, Jobs};
use crate::receive::Kind;
use crate::store::{self, Evidence};
use crate::time::Time;
use likeness::align::Comparison;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use storage::Objects;
use tokio::sync::Semaphore;

/// The job's name; its key is the evidence.
pub const JOB: &str = "reuse";

/// Says that the evidence was compared since it was measured; measuring takes it back.
const COMPARED: &str = "compared";

/// Version of the comparison.
const VERSION: i64 = 1;

/// What finding needs.
#[derive(Clone, Copy)]
pub struct Tools<'a> {
    /// The database.
    pub db: &'a Db,
    /// Where the files are.
    pub objects: &'a Objects,
    /// The queue.
    pub jobs: &'a Jobs,
    /// All pictures.
    pub pictures: &'a Pictures,
    /// All recordings.
    pub recordings: &'a Recordings,
    /// What a media child may take.
    pub limits: &'a Limits,
    /// Places for media children.
    pub permits: &'a Semaphore,
}

/// A match with an earlier piece of evidence.
pub(super) struct Found {
    pub(super) other: Evidence,
    pub(super) kind: &'static str,
    pub(super) tier: &'static str,
    pub(super) score: f32,
    pub(super) distance: Option<u32>,
    pub(super) compared: Option<Comparison>,
    pub(super) shared: Option<Shared>,
    pub(super) shown: Option<Shown>,
}

impl Found {
    /// The same coded data in other bytes.
    pub(super) fn coded(other: Evidence) -> Found {
        Found { other, kind: "coded", tier: "exact", score: 1.0, distance: None, compared: None, shared: None, shown: None }
    }

    /// The same for each of those, but for files that are the same to the byte: they need no row.
    pub(super) async fn all_coded(tools: &Tools<'_>, evidence: &Evidence, those: &BTreeSet<EvidenceId>) -> Result<Vec<Found>> {
        let mut found = Vec::new();
        for other in those {
            let other = store::get(tools.db, *other).await?;
            if other.digest != evidence.digest {
                found.push(Found::coded(other));
            }
        }
        Ok(found)
    }
}

/// Finds what a picture or a recording has in common with all others, in place of what was found before. Other evidence has nothing.
pub async fn run(tools: &Tools<'_>, id: EvidenceId, now: Time) -> Result<()> {
    let evidence = store::get(tools.db, id).await?;
    let (found, later) = match evidence.kind {
        Kind::Screenshot => {
            let near = tools.pictures.near(tools.db, id, now).await?;
            let picture = Laying::of(&evidence);
            let mut found = laid_over::matches(tools, &picture, &near).await?;
            found.extend(moments::matches(tools, &picture, &near.looks, now).await?);
            (found, near.later)
        }
        Kind::Video => match recordings::reel(tools.db, tools.objects, id).await? {
            Some(reel) => {
                let reel = Arc::new(reel);
                let (found, mut later) = played::matches(tools, &evidence, reel.clone(), now).await?;
                // Pictures that may be frames of it were perhaps asked before it was known.
                later.extend(tools.pictures.shown_in(tools.db, &reel, now).await?);
                (found, later)
            }
            // Nothing of it can be seen; its packets are there all the same.
            None => packets::matches(tools, &evidence, &BTreeSet::new()).await?,
        },
        Kind::Attendance | Kind::Document => return Ok(()),
    };
    keep(tools, &evidence, found, later, now).await
}

/// Keeps what was found, and has the rules look at the class. Those that came later, and were compared before this one was known, are asked again: once
/// after it was measured, for whoever is asked later knows it.
async fn keep(tools: &Tools<'_>, evidence: &Evidence, found: Vec<Found>, later: BTreeSet<EvidenceId>, now: Time) -> Result<()> {
    let mut tx = tools.db.begin().await?;
    sqlx::query(sql::FORGET).bind(evidence.id.to_string()).execute(tx.conn()).await?;
    for one in &found {
        put(&mut tx, evidence.id, one, now).await?;
    }
    if let Some(class) = evidence.class.filter(|_| !found.is_empty()) {
        tools.jobs.after(&mut tx, Change::MatchFound, &class.to_string(), now).await?;
    }
    if store::fact(&mut tx, evidence.id, COMPARED).await?.is_none() {
        for other in later {
            tools.jobs.after(&mut tx, Change::MediaMeasured, &other.to_string(), now).await?;
        }
        store::put_fact(&mut tx, evidence.id, COMPARED, VERSION, &json!(true), now).await?;
    }
    tx.commit().await
}

async fn put(tx: &mut Tx, later: EvidenceId, found: &Found, now: Time) -> Result<()> {
    let changed = found.compared.map(|compared| (compared.changed_share * 1000.0).round() as i64);
    let patch = found.compared.and_then(|compared| compared.rectangle).map(|edges| edges.map(|edge| edge.to_string()).join(","));
    let shared = found.shared.as_ref();
    sqlx::query(sql::PUT)
        .bind(later.to_string())
        .bind(found.other.id.to_string())
        .bind(found.kind)
        .bind(found.tier)
        .bind(f64::from(found.score))
        .bind(found.distance.map(i64::from))
        .bind(changed)
        .bind(patch)
        .bind(shared.map(|shared| shared.because))
        .bind(shared.map(|shared| i64::from(shared.aligned_ms)))
        .bind(shared.map(|shared| json!(shared.runs).to_string()))
        .bind(found.shown.map(|shown| i64::from(shown.at_ms)))
        .bind(found.shown.map(|shown| i64::from(shown.until_ms)))
        .bind(now.0)
        .execute(tx.conn())
        .await?;
    Ok(())
}
