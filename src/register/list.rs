//! Lists as JSON, CSV or XLSX: all become JSON objects with the same keys, so that there is one check per row.

use crate::error::{Error, Result, RowError, codes};
use crate::tables;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::HashSet;

/// Most rows a list may have.
pub(super) const MAX_ROWS: usize = 20_000;
/// Most rows named in an answer.
const MAX_FAULTS: usize = 1_000;

/// A list that took the place of another.
#[derive(Clone, Debug)]
pub struct Replaced<T> {
    /// What was in force before.
    pub before: Vec<T>,
    /// What is in force now.
    pub after: Vec<T>,
}

/// A key with the headings that mean it, in lower case without blanks.
pub(super) type Heading = (&'static str, &'static [&'static str]);

/// A list's rows with the number a person finds each under (JSON: position from 1; sheets: row of the sheet).
pub(super) struct List {
    rows: Vec<(u64, Map<String, Value>)>,
}

impl List {
    /// Reads a body: JSON `{<name>: […]}`, or a table whose first row with known headings is the header.
    pub(super) fn read(body: &[u8], name: &str, headings: &[Heading]) -> Result<List> {
        let rows =
            if body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{') { json(body, name)? } else { table(body, headings)? };
        if rows.len() > MAX_ROWS {
            return Err(Error::new(&codes::TOO_LARGE, format!("A list has at most {MAX_ROWS} rows; split the class.")));
        }
        Ok(List { rows })
    }

    /// Every row as `T`, or all rows at fault at once. `check` says what is wrong with a row that has the right shape.
    pub(super) fn parse<T: DeserializeOwned>(
        self,
        prepare: impl FnMut(&mut Map<String, Value>),
        key: impl Fn(&T) -> &str,
        check: impl Fn(&T) -> std::result::Result<(), String>,
    ) -> Result<Vec<T>> {
        let mut seen = HashSet::new();
        let rows = self.numbered(prepare, |item: &T| {
            check(item)?;
            if !seen.insert(key(item).to_owned()) {
                return Err("The same external_id stands in an earlier row; remove one of them.".to_owned());
            }
            Ok(())
        })?;
        Ok(rows.into_iter().map(|(_, item)| item).collect())
    }

    /// The same with the number of each row, and without a key that may stand once.
    pub(super) fn numbered<T: DeserializeOwned>(
        self,
        mut prepare: impl FnMut(&mut Map<String, Value>),
        mut check: impl FnMut(&T) -> std::result::Result<(), String>,
    ) -> Result<Vec<(u64, T)>> {
        let mut good = Vec::with_capacity(self.rows.len());
        let mut bad = Vec::new();
        for (row, mut object) in self.rows {
            prepare(&mut object);
            let parsed = serde_json::from_value::<T>(Value::Object(object)).map_err(|error| error.to_string());
            match parsed.and_then(|item| check(&item).map(|()| item)) {
                Ok(item) => good.push((row, item)),
                Err(message) if bad.len() < MAX_FAULTS => bad.push(RowError { row, code: "invalid_row".to_owned(), message }),
                Err(_) => {}
            }
        }
        if bad.is_empty() { Ok(good) } else { Err(Error::of(&codes::ROWS_AT_FAULT).with_rows(bad)) }
    }
}

fn json(body: &[u8], name: &str) -> Result<Vec<(u64, Map<String, Value>)>> {
    let mut whole: Map<String, Value> = serde_json::from_slice(body)
        .map_err(|cause| Error::new(&codes::INVALID, format!("The body is not valid JSON ({cause}); correct it and send it again.")))?;
    let Some(Value::Array(items)) = whole.remove(name) else {
        return Err(Error::new(&codes::INVALID, format!("The body is an object with a list '{name}'.")));
    };
    let rows = items.into_iter().enumerate().map(|(place, item)| match item {
        Value::Object(object) => (place as u64 + 1, object),
        _ => (place as u64 + 1, Map::new()),
    });
    Ok(rows.collect())
}

fn table(body: &[u8], headings: &[Heading]) -> Result<Vec<(u64, Map<String, Value>)>> {
    let cells = tables::small(body, MAX_ROWS as u64 + 100)?;
    let mut header: Option<Vec<Option<&'static str>>> = None;
    let mut rows = Vec::new();
    for (row, cells) in cells {
        let Some(keys) = &header else {
            let keys: Vec<_> = cells.iter().map(|cell| key_of(cell, headings)).collect();
            if keys.iter().flatten().count() * 2 > headings.len().min(cells.len()) {
                header = Some(keys);
            }
            continue;
        };
        let object: Map<String, Value> = keys
            .iter()
            .zip(&cells)
            .filter_map(|(key, cell)| {
                key.filter(|_| !cell.trim().is_empty()).map(|key| (key.to_owned(), Value::String(cell.trim().to_owned())))
            })
            .collect();
        if !object.is_empty() {
            rows.push((row, object));
        }
    }
    if header.is_none() {
        let known: Vec<_> = headings.iter().map(|(key, _)| *key).collect();
        return Err(Error::new(
            &codes::UNSUPPORTED_LIST,
            format!("No header row was found; the headings are {}, or their Chinese names.", known.join(", ")),
        ));
    }
    Ok(rows)
}

fn key_of(cell: &str, headings: &[Heading]) -> Option<&'static str> {
    let folded: String = cell.chars().filter(|character| !character.is_whitespace()).flat_map(char::to_lowercase).collect();
    headings.iter().find(|(key, names)| *key == folded || names.contains(&folded.as_str())).map(|(key, _)| *key)
}
