//! Stage 8: any of it looked at, from any end.

pub mod bundle;
pub mod case;
pub mod claim;
pub mod deadline;
pub mod fsck;
pub mod overview;
pub mod person;
pub mod policy_diff;
pub mod question;
pub mod rebuild;
pub mod report;
