//! Hours that cannot be true.
//!
//! A rule is one SQL file over the lake's tables with a head that says what it sees, what would be normal, and what else could explain it. In
//! go a window of time and the rules; out come findings, each the same one in every run, with the money at risk and the evidence to look at.
//!
//! Promised: a run may be repeated at will and never doubles a finding; what no longer holds is marked as ceased and kept; what a person
//! decided stays whatever later runs see; a broken rule is named and the others run.

mod backtest;
mod catalogue;
mod explain;
mod exported;
mod findings;
pub mod job;
mod look;
mod manual;
pub mod network;
pub mod reuse;
mod rule;
mod run;
pub mod score;
mod sealed;
mod settings;
pub(crate) mod sql;
mod status;
#[cfg(test)]
mod tests;
mod watch;
mod windows;

pub use backtest::{Backtest, Raised, backtest, parameter};
pub use catalogue::Rules;
pub use explain::{Explanation, Told, explain};
pub use exported::{Looked, ProviderScore, ends_of_export, extent_of_export, look_at, provider_scores};
pub use findings::{Count, Event, Filter, Finding, Order, Page, Pointer, Subject, Total, counts, list, newest_run, one, total};
pub use manual::rule_manual;
pub use rule::{Both, Head, Parameter, Rule, Scope, Severity, Strength, Template, Templates, Variant, Window};
pub use run::{Ran, run};
pub use sealed::{rule_of, rule_text};
pub use status::{Decided, Decision, Status, commitment, decisions, set_status};
pub use watch::{RunLine, runs, stop};
pub use windows::Extent;
