//! Cases: findings and evidence that an investigator puts together, so that they can be told, handed over and proven as one.
//!
//! Enters: what a person does with a case (open it, put something in or take it out, write a note, close it, reopen it). Leaves: the case as it stands, what
//! it puts at risk, and every step that led there. Promised: a step, what it changes, its line in the trail and its leaf commit together; a step is
//! never changed, and each has the digest of the one before; an item keeps what it said when it was put in; nothing a person writes is in the log but
//! as a commitment; a closed case takes nothing.

mod change;
mod read;
mod said;
pub(crate) mod sql;
mod step;
#[cfg(test)]
pub(crate) mod tests;

pub use change::{Open, Who, add, close, note, open, remove, reopen};
pub use read::{Case, Filter, In, Item, Kept, Note, Page, Whole, after, list, of, one, open_ones, steps};
pub use step::{Document, Line, standing, told};

use crate::error::{Error, Result, codes};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What can be in a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// What a rule found.
    Finding,
    /// A piece of evidence.
    Evidence,
    /// A class.
    Class,
    /// A lesson.
    Lesson,
    /// A trainee of a class.
    Trainee,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 5] = [Kind::Finding, Kind::Evidence, Kind::Class, Kind::Lesson, Kind::Trainee];

    /// The word it is kept as.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Finding => "finding",
            Kind::Evidence => "evidence",
            Kind::Class => "class",
            Kind::Lesson => "lesson",
            Kind::Trainee => "trainee",
        }
    }

    fn read(word: &str) -> Result<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.as_str() == word).ok_or_else(|| Error::internal(format!("{word} is nothing a case has")))
    }
}

/// Something that is in a case, or may be put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Thing {
    /// What it is.
    pub kind: Kind,
    /// Its id.
    pub id: Uuid,
}

/// How a case ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Handed to the judiciary or to another office (notice, 六（五）: when it is serious).
    HandedOver,
    /// It holds, and the office itself pursues it.
    Proven,
    /// There is a good explanation.
    Unfounded,
    /// It can be neither proven nor explained with what there is.
    Unproven,
}

impl Outcome {
    /// All of them, as they are offered.
    pub const ALL: [Outcome; 4] = [Outcome::HandedOver, Outcome::Proven, Outcome::Unfounded, Outcome::Unproven];

    /// The word it is kept as.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::HandedOver => "handed_over",
            Outcome::Proven => "proven",
            Outcome::Unfounded => "unfounded",
            Outcome::Unproven => "unproven",
        }
    }
}

/// There is no such case.
fn unknown() -> Error {
    Error::new(&codes::NOT_FOUND, "There is no case with this id; GET /v1/cases lists them.")
}
