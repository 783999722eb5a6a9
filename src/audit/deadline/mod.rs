//! What is due and by whom: the limits that the notice sets (六（二）), counted on the working-day calendar, for what is still open.
//!
//! Nothing is kept: a deadline is there as long as what it is about is undone, so the statements look at open things alone, by index.

mod count;
mod list;
pub(crate) mod sql;
#[cfg(test)]
mod tests;

pub use count::{By, Counts, Deadline, Kind, State, Tally, tally};
pub use list::{Filter, Rules, all, page};
