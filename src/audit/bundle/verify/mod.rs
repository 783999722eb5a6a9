//! Holds a bundle against a trust file, offline. Nothing in the bundle is believed: its table of contents says what to look for, the digests, leaves,
//! proofs and the log's signature say what is so.

mod case;
mod folder;
mod items;
mod signatures;

use crate::error::{Error, Result, codes};
use crate::seal::Trust;
use folder::Folder;
use serde::Serialize;
use std::fmt;
use std::io::{Read, Seek};

/// What was found out about an item, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Its bytes are what a trusted log sealed.
    Proven,
    /// Its bytes are what they were when the bundle was made; no log speaks for them.
    IntegrityOnly,
    /// It is not there, in whole or in part.
    Missing,
    /// It is not what it should be, or nobody trusted says that it is.
    Mismatch,
}

/// A line of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// What was found out.
    pub status: Status,
    /// `zip`, `file`, `evidence`, `resolution`, `key`, `signature`, `credit-run`, `hour`, `case-step`, `case-item`, `decision`, `rule` or `checkpoint`.
    pub kind: &'static str,
    /// Its id or its path.
    pub id: String,
    /// In a sentence.
    pub says: String,
}

/// What was found out about a bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// What the bundle is about, as it says itself.
    pub about: String,
    /// Every item.
    pub items: Vec<Item>,
}

impl Report {
    /// Whether every item is proven or at least as it was.
    pub fn holds(&self) -> bool {
        self.items.iter().any(|item| item.kind == "file") && self.items.iter().all(|item| item.status <= Status::IntegrityOnly)
    }

    /// How many items have a status.
    pub fn count(&self, status: Status) -> usize {
        self.items.iter().filter(|item| item.status == status).count()
    }

    fn tell(&mut self, status: Status, kind: &'static str, id: impl Into<String>, says: impl Into<String>) {
        self.items.push(Item { status, kind, id: id.into(), says: says.into() });
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Status::Proven => "proven",
            Status::IntegrityOnly => "integrity-only",
            Status::Missing => "missing",
            Status::Mismatch => "mismatch",
        })
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:14}  {:10}  {}  {}", self.status, self.kind, self.id, self.says)
    }
}

/// Verifies a bundle. It blocks, and takes constant memory per file in the bundle.
///
/// Whatever is wrong with the bundle is in the report; errors only when the file cannot be read.
pub fn verify(file: &mut (impl Read + Seek), trust: &Trust) -> Result<Report> {
    let unreadable = |cause| Error::new(&codes::INVALID, "The bundle cannot be read; check the path and copy it again.").because(cause);
    let mut report = Report::default();
    let mut folder = Folder::open(file, &mut report).map_err(unreadable)?;
    items::check(&mut folder, trust, &mut report).map_err(unreadable)?;
    Ok(report)
}
