//! Files of cases: TOML whose tables are written with bars, as a person would draw them.

use super::{Rows, key};
use crate::detect::Window;
use crate::time::Time;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;

/// Rows of a table as they are written: column and value.
pub(super) type Written = Vec<BTreeMap<String, String>>;

/// A case.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) now: Time,
    pub(super) window: Window,
    /// Values of the rule's parameters that are others here.
    pub(super) parameters: BTreeMap<String, toml::Value>,
    /// Rows by table, those given to all cases of the file first.
    pub(super) tables: BTreeMap<String, Written>,
    /// What the rule must find; nothing where the case is innocent.
    pub(super) finds: Finds,
}

/// Findings that a case states: any of a finding's columns, `detail.NAME`, and evidence as `ID:ROW, ID`.
pub(super) struct Finds {
    columns: Vec<String>,
    rows: Written,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    given: BTreeMap<String, String>,
    case: Vec<One>,
}

#[derive(Deserialize)]
struct One {
    name: String,
    now: Option<String>,
    since: Option<String>,
    until: Option<String>,
    #[serde(default)]
    parameters: BTreeMap<String, toml::Value>,
    finds: Option<String>,
    #[serde(flatten)]
    tables: BTreeMap<String, String>,
}

/// Reads a file of cases.
pub(super) fn read(path: &Path) -> Result<Vec<Case>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let file: File = toml::from_str(&text).map_err(|error| error.to_string())?;
    file.case.into_iter().map(|one| case(&file.given, one)).collect()
}

fn case(given: &BTreeMap<String, String>, one: One) -> Result<Case, String> {
    let said = |what: String| format!("{}: {what}", one.name);
    let mut tables: BTreeMap<String, Written> = BTreeMap::new();
    for (table, text) in given.iter().chain(&one.tables) {
        tables.entry(table.clone()).or_default().extend(rows(text).map_err(|what| said(format!("{table}: {what}")))?);
    }
    let time = |text: &Option<String>, otherwise: &str| moment(text.as_deref().unwrap_or(otherwise)).map_err(said);
    let window = Window { since: time(&one.since, "2019-01-01 00:00")?, until: time(&one.until, "2022-01-01 00:00")? };
    let finds = one.finds.as_deref().unwrap_or_default();
    let finds = Finds { columns: header(finds), rows: rows(finds).map_err(said)? };
    Ok(Case { now: time(&one.now, "2020-12-01 00:00")?, name: one.name, window, parameters: one.parameters, tables, finds })
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn header(text: &str) -> Vec<String> {
    lines(text).next().map(|line| line.split('|').map(|name| name.trim().to_owned()).collect()).unwrap_or_default()
}

/// A header and rows, cells between bars; an empty cell is left out.
fn rows(text: &str) -> Result<Written, String> {
    let names = header(text);
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if cells.len() != names.len() {
            return Err(format!("'{line}' has {} cells, the header {}", cells.len(), names.len()));
        }
        let filled = names.iter().zip(cells).filter(|(_, cell)| !cell.is_empty());
        Ok(filled.map(|(name, cell)| (name.clone(), cell.to_owned())).collect())
    };
    lines(text).skip(1).map(row).collect()
}

/// A time in China: `09:00` and `09:00:05` are on 2020-03-03, `03-04 09:00` is in 2020, `2019-12-31 09:00` says all.
pub(super) fn moment(text: &str) -> Result<Time, String> {
    let (day, clock) = text.rsplit_once(' ').unwrap_or(("2020-03-03", text));
    let day = if day.len() == 5 { format!("2020-{day}") } else { day.to_owned() };
    let clock = if clock.len() == 5 { format!("{clock}:00") } else { clock.to_owned() };
    format!("{day}T{clock}+08:00").parse().map_err(|_| format!("'{text}' is no time"))
}

impl Finds {
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether the rows are those stated, in the columns that are.
    pub(super) fn compare(&self, rows: &Rows) -> Result<(), String> {
        let cells = |row: &BTreeMap<String, String>| self.columns.iter().map(|name| row.get(name).cloned().unwrap_or_default()).collect();
        let mut stated: Vec<Vec<String>> = self.rows.iter().map(cells).collect();
        let mut seen: Vec<Vec<String>> = rows.iter().map(|row| self.columns.iter().map(|name| cell(row, name)).collect()).collect();
        stated.sort();
        seen.sort();
        if stated == seen {
            return Ok(());
        }
        let all: Vec<String> =
            rows.iter().map(|row| format!("  {} {}", key(row), serde_json::to_string(row).unwrap_or_default())).collect();
        Err(format!("states {columns:?}\n  {stated:?}\n  and finds\n  {seen:?}\n{}", all.join("\n"), columns = self.columns))
    }
}

/// A cell of a finding as cases write it.
fn cell(row: &Map<String, Value>, name: &str) -> String {
    if let Some(part) = name.strip_prefix("detail.") {
        let detail: Value = row.get("detail").and_then(Value::as_str).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        return written(&detail[part]);
    }
    match (name, row.get(name)) {
        ("at", Some(Value::String(at))) => at.parse::<Time>().map(clock).unwrap_or_default(),
        ("evidence", Some(Value::String(list))) => {
            let list: Vec<crate::detect::Pointer> = serde_json::from_str(list).unwrap_or_default();
            let mut list: Vec<String> =
                list.iter().map(|pointer| pointer.row.map_or(pointer.id.clone(), |row| format!("{}:{row}", pointer.id))).collect();
            list.sort();
            list.join(", ")
        }
        ("score", Some(Value::Number(score))) => format!("{:.2}", score.as_f64().unwrap_or_default()),
        (_, Some(value)) => written(value),
        (_, None) => String::new(),
    }
}

fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// As short as [`moment`] takes it.
fn clock(at: Time) -> String {
    let text = at.utc().with_timezone(&chrono_tz::Asia::Shanghai).format("%Y-%m-%d %H:%M:%S").to_string();
    let text = text.strip_suffix(":00").map_or(text.clone(), str::to_owned);
    let text = text.strip_prefix("2020-").map_or(text.clone(), str::to_owned);
    text.strip_prefix("03-03 ").map_or(text.clone(), str::to_owned)
}
