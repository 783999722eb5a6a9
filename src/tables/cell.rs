//! A row of a table, whether it stands in a text file or in a sheet.

use super::duration::{self, Unit};
use super::fold;
use super::when::{self, Moment};
use std::borrow::Cow;
use std::ops::Range;

/// What one cell holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell<'a> {
    Empty,
    Text(Cow<'a, str>),
    Number(f64),
    /// A date of a sheet: days since 1899-12-30.
    Date(f64),
    /// A length of time of a sheet, in days.
    Span(f64),
    Flag(bool),
    /// An error value such as #N/A.
    Broken,
}

/// Text that stands for nothing: no leave yet, no value.
const NOTHING: [&str; 14] = ["", "-", "--", "---", "—", "——", "/", "0", "n/a", "na", "null", "none", "未退出", "会议中"];

impl Cell<'_> {
    /// What the cell is, for a sentence about it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Cell::Empty => "empty",
            Cell::Text(_) => "a text",
            Cell::Number(_) => "a number",
            Cell::Date(_) => "a date",
            Cell::Span(_) => "a length of time",
            Cell::Flag(_) => "true or false",
            Cell::Broken => "an error value of the spreadsheet",
        }
    }

    /// Whether it stands for nothing.
    pub(crate) fn is_nothing(&self) -> bool {
        match self {
            Cell::Empty => true,
            Cell::Text(text) => text.len() <= 16 && NOTHING.contains(&fold::fold(text).to_lowercase().as_str()),
            Cell::Number(number) => *number == 0.0,
            _ => false,
        }
    }

    /// The cell as text; whole numbers without a fraction. `None` when empty, and for numbers of more digits than a sheet keeps.
    pub(crate) fn text(&self) -> Option<Cow<'_, str>> {
        // A double holds every whole number of fifteen digits.
        const EXACT: f64 = 1e15;
        match self {
            Cell::Text(text) => Some(Cow::Borrowed(text)),
            Cell::Number(number) if number.abs() >= EXACT => None,
            Cell::Number(number) => Some(Cow::Owned(number.to_string())),
            Cell::Flag(flag) => Some(Cow::Borrowed(if *flag { "true" } else { "false" })),
            _ => None,
        }
    }

    /// The moment it says, if any.
    pub(crate) fn moment(&self) -> Option<Moment> {
        match self {
            Cell::Text(text) => when::parse(text),
            Cell::Date(days) => when::serial(*days),
            // A serial whose date format was lost, or an epoch.
            Cell::Number(number) if (20_000.0..100_000.0).contains(number) => when::serial(*number),
            Cell::Number(number) if number.fract() == 0.0 && (1e9..1e14).contains(number) => when::number(&number.to_string()),
            _ => None,
        }
    }

    /// The whole seconds it says, if any.
    pub(crate) fn seconds(&self, unit: Unit) -> Option<i64> {
        match self {
            Cell::Text(text) => duration::parse(text, unit),
            Cell::Number(number) => duration::parse(&number.to_string(), unit),
            Cell::Span(days) => duration::days(*days),
            // 0:30:00 typed into a sheet becomes a time of day.
            Cell::Date(days) if *days < 61.0 => duration::days(*days),
            _ => None,
        }
    }

    /// Whether it says yes; `None` when it says neither.
    pub(crate) fn yes(&self) -> Option<bool> {
        if let Cell::Flag(flag) = self {
            return Some(*flag);
        }
        match fold::fold(&self.text()?).to_lowercase().as_str() {
            "yes" | "y" | "true" | "是" | "1" => Some(true),
            "no" | "n" | "false" | "否" | "0" => Some(false),
            _ => None,
        }
    }
}

/// Where the cells of a row are.
#[derive(Clone, Debug)]
pub(crate) enum Cells<'a> {
    Fields(&'a Fields),
    Sheet(&'a [Cell<'static>]),
}

/// What keeps a row from being read at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Damage {
    TooLong,
    OpenQuote,
    Encoding,
}

/// One row.
#[derive(Clone, Debug)]
pub(crate) struct Row<'a> {
    /// As a person sees it in the file, from 1.
    pub(crate) number: u64,
    /// Its bytes in the file; none in a sheet.
    pub(crate) bytes: Option<Range<u64>>,
    pub(crate) damage: Option<Damage>,
    pub(crate) cells: Cells<'a>,
}

impl Row<'_> {
    pub(crate) fn len(&self) -> usize {
        match self.cells {
            Cells::Fields(fields) => fields.len(),
            Cells::Sheet(cells) => cells.len(),
        }
    }

    /// The cell of a column; empty beyond the row's end.
    pub(crate) fn cell(&self, column: usize) -> Cell<'_> {
        match self.cells {
            Cells::Fields(fields) => {
                fields.get(column).map_or(Cell::Empty, |text| cleaned(text).map_or(Cell::Empty, |text| Cell::Text(Cow::Borrowed(text))))
            }
            Cells::Sheet(cells) => match cells.get(column) {
                Some(Cell::Text(text)) => cleaned(text).map_or(Cell::Empty, |text| Cell::Text(Cow::Borrowed(text))),
                Some(cell) => cell.clone(),
                None => Cell::Empty,
            },
        }
    }

    /// All cells as text; a sheet's dates as `2020-03-03 09:00:00`.
    pub(crate) fn texts(&self) -> Vec<String> {
        let text = |column| match self.cell(column) {
            Cell::Date(days) => date_text(days),
            cell => cell.text().map(Cow::into_owned).unwrap_or_default(),
        };
        (0..self.len()).map(text).collect()
    }

    /// Whether no cell holds anything.
    pub(crate) fn is_blank(&self) -> bool {
        self.damage.is_none() && (0..self.len()).all(|column| self.cell(column) == Cell::Empty)
    }

    /// A copy that owns its cells.
    pub(crate) fn kept(&self) -> KeptRow {
        let cells = (0..self.len())
            .map(|column| match self.cell(column) {
                Cell::Text(text) => Cell::Text(Cow::Owned(text.into_owned())),
                Cell::Empty => Cell::Empty,
                Cell::Number(number) => Cell::Number(number),
                Cell::Date(days) => Cell::Date(days),
                Cell::Span(days) => Cell::Span(days),
                Cell::Flag(flag) => Cell::Flag(flag),
                Cell::Broken => Cell::Broken,
            })
            .collect();
        KeptRow { number: self.number, cells }
    }
}

/// A sheet's date, to the second; empty beyond the calendar.
fn date_text(days: f64) -> String {
    let seconds = chrono::TimeDelta::seconds((days * 86_400.0).round() as i64);
    let epoch = chrono::NaiveDate::from_ymd_opt(1899, 12, 30).and_then(|day| day.and_hms_opt(0, 0, 0));
    let moment = epoch.and_then(|epoch| epoch.checked_add_signed(seconds));
    moment.map(|moment| moment.format("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default()
}

/// A row kept for looking at the head of a table.
#[derive(Clone, Debug)]
pub(crate) struct KeptRow {
    pub(crate) number: u64,
    cells: Vec<Cell<'static>>,
}

impl KeptRow {
    pub(crate) fn row(&self) -> Row<'_> {
        Row { number: self.number, bytes: None, damage: None, cells: Cells::Sheet(&self.cells) }
    }
}

/// A cell's text without surrounding blanks and without what spreadsheets need to leave it alone: `="0123"`, a leading apostrophe.
fn cleaned(text: &str) -> Option<&str> {
    let mut text = fold::trimmed(text);
    if let Some(inner) = text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')) {
        text = fold::trimmed(inner);
    } else if let Some(inner) =
        text.strip_prefix('\'').filter(|inner| inner.starts_with(['=', '+', '-', '@', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']))
    {
        text = inner;
    }
    (!text.is_empty()).then_some(text)
}

/// The fields of one record of a delimited text, unquoted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields {
    text: String,
    spans: Vec<Range<usize>>,
}

impl Fields {
    pub(crate) fn get(&self, place: usize) -> Option<&str> {
        self.spans.get(place).map(|span| &self.text[span.clone()])
    }

    pub(crate) fn len(&self) -> usize {
        self.spans.len()
    }

    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.spans.clear();
    }

    /// Takes a record apart: `"` quotes a field it begins, `""` inside is one mark. Fields beyond `most` are left out.
    pub(crate) fn split(&mut self, record: &str, delimiter: u8, most: usize) {
        self.clear();
        if memchr::memchr(b'"', record.as_bytes()).is_none() {
            self.text.push_str(record);
            let mut start = 0;
            for end in memchr::memchr_iter(delimiter, record.as_bytes()).chain([record.len()]).take(most) {
                self.spans.push(start..end);
                start = end + 1;
            }
            return;
        }
        let mut rest = record;
        while self.spans.len() < most {
            let start = self.text.len();
            if let Some(quoted) = rest.strip_prefix('"') {
                rest = quoted;
                loop {
                    let Some(at) = memchr::memchr(b'"', rest.as_bytes()) else {
                        // Never closed: the field is all there is.
                        self.text.push_str(rest);
                        self.spans.push(start..self.text.len());
                        return;
                    };
                    self.text.push_str(&rest[..at]);
                    rest = &rest[at + 1..];
                    match rest.strip_prefix('"') {
                        Some(after) => {
                            self.text.push('"');
                            rest = after;
                        }
                        None => break,
                    }
                }
            }
            let end = memchr::memchr(delimiter, rest.as_bytes());
            self.text.push_str(&rest[..end.unwrap_or(rest.len())]);
            self.spans.push(start..self.text.len());
            match end {
                Some(end) => rest = &rest[end + 1..],
                None => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(record: &str) -> Vec<String> {
        let mut fields = Fields::default();
        fields.split(record, b',', 100);
        (0..fields.len()).map(|place| fields.get(place).expect("there").to_owned()).collect()
    }

    #[test]
    fn records_are_taken_apart() {
        assert_eq!(split("a,b,,c"), ["a", "b", "", "c"]);
        assert_eq!(split(""), [""]);
        assert_eq!(split("\"a,b\",\"say \"\"hi\"\"\",5\" nail"), ["a,b", "say \"hi\"", "5\" nail"]);
        assert_eq!(split("\"two\nlines\",x"), ["two\nlines", "x"]);
    }

    #[test]
    fn cells_lose_what_spreadsheets_need() {
        assert_eq!(cleaned(" =\"0138\" "), Some("0138"));
        assert_eq!(cleaned("\t138\t"), Some("138"));
        assert_eq!(cleaned("'=cmd"), Some("=cmd"));
        assert_eq!(cleaned("'张三'"), Some("'张三'"));
        assert_eq!(cleaned(" \u{feff} "), None);
    }

    #[test]
    fn nothing_is_written_in_many_ways() {
        for text in ["--", "—", " 0 ", "N/A", "－－"] {
            assert!(Cell::Text(text.into()).is_nothing(), "{text}");
        }
        assert!(!Cell::Text("09:00".into()).is_nothing());
    }

    #[test]
    fn numbers_keep_their_digits_or_say_nothing() {
        assert_eq!(Cell::Number(13_800_138_000.0).text().as_deref(), Some("13800138000"));
        assert_eq!(Cell::Number(610_103_199_001_011_234.0).text(), None);
        assert_eq!(Cell::Number(43_894.5).moment(), when::serial(43_894.5));
    }

    proptest! {
        /// The csv crate is the reference for records that stand on one line.
        #[test]
        fn fields_agree_with_the_csv_crate(record in "[ab\", \u{5f20}]{1,24}") {
            let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(record.as_bytes());
            if let Some(Ok(theirs)) = reader.records().next() {
                prop_assert_eq!(split(&record), theirs.iter().map(str::to_owned).collect::<Vec<_>>());
            }
        }
    }
}
