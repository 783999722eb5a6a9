//! Stage 6: events and facts become credited hours, with reasons.
//!
//! Enters: a lesson, the events of its logs matched to its roster, what its pictures and videos show, a policy. Leaves: for each
//! trainee the credited time, the lesson hours, and spans that cover the whole lesson window, each with a reason or with the rows
//! it rests on. [`credit`] is a pure function and promises: the spans cover the window exactly; credited time is part of presence and
//! presence of the window; the order of the evidence does not matter; the same log twice gives no more than once.
//!
//! Live lessons (and the other modes the policy names) are credited by presence. A mode without a rule yet, such as a recorded lesson, is
//! credited nothing and says so with the reason `mode_without_rule`.

mod credit;
mod hours;
mod presence;
mod proof;
#[cfg(test)]
mod properties;
mod reason;
mod span;
#[cfg(test)]
mod stories;

pub use credit::{Coverage, Credit, CreditSpan, Elsewhere, Known, Lesson, Shows, SpanKind, credit};
pub use hours::{hours_milli, hours_text};
pub use presence::{Attended, beating};
pub use proof::Pointer;
pub use reason::Reason;
pub use span::{Span, Spans};
