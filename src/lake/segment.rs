//! A segment: the events of one accepted log as one Parquet file.
//!
//! Rows are gathered up to [`CHUNK`], sorted by lesson, trainee and time, and written as a row group, so memory stays bounded whatever the
//! log's size. Row groups carry statistics, pages an index, and trainee and device bloom filters, so a reader who wants one lesson or
//! one trainee skips most bytes. A log of a few rows has one row group and needs none of that. The same rows always make the same bytes (with
//! the same version of the Parquet writer).

use super::columns::{Columns, schema};
use super::row::EventRow;
use crate::error::{Error, Result};
use crate::ids::{ClassId, LessonId};
use crate::time::Time;
use bytes::Bytes;
use datafusion::arrow::array::RecordBatch;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::arrow::arrow_writer::ArrowWriterOptions;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::metadata::{KeyValue, SortingColumn};
use datafusion::parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use datafusion::parquet::schema::types::ColumnPath;
use std::collections::BTreeSet;
use std::io::{BufWriter, Seek, Write};
use tempfile::{SpooledData, SpooledTempFile, spooled_tempfile};

/// Rows of a row group: some 30 MB in memory while they are gathered and as much again while they are sorted.
pub(super) const CHUNK: usize = 128 * 1024;
/// Rows up to which a segment goes without indexes: they would be most of it.
const FEW: usize = 1024;
/// Bytes up to which a segment stays in its catalogue row.
pub(super) const INLINE: usize = 16 * 1024;

/// Writes one segment. It blocks: use it in `spawn_blocking`.
pub struct SegmentWriter {
    /// From the first row group on.
    file: Option<Parquet<BufWriter<SpooledTempFile>>>,
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
    pub(super) content: Content,
    pub(super) sum: Sum,
}

/// The bytes of a segment.
#[derive(Debug)]
pub(super) enum Content {
    /// Few enough for the catalogue.
    Inline(Bytes),
    /// A temporary file, at its beginning.
    File(std::fs::File),
}

impl SegmentWriter {
    /// A writer of an empty segment.
    pub fn new() -> Result<SegmentWriter> {
        Ok(SegmentWriter { file: None, columns: Columns::new(), sum: Sum::default() })
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
            self.flush(full())?;
        }
        Ok(())
    }

    /// Writes the rest and closes the file.
    pub fn finish(mut self) -> Result<SegmentFile> {
        if self.columns.len() > 0 || self.file.is_none() {
            self.flush(if self.columns.len() <= FEW { small() } else { full() })?;
        }
        let file = self.file.take().map(Parquet::finish).transpose()?.ok_or_else(|| Error::internal("a segment without a file"))?;
        let mut spooled = file.into_inner().map_err(|error| Error::internal(error.into_error()))?;
        spooled.rewind()?;
        let content = match spooled.into_inner() {
            SpooledData::InMemory(bytes) => Content::Inline(bytes.into_inner().into()),
            SpooledData::OnDisk(file) => Content::File(file),
        };
        Ok(SegmentFile { content, sum: self.sum })
    }

    fn flush(&mut self, properties: WriterPropertiesBuilder) -> Result<()> {
        let batch = self.columns.take()?;
        if self.file.is_none() {
            self.file = Some(Parquet::new(BufWriter::new(spooled_tempfile(INLINE)), properties.build())?);
        }
        let Some(file) = &mut self.file else { return Ok(()) };
        if batch.num_rows() > 0 {
            file.write(&batch)?;
            file.flush()?;
        }
        Ok(())
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

/// A Parquet file of events.
pub(super) struct Parquet<W: Write + Send>(ArrowWriter<W>);

impl<W: Write + Send> Parquet<W> {
    pub(super) fn new(into: W, properties: WriterProperties) -> Result<Parquet<W>> {
        // The Arrow schema is the same in every file, as long as a tiny file, and follows from the Parquet schema.
        let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
        Ok(Parquet(ArrowWriter::try_new_with_options(into, schema(), options).map_err(Error::internal)?))
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.0.write(batch).map_err(Error::internal)
    }

    /// Ends a row group.
    fn flush(&mut self) -> Result<()> {
        self.0.flush().map_err(Error::internal)
    }

    pub(super) fn finish(self) -> Result<W> {
        self.0.into_inner().map_err(Error::internal)
    }
}

/// What segments and snapshots have in common.
pub(super) fn common() -> WriterPropertiesBuilder {
    WriterProperties::builder()
        .set_created_by("keshi".to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3).expect("3 is a level of zstd")))
        .set_statistics_enabled(EnabledStatistics::Page)
}

/// A pack is written like a large segment; it bears its name, so no two packs are ever the same object.
pub(super) fn of_pack(id: &str) -> WriterProperties {
    full().set_key_value_metadata(Some(vec![KeyValue::new("keshi.pack".to_owned(), id.to_owned())])).build()
}

fn small() -> WriterPropertiesBuilder {
    common().set_statistics_enabled(EnabledStatistics::Chunk).set_offset_index_disabled(true).set_sorting_columns(Some(sorted()))
}

fn full() -> WriterPropertiesBuilder {
    let mut properties =
        common().set_max_row_group_row_count(Some(CHUNK)).set_data_page_row_count_limit(8192).set_sorting_columns(Some(sorted()));
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
    properties
}

fn sorted() -> Vec<SortingColumn> {
    let column = |name: &str| schema().index_of(name).expect("a column of the schema") as i32;
    ["lesson", "trainee", "at"].map(|name| SortingColumn { column_idx: column(name), descending: false, nulls_first: true }).to_vec()
}
