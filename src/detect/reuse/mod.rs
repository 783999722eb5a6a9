//! Pictures and recordings used twice, whatever was done to one of them on the way: saved again, scaled, cut, framed, mirrored, a mark laid over it, played
//! faster, recorded from a screen.
//!
//! Enters: a picture or a recording that was measured. Leaves: rows of `media_match`, each of a later piece of evidence and the one that had it first. The
//! same coded data in other bytes is found by digest and is exact, and so is a recording that was cut out of another without being coded again. Otherwise fingerprints near each other make candidates. A picture is laid over each,
//! since a meeting looks like the next: only where what cameras saw is the same is it a match. Recordings are compared moment by moment, and where both
//! can be heard, sound is the judge: a lesson held again with the same slides looks the same. A picture may be a frame of a recording, too: then it is known
//! when it was made. (The same bytes need no row: the catalogue has their digest.)
//!
//! Promised: the later of two is compared with the earlier, whichever was measured first, so that what was found can be thrown away and found again; what
//! many providers show (a login page, a title) accuses nobody; cost is bounded for each however many are like it.

mod find;
mod laid_over;
mod moments;
mod packets;
mod pictures;
mod places;
mod played;
mod read;
mod recordings;
pub(crate) mod sql;

pub use find::{JOB, Tools, run};
pub use pictures::Pictures;
pub use played::Stretch;
pub use read::{Match, of};
pub use recordings::Recordings;

use crate::time::MINUTE;
use serde_json::Value;

/// More providers than these have it: a login page, a title, a slide of the platform's. Who shows it copied nobody.
const COMMON: usize = 5;

/// Others that are compared with one, those most like it first. What is like more than these is like everything.
const MOST: usize = 24;

/// Asked for together: each has all that are near it in memory.
const TOGETHER: usize = 16;

/// What was measured is dated when its job began and seen when it was committed: nothing is measured for longer than a child may live (half an hour), nor
/// waits longer for its turn than all other children may take.
const LATE: i64 = 120 * MINUTE;

/// The digests of these kinds out of the fact `digests`, each with its kind; none where the fact is damaged.
fn digests(fact: Option<&str>, kinds: &[&str]) -> Vec<String> {
    let digests = fact.and_then(|json| serde_json::from_str::<Value>(json).ok()).unwrap_or_default();
    kinds.iter().filter_map(|kind| digests[kind].as_str().map(|digest| format!("{kind}:{digest}"))).collect()
}
