//! Rows of the sheets of a workbook, cell by cell, after [`super::guard`] has passed it.
//!
//! The parser is somebody else's and is given hostile files: a panic in it is a damaged workbook, not a dead thread.

use super::cell::{Cell, Cells, Row};
use super::guard;
use super::limits::Halt;
use super::limits::Limits;
use crate::error::{Error, Result, codes};
use calamine::{DataRef, Reader, Xlsx};
use std::borrow::Cow;
use std::fs::File;
use std::io::{BufReader, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// An open workbook.
pub(crate) struct Workbook {
    xlsx: Xlsx<BufReader<File>>,
    /// Names of its sheets, in order.
    pub(crate) sheets: Vec<String>,
    seen: guard::Seen,
    limits: Limits,
    cells: u64,
}

/// Whether cells merged downwards hold what their first cell holds. Following them costs a second pass over the sheet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Merged {
    Followed,
    Ignored,
}

/// Sheets looked at; a log has a handful.
const MOST_SHEETS: usize = 64;
/// The rows of the n-th sheet (n > 1) are written n × 10,000,000 + row, so that a number alone leads to a row; no sheet has as many.
pub(crate) const SHEET_ROWS: u64 = 10_000_000;

/// What stands before the numbers of a sheet's rows; the first sheet is 0.
fn before(sheet: usize) -> u64 {
    if sheet == 0 { 0 } else { (sheet as u64 + 1) * SHEET_ROWS }
}

impl Workbook {
    /// Opens a workbook that the guard passes.
    pub(crate) fn open(mut file: File, limits: Limits) -> Result<Workbook> {
        let seen = guard::inspect(&file, &limits)?;
        file.seek(SeekFrom::Start(0))?;
        let xlsx = contained(|| Xlsx::new(BufReader::new(file)))?;
        let mut sheets = xlsx.sheet_names();
        sheets.truncate(MOST_SHEETS);
        Ok(Workbook { xlsx, sheets, seen, limits, cells: 0 })
    }

    /// Gives every row of a sheet that has cells, in order.
    pub(crate) fn each(&mut self, sheet: usize, merged: Merged, give: &mut dyn FnMut(&Row<'_>) -> Result<(), Halt>) -> Result<(), Halt> {
        let Some(name) = self.sheets.get(sheet).cloned() else { return Ok(()) };
        let regions = match merged {
            Merged::Followed if self.seen.merged => contained(|| self.xlsx.merge_cells_by_sheet_name(&name))?,
            _ => Vec::new(),
        };
        let mut merged = Regions::of(regions);
        let limits = self.limits;
        let is_1904 = self.xlsx.has_1904_epoch();
        let spent = &mut self.cells;
        let mut reader = match contained(|| self.xlsx.worksheet_cells_reader(&name)) {
            Ok(reader) => reader,
            // A sheet of charts has no cells.
            Err(error) if error.code == codes::UNKNOWN_FORMAT.name => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let mut row: Vec<Cell<'static>> = Vec::new();
        let (before, mut number) = (before(sheet), 0);
        loop {
            let cell = contained(|| reader.next_cell())?;
            let next = cell.as_ref().map(|cell| u64::from(cell.get_position().0) + 1);
            if next != Some(number) && number > 0 {
                merged.complete(number, &mut row);
                give(&Row { number: before + number, bytes: None, damage: None, cells: Cells::Sheet(&row) })?;
                row.clear();
            }
            let Some(cell) = cell else { return Ok(()) };
            number = next.unwrap_or(number);
            *spent += 1;
            if *spent > limits.cells {
                return Err(Error::new(
                    &codes::TOO_LARGE,
                    format!("The workbook has more than {} cells; split it, or export it as CSV.", limits.cells),
                )
                .into());
            }
            let column = cell.get_position().1 as usize;
            if column < limits.columns {
                if row.len() <= column {
                    row.resize(column + 1, Cell::Empty);
                }
                row[column] = kept(cell.get_value(), is_1904);
            }
        }
    }
}

/// What a cell holds, in our words.
fn kept(value: &DataRef<'_>, is_1904: bool) -> Cell<'static> {
    // Days from 1899-12-30 to 1904-01-01, where the other calendar of spreadsheets begins.
    const FROM_1904: f64 = 1_462.0;
    match value {
        DataRef::Empty => Cell::Empty,
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Cell::Text(Cow::Owned(text.clone())),
        DataRef::SharedString(text) => Cell::Text(Cow::Owned((*text).to_owned())),
        DataRef::Int(number) => Cell::Number(*number as f64),
        DataRef::Float(number) => Cell::Number(*number),
        DataRef::Bool(flag) => Cell::Flag(*flag),
        DataRef::DateTime(date) if date.is_duration() => Cell::Span(date.as_f64()),
        // A time of day is the same in both calendars.
        DataRef::DateTime(date) => Cell::Date(date.as_f64() + if is_1904 && date.as_f64() >= 1.0 { FROM_1904 } else { 0.0 }),
        DataRef::Error(_) => Cell::Broken,
    }
}

/// Cells merged downwards: the value of the first goes on to the rows below.
struct Regions {
    /// Regions further down, the next one last.
    ahead: Vec<Region>,
    /// Regions the present row is in.
    open: Vec<Region>,
}

struct Region {
    column: usize,
    /// Rows from 1.
    first: u64,
    last: u64,
    value: Cell<'static>,
}

impl Regions {
    /// More regions than columns cannot stand side by side in a sheet that a spreadsheet wrote.
    const MOST_OPEN: usize = 1_000;

    fn of(regions: Vec<calamine::Dimensions>) -> Regions {
        let mut ahead: Vec<Region> = regions
            .into_iter()
            .filter(|region| region.end.0 > region.start.0)
            .map(|region| Region {
                column: region.start.1 as usize,
                first: u64::from(region.start.0) + 1,
                last: u64::from(region.end.0) + 1,
                value: Cell::Empty,
            })
            .collect();
        ahead.sort_by_key(|region| std::cmp::Reverse(region.first));
        Regions { ahead, open: Vec::new() }
    }

    /// Notes first values and fills the row from those above it.
    fn complete(&mut self, number: u64, row: &mut Vec<Cell<'static>>) {
        self.open.retain(|region| region.last >= number);
        while let Some(mut region) = self.ahead.pop_if(|region| region.first <= number) {
            if region.first == number && self.open.len() < Self::MOST_OPEN {
                region.value = row.get(region.column).cloned().unwrap_or(Cell::Empty);
                self.open.push(region);
            }
        }
        for region in self.open.iter().filter(|region| region.first < number && region.value != Cell::Empty) {
            if row.len() <= region.column {
                row.resize(region.column + 1, Cell::Empty);
            }
            if row[region.column] == Cell::Empty {
                row[region.column] = region.value.clone();
            }
        }
    }
}

/// Calls the parser; an error or a panic is a damaged workbook.
fn contained<T>(call: impl FnOnce() -> std::result::Result<T, calamine::XlsxError>) -> Result<T> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(calamine::XlsxError::NotAWorksheet(_))) => Err(Error::of(&codes::UNKNOWN_FORMAT)),
        Ok(Err(cause)) => Err(Error::of(&codes::CORRUPT).because(cause)),
        Err(_) => Err(Error::of(&codes::CORRUPT).because("the workbook's parser gave up")),
    }
}
