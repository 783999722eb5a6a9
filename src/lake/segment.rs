//! A segment: the events of one accepted log as one Parquet file.
//!
//! Rows are gathered up to [`CHUNK`], sorted by lesson, trainee and time, and written as a row group, so memory stays bounded whatever the
//! log's size. Row groups carry statistics, pages an index, and trainee and device bloom filters, so a reader who wants one lesson or
//! one trainee skips most bytes. The same rows always make the same bytes (with the same version of the Parquet writer).

use super::columns::{Columns, schema};
use super::row::EventRow;
use crate::error::{Error, Result};
use crate::ids::{ClassId, LessonId};
use crate::time::Time;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::metadata::SortingColumn;
use datafusion::parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use datafusion::parquet::schema::types::ColumnPath;
use std::collections::BTreeSet;
use std::io::BufWriter;
use tempfile::NamedTempFile;

/// Rows of a row group: some 30 MB in memory while they are gathered and as much again while they are sorted.
const CHUNK: usize = 128 * 1024;

/// Writes one segment into a temporary file. It blocks: use it in `spawn_blocking`.
pub struct SegmentWriter {
    writer: ArrowWriter<BufWriter<NamedTempFile>>,
    columns: Columns,
    sum: Sum,
}

/// What a segment's catalogue row says of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sum {
    pub(super) rows: u64,
    pub(super) first_at: Option<Time>,
    pub(super) last_at: Option<Time>,
    pub(super) lessons: BTreeSet<LessonId>,
    pub(super) classes: BTreeSet<ClassId>,
}

/// A finished segment that is not in the lake yet; dropped, it is gone.
#[derive(Debug)]
pub struct SegmentFile {
    pub(super) file: NamedTempFile,
    pub(super) sum: Sum,
}

impl SegmentWriter {
    /// A writer of an empty segment.
    pub fn new() -> Result<SegmentWriter> {
        let file = tempfile::Builder::new().prefix("keshi-segment-").tempfile()?;
        let writer = ArrowWriter::try_new(BufWriter::new(file), schema(), properties()).map_err(Error::internal)?;
        Ok(SegmentWriter { writer, columns: Columns::new(), sum: Sum::default() })
    }

    /// Adds one event. Rows may come in any order.
    pub fn push(&mut self, row: &EventRow) -> Result<()> {
        let last = row.until.unwrap_or(row.at).max(row.at);
        self.sum.rows += 1;
        self.sum.first_at = Some(self.sum.first_at.map_or(row.at, |first| first.min(row.at)));
        self.sum.last_at = Some(self.sum.last_at.map_or(last, |known| known.max(last)));
        self.sum.lessons.extend(row.lesson);
        self.sum.classes.extend(row.class);
        self.columns.push(row);
        if self.columns.len() >= CHUNK {
            self.flush()?;
        }
        Ok(())
    }

    /// Writes the rest and closes the file.
    pub fn finish(mut self) -> Result<SegmentFile> {
        if self.columns.len() > 0 {
            self.flush()?;
        }
        let file = self.writer.into_inner().map_err(Error::internal)?.into_inner().map_err(|error| Error::internal(error.into_error()))?;
        Ok(SegmentFile { file, sum: self.sum })
    }

    fn flush(&mut self) -> Result<()> {
        let batch = self.columns.take()?;
        self.writer.write(&batch).map_err(Error::internal)?;
        self.writer.flush().map_err(Error::internal)
    }
}

impl SegmentFile {
    /// How many events it holds.
    pub fn rows(&self) -> u64 {
        self.sum.rows
    }

    /// The lessons it speaks of.
    pub fn lessons(&self) -> impl Iterator<Item = LessonId> + '_ {
        self.sum.lessons.iter().copied()
    }
}

/// What segments and snapshots have in common.
pub(super) fn common() -> WriterPropertiesBuilder {
    WriterProperties::builder()
        .set_created_by("keshi".to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3).expect("3 is a level of zstd")))
        .set_statistics_enabled(EnabledStatistics::Page)
}

fn properties() -> Option<WriterProperties> {
    let sorted = ["lesson", "trainee", "at"].iter().map(|name| {
        let index = schema().index_of(name).expect("a column of the schema");
        SortingColumn { column_idx: index as i32, descending: false, nulls_first: true }
    });
    let mut properties =
        common().set_max_row_group_row_count(Some(CHUNK)).set_data_page_row_count_limit(8192).set_sorting_columns(Some(sorted.collect()));
    for name in ["trainee", "device"] {
        // Filters are folded down to what a row group really holds; 1 % of the row groups asked for a stranger are read in vain.
        properties = properties
            .set_column_bloom_filter_enabled(ColumnPath::from(name), true)
            .set_column_bloom_filter_fpp(ColumnPath::from(name), 0.01)
            .set_column_bloom_filter_max_ndv(ColumnPath::from(name), CHUNK as u64);
    }
    // Never the same twice, nearly: a dictionary would only be tried and thrown away.
    for name in ["row", "byte_from", "byte_until", "at"] {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(name), false);
    }
    Some(properties.build())
}
