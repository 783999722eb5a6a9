//! Telling outsiders what happened: webhooks in the manner of the specification Standard Webhooks.
//!
//! What there is to tell is committed with the change it tells of (`jobs/`, the table `TELL` of `pipeline.rs`). Here is what stands between
//! a message and its receiver: how it is signed ([`sign`]), where it may go ([`address`]), and when it is tried again ([`schedule`]).

pub mod address;
pub mod schedule;
pub mod sign;
