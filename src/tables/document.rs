//! Cuts a JSON document into its entries: one at a time is held, whatever the size of the document, and none that is longer than allowed.
//!
//! An entry is what a list of the document holds. Lists are the document itself where it is an array, every array that is a member of
//! the document or of an object in it, and every object in the document for the objects it holds by name (`{"users": {"u1": {…}}}`).
//! A document that is a single statement ([`is_one`]) is its own only entry. Entries are numbered from 1 in the order of the document,
//! through all its lists, so that an entry is found again by its number without knowing what it means.

use super::encoding::Charset;
use crate::error::{Error, Result, codes};
use encoding_rs::UTF_8;
use serde::de::IgnoredAny;
use std::collections::HashMap;
use std::io::{self, ErrorKind, Read};
use std::ops::Range;

/// What a document gives out, in its order.
#[derive(Debug)]
pub(crate) enum Item<'a> {
    /// A member of the document that is no list: its name and its JSON.
    Said(&'a str, &'a [u8]),
    Entry(Entry<'a>),
}

/// One entry of a list.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    /// From 1.
    pub(crate) number: u64,
    /// Bytes in the file; none in an encoding whose bytes cannot be counted after conversion.
    pub(crate) bytes: Option<Range<u64>>,
    /// The member that is its list; empty where the document is.
    pub(crate) list: &'a str,
    /// Its JSON; none when it is longer than allowed.
    pub(crate) text: Option<&'a [u8]>,
}

/// Members whose presence makes an object one statement, not a document of lists: xAPI's.
const ONE: [&str; 2] = ["actor", "verb"];

/// Whether a text is an object that is an entry by itself.
pub(crate) fn is_one(text: &str) -> bool {
    let members = members(text.as_bytes());
    ONE.iter().all(|name| members.iter().any(|member| member == name))
}

/// The names of an object's members; none for anything else.
pub(crate) fn members(text: &[u8]) -> Vec<String> {
    let object: HashMap<String, IgnoredAny> = serde_json::from_slice(text).unwrap_or_default();
    object.into_keys().collect()
}

/// Names and values beside the lists are kept up to this length.
const LONGEST_SAID: usize = 1_024;

/// Cuts a document that is UTF-8.
pub(crate) struct Cutter<R> {
    input: Input<R>,
    /// The document is its own entry.
    one: bool,
    /// Longest entry in bytes.
    limit: usize,
    begun: bool,
    /// The arrays and objects around the next value, three at most.
    levels: Vec<Level>,
    number: u64,
    name: String,
    value: Vec<u8>,
}

struct Level {
    array: bool,
    /// Something was read in it.
    filled: bool,
    name: String,
}

/// What to do with a value.
enum Do {
    Enter,
    Say,
    Give,
    Pass,
}

/// What was found: its bytes, and whether it was kept whole.
enum Found {
    Said,
    Entry(Range<u64>, bool),
}

impl<R: Read> Cutter<R> {
    /// Cuts `input`, which stands behind the byte-order mark of a file of this charset.
    pub(crate) fn new(input: R, charset: Charset, one: bool, limit: usize) -> Cutter<R> {
        let input = Input { input, charset, buffer: vec![0; 64 << 10], start: 0, filled: 0, offset: charset.mark };
        Cutter { input, one, limit, begun: false, levels: Vec::new(), number: 0, name: String::new(), value: Vec::new() }
    }

    /// The next item; `None` at the end.
    ///
    /// # Errors
    /// `corrupt_file` where the document ends in the middle or is no JSON. Inside entries only brackets and quotation marks are looked at.
    pub(crate) fn next(&mut self) -> Result<Option<Item<'_>>> {
        let found = self.find().map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => damaged(self.number, "ends in the middle"),
            ErrorKind::InvalidData => damaged(self.number, "is damaged"),
            _ => error.into(),
        })?;
        Ok(found.map(|found| match found {
            Found::Said => Item::Said(&self.name, &self.value),
            Found::Entry(bytes, whole) => Item::Entry(Entry {
                number: self.number,
                bytes: (self.input.charset.encoding == UTF_8 || self.input.charset.is_wide()).then_some(bytes),
                list: self.levels.last().map_or("", |level| &level.name),
                text: whole.then_some(&self.value),
            }),
        }))
    }

    fn find(&mut self) -> io::Result<Option<Found>> {
        if !self.begun {
            self.begun = true;
            let byte = self.input.token()?;
            if self.one {
                return self.give().map(Some);
            }
            self.enter(byte)?;
        }
        while let Some(level) = self.levels.last_mut() {
            let mut byte = self.input.token()?;
            if byte == if level.array { b']' } else { b'}' } {
                self.input.skip(1);
                self.levels.pop();
                continue;
            }
            if level.filled {
                self.input.expect(b',')?;
                byte = self.input.token()?;
            }
            level.filled = true;
            let array = level.array;
            self.name.clear();
            if !array {
                if byte != b'"' {
                    return Err(ErrorKind::InvalidData.into());
                }
                self.input.value(&mut self.value, LONGEST_SAID)?;
                self.name = serde_json::from_slice(&self.value).unwrap_or_default();
                self.input.expect(b':')?;
                byte = self.input.token()?;
            }
            match to_do(array, self.levels.len(), byte) {
                Do::Enter => self.enter(byte)?,
                Do::Give => return self.give().map(Some),
                Do::Say if self.input.value(&mut self.value, LONGEST_SAID)? => return Ok(Some(Found::Said)),
                Do::Say => {}
                Do::Pass => {
                    self.input.value(&mut self.value, LONGEST_SAID)?;
                }
            }
        }
        match self.input.ahead()? {
            None => Ok(None),
            Some(_) => Err(ErrorKind::InvalidData.into()),
        }
    }

    fn enter(&mut self, byte: u8) -> io::Result<()> {
        if !matches!(byte, b'[' | b'{') {
            return Err(ErrorKind::InvalidData.into());
        }
        self.input.skip(1);
        self.levels.push(Level { array: byte == b'[', filled: false, name: std::mem::take(&mut self.name) });
        Ok(())
    }

    fn give(&mut self) -> io::Result<Found> {
        self.number += 1;
        let begin = self.input.offset;
        let whole = self.input.value(&mut self.value, self.limit)?;
        Ok(Found::Entry(begin..self.input.offset, whole))
    }
}

/// What a value is, by what holds it, how deep that is, and the value's first byte.
fn to_do(in_array: bool, depth: usize, byte: u8) -> Do {
    match (in_array, depth, byte) {
        (true, ..) => Do::Give,
        (false, 1, b'[' | b'{') | (false, _, b'[') => Do::Enter,
        (false, 1, _) => Do::Say,
        (false, _, b'{') => Do::Give,
        (false, ..) => Do::Pass,
    }
}

fn damaged(entry: u64, how: &str) -> Error {
    let place = if entry == 0 { "before its first entry".to_owned() } else { format!("in or after entry {entry}") };
    Error::new(&codes::CORRUPT, format!("The JSON document {how}, {place}; export it again and send it whole."))
}

/// The bytes of a document, with their place in the file.
struct Input<R> {
    input: R,
    charset: Charset,
    buffer: Vec<u8>,
    start: usize,
    filled: usize,
    /// Where `start` is in the file.
    offset: u64,
}

impl<R: Read> Input<R> {
    /// What is read and not yet passed; empty at the end.
    fn fill(&mut self) -> io::Result<&[u8]> {
        while self.start == self.filled {
            match self.input.read(&mut self.buffer) {
                Ok(0) => return Ok(&[]),
                Ok(read) => (self.start, self.filled) = (0, read),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(&self.buffer[self.start..self.filled])
    }

    fn skip(&mut self, bytes: usize) {
        self.offset += self.charset.source_len(&self.buffer[self.start..self.start + bytes]);
        self.start += bytes;
    }

    /// The next byte that is no blank, not passed.
    fn ahead(&mut self) -> io::Result<Option<u8>> {
        loop {
            let bytes = self.fill()?;
            if bytes.is_empty() {
                return Ok(None);
            }
            let length = bytes.len();
            let found = bytes.iter().position(|byte| !byte.is_ascii_whitespace());
            self.skip(found.unwrap_or(length));
            if found.is_some() {
                return Ok(Some(self.buffer[self.start]));
            }
        }
    }

    fn token(&mut self) -> io::Result<u8> {
        self.ahead()?.ok_or_else(|| ErrorKind::UnexpectedEof.into())
    }

    fn expect(&mut self, wanted: u8) -> io::Result<()> {
        if self.token()? != wanted {
            return Err(ErrorKind::InvalidData.into());
        }
        self.skip(1);
        Ok(())
    }

    /// Passes a value and keeps its first bytes; says whether these are all.
    fn value(&mut self, kept: &mut Vec<u8>, most: usize) -> io::Result<bool> {
        kept.clear();
        let (mut scan, mut whole) = (Scan { inside: Inside::Nothing, depth: 0 }, true);
        loop {
            let bytes = self.fill()?;
            if bytes.is_empty() {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            let (passed, ended) = scan.pass(bytes);
            let room = most.saturating_sub(kept.len());
            kept.extend_from_slice(&bytes[..passed.min(room)]);
            whole &= passed <= room;
            self.skip(passed);
            if ended {
                break;
            }
        }
        // A text or a bracket ends where it must; true, null and numbers are what is left.
        if !matches!(kept.first(), Some(b'"' | b'{' | b'[')) && (!whole || serde_json::from_slice::<IgnoredAny>(kept).is_err()) {
            return Err(ErrorKind::InvalidData.into());
        }
        Ok(whole)
    }
}

/// Finds the end of a value.
struct Scan {
    inside: Inside,
    /// Open brackets.
    depth: u64,
}

#[derive(Clone, Copy)]
enum Inside {
    Nothing,
    Text,
    /// After a backslash in a text.
    Escape,
    /// A number, or true, false, null.
    Word,
}

impl Scan {
    /// How many of these bytes belong to the value, and whether it ends with them.
    fn pass(&mut self, bytes: &[u8]) -> (usize, bool) {
        for (place, byte) in bytes.iter().enumerate() {
            match (self.inside, byte) {
                (Inside::Escape, _) => self.inside = Inside::Text,
                (Inside::Text, b'\\') => self.inside = Inside::Escape,
                (Inside::Text, b'"') => {
                    self.inside = Inside::Nothing;
                    if self.depth == 0 {
                        return (place + 1, true);
                    }
                }
                (Inside::Text, _) => {}
                (Inside::Word, b',' | b':' | b'[' | b']' | b'{' | b'}' | b'"') => return (place, true),
                (Inside::Word, byte) if byte.is_ascii_whitespace() => return (place, true),
                (Inside::Word, _) => {}
                (Inside::Nothing, b'"') => self.inside = Inside::Text,
                (Inside::Nothing, b'[' | b'{') => self.depth += 1,
                (Inside::Nothing, b']' | b'}' | b',' | b':') if self.depth == 0 => return (place, true),
                (Inside::Nothing, b']' | b'}') => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return (place + 1, true);
                    }
                }
                (Inside::Nothing, _) if self.depth == 0 => self.inside = Inside::Word,
                (Inside::Nothing, _) => {}
            }
        }
        (bytes.len(), false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::UTF_16LE;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    /// A reader that gives one byte at a time, so that every seam is tried.
    struct Drops<'a>(&'a [u8]);

    impl Read for Drops<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let length = self.0.len().min(out.len()).min(1);
            out[..length].copy_from_slice(&self.0[..length]);
            self.0 = &self.0[length..];
            Ok(length)
        }
    }

    /// Every item as a line, and the error that ended it.
    fn cut(text: &str, one: bool, limit: usize) -> (Vec<String>, Option<Error>) {
        let mut cutter = Cutter::new(Drops(text.as_bytes()), Charset::PLAIN, one, limit);
        let mut lines = Vec::new();
        loop {
            match cutter.next() {
                Ok(Some(Item::Said(name, value))) => lines.push(format!("{name}={}", String::from_utf8_lossy(value))),
                Ok(Some(Item::Entry(entry))) => {
                    let bytes = entry.bytes.expect("UTF-8 has bytes");
                    let told = &text[bytes.start as usize..bytes.end as usize];
                    match entry.text {
                        Some(kept) => assert_eq!(kept, told.as_bytes(), "the bytes of an entry are the entry"),
                        None => assert!(told.len() > limit),
                    }
                    lines.push(format!("{} {}:{}", entry.number, entry.list, if entry.text.is_some() { told } else { "<too long>" }));
                }
                Ok(None) => return (lines, None),
                Err(error) => return (lines, Some(error)),
            }
        }
    }

    fn lines(text: &str) -> Vec<String> {
        let (lines, error) = cut(text, false, 1_000);
        assert!(error.is_none(), "{error:?}");
        lines
    }

    #[test]
    fn entries_are_counted_through_all_lists_in_the_order_of_the_document() {
        assert_eq!(lines(r#" [ {"a":1}, {"b":[1,2]} ,3] "#), [r#"1 :{"a":1}"#, r#"2 :{"b":[1,2]}"#, "3 :3"]);
        assert_eq!(
            lines(r#"{"ok":true,"polls":{"p":{"q":"?"}},"users":{"u1":{"x":"}\"]"},"n":5,"u2":{}},"list":["a"],"end":"z"}"#),
            ["ok=true", r#"1 polls:{"q":"?"}"#, r#"2 users:{"x":"}\"]"}"#, "3 users:{}", r#"4 list:"a""#, r#"end="z""#]
        );
        assert_eq!(lines(r#"{"data":{"count":2,"rows":[{"a":1},{"a":2}]}}"#), [r#"1 rows:{"a":1}"#, r#"2 rows:{"a":2}"#]);
        assert_eq!(lines("{}"), [""; 0]);
        assert_eq!(lines("[\n]\n"), [""; 0]);
    }

    #[test]
    fn a_statement_is_one_entry() {
        let text = r#"{"actor":{"account":{"name":"u"}},"verb":{"id":"x"}}"#;
        assert!(is_one(text) && !is_one(r#"{"actor":1}"#) && !is_one(&format!("{text}\n{text}")) && !is_one("[]"));
        assert_eq!(cut(text, true, 1_000).0, [format!("1 :{text}")]);
    }

    #[test]
    fn an_entry_beyond_the_limit_is_passed_over_and_counted() {
        let text = format!("[{{\"a\":\"{}\"}},{{}}]", "x".repeat(500));
        assert_eq!(cut(&text, false, 100).0, ["1 :<too long>", "2 :{}"]);
        let deep = format!("[{}{},1]", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(cut(&deep, false, 100).0, ["1 :<too long>", "2 :1"]);
    }

    #[test]
    fn a_document_cut_anywhere_is_damaged() {
        let whole = r#"{"ok":true,"users":{"u1":{"x":"}\"]"},"u2":{}},"list":[1,null]}"#;
        for length in 1..whole.len() {
            let error = cut(&whole[..length], false, 1_000).1.expect("cut short");
            assert_eq!(error.code, "corrupt_file", "{}", &whole[..length]);
        }
        assert!(cut(&whole[..20], false, 1_000).1.expect("cut short").message.contains("ends in the middle, before its first entry"));
    }

    #[test]
    fn what_is_no_json_is_damaged() {
        for text in [
            "[1,]",
            "[,1]",
            "[1 2]",
            "{\"a\" 1}",
            "{\"a\":}",
            "{a:1}",
            "[tru]",
            "[]]",
            "[] []",
            "{\"a\":[]},",
            "hello",
            "[1}",
            "{\"a\":1,}",
        ] {
            assert_eq!(cut(text, false, 1_000).1.expect(text).code, "corrupt_file", "{text}");
        }
    }

    #[test]
    fn bytes_of_wide_text_are_bytes_of_the_file() {
        let charset = Charset { encoding: UTF_16LE, mark: 2 };
        let mut cutter = Cutter::new("[{\"名\":\"a\"}]".as_bytes(), charset, false, 100);
        match cutter.next().expect("readable") {
            Some(Item::Entry(entry)) => assert_eq!(entry.bytes, Some(4..22)),
            other => panic!("{other:?}"),
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![any::<bool>().prop_map(Value::from), any::<i32>().prop_map(Value::from), "\\PC{0,6}".prop_map(Value::from)];
        leaf.prop_recursive(4, 40, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec(("[a-c\"\\\\]{0,2}", inner), 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_elements_of_an_array_are_its_entries(values in proptest::collection::vec(value(), 0..6), pretty in any::<bool>()) {
            let whole = json!(values);
            let text = if pretty { serde_json::to_string_pretty(&whole) } else { serde_json::to_string(&whole) }.expect("json");
            let mut cutter = Cutter::new(text.as_bytes(), Charset::PLAIN, false, 10_000);
            let mut found = Vec::new();
            while let Some(item) = cutter.next().expect("whole") {
                let Item::Entry(entry) = item else { panic!("an array says nothing") };
                found.push(serde_json::from_slice::<Value>(entry.text.expect("short")).expect("json"));
            }
            prop_assert_eq!(found, values);
        }

        #[test]
        fn whatever_json_says_is_read_to_its_end(whole in value()) {
            let text = whole.to_string();
            let ended = cut(&text, false, 10_000).1.is_none();
            prop_assert_eq!(ended, whole.is_array() || whole.is_object());
        }

        #[test]
        fn no_bytes_break_the_cutter(text in "[\\[\\]{}\",:a1 \\\\]{0,60}") {
            let (found, error) = cut(&text, false, 20);
            if error.is_none() && found.iter().all(|line| !line.contains("<too long>")) {
                let bracket = text.trim_start().starts_with(['[', '{']);
                prop_assert!(bracket);
            }
        }
    }
}
