//! What the planner is told of a table's size: without it a join keeps whichever side is written first in memory.

use super::super::columns::moment;
use super::super::files::File;
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, ScalarValue, Statistics};

/// Bytes that a text takes in memory, about: an id, and where it begins.
const TEXT: usize = 40;
/// Bytes of a number or a time.
const NUMBER: usize = 8;

/// Of files together, as the catalogue knows them. All of it is inexact: an answer never comes from the catalogue, always from verified bytes.
pub(super) fn of(schema: &Schema, files: &[&File]) -> Statistics {
    let Some(rows) = files.iter().map(|file| file.rows).sum::<Option<u64>>() else { return Statistics::new_unknown(schema) };
    let rows = usize::try_from(rows).unwrap_or(usize::MAX);
    let columns: Vec<ColumnStatistics> = schema.fields().iter().map(|field| column(field, rows, files)).collect();
    let bytes = columns.iter().filter_map(|column| column.byte_size.get_value()).fold(0_usize, |sum, bytes| sum.saturating_add(*bytes));
    Statistics { num_rows: Precision::Inexact(rows), total_byte_size: Precision::Inexact(bytes), column_statistics: columns }
}

fn column(field: &Field, rows: usize, files: &[&File]) -> ColumnStatistics {
    let mut told = ColumnStatistics::new_unknown();
    let width = if matches!(field.data_type(), DataType::Utf8) { TEXT } else { NUMBER };
    told.byte_size = Precision::Inexact(rows.saturating_mul(width));
    if field.name() == "at" && *field.data_type() == moment() {
        let bound = |time: Option<i64>| {
            time.map_or(Precision::Absent, |time| Precision::Inexact(ScalarValue::TimestampMicrosecond(Some(time), zone(field))))
        };
        // None of a file is less than any time, and says that nobody knows.
        told.min_value = bound(files.iter().map(|file| file.first_at).min().flatten());
        told.max_value =
            bound(files.iter().all(|file| file.last_at.is_some()).then(|| files.iter().filter_map(|file| file.last_at).max()).flatten());
    }
    told
}

fn zone(field: &Field) -> Option<std::sync::Arc<str>> {
    match field.data_type() {
        DataType::Timestamp(_, zone) => zone.clone(),
        _ => None,
    }
}
