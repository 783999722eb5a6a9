//! Two pictures laid over each other.

use super::find::{Found, Tools};
use super::pictures::Candidate;
use crate::analyse::media;
use crate::error::{Error, Result};
use crate::ids::EvidenceId;
use crate::store::{self, Evidence};
use crate::time::Time;
use likeness::align::{Comparison, Hint, Verdict, compare};
use likeness::grey::Grey;
use likeness::pdq::STRONG;
use likeness::windows::Window;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// What a picture has in common with earlier ones, and the later ones that are like it.
pub(super) async fn matches(tools: &Tools<'_>, evidence: &Evidence, now: Time) -> Result<(Vec<Found>, BTreeSet<EvidenceId>)> {
    let near = tools.pictures.near(tools.db, evidence.id, now).await?;
    let mut found = Found::all_coded(tools, evidence, near.same).await?;
    let common = near.providers > super::COMMON;
    let mut here = None;
    for candidate in near.candidates {
        let other = store::get(tools.db, candidate.evidence).await?;
        if other.digest == evidence.digest {
            continue;
        }
        if here.is_none() {
            here = Some(light(tools, evidence).await?.map(Arc::new));
        }
        let Some(Some(here)) = &here else { break };
        let Some(there) = light(tools, &other).await? else { continue };
        found.extend(judge(laid_over(here.clone(), there, candidate).await?, candidate, common, other));
    }
    Ok((found, near.later))
}

/// The light of a picture; `None` where it cannot be opened.
pub(super) async fn light(tools: &Tools<'_>, evidence: &Evidence) -> Result<Option<Grey>> {
    let copy = tools.objects.local_copy(&evidence.digest).await?;
    media::light(copy.path(), tools.limits, Path::new(media::EXE), tools.permits).await
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
    let (distance, compared) = (Some(candidate.distance), Some(compared));
    Some(Found { kind: "picture", tier, score: score as f32, distance, compared, ..Found::coded(other) })
}
