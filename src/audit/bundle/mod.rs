//! What an inspector takes away: a zip that is a bag, and verifies offline.
//!
//! Enters: a class, a lesson, a trainee, a piece of evidence or a case. Leaves: one zip with the bytes of the evidence, the credited hours with what they
//! rest on, the leaf and the proof of each, and a README that says how to check it by hand. [`write()`] promises: constant memory; the same
//! content makes the same bytes; what the storage lost or changed is named in the bundle and never replaced by something else.
//!
//! [`verify`] takes such a zip and a trust file, and nothing else: it says of every item whether it is proven, and finds every changed bit,
//! because each byte of a bundle is either content that a digest covers or is made again from the content and compared (`layout.rs`).
//!
//! A bundle proves what is in it. That nothing was left out is shown only as far as credited hours name what they rest on, and the steps of a case the
//! one before and the evidence of what they put in.

mod bag;
mod case;
mod gather;
mod index;
mod layout;
mod pack;
mod scan;
pub(crate) mod sql;
#[cfg(test)]
pub(crate) mod tests;
mod verify;
mod write;

pub use verify::{Item, Report, Status, verify};
pub use write::{Bundle, write};

use crate::ids::{CaseId, ClassId, EvidenceId, LessonId, TraineeId};

/// What a bundle is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// All lessons and all evidence of a class.
    Class(ClassId),
    /// A lesson, for all its trainees.
    Lesson(LessonId),
    /// All lessons of a trainee; nothing of the others but their ids in the sealed documents of the lessons, and the logs as they were received.
    Trainee(TraineeId),
    /// One hour: a trainee in a lesson, and of the lesson's evidence what is not about another trainee.
    Hour(LessonId, TraineeId),
    /// One piece of evidence.
    Evidence(EvidenceId),
    /// A case: its steps, what people decided, and all evidence of what is in it.
    Case(CaseId),
}

impl What {
    /// The kind and id of the thing that is taken away, as the trail names it; of an hour, the trainee.
    pub fn subject(&self) -> (&'static str, String) {
        match self {
            What::Class(id) => ("class", id.to_string()),
            What::Lesson(id) => ("lesson", id.to_string()),
            What::Trainee(id) | What::Hour(_, id) => ("trainee", id.to_string()),
            What::Evidence(id) => ("evidence", id.to_string()),
            What::Case(id) => ("case", id.to_string()),
        }
    }
}
