//! What the notice wants told: the statistics of each week (六（一）), and the material to be back-filled into the provincial system (六（五）).
//!
//! Enters: what the stages keep. Leaves: a [`weekly`] report, [`filed`] in versions whose later ones correct the earlier, and the
//! [`backfill`] export in the columns of a [`mapping`]. Nothing of a person is in a weekly report: people are counted, each once in a group.

pub mod backfill;
pub mod figures;
pub mod filed;
pub mod mapping;
pub(crate) mod sql;
pub mod table;
#[cfg(test)]
mod tests;
pub mod week;
pub mod weekly;

pub use figures::{Figure, Figures};
pub use week::Week;
pub use weekly::{Group, Report};
