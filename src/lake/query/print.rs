//! Rows as text: a table for people, CSV, JSON.

use crate::error::{Error, Result, codes};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{
    DataType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, SchemaRef, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::arrow::util::pretty::pretty_format_batches_with_options;
use serde_json::{Map, Value};

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A table with lines around, of at most [`MOST_IN_A_TABLE`] rows.
    Table,
    /// RFC 4180 with one header row; times in RFC 3339, UTC.
    Csv,
    /// One array of objects.
    Json,
}

/// Rows of a table: its columns are as wide as their widest cell, so all of them are held.
pub const MOST_IN_A_TABLE: usize = 10_000;

/// Writes the rows of one answer, batch by batch.
pub struct Printer {
    format: Format,
    schema: SchemaRef,
    held: Vec<RecordBatch>,
    rows: usize,
}

impl Printer {
    /// A printer for rows of these columns.
    pub fn new(format: Format, schema: SchemaRef) -> Printer {
        Printer { format, schema, held: Vec::new(), rows: 0 }
    }

    /// What comes before the rows.
    pub fn head(&self) -> Result<Vec<u8>> {
        match self.format {
            Format::Table => Ok(Vec::new()),
            Format::Json => Ok(b"[".to_vec()),
            Format::Csv => csv_of(|writer| writer.write_record(self.schema.fields().iter().map(|field| field.name()))),
        }
    }

    /// Some rows; for a table nothing yet.
    pub fn rows(&mut self, batch: RecordBatch) -> Result<Vec<u8>> {
        let first = self.rows == 0;
        self.rows += batch.num_rows();
        match self.format {
            Format::Table if self.rows > MOST_IN_A_TABLE => Err(Error::new(
                &codes::QUERY_LIMIT,
                format!("A table shows at most {MOST_IN_A_TABLE} rows; add a limit, or take csv or json."),
            )),
            Format::Table => {
                self.held.push(batch);
                Ok(Vec::new())
            }
            Format::Csv => csv_rows(&batch),
            Format::Json => json_rows(&batch, first),
        }
    }

    /// What comes behind the rows.
    pub fn foot(self) -> Result<Vec<u8>> {
        match self.format {
            Format::Csv => Ok(Vec::new()),
            Format::Json => Ok(b"\n]\n".to_vec()),
            Format::Table => {
                let held = if self.held.is_empty() { vec![RecordBatch::new_empty(self.schema)] } else { self.held };
                let table = pretty_format_batches_with_options(&held, &options()).map_err(Error::internal)?;
                Ok(format!("{table}\n").into_bytes())
            }
        }
    }
}

fn options() -> FormatOptions<'static> {
    FormatOptions::new().with_display_error(true)
}

fn csv_of(write: impl FnOnce(&mut csv::Writer<Vec<u8>>) -> csv::Result<()>) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    write(&mut writer).map_err(Error::internal)?;
    writer.into_inner().map_err(|error| Error::internal(error.to_string()))
}

fn csv_rows(batch: &RecordBatch) -> Result<Vec<u8>> {
    let options = options();
    let cells: Vec<ArrayFormatter<'_>> = batch
        .columns()
        .iter()
        .map(|column| ArrayFormatter::try_new(column, &options))
        .collect::<Result<_, _>>()
        .map_err(Error::internal)?;
    csv_of(|writer| {
        for row in 0..batch.num_rows() {
            writer.write_record(cells.iter().map(|cell| cell.value(row).to_string()))?;
        }
        Ok(())
    })
}

fn json_rows(batch: &RecordBatch, mut first: bool) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    for row in 0..batch.num_rows() {
        text.extend_from_slice(if first { b"\n" } else { b",\n" });
        first = false;
        serde_json::to_writer(&mut text, &object(batch, row)?)?;
    }
    Ok(text)
}

/// One row as a JSON object.
pub(crate) fn object(batch: &RecordBatch, row: usize) -> Result<Map<String, Value>> {
    let fields = batch.schema();
    let cells = fields.fields().iter().zip(batch.columns()).map(|(field, column)| Ok((field.name().clone(), value(column.as_ref(), row)?)));
    cells.collect()
}

/// One row as texts, nothing where a cell is null.
pub(crate) fn text(batch: &RecordBatch, row: usize) -> Result<Vec<Option<String>>> {
    let options = options();
    let cell = |column: &ArrayRef| {
        if column.is_null(row) {
            return Ok(None);
        }
        let formatter = ArrayFormatter::try_new(column.as_ref(), &options).map_err(Error::internal)?;
        Ok(Some(formatter.value(row).to_string()))
    };
    batch.columns().iter().map(cell).collect()
}

macro_rules! number {
    ($column:expr, $row:expr, $type:ty) => {
        $column.as_primitive::<$type>().value($row).into()
    };
}

/// One cell as JSON: numbers as numbers, lists as arrays, everything else as text.
fn value(column: &dyn Array, row: usize) -> Result<Value> {
    if column.is_null(row) {
        return Ok(Value::Null);
    }
    Ok(match column.data_type() {
        DataType::Null => Value::Null,
        DataType::Boolean => column.as_boolean().value(row).into(),
        DataType::Int8 => number!(column, row, Int8Type),
        DataType::Int16 => number!(column, row, Int16Type),
        DataType::Int32 => number!(column, row, Int32Type),
        DataType::Int64 => number!(column, row, Int64Type),
        DataType::UInt8 => number!(column, row, UInt8Type),
        DataType::UInt16 => number!(column, row, UInt16Type),
        DataType::UInt32 => number!(column, row, UInt32Type),
        DataType::UInt64 => number!(column, row, UInt64Type),
        DataType::Float32 => number!(column, row, Float32Type),
        DataType::Float64 => number!(column, row, Float64Type),
        DataType::Utf8 => column.as_string::<i32>().value(row).into(),
        DataType::Utf8View => column.as_string_view().value(row).into(),
        DataType::List(_) => {
            let items = column.as_list::<i32>().value(row);
            (0..items.len()).map(|index| value(items.as_ref(), index)).collect::<Result<Vec<_>>>()?.into()
        }
        DataType::Struct(fields) => {
            let parts = column.as_struct();
            let cells = fields.iter().zip(parts.columns()).map(|(field, part)| Ok((field.name().clone(), value(part.as_ref(), row)?)));
            Value::Object(cells.collect::<Result<_>>()?)
        }
        _ => ArrayFormatter::try_new(column, &options()).map_err(Error::internal)?.value(row).to_string().into(),
    })
}
