//! An opened file: text or workbook, seen as lines, as tables of rows or as a document of entries, as often as a reader wants to pass
//! over it.

use super::cell::{Cells, Damage, Fields, KeptRow, Row};
use super::document::{self, Cutter, Item};
use super::encoding::{self, Charset, Sniffed};
use super::limits::{Halt, Limits};
use super::records::{Cut, Piece, Rows, Splitter};
use super::sheets::{Merged, Workbook};
use crate::error::{Error, Result, codes};
use encoding_rs::{Decoder, Encoding, UTF_8};
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// The head of one table.
#[derive(Debug)]
pub(crate) struct Table {
    /// The sheet's name; none for text.
    pub(crate) name: Option<String>,
    /// Its first rows that are not blank.
    pub(crate) head: Vec<KeptRow>,
}

/// What can be seen of an entry of a JSON document without knowing what it means.
#[derive(Debug)]
pub(crate) struct EntryHead {
    /// The member that is its list; empty where the document is.
    pub(crate) list: String,
    /// The names of its members.
    members: Vec<String>,
}

impl EntryHead {
    /// Whether it has every one of these members.
    pub(crate) fn has(&self, names: &[&str]) -> bool {
        names.iter().all(|name| self.members.iter().any(|member| member == name))
    }
}

/// What a reader looks at to say whether a file is its own.
#[derive(Debug)]
pub(crate) struct Probe {
    /// The first lines of a text; none for a workbook.
    pub(crate) lines: Vec<String>,
    /// A delimited text is one table, a workbook one per sheet; none for text that looks like JSON.
    pub(crate) tables: Vec<Table>,
    /// The first entries of a text that looks like JSON.
    pub(crate) entries: Vec<EntryHead>,
    /// It begins like JSON, and breaks off before it said anything.
    pub(crate) broken: bool,
}

/// Rows looked at in the head of a table, lines and entries in the head of JSON.
const HEAD_ROWS: usize = 64;
/// Text looked at to find the delimiter.
const HEAD_BYTES: usize = 64 << 10;
/// Entries of a JSON document looked at are together not much longer.
const HEAD_ENTRIES: usize = 1 << 20;

/// An opened file.
pub(crate) enum Source {
    Text(Text),
    Workbook(Box<Workbook>),
}

/// A text file and how to take it apart.
pub(crate) struct Text {
    file: File,
    charset: Charset,
    delimiter: u8,
    json: bool,
    /// A JSON document that is its own entry.
    one: bool,
    limits: Limits,
}

impl Source {
    /// Opens a file by its content.
    pub(crate) fn open(mut file: File, limits: Limits) -> Result<Source> {
        if file.metadata()?.len() == 0 {
            return Err(Error::new(&codes::UNREADABLE_LOG, "The file is empty; export the log again."));
        }
        match encoding::sniff(&mut file)? {
            Sniffed::Zip => Ok(Source::Workbook(Box::new(Workbook::open(file, limits)?))),
            Sniffed::Text(charset) => Ok(Source::Text(Text::open(file, charset, limits)?)),
            Sniffed::Foreign(what) => Err(Error::new(&codes::UNKNOWN_FORMAT, format!("The file is no attendance log: {what}."))),
        }
    }

    /// What the head of the file looks like.
    pub(crate) fn probe(&mut self) -> Result<Probe> {
        match self {
            Source::Text(text) if text.json => text.json_probe(),
            Source::Text(text) => {
                let lines = text.head_lines()?;
                let tables = vec![Table { name: None, head: self.head(0)? }];
                Ok(Probe { lines, tables, entries: Vec::new(), broken: false })
            }
            Source::Workbook(book) => {
                let names = book.sheets.clone();
                let tables = names.into_iter().enumerate().map(|(place, name)| Ok(Table { name: Some(name), head: self.head(place)? }));
                Ok(Probe { lines: Vec::new(), tables: tables.collect::<Result<_>>()?, entries: Vec::new(), broken: false })
            }
        }
    }

    fn head(&mut self, table: usize) -> Result<Vec<KeptRow>> {
        let mut head = Vec::new();
        let give: &mut dyn FnMut(&Row<'_>) -> Result<(), Halt> = &mut |row| {
            if !row.is_blank() {
                head.push(row.kept());
            }
            if head.len() < HEAD_ROWS { Ok(()) } else { Err(Halt::Enough) }
        };
        let stopped = match self {
            Source::Text(text) => text.each_row(give),
            Source::Workbook(book) => book.each(table, Merged::Ignored, give),
        };
        match stopped {
            Ok(()) | Err(Halt::Enough) => Ok(head),
            Err(Halt::Failed(error)) => Err(error),
        }
    }

    /// Gives every row of a table, from its beginning.
    pub(crate) fn each_row(&mut self, table: usize, give: &mut dyn FnMut(&Row<'_>) -> Result<(), Halt>) -> Result<(), Halt> {
        match self {
            Source::Text(text) => text.each_row(give),
            Source::Workbook(book) => book.each(table, Merged::Followed, give),
        }
    }

    /// The text, for readers of lines; `None` for a workbook.
    pub(crate) fn as_text(&mut self) -> Option<&mut Text> {
        match self {
            Source::Text(text) => Some(text),
            Source::Workbook(_) => None,
        }
    }

    /// The name of the text's encoding, for sentences about it.
    pub(crate) fn encoding(&self) -> &'static str {
        match self {
            Source::Text(text) => text.charset.encoding.name(),
            Source::Workbook(_) => UTF_8.name(),
        }
    }

    /// The assumption made in opening it, if any.
    pub(crate) fn assumption(&self) -> Option<String> {
        match self {
            Source::Text(text) => text.charset.assumption(),
            Source::Workbook(_) => None,
        }
    }
}

impl Text {
    fn open(mut file: File, charset: Charset, limits: Limits) -> Result<Text> {
        file.seek(SeekFrom::Start(0))?;
        let mut head = Vec::with_capacity(HEAD_BYTES);
        file.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head)?;
        let text = charset.encoding.decode_with_bom_removal(&head).0;
        let json = text.trim_start().starts_with(['{', '[']);
        let delimiter = delimiter(&text);
        let mut one = false;
        if json && file.metadata()?.len() <= limits.entry_bytes as u64 {
            file.read_to_end(&mut head)?;
            one = document::is_one(&charset.encoding.decode_with_bom_removal(&head).0);
        }
        Ok(Text { file, charset, delimiter, json, one, limits })
    }

    /// The text as a JSON document, from its beginning.
    pub(crate) fn document(&mut self) -> io::Result<Cutter<Box<dyn Read + '_>>> {
        self.file.seek(SeekFrom::Start(self.charset.mark))?;
        let input: Box<dyn Read> =
            if self.charset.encoding == UTF_8 { Box::new(&self.file) } else { Box::new(Converted::new(&self.file, self.charset.encoding)) };
        Ok(Cutter::new(input, self.charset, self.one, self.limits.entry_bytes))
    }

    fn json_probe(&mut self) -> Result<Probe> {
        let lines = self.head_lines()?;
        let (entries, damaged) = self.head_entries()?;
        let is_json = |line: &String| serde_json::from_str::<serde::de::IgnoredAny>(line).is_ok();
        let broken = damaged && entries.is_empty() && !lines.iter().any(is_json);
        Ok(Probe { lines, tables: Vec::new(), entries, broken })
    }

    /// The first entries, and whether the document breaks off after them. Lines of JSON do that after the first one.
    fn head_entries(&mut self) -> Result<(Vec<EntryHead>, bool)> {
        let mut cutter = self.document()?;
        let (mut heads, mut seen) = (Vec::new(), 0);
        while heads.len() < HEAD_ROWS && seen < HEAD_ENTRIES {
            match cutter.next() {
                Ok(Some(Item::Entry(entry))) => {
                    let text = entry.text.unwrap_or_default();
                    seen += text.len();
                    heads.push(EntryHead { list: entry.list.to_owned(), members: document::members(text) });
                }
                Ok(Some(Item::Said(..))) => {}
                Ok(None) => break,
                Err(error) if error.code == codes::CORRUPT.name => return Ok((heads, true)),
                Err(error) => return Err(error),
            }
        }
        Ok((heads, false))
    }

    /// Gives every line as bytes of UTF-8 (not checked where the file is UTF-8), with its damage if it is too long.
    pub(crate) fn each_line(&mut self, give: &mut dyn FnMut(Piece<'_>) -> Result<(), Halt>) -> Result<(), Halt> {
        let charset = self.charset;
        let mut splitter = self.splitter(Rows::Lines)?;
        while let Some(piece) = splitter.next()? {
            match piece.text {
                Cut::Whole(bytes) if charset.encoding != UTF_8 => match decoded(charset.encoding, bytes) {
                    (_, true) => give(Piece { text: Cut::NoText, ..piece })?,
                    (text, false) => give(Piece { text: Cut::Whole(text.as_bytes()), ..piece })?,
                },
                _ => give(piece)?,
            }
        }
        Ok(())
    }

    fn head_lines(&mut self) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        let stopped = self.each_line(&mut |piece| {
            match piece.text {
                Cut::Whole(line) if !line.trim_ascii().is_empty() => lines.push(String::from_utf8_lossy(line).into_owned()),
                _ => {}
            }
            if lines.len() < HEAD_ROWS && piece.number < 2 * HEAD_ROWS as u64 { Ok(()) } else { Err(Halt::Enough) }
        });
        match stopped {
            Ok(()) | Err(Halt::Enough) => Ok(lines),
            Err(Halt::Failed(error)) => Err(error),
        }
    }

    fn each_row(&mut self, give: &mut dyn FnMut(&Row<'_>) -> Result<(), Halt>) -> Result<(), Halt> {
        let (charset, delimiter, limits) = (self.charset, self.delimiter, self.limits);
        let mut splitter = self.splitter(Rows::Records(delimiter))?;
        let mut fields = Fields::default();
        while let Some(piece) = splitter.next()? {
            let damage = match piece.text {
                Cut::TooLong => Some(Damage::TooLong),
                Cut::OpenQuote => Some(Damage::OpenQuote),
                Cut::NoText => Some(Damage::Encoding),
                Cut::Whole(bytes) => {
                    let (text, faulty) = decoded(charset.encoding, bytes);
                    fields.split(&text, delimiter, limits.columns);
                    faulty.then_some(Damage::Encoding)
                }
            };
            if matches!(damage, Some(Damage::TooLong | Damage::OpenQuote)) {
                fields.clear();
            }
            give(&Row { number: piece.number, bytes: Some(piece.span), damage, cells: Cells::Fields(&fields) })?;
        }
        Ok(())
    }

    fn splitter(&mut self, rows: Rows) -> io::Result<Splitter<Box<dyn Read + '_>>> {
        self.file.seek(SeekFrom::Start(self.charset.mark))?;
        let input: Box<dyn Read> =
            if self.charset.is_wide() { Box::new(Converted::new(&self.file, self.charset.encoding)) } else { Box::new(&self.file) };
        Splitter::new(input, rows, self.charset, self.charset.mark, self.limits.line_bytes)
    }
}

/// A record as text, and whether bytes of it were none.
fn decoded<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> (Cow<'a, str>, bool) {
    // Wide text was converted before it was cut; plain ASCII is the same in all other encodings accepted here.
    let wide = !encoding.is_ascii_compatible();
    match std::str::from_utf8(bytes) {
        Ok(text) if encoding == UTF_8 || wide || text.is_ascii() => (Cow::Borrowed(text), wide && text.contains('\u{fffd}')),
        _ => encoding.decode_without_bom_handling(bytes),
    }
}

/// The delimiter that takes most lines of the head apart and, of equals, gives most of them the same number of fields, the more the
/// better.
fn delimiter(head: &str) -> u8 {
    if let Some(stated) = head.lines().next().and_then(|line| line.strip_prefix("sep=")).and_then(|rest| rest.bytes().next()) {
        return stated;
    }
    let lines: Vec<&str> = head.lines().filter(|line| !line.trim().is_empty()).take(HEAD_ROWS).collect();
    let score = |delimiter: u8| {
        let mut counts = std::collections::HashMap::new();
        let mut fields = Fields::default();
        for line in &lines {
            fields.split(line, delimiter, 1_000);
            *counts.entry(fields.len()).or_insert(0_usize) += 1;
        }
        counts.remove(&1);
        let alike = counts.iter().map(|(fields, lines)| lines * 1_000 + fields).max().unwrap_or(0);
        (counts.values().sum::<usize>(), alike)
    };
    // The last of equals wins, so the comma stands last.
    [b'|', b';', b'\t', b','].into_iter().max_by_key(|delimiter| score(*delimiter)).unwrap_or(b',')
}

/// A reader that converts wide text to UTF-8. A unit that is no character becomes U+FFFD.
struct Converted<R> {
    input: R,
    decoder: Decoder,
    raw: Vec<u8>,
    text: Vec<u8>,
    given: usize,
    ended: bool,
}

impl<R: Read> Converted<R> {
    fn new(input: R, encoding: &'static Encoding) -> Converted<R> {
        Converted {
            input,
            decoder: encoding.new_decoder_without_bom_handling(),
            raw: vec![0; 32 << 10],
            text: Vec::new(),
            given: 0,
            ended: false,
        }
    }
}

impl<R: Read> Read for Converted<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() && !self.ended {
            let read = self.input.read(&mut self.raw)?;
            self.ended = read == 0;
            let room = self.decoder.max_utf8_buffer_length(read).unwrap_or(4 * self.raw.len());
            self.text.resize(room, 0);
            let (_, _, written, _) = self.decoder.decode_to_utf8(&self.raw[..read], &mut self.text, self.ended);
            self.text.truncate(written);
            self.given = 0;
        }
        let length = out.len().min(self.text.len() - self.given);
        out[..length].copy_from_slice(&self.text[self.given..self.given + length]);
        self.given += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_the_one_that_makes_a_table() {
        assert_eq!(delimiter("a,b\n1,2\n"), b',');
        assert_eq!(delimiter("Name\tJoin\n张三, 李四\tx\n"), b'\t');
        assert_eq!(delimiter("a;b;c\n1,5;2,5;3\n"), b';');
        assert_eq!(delimiter("sep=;\na,b;c\n"), b';');
        assert_eq!(delimiter("one column\n"), b',');
        // Sections of several widths, and dates with a comma.
        assert_eq!(
            delimiter("2. List\nName\tIn\tOut\tFor\nx\t1, 2\t1, 2\t3\n3. Log\nName\tIn\tOut\ny\t1, 2\t1, 2\nz\t1, 2\t1, 2\n"),
            b'\t'
        );
        assert_eq!(delimiter("Meeting ID,Topic\n1,\"a\tb\"\n\nName,Join,Leave\nx,1,2\ny,1,2\n"), b',');
    }
}
