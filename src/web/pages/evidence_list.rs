//! The list of evidence.

use super::frame::Frame;
use crate::time::Time;
use askama::Template;

/// A piece of evidence in a list.
#[derive(Clone, Debug)]
pub struct EvidenceRow {
    /// Its id.
    pub id: String,
    /// `attendance`, `video`, `screenshot`, `document`.
    pub kind: String,
    /// The file name as sent, or a made one.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Who sent it: the platform's or provider's name.
    pub submitter: String,
    /// The class's id and title.
    pub class: Option<(String, String)>,
    /// The lesson's id and title.
    pub lesson: Option<(String, String)>,
    /// When it arrived.
    pub received: Time,
    /// `received`, `sealed`, `analysed`, `failed`.
    pub state: String,
    /// Its index in the log.
    pub leaf: Option<u64>,
    /// Whether there is a small picture of it.
    pub thumbnail: bool,
    /// Rows that could not be taken in.
    pub refused: i64,
}

/// What the list is narrowed to; every field as it stands in the address.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Kind.
    pub kind: String,
    /// State.
    pub state: String,
    /// Class id.
    pub class: String,
    /// Part of a file name, or the beginning of a digest.
    pub q: String,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "evidence_list.html")]
pub struct EvidenceList {
    /// Surroundings.
    pub frame: Frame,
    /// This part of the list.
    pub rows: Vec<EvidenceRow>,
    /// How many match in all.
    pub total: i64,
    /// What it is narrowed to.
    pub filter: Filter,
    /// The title of the class it is narrowed to.
    pub class_title: Option<String>,
    /// The next part.
    pub next: Option<String>,
}

impl EvidenceList {
    /// The kinds to choose from.
    pub fn kinds(&self) -> [&'static str; 4] {
        ["attendance", "video", "screenshot", "document"]
    }

    /// The states to choose from.
    pub fn states(&self) -> [&'static str; 4] {
        ["received", "sealed", "analysed", "failed"]
    }
}
