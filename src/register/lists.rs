//! The lists that the notice speaks of and does not carry: trades (培训工种目录清单) and institutions (培训机构目录清单), each entry with the
//! days it is on the list. They are files of the operator's policy folder; none is built in, and a check that needs one says so.

use super::list::{Heading, List};
use crate::error::{Error, Result, codes};
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

const TRADES: &[Heading] = &[
    ("code", &["编码", "职业编码", "工种编码", "代码"]),
    ("name", &["名称", "职业", "工种", "工种名称", "职业名称"]),
    ("from", &["起", "生效日期", "开始日期"]),
    ("until", &["止", "失效日期", "结束日期"]),
];
const INSTITUTIONS: &[Heading] = &[
    ("code", &["external_id", "编号", "机构编号", "机构代码"]),
    ("name", &["名称", "机构", "机构名称"]),
    ("from", &["起", "生效日期", "开始日期"]),
    ("until", &["止", "失效日期", "结束日期"]),
];

/// The lists that are loaded.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    /// Of trades, by their codes.
    pub trades: Option<Arc<DatedList>>,
    /// Of institutions, by the ids that providers have.
    pub institutions: Option<Arc<DatedList>>,
}

/// Entries that are on a list from a day to a day.
#[derive(Debug, Default)]
pub struct DatedList {
    /// The files it was read from.
    pub files: Vec<String>,
    entries: HashMap<String, Vec<Entry>>,
}

/// One row of a list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What it is known by.
    pub code: String,
    /// What it is called.
    pub name: String,
    /// First day; from the beginning where none is said.
    #[serde(default)]
    pub from: Option<NaiveDate>,
    /// Last day; open where none is said.
    #[serde(default)]
    pub until: Option<NaiveDate>,
}

/// How something stands on a list on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing<'a> {
    /// On it.
    Listed(&'a Entry),
    /// On it at another time.
    AnotherTime(&'a Entry),
    /// Not on it.
    Absent,
}

impl Lists {
    /// Every `trades-*` and `institutions-*` (.csv or .xlsx) of the operator's policy folder; several files of a kind are one list.
    ///
    /// Errors: `bad_config` names the file and its first row at fault.
    pub fn of_folder(folder: &Path) -> Result<Lists> {
        Ok(Lists { trades: of_kind(folder, "trades-", TRADES)?, institutions: of_kind(folder, "institutions-", INSTITUTIONS)? })
    }
}

impl DatedList {
    /// How something stands on a day.
    pub fn on(&self, code: &str, day: NaiveDate) -> Standing<'_> {
        let Some(entries) = self.entries.get(&folded(code)) else { return Standing::Absent };
        let holds = |entry: &&Entry| entry.from.is_none_or(|from| from <= day) && entry.until.is_none_or(|until| day <= until);
        match (entries.iter().find(holds), entries.last()) {
            (Some(entry), _) => Standing::Listed(entry),
            (None, Some(entry)) => Standing::AnotherTime(entry),
            (None, None) => Standing::Absent,
        }
    }

    /// Its entries, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values().flatten()
    }
}

fn of_kind(folder: &Path, prefix: &str, headings: &[Heading]) -> Result<Option<Arc<DatedList>>> {
    let fault = |file: &str, what: String| Error::new(&codes::CONFIG, format!("The list {file} cannot be used: {what}"));
    let wanted = |name: &str| name.starts_with(prefix) && [".csv", ".xlsx"].iter().any(|ending| name.ends_with(ending));
    let mut list = DatedList::default();
    for path in super::policy::folder_names(folder, wanted)? {
        let file = path.display().to_string();
        let body = std::fs::read(&path).map_err(|cause| fault(&file, "it cannot be read.".to_owned()).because(cause))?;
        let entries = read(&body, headings).map_err(|error| {
            let first = error.rows.first().map(|row| format!(" Row {}: {}", row.row, row.message)).unwrap_or_default();
            fault(&file, format!("{}{first}", error.message))
        })?;
        for entry in entries {
            list.entries.entry(folded(&entry.code)).or_default().push(entry);
        }
        list.files.push(file);
    }
    list.entries.values_mut().for_each(|entries| entries.sort_by_key(|entry| entry.from));
    Ok(if list.files.is_empty() { None } else { Some(Arc::new(list)) })
}

fn read(body: &[u8], headings: &[Heading]) -> Result<Vec<Entry>> {
    let mut place = 0;
    let mut next = || {
        place += 1;
        place
    };
    // Something may be on a list twice, at different times: the row itself is its key.
    let keyed = List::read(body, "entries", headings)?.parse(
        |row| {
            for key in ["from", "until"] {
                day(row, key);
            }
            let number = next();
            row.insert("row".to_owned(), number.to_string().into());
        },
        |row: &Row| &row.row,
        |row| {
            if row.code.trim().is_empty() || row.name.trim().is_empty() {
                return Err("code and name are not empty.".to_owned());
            }
            if row.from.zip(row.until).is_some_and(|(from, until)| until < from) {
                return Err("until lies before from.".to_owned());
            }
            Ok(())
        },
    )?;
    Ok(keyed.into_iter().map(|row| Entry { code: row.code, name: row.name, from: row.from, until: row.until }).collect())
}

#[derive(Deserialize)]
struct Row {
    row: String,
    code: String,
    name: String,
    #[serde(default)]
    from: Option<NaiveDate>,
    #[serde(default)]
    until: Option<NaiveDate>,
}

/// A day as sheets write it: `2020/2/16`, `2020-02-16 00:00:00`.
fn day(row: &mut Map<String, Value>, key: &str) {
    if let Some(Value::String(text)) = row.get_mut(key) {
        let day = text.split([' ', 'T']).next().unwrap_or_default().replace(['/', '.'], "-");
        *text = day;
    }
}

/// Codes are compared without blanks, in one case.
fn folded(code: &str) -> String {
    code.chars().filter(|character| !character.is_whitespace()).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).expect("written");
        }
        folder
    }

    #[test]
    fn without_a_file_there_is_no_list() {
        let folder = folder(&[("trades.txt", "no list")]);
        let lists = Lists::of_folder(folder.path()).expect("reads");
        assert!(lists.trades.is_none() && lists.institutions.is_none());
    }

    #[test]
    fn a_trade_is_on_the_list_from_a_day_to_a_day() {
        let folder = folder(&[
            ("trades-2020.csv", "编码,名称,生效日期,失效日期\n6-29-03-07,电工,2020/1/1,2020-12-31\n4-14-01-02, 育婴员,,\n"),
            ("trades-2021.csv", "code,name,from,until\n6-29-03-07,电工,2021-07-01,\n"),
        ]);
        let trades = Lists::of_folder(folder.path()).expect("reads").trades.expect("a list");
        assert_eq!(trades.files.len(), 2);
        assert!(matches!(trades.on("6-29-03-07", date("2020-03-03")), Standing::Listed(entry) if entry.name == "电工"));
        assert!(matches!(trades.on(" 6-29-03-07", date("2021-03-03")), Standing::AnotherTime(_)), "between its two times");
        assert!(matches!(trades.on("6-29-03-07", date("2030-01-01")), Standing::Listed(_)));
        assert!(matches!(trades.on("4-14-01-02", date("1999-01-01")), Standing::Listed(_)));
        assert_eq!(trades.on("5-01-01-01", date("2020-03-03")), Standing::Absent);
    }

    #[test]
    fn a_row_at_fault_is_refused_with_the_file_and_the_row() {
        for (text, says) in [
            ("code,name,from,until\n6-29-03-07,电工,2020-02-30,\n", "Row 2"),
            ("code,name,from,until\n6-29-03-07,,2020-02-03,\n", "Row 2"),
            ("code,name,from,until\n6-29-03-07,电工,2020-02-03,2020-02-01\n", "until lies before from"),
        ] {
            let folder = folder(&[("institutions-ak.csv", text)]);
            let fault = Lists::of_folder(folder.path()).expect_err(says);
            assert_eq!(fault.code, "bad_config");
            assert!(fault.message.contains("institutions-ak.csv") && fault.message.contains(says), "{fault}");
        }
    }
}
