//! Stage 6: events and facts become credited hours, with reasons.
//!
//! Enters: a lesson, the events of its logs matched to its roster, what its pictures and videos show, a policy. Leaves: for each
//! trainee the credited time, the lesson hours, and spans that cover the whole lesson window, each with a reason or with the rows
//! it rests on. [`credit`] is a pure function and promises: the spans cover the window exactly; credited time is part of presence and
//! presence of the window; the order of the evidence does not matter; the same log twice gives no more than once.
//!
//! The job [`run`] keeps the result as a run, sealed by the digest of its document, unless it says what the live run says. Where two lessons want
//! the same time of one person, the one that starts first has it; lessons after a changed one are asked to be credited again (`follow.rs`).
//!
//! Live lessons (and the other modes the policy names) are credited by presence (`live.rs`). Recorded lessons are credited by content: a moment
//! counts when content was watched in it that had not counted before (`playback.rs` reads what was played, `recorded.rs` what of it counts,
//! `checks.rs` tests and face checks). A test is credited by presence once something was answered (`examined.rs`). A mode without a rule is
//! credited nothing and says so with the reason `mode_without_rule`.

mod check;
mod checks;
mod credit;
mod division;
mod examined;
mod follow;
mod hours;
mod hypothesis;
mod job;
mod live;
mod load;
mod placing;
mod playback;
mod presence;
mod proof;
#[cfg(test)]
mod properties;
mod ranges;
mod read;
mod reason;
mod recorded;
#[cfg(test)]
pub(crate) mod rehearsal;
mod settle;
mod span;
pub(crate) mod sql;
#[cfg(test)]
mod stories;
mod total;
#[cfg(test)]
mod watching;

pub use check::{Checked, Fault, check};
pub use credit::{Content, Coverage, Credit, CreditSpan, Elsewhere, Known, Lesson, Shows, SpanKind, credit};
pub use hours::{hours_milli, hours_text};
pub use hypothesis::{Supposed, suppose};
pub use job::{Attendance, Outcome, Settled, attendance, keep, run, settled};
pub use load::{coverage_of_lesson, of_other_policy, placed};
pub use placing::{By, Placed, Sign, Sure};
pub use presence::{Attended, beating};
pub use proof::Pointer;
pub use read::{
    ClassCredit, Run, Trace, credits_of_class, live_runs, run_document, runs_of_lesson, trace_of_lesson, trace_of_trainee, traces_of_run,
};
pub use reason::Reason;
pub use recorded::content_length;
pub use span::{Span, Spans};
pub use total::{credited_hours, is_busy};
