//! Pictures that are a frame of a recording: 'this screenshot is 12:31 of that recording'.

use super::find::{Found, Tools};
use super::recordings::{self, Showing};
use crate::analyse::media::{self, MOMENTS};
use crate::error::{Error, Result};
use crate::ids::EvidenceId;
use crate::store::{self, Evidence};
use crate::time::Time;
use likeness::align::{Comparison, Hint, Verdict, compare};
use likeness::grey::Grey;
use likeness::moment::{self, Moment};
use likeness::pdq::STRONG;
use likeness::windows::Window;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// Frames are looked at so far before and after the place that fingerprints name, in milliseconds: the recording is fingerprinted four times a second.
const AROUND: u32 = 500;

/// Frames this near to each other, in milliseconds, are near enough: people who speak are hardly elsewhere.
const FINE: u32 = 500;

/// When a picture is on show in a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) at_ms: u32,
    pub(super) until_ms: u32,
}

/// The recordings of which a picture is a frame.
pub(super) async fn of_picture(tools: &Tools<'_>, evidence: &Evidence, now: Time) -> Result<Vec<Found>> {
    let views = tools.pictures.looks(tools.db, evidence.id, now).await?;
    let showing = tools.recordings.showing(tools.db, tools.objects, &views, now).await?;
    let mut found = Vec::new();
    let mut here = None;
    for one in showing {
        let other = store::get(tools.db, one.evidence).await?;
        let Some(reel) = recordings::reel(tools.db, tools.objects, other.id).await? else { continue };
        let prints: Vec<_> = views.iter().map(|(_, print)| *print).collect();
        let Some(moment) = moment::place(&prints, &reel.frames()) else { continue };
        if here.is_none() {
            here = Some(super::laid_over::light(tools, evidence).await?.map(Arc::new));
        }
        let Some(Some(here)) = &here else { break };
        found.extend(laid_over(tools, here, one, moment, other).await?);
    }
    Ok(found)
}

/// Pictures that may be frames of a recording: they were perhaps asked before it was known.
pub(super) async fn of_recording(tools: &Tools<'_>, evidence: &Evidence, now: Time) -> Result<BTreeSet<EvidenceId>> {
    match recordings::reel(tools.db, tools.objects, evidence.id).await? {
        Some(reel) => tools.pictures.shown_in(tools.db, &reel, now).await,
        None => Ok(BTreeSet::new()),
    }
}

/// A frame of the recording with how the picture lies over it.
#[derive(Clone, Copy, Debug)]
struct Laid {
    at_ms: u32,
    compared: Comparison,
}

/// Lays the picture over the frames about a moment, and over those about the nearest of them, where frames between would tell more.
async fn laid_over(tools: &Tools<'_>, here: &Arc<Grey>, showing: Showing, moment: Moment, other: Evidence) -> Result<Option<Found>> {
    let copy = tools.objects.local_copy(&other.digest).await?;
    let (mut from, mut until) = (moment.at_ms.saturating_sub(AROUND), moment.until_ms.saturating_add(AROUND));
    let mut best: Option<Laid> = None;
    loop {
        let asked = between(from, until);
        let step = asked.get(1).map_or(0, |second| second - from);
        let lights = media::lights(copy.path(), asked, tools.limits, Path::new(media::EXE), tools.permits).await?;
        let here = here.clone();
        let laid = tokio::task::spawn_blocking(move || nearest(&here, showing.window, &lights)).await.map_err(Error::internal)?;
        best = best.into_iter().chain(laid).min_by(|one, two| one.compared.changed_share.total_cmp(&two.compared.changed_share));
        let Some(Laid { at_ms, .. }) = best else { break };
        if step <= FINE {
            break;
        }
        (from, until) = (at_ms.saturating_sub(step), at_ms.saturating_add(step));
    }
    Ok(best.and_then(|best| judge(best, moment, showing.common, other)))
}

/// As many moments as may be asked for, no nearer to each other than is needed.
fn between(from: u32, until: u32) -> Vec<u32> {
    let step = (until - from).div_ceil(MOMENTS as u32 - 1).max(FINE / 2);
    (from..=until).step_by(step as usize).collect()
}

/// The frame that changed least from the picture, whose window of this number was like it.
fn nearest(here: &Grey, window: u8, lights: &[(u32, Grey)]) -> Option<Laid> {
    let hint = Hint { here: Window::of(window, here)?, ..Hint::default() };
    let laid = lights.iter().map(|(at_ms, there)| Laid { at_ms: *at_ms, compared: compare(here, there, hint) });
    laid.min_by(|one, two| one.compared.changed_share.total_cmp(&two.compared.changed_share))
}

/// What the picture laid over the nearest frame says. What a camera saw is the same to the moment; a page without people is any moment of its time.
fn judge(best: Laid, moment: Moment, common: bool, other: Evidence) -> Option<Found> {
    let Laid { at_ms, compared } = best;
    let (tier, shown) = match compared.verdict {
        Verdict::Copy | Verdict::CopyWithPatch => (if common { "candidate" } else { "strong" }, Shown { at_ms, until_ms: at_ms + FINE }),
        Verdict::Inconclusive if moment.distance <= STRONG => {
            ("candidate", Shown { at_ms: moment.at_ms, until_ms: moment.until_ms.max(moment.at_ms) })
        }
        Verdict::Inconclusive | Verdict::Different => return None,
    };
    let score = if tier == "strong" { 1.0 - compared.changed_share as f32 } else { 0.0 };
    let (distance, compared) = (Some(moment.distance), Some(compared));
    Some(Found { kind: "moment", tier, score, distance, compared, shown: Some(shown), ..Found::coded(other) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_as_fine_as_needed_and_no_more_than_may_be_asked_for() {
        assert_eq!(between(0, 1_000), [0, 250, 500, 750, 1_000]);
        let long = between(10_000, 610_000);
        assert!(long.len() <= MOMENTS && long[0] == 10_000 && long.is_sorted(), "{long:?}");
        assert_eq!(between(5, 5), [5]);
    }
}
