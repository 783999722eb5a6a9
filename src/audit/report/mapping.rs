//! Which columns the back-fill export has, and what they are called: a file that an operator may replace. Pure.

use crate::error::{Error, Result, codes};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const BUILTIN: (&str, &str) = ("backfill.toml", include_str!("../../../policies/backfill.toml"));

/// What a column can hold; a row of the export has all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the fields are the words of policies/backfill.toml")]
pub enum Field {
    Class,
    ClassExternalId,
    ClassTitle,
    Provider,
    ProviderExternalId,
    ProviderName,
    Region,
    Platform,
    TradeCode,
    TradeName,
    StartsOn,
    EndsOn,
    Trainee,
    TraineeExternalId,
    Name,
    Category,
    Lesson,
    LessonExternalId,
    LessonTitle,
    LessonKind,
    LessonMode,
    LessonStartsAt,
    LessonEndsAt,
    HoursPlanned,
    HoursCredited,
    EvidenceKinds,
    EvidenceSha256,
    LogIndex,
    ReceivedAt,
    Late,
    LateSha256,
}

/// A column of the export.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// What it holds.
    pub field: Field,
    /// What it is called.
    pub heading: String,
    /// Other words in the place of codes.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
}

impl Column {
    /// A code in this column's words.
    pub fn word<'a>(&'a self, code: &'a str) -> &'a str {
        self.values.get(code).map_or(code, String::as_str)
    }
}

/// The columns in their order.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Where the headings come from; it says so when they are assumed.
    pub source: String,
    /// The columns.
    #[serde(rename = "column")]
    pub columns: Vec<Column>,
}

impl Mapping {
    /// The built-in one.
    pub fn builtin() -> Mapping {
        Mapping::parse(BUILTIN.0, BUILTIN.1).expect("a test reads the built-in mapping")
    }

    /// The one of a file, or the built-in one where none is named.
    ///
    /// Errors: `bad_config` names the file and what is wrong with it.
    pub fn load(path: Option<&Path>) -> Result<Mapping> {
        let Some(path) = path else { return Ok(Mapping::builtin()) };
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|cause| refuse(&file, "it cannot be read as UTF-8 text").because(cause))?;
        Mapping::parse(&file, &text)
    }

    fn parse(file: &str, text: &str) -> Result<Mapping> {
        let mapping: Mapping = toml::from_str(text).map_err(|cause| refuse(file, &cause.to_string()))?;
        if mapping.columns.is_empty() {
            return Err(refuse(file, "it has no [[column]]"));
        }
        let mut seen = BTreeSet::new();
        for column in &mapping.columns {
            if column.heading.trim().is_empty() || !seen.insert(&column.heading) {
                return Err(refuse(file, &format!("the heading '{}' is empty or there twice", column.heading)));
            }
        }
        Ok(mapping)
    }
}

fn refuse(file: &str, fault: &str) -> Error {
    Error::new(&codes::CONFIG, format!("The back-fill mapping {file} cannot be used: {}; correct it and start again.", fault.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_mapping_says_that_its_headings_are_assumed() {
        let mapping = Mapping::builtin();
        assert!(mapping.source.starts_with("assumed:"));
        assert_eq!(mapping.columns.iter().find(|column| column.field == Field::Late).expect("there").word("yes"), "迟交");
    }

    #[test]
    fn a_mapping_that_cannot_be_used_names_what_is_wrong() {
        let column = "source = 'x'\n[[column]]\nfield = 'class'\nheading = 'c'\n";
        for (text, named) in [
            ("source = 'x'\ncolumn = []", "no [[column]]"),
            (&column.replace("'class'", "'klass'"), "klass"),
            (&format!("{column}{}", &column["source = 'x'\n".len()..]), "twice"),
            (&column.replace("heading", "header"), "header"),
        ] {
            let error = Mapping::parse("own.toml", text).expect_err("refused");
            assert!(error.code == "bad_config" && error.message.contains(named) && error.message.contains("own.toml"), "{}", error.message);
        }
    }
}
