//! What the server still has to do and what it gave up, for administrators.

use super::frame::Frame;
use crate::time::Time;
use askama::Template;

/// A job.
#[derive(Clone, Debug)]
pub struct JobRow {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// What it is about, an id.
    pub key: String,
    /// `ready`, `running`, `waiting`, `dead`.
    pub state: String,
    /// Tries so far.
    pub attempts: i64,
    /// When it was asked for.
    pub asked: Time,
    /// When it is tried next.
    pub due: Option<Time>,
    /// The stable code and sentence of the last failure.
    pub error: Option<String>,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "jobs.html")]
pub struct Jobs {
    /// Surroundings.
    pub frame: Frame,
    /// Given up.
    pub dead: Vec<JobRow>,
    /// Still to do.
    pub open: Vec<JobRow>,
    /// How many are still to do in all.
    pub open_total: i64,
    /// How many were given up in all.
    pub dead_total: i64,
}
