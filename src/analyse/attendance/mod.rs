//! Attendance logs: whatever a platform exports becomes [`Event`]s, and [`Roster`] says whose they are.

mod event;
mod fold;
mod names;
mod reading;
pub mod roster;

pub use event::{Event, EventKind, Who};
pub use reading::{Hints, Limits, Reading};
pub use roster::{Confidence, Doubt, Match, MatchedBy, Roster};
