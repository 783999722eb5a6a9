//! The money of a class: what it comes to by the notice's formulas, what is still missing, and the claim put together from evidence.
//!
//! Enters: the plan, the roster, the live credits, the evidence and the certificates of a class ([`gather()`]). Leaves: the subsidy step by step
//! ([`Subsidy`]), the gaps that a claim would have ([`Gap`]), and the [`document()`] of a claim whose digest is sealed. Everything is read in a fixed
//! number of statements, whatever the class is; nothing is kept here: `pipeline.rs` keeps claims and seals them.

mod document;
mod gaps;
mod gather;
mod pack;
mod paper;
mod sheet;
pub(crate) mod sql;
mod subsidy;
#[cfg(test)]
mod tests;

pub use document::{Filing, document};
pub use gaps::Gap;
pub use gather::{Situation, findings, gather};
pub use pack::{Pack, Tools, pack};
pub use sheet::Eyes;
pub use subsidy::{Brings, Standard, Subsidy};
