//! Tables written for other programs: CSV and workbooks, a row at a time, in constant memory.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, and whoever typed a class's title would have it run on the
//! reader's machine. [`inert`] is put between: every text goes through it, in both formats, since a workbook is saved as CSV sooner or later.

use crate::error::{Error, Result, codes};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format as Style, Workbook, XlsxError};
use std::borrow::Cow;
use std::io::{Seek, Write};

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// One object.
    Json,
    /// RFC 4180 with one header row, in UTF-8.
    Csv,
    /// A workbook.
    Xlsx,
}

impl Format {
    /// The format of a name or of the ending of a file's.
    pub fn named(name: &str) -> Option<Format> {
        <Format as clap::ValueEnum>::from_str(name, true).ok()
    }

    /// As in `?format=` and as the ending of a file's name.
    pub fn name(self) -> &'static str {
        match self {
            Format::Json => "json",
            Format::Csv => "csv",
            Format::Xlsx => "xlsx",
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Json => "application/json",
            Format::Csv => "text/csv; charset=utf-8",
            Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// Begins a CSV file that spreadsheets read as UTF-8.
pub const BOM: &[u8] = "\u{feff}".as_bytes();
/// Rows of a sheet; what comes behind goes to a further one.
const SHEET_ROWS: u32 = 1_048_576;
/// Characters of a cell of a workbook.
const CELL: usize = 32_767;

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing: not known, or not counted.
    Empty,
    /// A text.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// Thousandths, written as a decimal.
    Milli(i64),
    /// Hundredths, written as a decimal: fen as yuan.
    Fen(i64),
}

impl Cell {
    /// A text, or nothing where there is none.
    pub fn text(text: impl Into<String>) -> Cell {
        let text = text.into();
        if text.is_empty() { Cell::Empty } else { Cell::Text(text) }
    }

    /// As it is written in CSV.
    fn plain(&self) -> Cow<'_, str> {
        match self {
            Cell::Empty => Cow::Borrowed(""),
            Cell::Text(text) => inert(text),
            Cell::Whole(number) => Cow::Owned(number.to_string()),
            Cell::Milli(milli) => Cow::Owned(decimal(*milli, 3)),
            Cell::Fen(fen) => Cow::Owned(decimal(*fen, 2)),
        }
    }
}

/// A text that no spreadsheet takes for a formula: one that could be begins with `'`.
pub fn inert(text: &str) -> Cow<'_, str> {
    let risky = |first: char| matches!(first, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠');
    if text.starts_with(risky) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// A number of so many decimal places, without zeros at its end.
fn decimal(number: i64, places: u32) -> String {
    let (sign, size, unit) = (if number < 0 { "-" } else { "" }, number.unsigned_abs(), 10_u64.pow(places));
    let part = format!("{:0width$}", size % unit, width = places as usize);
    match part.trim_end_matches('0') {
        "" => format!("{sign}{}", size / unit),
        part => format!("{sign}{}.{part}", size / unit),
    }
}

/// A row of CSV (RFC 4180).
pub fn csv_row(cells: &[Cell]) -> Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(cells.iter().map(|cell| cell.plain().into_owned())).map_err(Error::internal)?;
    writer.into_inner().map_err(|cause| Error::internal(cause.to_string()))
}

/// A workbook that is written row by row; what was written is on disk, not in memory.
pub struct Book {
    book: Workbook,
    sheets: usize,
    name: String,
    heads: Vec<String>,
    row: u32,
}

impl Book {
    /// An empty one.
    pub fn new() -> Result<Book> {
        let mut book = Workbook::new();
        // The same table gives the same bytes, whenever it is written.
        let made = ExcelDateTime::from_ymd(2020, 2, 16).map_err(refused)?;
        book.set_properties(&DocProperties::new().set_creation_datetime(&made));
        Ok(Book { book, sheets: 0, name: String::new(), heads: Vec::new(), row: 0 })
    }

    /// Begins a sheet; the rows that follow are its.
    pub fn sheet(&mut self, name: &str, heads: &[String]) -> Result<()> {
        self.name = name.to_owned();
        self.heads = heads.to_vec();
        self.begin(name.to_owned())
    }

    fn begin(&mut self, name: String) -> Result<()> {
        let bold = Style::new().set_bold();
        let sheet = self.book.add_worksheet_with_constant_memory().map_err(refused)?;
        sheet.set_name(name).map_err(refused)?;
        sheet.set_freeze_panes(1, 0).map_err(refused)?;
        for (column, head) in self.heads.iter().enumerate() {
            let column = u16::try_from(column).map_err(Error::internal)?;
            sheet.set_column_width(column, width(head)).map_err(refused)?;
            sheet.write_string_with_format(0, column, inert(head), &bold).map_err(refused)?;
        }
        self.sheets += 1;
        self.row = 1;
        Ok(())
    }

    /// Writes a row.
    pub fn row(&mut self, cells: &[Cell]) -> Result<()> {
        if self.row >= SHEET_ROWS {
            self.begin(format!("{} {}", self.name, self.sheets + 1))?;
        }
        let sheet = self.book.worksheet_from_index(self.sheets - 1).map_err(refused)?;
        for (column, cell) in cells.iter().enumerate() {
            let column = u16::try_from(column).map_err(Error::internal)?;
            match cell {
                Cell::Empty => continue,
                Cell::Text(text) => {
                    let text: String = inert(text).chars().take(CELL).collect();
                    sheet.write_string(self.row, column, text).map_err(refused)?
                }
                Cell::Whole(number) => sheet.write_number(self.row, column, *number as f64).map_err(refused)?,
                Cell::Milli(milli) => sheet.write_number(self.row, column, *milli as f64 / 1000.0).map_err(refused)?,
                Cell::Fen(fen) => sheet.write_number(self.row, column, *fen as f64 / 100.0).map_err(refused)?,
            };
        }
        self.row += 1;
        Ok(())
    }

    /// Writes the workbook.
    pub fn save(mut self, into: impl Write + Seek + Send) -> Result<()> {
        self.book.save_to_writer(into).map_err(refused)
    }
}

/// Wide enough for its heading; a Chinese character is as wide as two digits.
fn width(head: &str) -> f64 {
    let wide: usize = head.chars().map(|letter| if letter.is_ascii() { 1 } else { 2 }).sum();
    (wide as f64 + 2.0).clamp(9.0, 40.0)
}

fn refused(cause: XlsxError) -> Error {
    Error::new(&codes::INTERNAL, "The workbook could not be written; see whether the disk is full.").because(cause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn no_text_is_a_formula_in_either_format() {
        let texts = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1", "电工（五级）", "a=1", ""];
        let cells: Vec<Cell> = texts.iter().map(|text| Cell::Text((*text).to_owned())).collect();
        let line = String::from_utf8(csv_row(&cells).expect("writes")).expect("UTF-8");
        assert_eq!(line, "'=1+1,'+1,'-1,'@SUM(A1),'\t=1,'＝1,电工（五级）,a=1,\r\n");
        let mut book = Book::new().expect("begins");
        book.sheet("一", &["=HEAD".to_owned()]).expect("a sheet");
        book.row(&cells).expect("a row");
        let mut bytes = Cursor::new(Vec::new());
        book.save(&mut bytes).expect("saves");
        let mut read: calamine::Xlsx<_> = calamine::open_workbook_from_rs(bytes).expect("opens");
        let sheet = calamine::Reader::worksheet_range(&mut read, "一").expect("there");
        let seen: Vec<Vec<String>> = sheet.rows().map(|row| row.iter().map(ToString::to_string).collect()).collect();
        assert_eq!(seen[0][0], "'=HEAD");
        assert_eq!(seen[1][..4], ["'=1+1", "'+1", "'-1", "'@SUM(A1)"]);
        assert!(calamine::Reader::worksheet_formula(&mut read, "一").expect("there").is_empty());
    }

    #[test]
    fn numbers_keep_their_places_and_their_sign() {
        let cells = [Cell::Whole(-3), Cell::Milli(1500), Cell::Milli(-250), Cell::Fen(750), Cell::Fen(-5), Cell::Fen(100), Cell::Empty];
        assert_eq!(csv_row(&cells).expect("writes"), b"-3,1.5,-0.25,7.5,-0.05,1,\r\n");
    }

    #[test]
    fn the_same_rows_are_the_same_bytes() {
        let made = || {
            let mut book = Book::new().expect("begins");
            book.sheet("一", &["a".to_owned()]).expect("a sheet");
            book.row(&[Cell::Whole(1), Cell::text("x")]).expect("a row");
            let mut bytes = Cursor::new(Vec::new());
            book.save(&mut bytes).expect("saves");
            bytes.into_inner()
        };
        assert_eq!(made(), made());
    }
}
