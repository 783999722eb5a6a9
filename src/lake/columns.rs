//! The columns of `attendance`: rows into Arrow, sorted, and back.

use super::row::EventRow;
use crate::analyse::attendance::{EventKind, MatchedBy};
use crate::error::{Error, Result, codes};
use crate::ids::{ClassId, LessonId, ProviderId, ResolutionId, TraineeId};
use crate::time::Time;
use datafusion::arrow::array::{
    Array, AsArray, Float64Array, Float64Builder, Int64Array, Int64Builder, RecordBatch, StringArray, StringBuilder,
    TimestampMicrosecondArray, TimestampMicrosecondBuilder, UInt32Array,
};
use datafusion::arrow::compute::{cast, take_record_batch};
use datafusion::arrow::datatypes::{DataType, Field, Float64Type, Int64Type, Schema, SchemaRef, TimeUnit, TimestampMicrosecondType};
use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

/// A moment in the lake: microseconds, UTC.
pub(crate) fn moment() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// The columns of a segment, in order.
pub fn schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let number = |name: &str| Field::new(name, DataType::Int64, true);
    Arc::new(Schema::new(vec![
        Field::new("evidence", DataType::Utf8, false),
        Field::new("row", DataType::Int64, false),
        number("byte_from"),
        number("byte_until"),
        text("platform"),
        text("provider"),
        text("class"),
        text("lesson"),
        text("trainee"),
        text("source_name"),
        Field::new("kind", DataType::Utf8, false),
        Field::new("at", moment(), false),
        Field::new("until", moment(), true),
        Field::new("received_at", moment(), false),
        text("ip"),
        text("device"),
        text("user_agent"),
        text("client"),
        text("region"),
        number("position_ms"),
        Field::new("score", DataType::Float64, true),
        text("reference"),
        // What segments written by earlier versions lack reads as null.
        text("matched_by"),
        text("resolution"),
        number("stated_ms"),
        text("mark"),
    ]))
}

/// What rows are sorted by within a row group: first all of a lesson, of a trainee, in time; then as they stood in the file.
type Key = (Option<LessonId>, Option<TraineeId>, Time, u64);

/// Rows on their way into a row group.
pub(super) struct Columns {
    keys: Vec<Key>,
    evidence: StringBuilder,
    row: Int64Builder,
    byte_from: Int64Builder,
    byte_until: Int64Builder,
    platform: StringBuilder,
    provider: StringBuilder,
    class: StringBuilder,
    lesson: StringBuilder,
    trainee: StringBuilder,
    source_name: StringBuilder,
    kind: StringBuilder,
    at: TimestampMicrosecondBuilder,
    until: TimestampMicrosecondBuilder,
    received_at: TimestampMicrosecondBuilder,
    ip: StringBuilder,
    device: StringBuilder,
    user_agent: StringBuilder,
    client: StringBuilder,
    region: StringBuilder,
    position_ms: Int64Builder,
    score: Float64Builder,
    reference: StringBuilder,
    matched_by: StringBuilder,
    resolution: StringBuilder,
    stated_ms: Int64Builder,
    mark: StringBuilder,
    text: Spelling,
}

impl Columns {
    pub(super) fn new() -> Columns {
        let moments = || TimestampMicrosecondBuilder::new().with_timezone("UTC");
        Columns {
            keys: Vec::new(),
            evidence: StringBuilder::new(),
            row: Int64Builder::new(),
            byte_from: Int64Builder::new(),
            byte_until: Int64Builder::new(),
            platform: StringBuilder::new(),
            provider: StringBuilder::new(),
            class: StringBuilder::new(),
            lesson: StringBuilder::new(),
            trainee: StringBuilder::new(),
            source_name: StringBuilder::new(),
            kind: StringBuilder::new(),
            at: moments(),
            until: moments(),
            received_at: moments(),
            ip: StringBuilder::new(),
            device: StringBuilder::new(),
            user_agent: StringBuilder::new(),
            client: StringBuilder::new(),
            region: StringBuilder::new(),
            position_ms: Int64Builder::new(),
            score: Float64Builder::new(),
            reference: StringBuilder::new(),
            matched_by: StringBuilder::new(),
            resolution: StringBuilder::new(),
            stated_ms: Int64Builder::new(),
            mark: StringBuilder::new(),
            text: Spelling::default(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(super) fn push(&mut self, row: &EventRow) {
        self.keys.push((row.lesson, row.trainee, row.at, row.row));
        self.evidence.append_value(self.text.of(&row.evidence));
        self.row.append_value(signed(row.row));
        self.byte_from.append_option(row.bytes.as_ref().map(|bytes| signed(bytes.start)));
        self.byte_until.append_option(row.bytes.as_ref().map(|bytes| signed(bytes.end)));
        self.platform.append_option(row.platform.as_deref());
        self.provider.append_option(row.provider.as_ref().map(|id| self.text.of(id)));
        self.class.append_option(row.class.as_ref().map(|id| self.text.of(id)));
        self.lesson.append_option(row.lesson.as_ref().map(|id| self.text.of(id)));
        self.trainee.append_option(row.trainee.as_ref().map(|id| self.text.of(id)));
        self.source_name.append_option(row.source_name.as_deref());
        self.kind.append_value(row.kind.as_str());
        self.at.append_value(row.at.0);
        self.until.append_option(row.until.map(|until| until.0));
        self.received_at.append_value(row.received_at.0);
        self.ip.append_option(row.ip.as_deref());
        self.device.append_option(row.device.as_deref());
        self.user_agent.append_option(row.user_agent.as_deref());
        self.client.append_option(row.client.as_deref());
        self.region.append_option(row.region.as_deref());
        self.position_ms.append_option(row.position_ms);
        self.score.append_option(row.score);
        self.reference.append_option(row.reference.as_deref());
        self.matched_by.append_option(row.matched_by.map(MatchedBy::as_str));
        self.resolution.append_option(row.resolution.as_ref().map(|id| self.text.of(id)));
        self.stated_ms.append_option(row.stated_ms);
        self.mark.append_option(row.mark.as_deref());
    }

    /// All rows so far as one sorted batch; empty afterwards.
    pub(super) fn take(&mut self) -> Result<RecordBatch> {
        let keys = std::mem::take(&mut self.keys);
        let batch = RecordBatch::try_new(
            schema(),
            vec![
                Arc::new(self.evidence.finish()),
                Arc::new(self.row.finish()),
                Arc::new(self.byte_from.finish()),
                Arc::new(self.byte_until.finish()),
                Arc::new(self.platform.finish()),
                Arc::new(self.provider.finish()),
                Arc::new(self.class.finish()),
                Arc::new(self.lesson.finish()),
                Arc::new(self.trainee.finish()),
                Arc::new(self.source_name.finish()),
                Arc::new(self.kind.finish()),
                Arc::new(self.at.finish()),
                Arc::new(self.until.finish()),
                Arc::new(self.received_at.finish()),
                Arc::new(self.ip.finish()),
                Arc::new(self.device.finish()),
                Arc::new(self.user_agent.finish()),
                Arc::new(self.client.finish()),
                Arc::new(self.region.finish()),
                Arc::new(self.position_ms.finish()),
                Arc::new(self.score.finish()),
                Arc::new(self.reference.finish()),
                Arc::new(self.matched_by.finish()),
                Arc::new(self.resolution.finish()),
                Arc::new(self.stated_ms.finish()),
                Arc::new(self.mark.finish()),
            ],
        )
        .map_err(Error::internal)?;
        let mut order: Vec<u32> = (0..keys.len() as u32).collect();
        order.sort_by_key(|index| keys[*index as usize]);
        take_record_batch(&batch, &UInt32Array::from(order)).map_err(Error::internal)
    }
}

/// A batch of the engine with these columns as files hold them: the engine has text as views.
pub(super) fn plain(batch: &RecordBatch, schema: SchemaRef) -> Result<RecordBatch> {
    let columns = batch.columns().iter().zip(schema.fields()).map(|(column, field)| cast(column, field.data_type()));
    let columns = columns.collect::<std::result::Result<Vec<_>, _>>().map_err(Error::internal)?;
    RecordBatch::try_new(schema, columns).map_err(Error::internal)
}

/// Writes ids into one reused buffer.
#[derive(Default)]
struct Spelling(String);

impl Spelling {
    fn of(&mut self, id: &impl Display) -> &str {
        use std::fmt::Write as _;
        self.0.clear();
        write!(self.0, "{id}").expect("writing into a string does not fail");
        &self.0
    }
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Appends the rows of a batch with the columns of [`schema`]; the last two are missing in segments written before there were totals.
pub(super) fn rows(batch: &RecordBatch, into: &mut Vec<EventRow>) -> Result<()> {
    let columns = Read { batch };
    let (evidence, row, kind, at, received_at) =
        (columns.text("evidence")?, columns.number("row")?, columns.text("kind")?, columns.time("at")?, columns.time("received_at")?);
    let (byte_from, byte_until) = (columns.number("byte_from")?, columns.number("byte_until")?);
    let (platform, provider, class) = (columns.text("platform")?, columns.text("provider")?, columns.text("class")?);
    let (lesson, trainee, source_name) = (columns.text("lesson")?, columns.text("trainee")?, columns.text("source_name")?);
    let (until, position_ms, score) = (columns.time("until")?, columns.number("position_ms")?, columns.float("score")?);
    let (ip, device, user_agent) = (columns.text("ip")?, columns.text("device")?, columns.text("user_agent")?);
    let (client, region, reference) = (columns.text("client")?, columns.text("region")?, columns.text("reference")?);
    let (matched_by, resolution) = (columns.text_since("matched_by")?, columns.text_since("resolution")?);
    let (stated_ms, mark) = (columns.number("stated_ms").ok(), columns.text("mark").ok());
    into.reserve(batch.num_rows());
    for index in 0..batch.num_rows() {
        into.push(EventRow {
            evidence: parsed(evidence.value(index))?,
            row: row.value(index).max(0) as u64,
            bytes: match (byte_from.is_valid(index), byte_until.is_valid(index)) {
                (true, true) => Some(byte_from.value(index).max(0) as u64..byte_until.value(index).max(0) as u64),
                _ => None,
            },
            platform: owned(platform, index),
            provider: optional::<ProviderId>(provider, index)?,
            class: optional::<ClassId>(class, index)?,
            lesson: optional::<LessonId>(lesson, index)?,
            trainee: optional::<TraineeId>(trainee, index)?,
            source_name: owned(source_name, index),
            matched_by: matched_by
                .and_then(|column| owned(column, index))
                .map(|word| MatchedBy::from_word(&word).ok_or_else(damaged))
                .transpose()?,
            resolution: resolution.map(|column| optional::<ResolutionId>(column, index)).transpose()?.flatten(),
            kind: EventKind::from_word(kind.value(index)).ok_or_else(damaged)?,
            at: Time(at.value(index)),
            until: until.is_valid(index).then(|| Time(until.value(index))),
            received_at: Time(received_at.value(index)),
            ip: owned(ip, index),
            device: owned(device, index),
            user_agent: owned(user_agent, index),
            client: owned(client, index),
            region: owned(region, index),
            position_ms: position_ms.is_valid(index).then(|| position_ms.value(index)),
            score: score.is_valid(index).then(|| score.value(index)),
            reference: owned(reference, index),
            stated_ms: stated_ms.filter(|column| column.is_valid(index)).map(|column| column.value(index)),
            mark: mark.and_then(|column| owned(column, index)),
        });
    }
    Ok(())
}

struct Read<'a> {
    batch: &'a RecordBatch,
}

impl<'a> Read<'a> {
    fn column(&self, name: &str) -> Result<&'a dyn Array> {
        self.batch.column_by_name(name).map(AsRef::as_ref).ok_or_else(damaged)
    }

    fn text(&self, name: &str) -> Result<&'a StringArray> {
        self.column(name)?.as_string_opt::<i32>().ok_or_else(damaged)
    }

    /// A column that segments have only since some version.
    fn text_since(&self, name: &str) -> Result<Option<&'a StringArray>> {
        self.batch.column_by_name(name).map(|column| column.as_string_opt::<i32>().ok_or_else(damaged)).transpose()
    }

    fn number(&self, name: &str) -> Result<&'a Int64Array> {
        self.column(name)?.as_primitive_opt::<Int64Type>().ok_or_else(damaged)
    }

    fn float(&self, name: &str) -> Result<&'a Float64Array> {
        self.column(name)?.as_primitive_opt::<Float64Type>().ok_or_else(damaged)
    }

    fn time(&self, name: &str) -> Result<&'a TimestampMicrosecondArray> {
        self.column(name)?.as_primitive_opt::<TimestampMicrosecondType>().ok_or_else(damaged)
    }
}

fn owned(column: &StringArray, index: usize) -> Option<String> {
    column.is_valid(index).then(|| column.value(index).to_owned())
}

fn optional<T: FromStr>(column: &StringArray, index: usize) -> Result<Option<T>> {
    column.is_valid(index).then(|| parsed(column.value(index))).transpose()
}

fn parsed<T: FromStr>(text: &str) -> Result<T> {
    text.parse().map_err(|_| damaged())
}

/// The object has the right digest, or nobody would read it; so another version wrote it.
pub(super) fn damaged() -> Error {
    Error::new(&codes::INTERNAL, "A segment of the lake is not as this version writes it; run keshi rebuild.")
}
