//! Two recordings compared: what was shown and said in both, and where.

use super::find::{Found, Tools};
use super::{packets, recordings};
use crate::analyse::media::Reel;
use crate::error::{Error, Result};
use crate::ids::EvidenceId;
use crate::store::{self, Evidence};
use crate::time::Time;
use likeness::frames::{Frame, match_rows};
use likeness::judge::{Judgement, Reason, Tier, judge};
use likeness::pdq::CANDIDATE;
use likeness::sound::match_sound;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Stretches kept of two recordings, the longest first.
const RUNS: usize = 20;

/// A stretch that two recordings share, in milliseconds from the beginning of each: from, until, from and until in the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch(pub u32, pub u32, pub u32, pub u32);

/// What two recordings share.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shared {
    pub(super) because: &'static str,
    pub(super) aligned_ms: u32,
    pub(super) runs: Vec<Stretch>,
}

/// A recording as it is compared.
#[derive(Debug)]
struct Seen {
    frames: Vec<Frame>,
    sound: Option<Vec<u32>>,
}

/// What a recording has in common with earlier ones, and the later ones that are like it.
pub(super) async fn matches(
    tools: &Tools<'_>,
    evidence: &Evidence,
    reel: Arc<Reel>,
    now: Time,
) -> Result<(Vec<Found>, BTreeSet<EvidenceId>)> {
    let mut near = tools.recordings.near(tools.db, tools.objects, evidence.id, reel.clone(), now).await?;
    let mut found = Found::all_coded(tools, evidence, &near.same).await?;
    let (cut, later) = packets::matches(tools, evidence, &near.same).await?;
    near.later.extend(later);
    near.candidates.retain(|other| cut.iter().all(|one| one.other.id != *other));
    found.extend(cut);
    let mut frames = reel.frames();
    // What everybody shows says nothing.
    for frame in &mut frames {
        let is_common = near.common.iter().any(|(from, until)| (*from..*until).contains(&frame.at_ms));
        frame.weight = if is_common { 0.0 } else { frame.weight };
    }
    let here = Arc::new(Seen { frames, sound: reel.sound.clone() });
    for other in near.candidates {
        let other = store::get(tools.db, other).await?;
        if other.digest == evidence.digest {
            continue;
        }
        let Some(reel) = recordings::reel(tools.db, tools.objects, other.id).await? else { continue };
        let (here, there) = (here.clone(), Seen { frames: reel.frames(), sound: reel.sound });
        let compared = tokio::task::spawn_blocking(move || compare(&here, &there)).await.map_err(Error::internal)?;
        found.extend(compared.map(|(tier, score, shared)| Found {
            kind: "recording",
            tier,
            score,
            shared: Some(shared),
            ..Found::coded(other)
        }));
    }
    Ok((found, near.later))
}

/// Tier, score and what is shared; `None` if that is nothing.
fn compare(here: &Seen, there: &Seen) -> Option<(&'static str, f32, Shared)> {
    let pictures = match_rows(&here.frames, &there.frames, CANDIDATE);
    let sound = here.sound.as_deref().zip(there.sound.as_deref()).filter(|(one, two)| is_heard(one) && is_heard(two));
    let sound = sound.map(|(one, two)| match_sound(one, two));
    let Judgement { tier, score, reasons } = judge(&pictures, sound.as_deref());
    let tier = match tier {
        Tier::Strong => "strong",
        Tier::Candidate => "candidate",
        Tier::Nothing => return None,
    };
    let (because, aligned_ms) = match reasons.first()? {
        Reason::Together { aligned_ms, .. } => ("together", *aligned_ms),
        Reason::SoundAlone { heard_ms, .. } => ("sound", *heard_ms),
        Reason::PicturesAgainstSound { aligned_ms, .. } => ("pictures", *aligned_ms),
        Reason::PicturesWithoutSound { aligned_ms, .. } => ("silent", *aligned_ms),
    };
    let of_pictures = pictures.iter().map(|run| Stretch(run.a_from_ms, run.a_until_ms, run.b_from_ms, run.b_until_ms));
    let of_sound = sound.iter().flatten().map(|run| Stretch(run.a_from_ms, run.a_until_ms, run.b_from_ms, run.b_until_ms));
    let mut runs: Vec<Stretch> = match because {
        "together" | "sound" => of_sound.collect(),
        _ => of_pictures.collect(),
    };
    runs.sort_by_key(|run| (std::cmp::Reverse(run.1.saturating_sub(run.0)), run.0));
    runs.truncate(RUNS);
    Some((tier, score, Shared { because, aligned_ms, runs }))
}

/// Whether there is anything to hear.
fn is_heard(items: &[u32]) -> bool {
    items.iter().any(|item| *item != likeness::sound::SILENT)
}
