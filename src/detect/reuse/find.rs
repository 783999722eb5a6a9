//! The job: what a picture has in common with all others.

use super::known::{Candidate, Pictures};
use super::sql;
use crate::analyse::media::{self, Limits};
use crate::db::{Db, Tx};
use crate::error::{Error, Result};
use crate::ids::EvidenceId;
use crate::jobs::{Change, Jobs};
use crate::receive::Kind;
use crate::store::{self, Evidence};
use crate::time::Time;
use likeness::align::{Comparison, Hint, Verdict, compare};
use likeness::grey::Grey;
use likeness::pdq::STRONG;
use likeness::windows::Window;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use storage::Objects;
use tokio::sync::Semaphore;

/// The job's name; its key is the evidence.
pub const JOB: &str = "reuse";

/// More providers than these have it: a login page, a title, a slide of the platform's. Who shows it copied nobody.
const COMMON: usize = 5;

/// The running program, also after it was replaced on the disk.
const EXE: &str = "/proc/self/exe";

/// What finding needs.
#[derive(Clone, Copy)]
pub struct Tools<'a> {
    /// The database.
    pub db: &'a Db,
    /// Where the pictures are.
    pub objects: &'a Objects,
    /// The queue.
    pub jobs: &'a Jobs,
    /// All pictures.
    pub pictures: &'a Pictures,
    /// What a media child may take.
    pub limits: &'a Limits,
    /// Places for media children.
    pub permits: &'a Semaphore,
}

/// A match of a picture with an earlier one.
struct Found {
    other: Evidence,
    kind: &'static str,
    tier: &'static str,
    score: f64,
    distance: Option<u32>,
    compared: Option<Comparison>,
}

/// Finds what a picture has in common with all others, in place of what was found before. Evidence that is no picture has nothing.
pub async fn run(tools: &Tools<'_>, id: EvidenceId, now: Time) -> Result<()> {
    let evidence = store::get(tools.db, id).await?;
    if evidence.kind != Kind::Screenshot {
        return Ok(());
    }
    let near = tools.pictures.near(tools.db, id, now).await?;
    let mut found = Vec::new();
    for other in near.same {
        let other = store::get(tools.db, other).await?;
        if other.digest != evidence.digest {
            found.push(Found { other, kind: "coded", tier: "exact", score: 1.0, distance: None, compared: None });
        }
    }
    let common = near.providers > COMMON;
    let mut here = None;
    for candidate in near.candidates {
        let other = store::get(tools.db, candidate.evidence).await?;
        if other.digest == evidence.digest {
            continue;
        }
        if here.is_none() {
            here = Some(light(tools, &evidence).await?.map(Arc::new));
        }
        let Some(Some(here)) = &here else { break };
        let Some(there) = light(tools, &other).await? else { continue };
        found.extend(judge(laid_over(here.clone(), there, candidate).await?, candidate, common, other));
    }
    keep(tools, &evidence, found, near.later, now).await
}

/// The light of a picture; `None` where it cannot be opened.
async fn light(tools: &Tools<'_>, evidence: &Evidence) -> Result<Option<Grey>> {
    let copy = tools.objects.local_copy(&evidence.digest).await?;
    media::light(copy.path(), tools.limits, Path::new(EXE), tools.permits).await
}

async fn laid_over(here: Arc<Grey>, there: Grey, candidate: Candidate) -> Result<Option<Comparison>> {
    let laid = move || {
        let hint = Hint { here: Window::of(candidate.here, &here)?, there: Window::of(candidate.there, &there)? };
        Some(compare(&here, &there, hint))
    };
    tokio::task::spawn_blocking(laid).await.map_err(Error::internal)
}

/// What two pictures laid over each other say.
fn judge(compared: Option<Comparison>, candidate: Candidate, common: bool, other: Evidence) -> Option<Found> {
    let compared = compared?;
    let tier = match compared.verdict {
        Verdict::Copy | Verdict::CopyWithPatch if !common => "strong",
        Verdict::Copy | Verdict::CopyWithPatch => "candidate",
        // Pages without people: alike to the bit nearly, and still nothing a camera saw.
        Verdict::Inconclusive if candidate.distance <= STRONG => "candidate",
        Verdict::Inconclusive | Verdict::Different => return None,
    };
    let score = match compared.verdict {
        Verdict::Inconclusive => 0.0,
        _ => 1.0 - compared.changed_share,
    };
    Some(Found { other, kind: "picture", tier, score, distance: Some(candidate.distance), compared: Some(compared) })
}

/// Keeps what was found, and has the rules look at the class. Those that came later and were perhaps asked too early are asked again.
async fn keep(tools: &Tools<'_>, evidence: &Evidence, found: Vec<Found>, later: BTreeSet<EvidenceId>, now: Time) -> Result<()> {
    let mut tx = tools.db.begin().await?;
    sqlx::query(sql::FORGET).bind(evidence.id.to_string()).execute(tx.conn()).await?;
    for one in &found {
        put(&mut tx, evidence.id, one, now).await?;
    }
    if let Some(class) = evidence.class.filter(|_| !found.is_empty()) {
        tools.jobs.after(&mut tx, Change::MatchFound, &class.to_string(), now).await?;
    }
    for other in later {
        tools.jobs.after(&mut tx, Change::PictureMeasured, &other.to_string(), now).await?;
    }
    tx.commit().await
}

async fn put(tx: &mut Tx, later: EvidenceId, found: &Found, now: Time) -> Result<()> {
    let changed = found.compared.map(|compared| (compared.changed_share * 1000.0).round() as i64);
    let patch = found.compared.and_then(|compared| compared.rectangle).map(|edges| edges.map(|edge| edge.to_string()).join(","));
    sqlx::query(sql::PUT)
        .bind(later.to_string())
        .bind(found.other.id.to_string())
        .bind(found.kind)
        .bind(found.tier)
        .bind(found.score)
        .bind(found.distance.map(i64::from))
        .bind(changed)
        .bind(patch)
        .bind(now.0)
        .execute(tx.conn())
        .await?;
    Ok(())
}
