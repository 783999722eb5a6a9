//! A table being written: cells into Arrow columns, batches into Parquet.

use super::super::columns::moment;
use super::super::segment::common;
use crate::error::{Error, Result};
use datafusion::arrow::array::{ArrayRef, Float64Builder, Int64Builder, RecordBatch, StringBuilder, TimestampMicrosecondBuilder};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::parquet::arrow::ArrowWriter;
use std::io::BufWriter;
use std::sync::Arc;
use tempfile::NamedTempFile;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text; bytes are written in hexadecimal.
    Text,
    /// A whole number.
    Number,
    /// A number with a fraction.
    Float,
    /// A moment.
    Moment,
}

/// One value on its way.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Text(Option<String>),
    Number(Option<i64>),
    Float(Option<f64>),
}

impl Cell {
    pub(super) fn text(value: impl Into<String>) -> Cell {
        Cell::Text(Some(value.into()))
    }

    pub(super) fn number(value: i64) -> Cell {
        Cell::Number(Some(value))
    }
}

pub(super) fn schema(columns: &[(&str, Kind)]) -> SchemaRef {
    let field = |(name, kind): &(&str, Kind)| {
        let kind = match kind {
            Kind::Text => DataType::Utf8,
            Kind::Number => DataType::Int64,
            Kind::Float => DataType::Float64,
            Kind::Moment => moment(),
        };
        Field::new(*name, kind, true)
    };
    Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
}

enum Column {
    Text(StringBuilder),
    Number(Int64Builder),
    Float(Float64Builder),
    Moment(TimestampMicrosecondBuilder),
}

/// Rows of a table, gathered into batches.
pub(super) struct Sheet {
    schema: SchemaRef,
    columns: Vec<Column>,
    rows: usize,
}

impl Sheet {
    pub(super) fn new(columns: &[(&str, Kind)]) -> Sheet {
        let column = |(_, kind): &(&str, Kind)| match kind {
            Kind::Text => Column::Text(StringBuilder::new()),
            Kind::Number => Column::Number(Int64Builder::new()),
            Kind::Float => Column::Float(Float64Builder::new()),
            Kind::Moment => Column::Moment(TimestampMicrosecondBuilder::new().with_timezone("UTC")),
        };
        Sheet { schema: schema(columns), columns: columns.iter().map(column).collect(), rows: 0 }
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Adds a row; its cells are those of the columns.
    pub(super) fn push(&mut self, row: &[Cell]) {
        assert_eq!(row.len(), self.columns.len(), "a row has the cells of its table");
        for (column, cell) in self.columns.iter_mut().zip(row) {
            match (column, cell) {
                (Column::Text(column), Cell::Text(value)) => column.append_option(value.as_deref()),
                (Column::Number(column), Cell::Number(value)) => column.append_option(*value),
                (Column::Moment(column), Cell::Number(value)) => column.append_option(*value),
                (Column::Float(column), Cell::Float(value)) => column.append_option(*value),
                _ => unreachable!("a cell is of its column's kind"),
            }
        }
        self.rows += 1;
    }

    /// The rows so far; none are left.
    pub(super) fn take(&mut self) -> Result<RecordBatch> {
        self.rows = 0;
        let finish = |column: &mut Column| -> ArrayRef {
            match column {
                Column::Text(column) => Arc::new(column.finish()),
                Column::Number(column) => Arc::new(column.finish()),
                Column::Float(column) => Arc::new(column.finish()),
                Column::Moment(column) => Arc::new(column.finish()),
            }
        };
        RecordBatch::try_new(Arc::clone(&self.schema), self.columns.iter_mut().map(finish).collect()).map_err(Error::internal)
    }
}

/// A Parquet file of batches. It blocks.
pub(super) struct File {
    writer: ArrowWriter<BufWriter<NamedTempFile>>,
    pub(super) rows: u64,
}

impl File {
    pub(super) fn new(columns: &[(&str, Kind)]) -> Result<File> {
        let file = tempfile::Builder::new().prefix("keshi-snapshot-").tempfile()?;
        let properties = common().set_max_row_group_row_count(Some(256 * 1024)).build();
        let writer = ArrowWriter::try_new(BufWriter::new(file), schema(columns), Some(properties)).map_err(Error::internal)?;
        Ok(File { writer, rows: 0 })
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.rows += batch.num_rows() as u64;
        self.writer.write(batch).map_err(Error::internal)
    }

    pub(super) fn finish(self) -> Result<(NamedTempFile, u64)> {
        let file = self.writer.into_inner().map_err(Error::internal)?;
        Ok((file.into_inner().map_err(|error| Error::internal(error.into_error()))?, self.rows))
    }
}
