//! Pictures that are a frame of a recording: 'this screenshot is 12:31 of that recording'.

use super::find::{Found, Tools};
use super::laid_over::Laying;
use super::pictures::Views;
use super::recordings::{self, Showing};
use crate::analyse::media::{self, MOMENTS, Reel};
use crate::error::{Error, Result};
use crate::store::{self, Evidence};
use crate::time::Time;
use likeness::align::{Comparison, Hint, Verdict, compare};
use likeness::grey::Grey;
use likeness::moment::{self, Moment};
use likeness::pdq::{Fingerprint, STRONG};
use likeness::windows::Window;
use std::cmp::Ordering;
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

/// The recordings of which a picture of these windows is a frame.
pub(super) async fn matches(tools: &Tools<'_>, picture: &Laying<'_>, looks: &Views, now: Time) -> Result<Vec<Found>> {
    let prints: Vec<Fingerprint> = looks.iter().map(|(_, print)| *print).collect();
    let mut found = Vec::new();
    for one in tools.recordings.showing(tools.db, tools.objects, looks, now).await? {
        let Some(reel) = recordings::reel(tools.db, tools.objects, one.evidence).await? else { continue };
        let moment = match one.through {
            None => moment::place(&prints, &reel.frames()),
            Some((_, look)) => about(&reel, look, one.distance),
        };
        let Some(moment) = moment else { continue };
        let Some(here) = picture.light(tools).await? else { break };
        let other = store::get(tools.db, one.evidence).await?;
        found.extend(laid_over(tools, here, one, moment, other).await?);
    }
    Ok(found)
}

/// When a picture may be on show that a look through a window is like: from the look before until the one after, for what was between was like either.
fn about(reel: &Reel, look: u32, distance: u32) -> Option<Moment> {
    let look = look as usize;
    reel.looks.get(look)?;
    let end = reel.shots.last().map_or(0, |shot| shot.at_ms);
    let at = |number: Option<usize>| number.and_then(|number| reel.looks.get(number)).map(|look| look.at_ms);
    let (from, until) = (at(look.checked_sub(1)).unwrap_or(0), at(look.checked_add(1)).unwrap_or(end));
    Some(Moment { at_ms: from, until_ms: until.max(from), distance, again: 0 })
}

/// A frame of the recording with how the picture lies over it.
#[derive(Clone, Copy, Debug)]
struct Laid {
    at_ms: u32,
    compared: Comparison,
}

impl Laid {
    /// The one of two that changed less comes first; that in which a camera saw too little to tell, such as a black frame, last.
    fn nearer(&self, other: &Laid) -> Ordering {
        let tells_nothing = |laid: &Laid| laid.compared.verdict == Verdict::Inconclusive;
        tells_nothing(self).cmp(&tells_nothing(other)).then(self.compared.changed_share.total_cmp(&other.compared.changed_share))
    }
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
        let laid = tokio::task::spawn_blocking(move || nearest(&here, showing, &lights)).await.map_err(Error::internal)?;
        best = best.into_iter().chain(laid).min_by(Laid::nearer);
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

/// The frame that changed least from the picture, of which a window was like it.
fn nearest(here: &Grey, showing: Showing, lights: &[(u32, Grey)]) -> Option<Laid> {
    let window = Window::of(showing.window, here)?;
    let laid = lights.iter().filter_map(|(at_ms, there)| {
        let through = showing.through.map_or(Some(Window::WHOLE), |(number, _)| Window::of(number, there))?;
        Some(Laid { at_ms: *at_ms, compared: compare(here, there, Hint { here: window, there: through }) })
    });
    laid.min_by(Laid::nearer)
}

/// What the picture laid over the nearest frame says. What a camera saw is the same to the moment; a page without people is any moment of its time.
fn judge(best: Laid, moment: Moment, common: bool, other: Evidence) -> Option<Found> {
    let Laid { at_ms, compared } = best;
    let (tier, shown) = match compared.verdict {
        Verdict::Copy | Verdict::CopyWithPatch => {
            (if common { "candidate" } else { "strong" }, Shown { at_ms, until_ms: at_ms.saturating_add(FINE) })
        }
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
    fn a_frame_that_changed_a_little_is_nearer_than_one_that_tells_nothing() {
        let laid = |verdict, changed_share| Laid {
            at_ms: 0,
            compared: Comparison { overlap: 1.0, live_blocks: 100, changed_share, rectangle: None, verdict },
        };
        let (black, copy, other) = (laid(Verdict::Inconclusive, 0.0), laid(Verdict::Copy, 0.02), laid(Verdict::Different, 0.6));
        assert_eq!((copy.nearer(&black), copy.nearer(&other), other.nearer(&black)), (Ordering::Less, Ordering::Less, Ordering::Less));
    }

    #[test]
    fn moments_are_as_fine_as_needed_and_no_more_than_may_be_asked_for() {
        assert_eq!(between(0, 1_000), [0, 250, 500, 750, 1_000]);
        let long = between(10_000, 610_000);
        assert!(long.len() <= MOMENTS && long[0] == 10_000 && long.is_sorted(), "{long:?}");
        assert_eq!(between(5, 5), [5]);
    }
}
