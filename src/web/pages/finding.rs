//! A finding, told as a colleague would.

use super::findings::FindingRow;
use super::frame::Frame;
use super::line::{Pct, Tick};
use crate::time::Time;
use askama::Template;

/// A piece of evidence laid beside the others.
#[derive(Clone, Debug)]
pub struct Exhibit {
    /// Its id.
    pub evidence: String,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// Its media type.
    pub media_type: String,
    /// The row, where it has rows.
    pub row: Option<u64>,
    /// The row's text, as far as the reader may see it.
    pub text: Option<String>,
    /// The class and lesson it was sent for, as words.
    pub place: String,
    /// When it says it happened.
    pub at: Option<Time>,
    /// Its index in the log.
    pub leaf: Option<u64>,
}

/// Spans laid over each other on one axis, for findings about time.
#[derive(Clone, Debug, Default)]
pub struct Overlay {
    /// The axis.
    pub ticks: Vec<Tick>,
    /// A row each: label, left edge, width, what is told.
    pub strips: Vec<(String, Pct, Pct, String)>,
    /// The part that cannot be.
    pub clash: Option<(Pct, Pct)>,
}

/// A link of "where to look".
#[derive(Clone, Debug)]
pub struct Look {
    /// Words.
    pub label: String,
    /// Address.
    pub href: String,
}

/// What an investigator said of it.
#[derive(Clone, Debug)]
pub struct Word {
    /// When.
    pub at: Time,
    /// Who.
    pub who: String,
    /// The new status.
    pub status: String,
    /// The note.
    pub note: String,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "finding.html")]
pub struct Finding {
    /// Surroundings.
    pub frame: Frame,
    /// What the list says of it; `seen` is the first paragraph.
    pub head: FindingRow,
    /// The rule's version.
    pub rule_version: String,
    /// What would be normal.
    pub normal: String,
    /// What else could explain it.
    pub otherwise: Vec<String>,
    /// How the money was counted.
    pub cost: String,
    /// Where to look.
    pub look: Vec<Look>,
    /// Time laid over time.
    pub overlay: Option<Overlay>,
    /// Evidence side by side.
    pub exhibits: Vec<Exhibit>,
    /// The measured details: name, value.
    pub detail: Vec<(String, String)>,
    /// Until when it sleeps.
    pub snoozed_until: Option<Time>,
    /// What was said of it, newest first.
    pub history: Vec<Word>,
    /// Whether this reader may decide.
    pub may_decide: bool,
}
