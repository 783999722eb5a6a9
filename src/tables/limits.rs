//! What one file may cost, and why a pass over it ends.

use crate::error::Error;

/// What one file may cost. A file beyond them is refused with a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest line of NDJSON or record of a CSV, in bytes; a longer one is a row at fault.
    pub line_bytes: usize,
    /// Longest entry of a JSON document, in bytes; a longer one is a row at fault.
    pub entry_bytes: usize,
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
            // One person's whole meeting in BigBlueButton is an entry; hundreds of sessions fit.
            entry_bytes: 1 << 20,
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

/// Why reading ends before the end of the file.
#[derive(Debug)]
pub(crate) enum Halt {
    /// Enough was read.
    Enough,
    /// It cannot go on.
    Failed(Error),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Halt {
        Halt::Failed(error)
    }
}

impl From<std::io::Error> for Halt {
    fn from(error: std::io::Error) -> Halt {
        Halt::Failed(error.into())
    }
}
