//! What the tables and columns of the lake mean; `dictionary.toml` says it.

use super::query::functions;
use super::query::tables;
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::LazyLock;

/// Chinese, English.
type Said = [String; 2];

static SAID: LazyLock<BTreeMap<String, BTreeMap<String, Said>>> =
    LazyLock::new(|| toml::from_str(include_str!("dictionary.toml")).expect("the dictionary is sound: a test reads it"));

/// What a table, or a column of it, means: Chinese, English.
fn meaning(table: &str, column: Option<&str>) -> Option<(&'static str, &'static str)> {
    let here = SAID.get(table).and_then(|said| said.get(column.unwrap_or("_")));
    let said = here.or_else(|| SAID.get("everywhere")?.get(column?))?;
    Some((&said[0], &said[1]))
}

/// The type of a column, in the words of SQL.
fn kind(kind: &DataType) -> &'static str {
    match kind {
        DataType::Int64 => "bigint",
        DataType::Float64 => "double",
        DataType::Timestamp(..) => "timestamp",
        _ => "text",
    }
}

/// docs/LAKE.md.
pub fn lake_manual() -> String {
    let mut text = String::from(
        "<!-- Made from src/lake/dictionary.toml by `make docs`; edit that file. -->\n# The lake\n\n\
         The tables that `keshi sql`, `POST /v1/query` and the rules see, and that `keshi export lake DIR` writes as Parquet, one folder a table:\n\n\
         ```\nkeshi export lake /tmp/lake\nduckdb -c \"select kind, count(*) from '/tmp/lake/attendance/*.parquet' group by kind\"\n\
         python3 -c \"import pandas; print(pandas.read_parquet('/tmp/lake/attendance').head())\"\n```\n\n\
         Times are microseconds, UTC. Ids are text. DuckDB wants the columns \"at\" and \"row\" in quotation marks. There are no names of trainees or teachers, no ID numbers, no phone numbers and no mail addresses. The files of an \
         export follow Parquet alone: plain columns, zstd, no partition columns in paths; `schema.json` beside them lists the tables, columns, \
         types and what this page says.\n",
    );
    for (table, schema) in tables() {
        let said = meaning(table, None).unwrap_or_default();
        let _ = write!(text, "\n## {table}\n\n{} ({})\n\n| column | type | meaning | 含义 |\n|---|---|---|---|\n", said.1, said.0);
        for (column, kind, (zh, en)) in columns(table, &schema) {
            let _ = writeln!(text, "| `{column}` | {kind} | {en} | {zh} |");
        }
    }
    let names = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let _ = write!(
        text,
        "\n## What a query may be\n\nOne `select`, `with` or `explain` over these tables, with joins, windows, sub-queries and `with recursive`. `with NAME as materialized (…)` works a part out \
         once that is used more than once.\n\nBounds are those of the question and of its parts, so that no question takes what others need: time, memory and rows of the answer; length, depth and number of \
         operators and relations, also as they are once names of a `with` stand for what they mean; columns; length of texts that are written out or put together. Whatever goes beyond one is answered with \
         `query_limit` and a sentence. A pattern of `like`, `~` and `regexp_like` is written out and not a column. There are no lists, maps and structures, and no functions that reach files, other systems or settings.\n\n\
         Functions of a row: {}. Functions of a group of rows: {}. Over windows also `row_number`, `rank`, `dense_rank`, `percent_rank`, `cume_dist`, `ntile`, `lag`, `lead`, `first_value`, `last_value`, `nth_value`.\n",
        names(functions::SCALAR),
        names(functions::AGGREGATE),
    );
    text
}

/// What a table of the lake means, and its columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub table: &'static str,
    /// What its rows are: Chinese, English.
    pub said: (&'static str, &'static str),
    /// Name, type and meaning (Chinese, English) of each column.
    pub columns: Vec<(String, &'static str, (&'static str, &'static str))>,
}

/// All tables of the lake.
pub fn dictionary() -> Vec<Entry> {
    let entry = |(table, schema): (&'static str, SchemaRef)| Entry {
        table,
        said: meaning(table, None).unwrap_or_default(),
        columns: columns(table, &schema).map(|(name, kind, said)| (name.to_owned(), kind, said)).collect(),
    };
    tables().map(entry).collect()
}

/// The same for programs.
pub(super) fn lake_schema() -> serde_json::Value {
    let table = |(table, schema): (&str, SchemaRef)| {
        let (zh, en) = meaning(table, None).unwrap_or_default();
        let columns: Vec<_> = columns(table, &schema)
            .map(|(column, kind, (zh, en))| serde_json::json!({"name": column, "type": kind, "en": en, "zh": zh}))
            .collect();
        (table.to_owned(), serde_json::json!({"en": en, "zh": zh, "columns": columns}))
    };
    serde_json::Value::Object(tables().map(table).collect())
}

/// Name, type and meaning of each column.
fn columns<'a>(table: &'a str, schema: &'a SchemaRef) -> impl Iterator<Item = (&'a str, &'static str, (&'static str, &'static str))> {
    schema
        .fields()
        .iter()
        .map(move |field| (field.name().as_str(), kind(field.data_type()), meaning(table, Some(field.name())).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_table_and_column_is_explained_and_nothing_else() {
        let mut unknown: BTreeSet<(&str, &str)> =
            SAID.iter().flat_map(|(table, said)| said.keys().map(|column| (table.as_str(), column.as_str()))).collect();
        for (table, schema) in tables() {
            assert!(meaning(table, None).is_some(), "{table} is not explained");
            let known: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
            for column in &known {
                assert!(meaning(table, Some(column)).is_some(), "{table}.{column} is not explained");
            }
            unknown.retain(|(of, column)| {
                let here = *of == table && (*column == "_" || known.iter().any(|known| known == column));
                let everywhere = *of == "everywhere" && known.iter().any(|known| known == column);
                !here && !everywhere
            });
        }
        assert!(unknown.is_empty(), "explained, but not there: {unknown:?}");
    }
}
