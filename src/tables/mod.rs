//! Files as lines, tables and documents: any encoding, delimited text, workbook or JSON, bounded in size, time and memory.
//!
//! Used by whatever takes files from people: lists of the plan and attendance logs. Nothing here knows what a row means. [`mod@write`] is the way
//! back: tables for other programs.

pub(crate) mod cell;
pub(crate) mod document;
pub(crate) mod duration;
pub(crate) mod encoding;
pub(crate) mod fold;
mod guard;
mod limits;
mod quote;
pub(crate) mod records;
mod sheets;
pub(crate) mod source;
mod spelled;
pub(crate) mod when;
pub mod write;

pub(crate) use limits::Halt;
pub use limits::Limits;
pub use quote::{Count, quote};
pub(crate) use sheets::SHEET_ROWS;

use crate::error::{Error, Result, codes};
use std::io::{Seek, Write};

/// All rows of the first table of a small file, as text, each with its row number in the file.
///
/// # Errors
/// `unsupported_list` when it is no table; the codes of workbooks that are bombs or damaged; `too_large` beyond `rows`.
pub fn small(body: &[u8], rows: u64) -> Result<Vec<(u64, Vec<String>)>> {
    let mut file = tempfile::tempfile()?;
    file.write_all(body)?;
    file.rewind()?;
    let mut source = source::Source::open(file, Limits { rows, ..Limits::default() }).map_err(|error| {
        if matches!(error.code, "unreadable_log" | "unknown_format") { Error::of(&codes::UNSUPPORTED_LIST) } else { error }
    })?;
    let mut kept = Vec::new();
    let ended = source.each_row(0, &mut |row| {
        if kept.len() as u64 >= rows {
            return Err(Error::new(&codes::TOO_LARGE, format!("The list has more than {rows} rows; split it.")).into());
        }
        kept.push((row.number, row.texts()));
        Ok(())
    });
    match ended {
        Ok(()) | Err(Halt::Enough) => Ok(kept),
        Err(Halt::Failed(error)) => Err(error),
    }
}
