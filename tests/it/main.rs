//! One integration binary: each further one would link DataFusion again.
#![allow(unreachable_pub, reason = "a test binary exports nothing")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod accuracy;
mod broken;
mod case;
mod crash;
mod formats;
mod hostile;
mod house;
mod lake;
mod live;
mod locked;
mod media;
mod notice_decision;
mod notice_learning;
mod notice_money;
mod notice_opening;
mod notice_reports;
mod personal;
mod platforms;
mod questions;
mod recorded;
mod resumed;
mod reused;
mod screens;
mod session_code;
mod signed;
mod simulated;
mod site;
mod spans;
mod story;
mod trail;
mod webhooks;
mod who;
mod xapi;
