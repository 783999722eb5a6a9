//! Cuts a text into rows in constant memory: lines of NDJSON, or records of a delimited text whose quoted fields may hold line ends.
//! Every row knows its number and its bytes in the file.

use super::encoding::Charset;
use std::io::{self, Read};
use std::ops::Range;

/// How rows end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rows {
    /// At every line end.
    Lines,
    /// At a line end outside quotation marks; the byte separates fields.
    Records(u8),
}

/// One row as it stands in the text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Piece<'a> {
    /// From 1.
    pub(crate) number: u64,
    /// Bytes in the file, without the line end.
    pub(crate) span: Range<u64>,
    pub(crate) text: Cut<'a>,
}

/// The text of a row, or why there is none.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Cut<'a> {
    /// Without its line end.
    Whole(&'a [u8]),
    TooLong,
    OpenQuote,
    /// Bytes of it are no text in the file's encoding. Only where lines are decoded.
    NoText,
}

/// Rows of a reader whose bytes are UTF-8, or of an encoding in which ASCII bytes are ASCII.
pub(crate) struct Splitter<R> {
    input: R,
    rows: Rows,
    charset: Charset,
    /// Longest row in bytes of the buffer.
    limit: usize,
    line_end: u8,
    buffer: Vec<u8>,
    /// What of the buffer is not yet given out.
    start: usize,
    filled: usize,
    ended: bool,
    /// Where `start` is in the file.
    offset: u64,
    number: u64,
}

/// Reads are this large.
const CHUNK: usize = 256 << 10;

impl<R: Read> Splitter<R> {
    /// Rows of `input`, whose first byte stands at `offset` of the file.
    pub(crate) fn new(input: R, rows: Rows, charset: Charset, offset: u64, limit: usize) -> io::Result<Splitter<R>> {
        let mut splitter = Splitter {
            input,
            rows,
            charset,
            limit,
            line_end: b'\n',
            buffer: vec![0; CHUNK.max(2 * limit)],
            start: 0,
            filled: 0,
            ended: false,
            offset,
            number: 0,
        };
        splitter.fill()?;
        // Old Macintosh line ends: a carriage return and nowhere a line feed.
        let head = &splitter.buffer[..splitter.filled];
        if memchr::memchr(b'\n', head).is_none() && memchr::memchr(b'\r', head).is_some() {
            splitter.line_end = b'\r';
        }
        Ok(splitter)
    }

    /// The next row; `None` at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<Piece<'_>>> {
        let mut quotes = Quotes::default();
        let mut first_line = None;
        let mut scanned = 0;
        let end = loop {
            let fresh = &self.buffer[self.start + scanned..self.filled];
            match memchr::memchr(self.line_end, fresh) {
                Some(at) => {
                    let line = &fresh[..at];
                    let closed = match self.rows {
                        Rows::Lines => true,
                        Rows::Records(delimiter) => quotes.closed_after(line, delimiter),
                    };
                    scanned += at + 1;
                    if closed {
                        break Some(scanned);
                    }
                    first_line.get_or_insert(scanned);
                }
                None => {
                    let pending = self.filled - self.start;
                    if pending > self.limit {
                        break None;
                    }
                    if self.ended {
                        let open = match self.rows {
                            Rows::Lines => false,
                            Rows::Records(delimiter) => !quotes.closed_after(&self.buffer[self.start + scanned..self.filled], delimiter),
                        };
                        if open {
                            break first_line.map_or(Some(pending), |_| None);
                        }
                        break Some(pending);
                    }
                    self.fill()?;
                    continue;
                }
            }
            if scanned > self.limit {
                break None;
            }
        };
        match end {
            Some(0) => Ok(None),
            Some(length) if length <= self.limit + 2 => Ok(Some(self.give(length, Cut::Whole))),
            Some(length) => Ok(Some(self.give(length, |_| Cut::TooLong))),
            // A quotation mark that never closes spoils its own line only: the rows after it stand.
            None => match first_line {
                Some(length) => Ok(Some(self.give(length, |_| Cut::OpenQuote))),
                None => self.skip_line().map(Some),
            },
        }
    }

    /// Gives out the next bytes of the buffer as a row.
    fn give<'a>(&'a mut self, length: usize, cut: impl FnOnce(&'a [u8]) -> Cut<'a>) -> Piece<'a> {
        let bytes = &self.buffer[self.start..self.start + length];
        let mut text = bytes;
        if text.last() == Some(&self.line_end) {
            text = &text[..text.len() - 1];
        }
        if self.line_end == b'\n' && text.last() == Some(&b'\r') {
            text = &text[..text.len() - 1];
        }
        let span = self.offset..self.offset + self.charset.source_len(text);
        self.offset += self.charset.source_len(bytes);
        self.start += length;
        self.number += 1;
        Piece { number: self.number, span, text: cut(text) }
    }

    /// Passes over a line that is longer than allowed, whatever its length.
    fn skip_line(&mut self) -> io::Result<Piece<'_>> {
        let begin = self.offset;
        loop {
            let pending = &self.buffer[self.start..self.filled];
            let line = memchr::memchr(self.line_end, pending);
            let length = line.map_or(pending.len(), |at| at + 1);
            self.offset += self.charset.source_len(&pending[..length]);
            self.start += length;
            if line.is_some() || self.ended {
                break;
            }
            self.fill()?;
        }
        self.number += 1;
        Ok(Piece { number: self.number, span: begin..self.offset, text: Cut::TooLong })
    }

    /// Reads more behind what is pending.
    fn fill(&mut self) -> io::Result<()> {
        self.buffer.copy_within(self.start..self.filled, 0);
        self.filled -= self.start;
        self.start = 0;
        while self.filled < self.buffer.len() {
            match self.input.read(&mut self.buffer[self.filled..]) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(read) => {
                    self.filled += read;
                    break;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Whether a place in a record is inside quotation marks.
#[derive(Clone, Copy, Default, PartialEq)]
enum Quotes {
    /// A field may begin here.
    #[default]
    Field,
    Bare,
    Inside,
    /// After a mark inside quotation marks: the end, or half of a doubled mark.
    Mark,
}

impl Quotes {
    /// Reads a line and its end; says whether the record ends with it.
    fn closed_after(&mut self, line: &[u8], delimiter: u8) -> bool {
        if *self != Quotes::Inside && memchr::memchr(b'"', line).is_none() {
            *self = Quotes::Field;
            return true;
        }
        for byte in line {
            *self = match (*self, *byte) {
                (Quotes::Field, b'"') => Quotes::Inside,
                (Quotes::Inside, b'"') => Quotes::Mark,
                (Quotes::Mark, b'"') | (Quotes::Inside, _) => Quotes::Inside,
                (_, byte) if byte == delimiter => Quotes::Field,
                _ => Quotes::Bare,
            };
        }
        if *self == Quotes::Inside {
            return false;
        }
        *self = Quotes::Field;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::UTF_16LE;
    use proptest::prelude::*;

    fn all(text: &[u8], rows: Rows, limit: usize) -> Vec<(u64, Range<u64>, String)> {
        let mut splitter = Splitter::new(text, rows, Charset::PLAIN, 0, limit).expect("readable");
        let mut found = Vec::new();
        while let Some(piece) = splitter.next().expect("readable") {
            let text = match piece.text {
                Cut::Whole(text) => String::from_utf8_lossy(text).into_owned(),
                Cut::TooLong => "<too long>".to_owned(),
                Cut::OpenQuote => "<open quote>".to_owned(),
                Cut::NoText => "<no text>".to_owned(),
            };
            found.push((piece.number, piece.span, text));
        }
        found
    }

    fn texts(text: &str, limit: usize) -> Vec<String> {
        all(text.as_bytes(), Rows::Records(b','), limit).into_iter().map(|(.., text)| text).collect()
    }

    #[test]
    fn lines_know_their_number_and_bytes() {
        let found = all("a\r\n\n张\n".as_bytes(), Rows::Lines, 100);
        assert_eq!(found, [(1, 0..1, "a".into()), (2, 3..3, String::new()), (3, 4..7, "张".into())]);
        assert_eq!(all(b"", Rows::Lines, 100), []);
        assert_eq!(all(b"last", Rows::Lines, 100), [(1, 0..4, "last".into())]);
    }

    #[test]
    fn a_quoted_field_may_hold_line_ends() {
        assert_eq!(texts("a,\"b\nc\"\"\n\",d\ne", 100), ["a,\"b\nc\"\"\n\",d", "e"]);
        assert_eq!(texts("5\" nail\nnext", 100), ["5\" nail", "next"]);
    }

    #[test]
    fn a_quote_that_never_closes_spoils_one_line() {
        assert_eq!(texts("a,\"b\nc\nd\n", 100), ["<open quote>", "c", "d"]);
        let long = format!("a,\"b\n{}", "c,d\n".repeat(100));
        let found = texts(&long, 100);
        assert_eq!(found.len(), 101);
        assert_eq!(found[0], "<open quote>");
    }

    #[test]
    fn a_line_beyond_the_limit_is_one_row_at_fault() {
        let text = format!("a\n{}\nb\n", "x".repeat(1 << 20));
        let found = all(text.as_bytes(), Rows::Lines, 1_000);
        assert_eq!(found.len(), 3);
        assert_eq!((found[1].0, found[1].2.as_str()), (2, "<too long>"));
        assert_eq!(found[2], (3, (1 << 20) + 3..(1 << 20) + 4, "b".into()));
    }

    #[test]
    fn old_line_ends_are_line_ends() {
        assert_eq!(texts("a,b\rc,d\r", 100), ["a,b", "c,d"]);
    }

    #[test]
    fn bytes_of_wide_text_are_bytes_of_the_file() {
        let charset = Charset { encoding: UTF_16LE, mark: 2 };
        let mut splitter = Splitter::new("张a\nb".as_bytes(), Rows::Lines, charset, 2, 100).expect("readable");
        assert_eq!(splitter.next().expect("readable").expect("a row").span, 2..6);
        assert_eq!(splitter.next().expect("readable").expect("a row").span, 8..10);
    }

    proptest! {
        /// Whatever the bytes: rows are numbered without gaps, their spans follow one another, and together they are the text.
        #[test]
        fn rows_cover_the_text(bytes in proptest::collection::vec(prop_oneof![Just(b'"'), Just(b','), Just(b'\n'), any::<u8>()], 0..300), limit in 4_usize..40) {
            for rows in [Rows::Lines, Rows::Records(b',')] {
                let found = all(&bytes, rows, limit);
                let mut end = 0;
                for (place, (number, span, text)) in found.iter().enumerate() {
                    prop_assert_eq!(*number, place as u64 + 1);
                    prop_assert!(span.start >= end && span.end as usize <= bytes.len());
                    prop_assert!(span.start - end <= 2, "nothing but a line end is left out");
                    if !text.starts_with('<') {
                        let told = String::from_utf8_lossy(&bytes[span.start as usize..span.end as usize]);
                        prop_assert_eq!(text.as_str(), &*told);
                    }
                    end = span.end;
                }
                prop_assert!(bytes.len() as u64 - end <= 2);
            }
        }
    }
}
