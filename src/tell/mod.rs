//! Telling outsiders what happened: webhooks in the manner of the specification Standard Webhooks.
//!
//! Enters: what there is to tell, committed with the change it tells of (`jobs/`, the table `TELL` of `pipeline.rs`). Leaves: requests to
//! those who asked. A [`webhook`] says who that is; a [`message`] is written from what stands by then, for those who may see it;
//! [`deliver`] brings it to them, [`sign`]ed, where it may go ([`address`]), and again until it was taken ([`schedule`]); [`delivery`] is
//! what became of it. Once a day a [`digest`] of what is due goes the same way, and by mail. Promised: told at least once, under one id; ids, digests and counts, and nothing of a person.

pub mod address;
mod attempt;
pub mod deliver;
pub mod delivery;
pub mod digest;
pub mod message;
pub mod schedule;
pub mod sign;
pub(crate) mod sql;
#[cfg(test)]
mod tests;
pub mod webhook;

pub use webhook::Webhook;

/// Evidence is under a published checkpoint: its receipt can be fetched.
pub const EVIDENCE_SEALED: &str = "evidence.sealed";
/// Analysis refused evidence that was kept, or rows of it.
pub const EVIDENCE_REFUSED: &str = "evidence.refused";
/// What a lesson is credited is not what it was, and the new run is sealed.
pub const HOURS_CREDITED: &str = "hours.credited";
/// What is due and overdue, once a day.
pub const DEADLINES_DAILY: &str = "deadlines.daily";
/// Somebody wanted to see whether a webhook works.
pub const TEST: &str = "webhook.test";

/// What a webhook may ask to be told of.
pub const EVENTS: [&str; 4] = [EVIDENCE_SEALED, EVIDENCE_REFUSED, HOURS_CREDITED, DEADLINES_DAILY];
