//! Stage 0, the plan: platforms, providers, classes, rosters, timetables, and the policy that says what an hour is.

pub mod policy;
pub mod subsidy_rate;
