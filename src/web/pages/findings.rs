//! The queue of findings.

use super::frame::Frame;
use crate::time::Time;
use askama::Template;

/// A finding in a list.
#[derive(Clone, Debug)]
pub struct FindingRow {
    /// Its id.
    pub id: String,
    /// The rule's id.
    pub rule: String,
    /// The rule's title in the reader's language.
    pub title: String,
    /// `info`, `low`, `medium`, `high`.
    pub severity: String,
    /// `weak`, `medium`, `strong`.
    pub strength: String,
    /// `open`, `snoozed`, `confirmed`, `dismissed`.
    pub status: String,
    /// What was seen, in one sentence in the reader's language.
    pub seen: String,
    /// The class's id and title.
    pub class: Option<(String, String)>,
    /// The trainee's id and name, as far as the reader may see it.
    pub trainee: Option<(String, String)>,
    /// When it happened.
    pub at: Time,
    /// Money at risk in fen.
    pub fen: i64,
}

/// What the queue is narrowed to; every field as it stands in the address.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Status; `open` unless said otherwise, `all` for all.
    pub status: String,
    /// Rule id.
    pub rule: String,
    /// Severity.
    pub severity: String,
    /// Class id.
    pub class: String,
    /// `money` or `time`.
    pub order: String,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "findings.html")]
pub struct Findings {
    /// Surroundings.
    pub frame: Frame,
    /// This part of the queue.
    pub rows: Vec<FindingRow>,
    /// How many match in all.
    pub total: i64,
    /// Money at risk in fen of all that match.
    pub fen: i64,
    /// What it is narrowed to.
    pub filter: Filter,
    /// Rules to choose from: id, title in the reader's language.
    pub rules: Vec<(String, String)>,
    /// The title of the class it is narrowed to.
    pub class_title: Option<String>,
    /// When the rules last ran.
    pub ran: Option<Time>,
    /// The next part.
    pub next: Option<String>,
}

impl Findings {
    /// The states to choose from.
    pub fn statuses(&self) -> [&'static str; 5] {
        ["open", "snoozed", "confirmed", "dismissed", "all"]
    }

    /// The severities to choose from.
    pub fn severities(&self) -> [&'static str; 4] {
        ["high", "medium", "low", "info"]
    }
}
