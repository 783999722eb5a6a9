//! The lake as files that any other tool opens: `attendance` and every snapshot as plain Parquet in a folder each, and `schema.json`.
//!
//! Each table is of one moment: what is read again or packed meanwhile does not change it.

use super::Lake;
use super::columns::plain;
use super::dictionary::lake_schema;
use super::query::{Limits, tables};
use super::segment::common;
use crate::error::{Error, Result, codes};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::parquet::arrow::ArrowWriter;
use futures::StreamExt;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::mpsc;

/// All rows of a table.
const ALL: &str = include_str!("export.sql");
/// Rows of a file of an export.
const ROWS_OF_A_FILE: usize = 4 << 20;
/// Rows of a row group: what is in memory at once.
const ROWS_OF_A_GROUP: usize = 256 << 10;
/// What reading the whole lake may use.
const LIMITS: Limits = Limits { time: Duration::from_secs(24 * 3600), memory_bytes: 256 << 20, rows: usize::MAX, partitions: 1 };

/// What was written of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// Table.
    pub table: &'static str,
    /// Rows.
    pub rows: u64,
    /// Files.
    pub files: usize,
}

impl Lake {
    /// Writes all tables into a new or empty folder. `invalid` when it is neither.
    pub async fn export(&self, folder: &Path) -> Result<Vec<Exported>> {
        fs::create_dir_all(folder).map_err(|error| unwritable(folder, error))?;
        let mut there = fs::read_dir(folder).map_err(|error| unwritable(folder, error))?;
        if there.next().is_some() {
            return Err(Error::new(&codes::INVALID, format!("The folder {} is not empty; name a new one.", folder.display())));
        }
        let mut exported = Vec::new();
        for (table, schema) in tables() {
            let into = folder.join(table);
            fs::create_dir(&into).map_err(|error| unwritable(&into, error))?;
            let (rows, files) = self.export_table(table, schema, into).await?;
            exported.push(Exported { table, rows, files });
        }
        let path = folder.join("schema.json");
        fs::write(&path, serde_json::to_vec_pretty(&lake_schema())?).map_err(|error| unwritable(&path, error))?;
        Ok(exported)
    }

    async fn export_table(&self, table: &'static str, schema: SchemaRef, into: PathBuf) -> Result<(u64, usize)> {
        let answer = self.query(&ALL.replace("TABLE", table), Vec::new(), LIMITS).await?;
        let (send, receive) = mpsc::channel::<RecordBatch>(2);
        let writing = tokio::task::spawn_blocking(move || write(&into, schema, receive));
        let mut batches = answer.batches;
        let mut failure = None;
        while let Some(batch) = batches.next().await {
            match batch {
                Ok(batch) => {
                    if send.send(batch).await.is_err() {
                        break; // the writer says why
                    }
                }
                Err(error) => {
                    failure = Some(error);
                    break;
                }
            }
        }
        drop(send);
        let written = writing.await.map_err(Error::internal)?;
        failure.map_or(written, Err)
    }
}

/// Writes batches into files of bounded size; at least one file, so that an empty table has its columns.
fn write(into: &Path, schema: SchemaRef, mut batches: mpsc::Receiver<RecordBatch>) -> Result<(u64, usize)> {
    let (mut rows, mut files) = (0, 0);
    let mut next = batches.blocking_recv();
    loop {
        let path = into.join(format!("part-{files:05}.parquet"));
        let file = File::create_new(&path).map_err(|error| unwritable(&path, error))?;
        let properties = common().set_max_row_group_row_count(Some(ROWS_OF_A_GROUP)).build();
        let mut writer = ArrowWriter::try_new(BufWriter::new(file), schema.clone(), Some(properties)).map_err(Error::internal)?;
        let mut in_file = 0;
        while let Some(batch) = next.take_if(|_| in_file < ROWS_OF_A_FILE) {
            let batch = plain(&batch, schema.clone())?;
            writer.write(&batch).map_err(|error| unwritable(&path, std::io::Error::other(error)))?;
            in_file += batch.num_rows();
            next = batches.blocking_recv();
        }
        writer.close().map_err(|error| unwritable(&path, std::io::Error::other(error)))?;
        rows += in_file as u64;
        files += 1;
        if next.is_none() {
            return Ok((rows, files));
        }
    }
}

fn unwritable(path: &Path, error: std::io::Error) -> Error {
    Error::new(&codes::INVALID, format!("{} cannot be written: {error}; name a folder with room.", path.display()))
}
