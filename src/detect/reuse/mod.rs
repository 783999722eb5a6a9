//! Pictures used twice, whatever was done to one of them on the way: saved again, scaled, cut, framed, mirrored, a mark laid over it.
//!
//! Enters: a picture that was measured. Leaves: rows of `media_match`, each of a later piece of evidence and the one that had it first. The same coded data
//! or pixels in other bytes are found by digest and are exact. Otherwise windows with fingerprints near each other are candidates, and each candidate
//! is laid over the picture, since a meeting looks like the next: only where what cameras saw is the same is it a match. (The same bytes need no
//! row: the catalogue has their digest.)
//!
//! Promised: the later of two is laid over the earlier, whichever was measured first, so that what was found can be thrown away and found again; a
//! picture that everybody has by then (a login page, a title) accuses nobody; cost is bounded for each picture however many are like it.

mod find;
mod known;
mod read;
pub(crate) mod sql;

pub use find::{JOB, Tools, run};
pub use known::Pictures;
pub use read::{Match, of};
