//! The events of one lesson, one trainee or one row of a file, from the files that may name it and no others.

use super::columns::{damaged, rows};
use super::local::{Open, Verified};
use super::row::EventRow;
use super::{Lake, sql};
use crate::error::{Error, Result, codes};
use crate::ids::{ClassId, EvidenceId, LessonId, TraineeId};
use datafusion::arrow::array::{Int64Array, StringArray};
use datafusion::arrow::compute::kernels::cmp::eq;
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::{ArrowPredicateFn, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowFilter};
use datafusion::parquet::file::metadata::{PageIndexPolicy, RowGroupMetaData};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Most events read at once: some 400 bytes each, so at most 0.8 GB. A lesson has thousands; one with millions is not a lesson.
const MOST_EVENTS: usize = 2_000_000;

/// Most events of a class read in one pass: at most 0.2 GB.
const MOST_OF_CLASS: u64 = 500_000;

impl Lake {
    /// All events of a lesson, by time, then by evidence and row.
    ///
    /// `query_limit` when they are more than two million.
    pub async fn events_of_lesson(&self, lesson: LessonId) -> Result<Vec<EventRow>> {
        self.events(sql::OF_LESSON, "lesson", lesson.to_string()).await
    }

    /// All events of a trainee, by time, then by evidence and row.
    ///
    /// `query_limit` when they are more than two million.
    pub async fn events_of_trainee(&self, trainee: TraineeId) -> Result<Vec<EventRow>> {
        self.events(sql::OF_TRAINEE, "trainee", trainee.to_string()).await
    }

    /// All events of a class by lesson, each as [`Lake::events_of_lesson`] gives them, in one pass over its files; nothing when they are more than
    /// half a million, which are better read lesson by lesson.
    pub async fn events_of_class(&self, class: ClassId) -> Result<Option<HashMap<LessonId, Vec<EventRow>>>> {
        let files = self.files_of(sql::OF_CLASS, &class.to_string()).await?;
        if files.iter().filter_map(|file| file.rows).sum::<u64>() > MOST_OF_CLASS {
            return Ok(None);
        }
        let mut lessons: HashMap<LessonId, Vec<EventRow>> = HashMap::new();
        for file in files {
            let content = self.open(&file).await?;
            let events = tokio::task::spawn_blocking(move || read_all(&content)).await.map_err(Error::internal)??;
            let gone: HashSet<EvidenceId> = file.gone.iter().filter_map(|id| id.parse().ok()).collect();
            for event in events.into_iter().filter(|event| !gone.contains(&event.evidence)) {
                if let Some(lesson) = event.lesson {
                    lessons.entry(lesson).or_default().push(event);
                }
            }
        }
        lessons.values_mut().for_each(|events| events.sort_by_key(|event| (event.at, event.evidence, event.row)));
        Ok(Some(lessons))
    }

    /// What was read from one row of a file, by time; mostly one event, none when the row was refused.
    pub async fn events_of_row(&self, evidence: EvidenceId, row: u64) -> Result<Vec<EventRow>> {
        let mut events = Vec::new();
        for file in self.files_of(sql::OF_EVIDENCE, &evidence.to_string()).await? {
            let file = self.open(&file).await?;
            let read = tokio::task::spawn_blocking(move || read_row(&file, &evidence.to_string(), row));
            events.append(&mut read.await.map_err(Error::internal)??);
        }
        events.sort_by_key(|event: &EventRow| event.at);
        Ok(events)
    }

    async fn events(&self, segments: &'static str, column: &'static str, id: String) -> Result<Vec<EventRow>> {
        let mut events = Vec::new();
        for file in self.files_of(segments, &id).await? {
            let (content, id) = (self.open(&file).await?, id.clone());
            let from = events.len();
            events = tokio::task::spawn_blocking(move || read(&content, column, &id, events)).await.map_err(Error::internal)??;
            if !file.gone.is_empty() {
                let gone: HashSet<EvidenceId> = file.gone.iter().filter_map(|id| id.parse().ok()).collect();
                let mut index = 0;
                events.retain(|event| {
                    index += 1;
                    index <= from || !gone.contains(&event.evidence)
                });
            }
        }
        events.sort_by_key(|event| (event.at, event.evidence, event.row));
        Ok(events)
    }
}

/// All rows of a file.
fn read_all(file: &Arc<Verified>) -> Result<Vec<EventRow>> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(file.open()?).map_err(Error::internal)?;
    let mut events = Vec::new();
    for batch in builder.with_batch_size(8192).build().map_err(Error::internal)? {
        rows(&batch.map_err(Error::internal)?, &mut events)?;
    }
    Ok(events)
}

/// Appends the rows of a segment whose `column` is `id`.
fn read(file: &Arc<Verified>, column: &'static str, id: &str, mut events: Vec<EventRow>) -> Result<Vec<EventRow>> {
    let mut builder = ParquetRecordBatchReaderBuilder::try_new_with_options(file.open()?, options()).map_err(Error::internal)?;
    let index = builder.schema().index_of(column).map_err(|_| damaged())?;
    let mut groups = Vec::new();
    for group in 0..builder.metadata().num_row_groups() {
        if may_hold(builder.metadata().row_group(group), index, id) && filter_may_hold(&mut builder, group, index, id)? {
            groups.push(group);
        }
    }
    if groups.is_empty() {
        return Ok(events);
    }
    let wanted = StringArray::new_scalar(id);
    let mask = ProjectionMask::leaves(builder.parquet_schema(), [index]);
    let filter = RowFilter::new(vec![Box::new(ArrowPredicateFn::new(mask, move |batch| eq(batch.column(0), &wanted)))]);
    let reader = builder.with_row_groups(groups).with_row_filter(filter).with_batch_size(8192).build().map_err(Error::internal)?;
    for batch in reader {
        rows(&batch.map_err(Error::internal)?, &mut events)?;
        if events.len() > MOST_EVENTS {
            return Err(Error::new(
                &codes::QUERY_LIMIT,
                format!("This {column} has more than {MOST_EVENTS} events; read them with keshi sql."),
            ));
        }
    }
    Ok(events)
}

/// The index of pages lets a reader pass over those without a row that it wants.
fn options() -> ArrowReaderOptions {
    ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional)
}

/// The events of a row of the file that is this evidence.
fn read_row(file: &Arc<Verified>, evidence: &str, row: u64) -> Result<Vec<EventRow>> {
    let Ok(row) = i64::try_from(row) else { return Ok(Vec::new()) };
    let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(file.open()?, options()).map_err(Error::internal)?;
    let column = |name: &str| builder.schema().index_of(name).map_err(|_| damaged());
    let masks = [column("evidence")?, column("row")?].map(|index| ProjectionMask::leaves(builder.parquet_schema(), [index]));
    let [of_evidence, of_row] = masks;
    let (evidence, row) = (StringArray::new_scalar(evidence), Int64Array::new_scalar(row));
    let filter = RowFilter::new(vec![
        Box::new(ArrowPredicateFn::new(of_evidence, move |batch| eq(batch.column(0), &evidence))),
        Box::new(ArrowPredicateFn::new(of_row, move |batch| eq(batch.column(0), &row))),
    ]);
    let mut events = Vec::new();
    for batch in builder.with_row_filter(filter).build().map_err(Error::internal)? {
        rows(&batch.map_err(Error::internal)?, &mut events)?;
    }
    Ok(events)
}

/// Whether a row group's statistics leave room for `id`.
fn may_hold(group: &RowGroupMetaData, column: usize, id: &str) -> bool {
    let Some(statistics) = group.column(column).statistics() else { return true };
    if statistics.null_count_opt() == Some(group.num_rows() as u64) {
        return false;
    }
    let above = statistics.min_bytes_opt().is_some_and(|least| id.as_bytes() < least);
    let below = statistics.max_bytes_opt().is_some_and(|most| id.as_bytes() > most);
    !above && !below
}

/// Whether a row group's bloom filter, if it has one, leaves room for `id`.
fn filter_may_hold(builder: &mut ParquetRecordBatchReaderBuilder<Open>, group: usize, column: usize, id: &str) -> Result<bool> {
    let filter = builder.get_row_group_column_bloom_filter(group, column).map_err(Error::internal)?;
    Ok(filter.is_none_or(|filter| filter.check(id)))
}
