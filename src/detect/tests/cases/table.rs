//! Rows that a case writes as rows of the lake: what it leaves out is filled from what stands elsewhere, or with what is usual.

use super::file::{Written, moment};
use crate::lake::query::tables;
use datafusion::arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is usual, by table and column: a live lesson of one lesson hour, worth 9.75 yuan; a minus sign in a case stands for nothing.
const USUAL: &[(&str, &[(&str, &str)])] = &[
    ("attendance", &[("kind", "interval"), ("received_at", "03-10 12:00"), ("platform", "sx-zxpx"), ("evidence", "log")]),
    ("lessons", &[("kind", "theory"), ("mode", "live"), ("hours_milli", "1000"), ("worth_fen", "975"), ("platform", "sx-zxpx")]),
    (
        "classes",
        &[
            ("provider", "provider"),
            ("platform", "sx-zxpx"),
            ("starts_on", "2020-03-01"),
            ("ends_on", "2020-03-31"),
            ("epidemic", "1"),
            ("application", "full"),
        ],
    ),
    ("roster", &[("category", "employee")]),
    ("providers", &[("kind", "institution")]),
    (
        "evidence",
        &[("received_at", "03-10 12:00"), ("platform", "sx-zxpx"), ("media_type", "text/csv"), ("size", "1000"), ("submitter", "platform")],
    ),
    ("media", &[("received_at", "03-10 12:00"), ("pass", "full")]),
    ("credits", &[("policy", "shaanxi-2020-31"), ("at", "03-11 12:00"), ("reasons", "{}")]),
    ("presence", &[("kind", "credited"), ("evidence", "[]")]),
    ("applications", &[("provider", "provider"), ("platform", "sx-zxpx"), ("application", "full"), ("applied_at", "2020-02-20 10:00")]),
    ("claims", &[("provider", "provider"), ("state", "filed"), ("gaps", "[]"), ("filed_at", "2020-04-10 10:00")]),
    ("listed", &[("evidence", "list"), ("source", "office"), ("as_of", "2020-06-01")]),
    ("certificates", &[("kind", "qualified"), ("issued_on", "2020-04-01"), ("entered_at", "2020-04-02 10:00")]),
];

/// Columns that are filled from another table's row: table (any that has both columns), column, what leads there, and the table there.
const FROM: &[(&str, &str, &str)] = &[
    ("class", "lesson", "lessons"),
    ("class", "trainee", "trainees"),
    ("provider", "class", "classes"),
    ("person", "trainee", "trainees"),
];

/// The tables of a case, with all columns of the lake's. An unknown table or column is an error.
pub(super) fn batches(written: &BTreeMap<String, Written>) -> Result<BTreeMap<&'static str, RecordBatch>, String> {
    let known: Vec<(&'static str, SchemaRef)> = tables().collect();
    let mut written = written.clone();
    fill(&mut written, &known);
    let mut made = BTreeMap::new();
    for (name, rows) in &written {
        let (name, schema) = known.iter().find(|(known, _)| known == name).ok_or_else(|| format!("there is no table {name}"))?;
        let has = |column: &String| schema.field_with_name(column).is_ok();
        if let Some(stranger) = rows.iter().flat_map(BTreeMap::keys).find(|column| !has(column)) {
            return Err(format!("{name} has no column {stranger}"));
        }
        made.insert(*name, batch(schema, rows).map_err(|what| format!("{name}: {what}"))?);
    }
    Ok(made)
}

fn fill(written: &mut BTreeMap<String, Written>, known: &[(&'static str, SchemaRef)]) {
    for (name, rows) in written.iter_mut() {
        let usual = USUAL.iter().find(|(table, _)| table == name).map_or(&[][..], |(_, usual)| usual);
        for (number, row) in (1..).zip(rows.iter_mut()) {
            for (column, value) in usual {
                row.entry((*column).to_owned()).or_insert_with(|| (*value).to_owned());
            }
            if name == "attendance" {
                row.entry("row".to_owned()).or_insert_with(|| number.to_string());
            }
        }
    }
    for (column, by, table) in FROM {
        let there: BTreeMap<String, String> =
            written.get(*table).into_iter().flatten().filter_map(|row| Some((row.get(*by)?.clone(), row.get(*column)?.clone()))).collect();
        for (name, rows) in written.iter_mut() {
            let has = |column: &str| known.iter().any(|(table, schema)| table == name && schema.field_with_name(column).is_ok());
            if !has(column) || !has(by) {
                continue;
            }
            for row in rows.iter_mut().filter(|row| !row.contains_key(*column)) {
                if let Some(value) = row.get(*by).and_then(|id| there.get(id)) {
                    row.insert((*column).to_owned(), value.clone());
                }
            }
        }
    }
}

fn batch(schema: &SchemaRef, rows: &Written) -> Result<RecordBatch, String> {
    let column = |name: &str, kind: &DataType| -> Result<ArrayRef, String> {
        let cells: Vec<Option<&str>> = rows.iter().map(|row| row.get(name).map(String::as_str).filter(|cell| *cell != "-")).collect();
        let each = |cell: &Option<&str>| -> Result<Option<i64>, String> {
            cell.map(|cell| cell.parse().map_err(|_| format!("{name} is '{cell}'"))).transpose()
        };
        Ok(match kind {
            DataType::Utf8 | DataType::Utf8View => Arc::new(StringArray::from(cells)),
            DataType::Int64 => Arc::new(Int64Array::from(cells.iter().map(each).collect::<Result<Vec<_>, _>>()?)),
            DataType::Float64 => {
                let each =
                    |cell: &Option<&str>| cell.map(|cell| cell.parse::<f64>().map_err(|_| format!("{name} is '{cell}'"))).transpose();
                Arc::new(Float64Array::from(cells.iter().map(each).collect::<Result<Vec<_>, _>>()?))
            }
            DataType::Timestamp(..) => {
                let each = |cell: &Option<&str>| cell.map(|cell| moment(cell).map(|at| at.0)).transpose();
                let times = cells.iter().map(each).collect::<Result<Vec<_>, _>>()?;
                Arc::new(TimestampMicrosecondArray::from(times).with_timezone("UTC"))
            }
            other => return Err(format!("{name} is {other}, which cases do not write")),
        })
    };
    let columns = schema.fields().iter().map(|field| column(field.name(), field.data_type())).collect::<Result<Vec<_>, _>>()?;
    RecordBatch::try_new(Arc::clone(schema), columns).map_err(|error| error.to_string())
}
