//! The same cases in DuckDB: a rule is plain SQL that any engine may run, and its answer does not depend on ours.

use super::{Ready, Rows, key};
use crate::detect::look::ENDS;
use crate::lake::query::tables;
use crate::time::Time;
use datafusion::arrow::array::RecordBatch;
use datafusion::common::ScalarValue;
use datafusion::parquet::arrow::ArrowWriter;
use serde_json::{Map, Value, json};
use std::fs::File;
use std::path::Path;
use std::process::Command;

/// What differs, one text a case.
pub(super) fn compare(cases: &[(&Ready, Rows)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let mut asked = Vec::new();
    for (number, (one, _)) in cases.iter().enumerate() {
        let place = folder.path().join(number.to_string());
        std::fs::create_dir(&place).unwrap();
        for (name, schema) in tables() {
            let rows = one.tables.get(name).cloned().unwrap_or_else(|| RecordBatch::new_empty(schema));
            write(&place.join(format!("{name}.parquet")), &rows);
        }
        let values = one.rule.values(one.case.window, one.case.window.until, one.case.now).unwrap();
        let values: Map<String, Value> = values.into_iter().map(|(name, value)| (name, plain(&value))).collect();
        asked.push(json!({"folder": place, "sql": one.rule.sql, "values": values, "ends": ENDS}));
    }
    let manifest = folder.path().join("asked.json");
    std::fs::write(&manifest, Value::Array(asked).to_string()).unwrap();
    let python = std::env::var("KESHI_TEST_PYTHON").expect("KESHI_TEST_PYTHON names no Python with duckdb: run the tests with `make test`");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/rules.py");
    let output = Command::new(python).arg(script).arg(&manifest).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answers: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    cases.iter().zip(answers).filter_map(|((one, rows), answer)| differs(one, rows, &answer)).collect()
}

fn differs(one: &Ready, rows: &Rows, answer: &Value) -> Option<String> {
    let Some(list) = answer.as_array() else { return Some(format!("{}: DuckDB: {answer}", one.name)) };
    let mut theirs: Vec<Map<String, Value>> = list.iter().filter_map(Value::as_object).map(comparable).collect();
    theirs.sort_by_key(key);
    let ours: Vec<Map<String, Value>> = rows.iter().map(comparable).collect();
    (theirs != ours).then(|| format!("{}: DuckDB finds otherwise:\n  {theirs:?}\n  {ours:?}", one.name))
}

/// Times in microseconds, scores to a millionth, JSON as what it says.
fn comparable(row: &Map<String, Value>) -> Map<String, Value> {
    let one = |(name, value): (&String, &Value)| {
        let value = match (name.as_str(), value) {
            ("at", Value::String(at)) => at.parse::<Time>().map_or(Value::Null, |at| at.0.into()),
            ("score", Value::Number(score)) => json!((score.as_f64().unwrap_or_default() * 1e6).round() as i64),
            ("evidence" | "detail", Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
            (_, value) => value.clone(),
        };
        (name.clone(), value)
    };
    row.iter().map(one).collect()
}

fn plain(value: &ScalarValue) -> Value {
    match value {
        ScalarValue::TimestampMicrosecond(Some(at), _) => json!({"at": at}),
        ScalarValue::Int64(Some(number)) => json!(number),
        ScalarValue::Float64(Some(number)) => json!(number),
        ScalarValue::Boolean(Some(truth)) => json!(truth),
        ScalarValue::Utf8(Some(text)) => json!(text),
        other => panic!("{other:?} is no parameter of a rule"),
    }
}

fn write(path: &Path, rows: &RecordBatch) {
    let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), rows.schema(), None).unwrap();
    writer.write(rows).unwrap();
    writer.close().unwrap();
}
