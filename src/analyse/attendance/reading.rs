//! What a reader is told ([`Hints`], [`Limits`]) and what it says of a file ([`Reading`]).

use crate::error::RowError;
use crate::time::Time;
use chrono_tz::Tz;
use serde_json::{Map, Value};

/// What is known about a file besides its bytes.
#[derive(Clone, Debug)]
pub struct Hints<'a> {
    /// Its name, if any; kept for readers whose platform writes facts into names. The format is never taken from it.
    pub filename: Option<&'a str>,
    /// Time zone given with the upload.
    pub timezone: Option<Tz>,
    /// Time zone of the platform's profile, used when the upload gave none.
    pub platform_timezone: Tz,
    /// The lesson's window: tells day from month, and gives times of day their date.
    pub window: Option<(Time, Time)>,
    /// Format asked for: `None` or `auto` picks by content; otherwise a reader's name, which is obeyed or refused.
    pub format: Option<&'a str>,
    /// What one file may cost.
    pub limits: Limits,
}

impl Hints<'_> {
    /// Hints that know the platform's zone and nothing else.
    pub fn zone(platform_timezone: Tz) -> Hints<'static> {
        Hints { filename: None, timezone: None, platform_timezone, window: None, format: None, limits: Limits::default() }
    }
}

/// What one file may cost. A file beyond them is refused with a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest line of NDJSON or record of a CSV, in bytes; a longer one is a row at fault.
    pub line_bytes: usize,
    /// Rows in one file.
    pub rows: u64,
    /// Size of a workbook as received, in bytes.
    pub workbook_bytes: u64,
    /// Entries of a workbook's zip.
    pub entries: usize,
    /// Bytes of all entries of a workbook's zip together, expanded.
    pub expanded_bytes: u64,
    /// How many times its packed size an entry may expand to, once it expands beyond [`Limits::FREE_EXPANSION`].
    pub ratio: u64,
    /// Cells of a workbook's sheets that are read.
    pub cells: u64,
    /// Columns of a table.
    pub columns: usize,
    /// Rows at fault that are kept one by one; all are counted.
    pub refused_kept: usize,
}

impl Limits {
    /// An entry this small may have any ratio: a few repeated kilobytes pack very well.
    pub const FREE_EXPANSION: u64 = 8 << 20;
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            line_bytes: 64 << 10,
            rows: 50_000_000,
            workbook_bytes: 64 << 20,
            entries: 1_000,
            expanded_bytes: 512 << 20,
            // Deflate's best is about 1,030; sheets of real exports pack 8 to 40 times.
            ratio: 200,
            // A full sheet of 1,048,576 rows with ten columns.
            cells: 10 << 20,
            columns: 1_000,
            refused_kept: 1_000,
        }
    }
}

/// What a reader says of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Which reader read it.
    pub reader: &'static str,
    /// What had to be assumed, one sentence each.
    pub assumptions: Vec<String>,
    /// Data rows seen.
    pub rows: u64,
    /// Rows that became events.
    pub accepted: u64,
    /// The first rows at fault ([`Limits::refused_kept`]), in order.
    pub refused: Vec<RowError>,
    /// All rows at fault.
    pub refused_total: u64,
    /// What the file says besides events: the meeting, totals that disagree with its spans … never names.
    pub facts: Map<String, Value>,
    /// False when reading stopped early because it was told to.
    pub complete: bool,
}
