//! Opening (notice, 四): the papers of an application, every decision on it, its written form, and how a returned one is filed again.

pub mod again;
pub mod decision;
pub mod letter;
pub mod paper;
pub(crate) mod sql;

pub use decision::{Decided, NewDecision};
pub use paper::{Paper, PaperKind};
