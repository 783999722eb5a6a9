//! Attendance logs: whatever a platform exports becomes [`Event`]s, and [`Roster`] says whose they are.
//!
//! In: a file, and [`Hints`] about where it comes from. Out: events one by one, with their row and bytes in the file, and a [`Reading`]:
//! which reader was taken, what it assumed, which rows are at fault and why, what the file states beside events. Promised: the file is
//! only read; nothing it holds is believed that can be computed; memory stays bounded whatever the bytes; no sentence repeats a value.
//!
//! A file is opened by content as lines, tables or a document ([`crate::tables`]), recognised by one of the `readers`, which finds its
//! headings (`heading`) or members (`members`), reads cells into moments (`calendar`) and hands every row to the `tally`.

mod calendar;
mod event;
mod fault;
mod heading;
pub mod live;
mod members;
mod names;
mod preview;
mod readers;
mod reading;
pub mod roster;
pub mod statements;
mod stays;
mod suggest;
mod tally;
mod totals;
mod values;

#[cfg(test)]
mod tests;

pub use event::{Event, EventKind, Who};
pub use fault::ROW_CODES;
pub use preview::{PREVIEW_ROWS, preview};
pub use readers::{Heading, counted, headings};
pub use reading::{Hints, Limits, Reading};
pub use roster::{Confidence, Doubt, Match, MatchedBy, Refusal, Roster, Ruling};
pub use suggest::{Suggestion, suggestions};

use crate::error::Result;
use crate::register::profile::Vocabulary;
use crate::tables::{cell, document, duration, fold, records, source, when};
use source::Source;
use std::fs::File;
use std::ops::ControlFlow;
use tally::{Halt, Sink, Tally};

/// Reads a log from its beginning and gives every event to `sink`, which may stop it. Blocking: call it in `spawn_blocking`.
///
/// # Errors
/// `unknown_format` when no reader recognises the file or the one asked for does not; `unreadable_log`, with the rows, when not one row
/// becomes an event; `expands_too_far`, `corrupt_file` and `too_large` for workbooks that are bombs, damaged or beyond [`Limits`].
pub fn read(file: File, hints: &Hints<'_>, sink: &mut dyn FnMut(Event) -> ControlFlow<()>) -> Result<Reading> {
    read_rows(file, hints, None, sink)
}

/// The words of this stage that a platform's profile may use.
pub fn vocabulary() -> Vocabulary {
    let kinds = EventKind::ALL.into_iter().filter(|kind| !kind.is_stated()).map(EventKind::as_str);
    Vocabulary { formats: formats().collect(), kinds: kinds.collect() }
}

/// The names of all readers, as `format=` takes them.
pub fn formats() -> impl Iterator<Item = &'static str> {
    readers::READERS.iter().map(|reader| reader.name)
}

fn read_rows(file: File, hints: &Hints<'_>, most_rows: Option<u64>, sink: Sink<'_>) -> Result<Reading> {
    let mut source = Source::open(file, hints.limits)?;
    let probe = source.probe()?;
    let reader = readers::choose(&probe, hints)?;
    let mut tally = Tally::new(sink, hints, most_rows);
    if let Some((profile, name)) = hints.profile.zip(hints.filename) {
        let said = profile.file_name_says(name);
        if !said.is_empty() {
            tally.fact("file_name_says", serde_json::json!(said));
        }
    }
    if let Some(assumption) = source.assumption() {
        tally.assume(assumption);
    }
    match (reader.read)(&mut source, &probe, hints, &mut tally) {
        Ok(()) => tally.finish(reader.name, true),
        Err(Halt::Enough) => tally.finish(reader.name, false),
        Err(Halt::Failed(error)) => Err(error),
    }
}
