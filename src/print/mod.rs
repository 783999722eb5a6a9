//! Documents that a person can file: A4 as PDF/A, Chinese set as it is read, the same input always the same bytes.
//!
//! A [`Document`] is plain data; [`to_pdf`] sets it. How it comes about: `letters` says how wide each letter is and what air it carries,
//! `lines` where a line may end and how it is filled, `table` and `layout` what stands where on which page, `pdf` and `embed` write it down.
//! The measures of a [`Style::Letter`] are those of GB/T 9704—2012, which offices file by.

mod embed;
mod fonts;
mod layout;
mod letters;
mod lines;
mod pdf;
mod place;
mod table;
#[cfg(test)]
mod tests;

pub use fonts::Fonts;

use crate::error::Result;
use chrono::NaiveDate;

/// A language that a document is written in: its page numbers, and what readers are told of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

/// How large and how wide a document is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// An office's letter: 16 point, 28 letters a line, 22 lines a page.
    #[default]
    Letter,
    /// A record with tables: 10.5 point, narrow margins.
    Record,
}

/// A document before it is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// What it is, on top and in the file's own description.
    pub title: String,
    /// The number it is filed under, above the title.
    pub number: Option<String>,
    /// What it says, from top to bottom.
    pub blocks: Vec<Block>,
    /// What stands small at the foot of every page: digests, how to verify.
    pub footer: Option<String>,
    /// Its language.
    pub language: Language,
    /// How it is set.
    pub style: Style,
    /// The day it is of; the file says it was made then, so that the same document is the same bytes.
    pub dated: NaiveDate,
}

/// A part of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A heading within it; it is never the last line of a page.
    Heading(String),
    /// A line that begins at the margin, such as whom a letter goes to.
    Line(String),
    /// A paragraph, its first line indented by two letters where it is Chinese.
    Paragraph(String),
    /// A paragraph in small letters.
    Note(String),
    /// Names and values, one row each.
    Facts(Vec<(String, String)>),
    /// A table.
    Table(Table),
    /// Who signs, and the day; kept on one page, with room for a seal over both.
    Signature {
        /// The office; left empty it is a line to write on.
        who: String,
        /// The day as it is written.
        day: String,
        /// What stands where the seal goes, such as `（印章）`.
        seal: String,
    },
    /// What follows begins a page.
    PageBreak,
}

/// A table; its head stands again on every page that it goes on to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, a cell per column.
    pub rows: Vec<Vec<String>>,
    /// The last row, in bold: sums.
    pub sums: Option<Vec<String>>,
}

/// A column of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    /// Its head.
    pub title: String,
    /// Its share of the width; a column of 2 is twice as wide as one of 1.
    pub share: u32,
    /// Where its cells stand.
    pub align: Align,
}

/// Where a text stands in its width.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// At the left.
    #[default]
    Left,
    /// In the middle.
    Middle,
    /// At the right, as numbers do.
    Right,
}

impl Column {
    /// A column whose cells stand at the left.
    pub fn left(title: &str, share: u32) -> Column {
        Column { title: title.to_owned(), share, align: Align::Left }
    }

    /// A column of numbers.
    pub fn right(title: &str, share: u32) -> Column {
        Column { title: title.to_owned(), share, align: Align::Right }
    }
}

/// Sets a document: the bytes of a PDF/A-2u file with its fonts inside. The same document with the same fonts is the same bytes.
///
/// It computes for some hundredths of a second: call it where blocking is allowed. Errors: `internal` where the file cannot be written.
pub fn to_pdf(document: &Document, fonts: &Fonts) -> Result<Vec<u8>> {
    pdf::write(document, &layout::pages(document, fonts), fonts)
}
