//! A look at the first rows of a log, for the answer to its upload: what could be read, what not and why. The whole is read later, by a
//! job, from the kept bytes.

use super::reading::{Hints, Reading};
use super::tally::Sink;
use crate::error::Result;
use std::fs::File;
use std::ops::ControlFlow;

/// Rows a preview reads unless told otherwise: what takes well under a second.
pub const PREVIEW_ROWS: u64 = 20_000;

/// Reads at most `max_rows` rows of a log and drops what they say. `complete` tells whether these were all. Blocking.
///
/// # Errors
/// As [`super::read`]; `unreadable_log` already when none of these rows can be used.
pub fn preview(file: File, hints: &Hints<'_>, max_rows: u64) -> Result<Reading> {
    let sink: Sink<'_> = &mut |_| ControlFlow::Continue(());
    super::read_rows(file, hints, Some(max_rows), sink)
}
