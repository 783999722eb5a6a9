//! The sealed log: its head, and how anybody checks it.

use super::frame::Frame;
use crate::time::Time;
use askama::Template;

/// A leaf in the list of the newest.
#[derive(Clone, Debug)]
pub struct LeafRow {
    /// Its index.
    pub index: u64,
    /// Its kind: `evidence`, `credit_run`, `decision` …
    pub kind: String,
    /// When it was sealed.
    pub sealed: Time,
    /// The page of what it seals, where there is one.
    pub href: Option<String>,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "log.html")]
pub struct Log {
    /// Surroundings.
    pub frame: Frame,
    /// Which log.
    pub origin: String,
    /// Leaves sealed.
    pub size: i64,
    /// Root hash in base64.
    pub root: String,
    /// When the checkpoint was signed.
    pub signed: Option<Time>,
    /// The signed note.
    pub checkpoint: String,
    /// The key in signed-note form.
    pub vkey: String,
    /// Leaves waiting to be sealed.
    pub staged: i64,
    /// `verified`, `claimed` or `absent`: whether the storage refuses to change what is kept; none while not probed.
    pub worm: Option<String>,
    /// The newest leaves.
    pub newest: Vec<LeafRow>,
}
