//! An answer as a file that a person takes along: CSV and workbooks whose texts no spreadsheet runs, and Parquet.

use super::Answer;
use super::print::text;
use crate::error::{Error, Result, codes};
use crate::tables::write::{BOM, Book, Cell, csv_row};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::parquet::arrow::ArrowWriter;
use std::io::Cursor;

/// Bytes of a file at most.
const MOST: usize = 256 << 20;

/// How the file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// RFC 4180, UTF-8 with a mark that spreadsheets know it by.
    Csv,
    /// A workbook.
    Xlsx,
    /// Parquet, with the types of the answer.
    Parquet,
}

impl Kind {
    /// The kind of a name.
    pub fn named(name: &str) -> Option<Kind> {
        [Kind::Csv, Kind::Xlsx, Kind::Parquet].into_iter().find(|kind| kind.name() == name)
    }

    /// Its name, which is the ending of the file's.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Csv => "csv",
            Kind::Xlsx => "xlsx",
            Kind::Parquet => "parquet",
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Kind::Csv => "text/csv; charset=utf-8",
            Kind::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Kind::Parquet => "application/vnd.apache.parquet",
        }
    }
}

/// All rows of an answer.
pub struct Rows {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

impl Answer {
    /// Gathers all rows.
    pub async fn gather(self) -> Result<Rows> {
        let schema = self.schema.clone();
        Ok(Rows { schema, batches: self.collect().await? })
    }
}

impl Rows {
    /// Names of the columns.
    pub fn heads(&self) -> Vec<String> {
        self.schema.fields().iter().map(|field| field.name().clone()).collect()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// The first ones as texts; nothing where a cell is null.
    pub fn first(&self, most: usize) -> Result<Vec<Vec<Option<String>>>> {
        let all = self.batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |row| (batch, row)));
        all.take(most).map(|(batch, row)| text(batch, row)).collect()
    }

    /// As a file. It blocks. `query_limit` when the file grows too large.
    pub fn file(&self, kind: Kind) -> Result<Vec<u8>> {
        file(kind, self.heads(), &self.schema, &self.batches)
    }
}

fn file(kind: Kind, heads: Vec<String>, schema: &SchemaRef, batches: &[RecordBatch]) -> Result<Vec<u8>> {
    match kind {
        Kind::Csv => {
            let mut bytes = BOM.to_vec();
            bytes.extend(csv_row(&heads.into_iter().map(Cell::text).collect::<Vec<_>>())?);
            each(batches, |cells| {
                bytes.extend(csv_row(cells)?);
                within(bytes.len())
            })?;
            Ok(bytes)
        }
        Kind::Xlsx => {
            let mut book = Book::new()?;
            book.sheet("keshi", &heads)?;
            each(batches, |cells| book.row(cells))?;
            let mut bytes = Cursor::new(Vec::new());
            book.save(&mut bytes)?;
            within(bytes.get_ref().len())?;
            Ok(bytes.into_inner())
        }
        Kind::Parquet => {
            let mut bytes = Vec::new();
            let mut writer = ArrowWriter::try_new(&mut bytes, schema.clone(), None).map_err(Error::internal)?;
            for batch in batches {
                writer.write(batch).map_err(Error::internal)?;
                within(writer.bytes_written())?;
            }
            writer.close().map_err(Error::internal)?;
            Ok(bytes)
        }
    }
}

fn within(bytes: usize) -> Result<()> {
    match bytes <= MOST {
        true => Ok(()),
        false => Err(Error::new(&codes::QUERY_LIMIT, format!("The file is larger than {} MiB; narrow the query.", MOST >> 20))),
    }
}

fn each(batches: &[RecordBatch], mut give: impl FnMut(&[Cell]) -> Result<()>) -> Result<()> {
    for batch in batches {
        for row in 0..batch.num_rows() {
            let cells: Vec<Cell> = text(batch, row)?.into_iter().map(|cell| cell.map_or(Cell::Empty, cell_of)).collect();
            give(&cells)?;
        }
    }
    Ok(())
}

/// A whole number stays one; longer ones than a spreadsheet can hold, and everything else, are text.
fn cell_of(text: String) -> Cell {
    const EXACT: i64 = 1 << 53;
    match text.parse::<i64>() {
        Ok(number) if number.abs() < EXACT && number.to_string() == text => Cell::Whole(number),
        _ => Cell::text(text),
    }
}
