//! The tables of the lake: their columns as docs/LAKE.md lists them, and builders that take rows.

use arrow_array::builder::{Float64Builder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef, TimeUnit};
use std::sync::Arc;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A whole number.
    Number,
    /// A number with a fraction.
    Float,
    /// Microseconds, UTC.
    Moment,
}

use Kind::{Float, Moment, Number, Text};

/// The columns of a table, in order.
pub type Columns = &'static [(&'static str, Kind)];

/// All tables with their columns.
#[rustfmt::skip]
pub const TABLES: &[(&str, Columns)] = &[
    ("attendance", &[("evidence", Text), ("row", Number), ("byte_from", Number), ("byte_until", Number), ("platform", Text), ("provider", Text), ("class", Text), ("lesson", Text), ("trainee", Text), ("source_name", Text), ("kind", Text), ("at", Moment), ("until", Moment), ("received_at", Moment), ("ip", Text), ("device", Text), ("user_agent", Text), ("client", Text), ("region", Text), ("position_ms", Number), ("score", Float), ("reference", Text), ("matched_by", Text), ("resolution", Text), ("stated_ms", Number), ("mark", Text)]),
    ("classes", &[("class", Text), ("external_id", Text), ("provider", Text), ("platform", Text), ("title", Text), ("trade_code", Text), ("trade_name", Text), ("application", Text), ("promise_due", Text), ("starts_on", Text), ("ends_on", Text), ("hours_total_milli", Number), ("hours_online_milli", Number), ("hours_theory_milli", Number), ("hours_practice_milli", Number), ("epidemic", Number), ("created_at", Moment), ("fen_per_hour", Number), ("account_key", Text), ("account_fault", Text)]),
    ("lessons", &[("lesson", Text), ("class", Text), ("provider", Text), ("platform", Text), ("external_id", Text), ("title", Text), ("kind", Text), ("mode", Text), ("starts_at", Moment), ("ends_at", Moment), ("content_ms", Number), ("hours_milli", Number), ("meeting_ref", Text), ("cancelled_at", Moment), ("created_at", Moment), ("teacher", Text), ("worth_fen", Number)]),
    ("roster", &[("class", Text), ("trainee", Text), ("person", Text), ("category", Text), ("withdrawn_at", Moment), ("created_at", Moment), ("id_number_fault", Text), ("age_years", Number), ("sex", Text), ("id_region", Text)]),
    ("trainees", &[("trainee", Text), ("person", Text), ("class", Text), ("provider", Text), ("phone_key", Text), ("email_key", Text), ("phone_fault", Text)]),
    ("teachers", &[("provider", Text), ("teacher", Text), ("lessons", Number)]),
    ("evidence", &[("evidence", Text), ("kind", Text), ("digest", Text), ("size", Number), ("media_type", Text), ("platform", Text), ("provider", Text), ("class", Text), ("lesson", Text), ("trainee", Text), ("claimed_from", Moment), ("claimed_until", Moment), ("received_at", Moment), ("submitter", Text), ("reader", Text), ("accepted_rows", Number), ("analysed_at", Moment), ("failed_at", Moment)]),
    ("media", &[("evidence", Text), ("kind", Text), ("class", Text), ("lesson", Text), ("trainee", Text), ("digest", Text), ("media_type", Text), ("received_at", Moment), ("duration_ms", Number), ("effective_ms", Number), ("black_ms", Number), ("dead_ms", Number), ("looped_ms", Number), ("pass", Text), ("width", Number), ("height", Number), ("container", Text), ("created_at", Text), ("taken_at", Text), ("faces", Number), ("faces_looks", Number), ("editor", Text), ("other_thumbnail", Number), ("facts", Text)]),
    ("screen", &[("evidence", Text), ("kind", Text), ("class", Text), ("lesson", Text), ("trainee", Text), ("reading", Text), ("at_ms", Number), ("value", Text), ("confidence", Float), ("clock_s", Number)]),
    ("media_matches", &[("evidence", Text), ("other", Text), ("kind", Text), ("tier", Text), ("score", Float), ("distance", Number), ("changed_milli", Number), ("because", Text), ("aligned_ms", Number), ("runs", Text), ("at_ms", Number), ("until_ms", Number)]),
    ("session_codes", &[("evidence", Text), ("lesson", Text), ("minute", Moment), ("at_ms", Number), ("genuine", Number)]),
    ("presence", &[("class", Text), ("lesson", Text), ("trainee", Text), ("person", Text), ("kind", Text), ("reason", Text), ("from_at", Moment), ("until_at", Moment), ("evidence", Text)]),
    ("credits", &[("class", Text), ("lesson", Text), ("trainee", Text), ("run", Text), ("credited_ms", Number), ("hours_milli", Number), ("presence_ms", Number), ("corroborated_ms", Number), ("reasons", Text), ("policy", Text), ("at", Moment), ("worth_fen", Number)]),
    ("providers", &[("provider", Text), ("external_id", Text), ("name", Text), ("kind", Text), ("listed_from", Text), ("listed_until", Text), ("created_at", Moment), ("region", Text)]),
    ("platforms", &[("platform", Text), ("name_zh", Text), ("name_en", Text), ("host", Text), ("timezone", Text), ("created_at", Moment)]),
    ("applications", &[("class", Text), ("provider", Text), ("platform", Text), ("application", Text), ("promise_due", Text), ("applied_at", Moment), ("decision", Text), ("decided_at", Moment), ("policy", Text), ("qualified_fen", Number), ("skill_level_fen", Number), ("vocational_fen", Number), ("special_operation_fen", Number), ("prepaid_on", Text), ("decision_due_at", Moment), ("prepay_due_at", Moment), ("online_percent", Number)]),
    ("certificates", &[("certificate", Text), ("class", Text), ("trainee", Text), ("person", Text), ("kind", Text), ("number_key", Text), ("issued_on", Text), ("evidence", Text), ("entered_at", Moment), ("replaced_at", Moment)]),
    ("papers", &[("class", Text), ("kind", Text), ("evidence", Text), ("filed_at", Moment)]),
    ("claims", &[("claim", Text), ("class", Text), ("provider", Text), ("state", Text), ("amount_fen", Number), ("granted_fen", Number), ("prepaid_fen", Number), ("prepaid_on", Text), ("settled_on", Text), ("gaps", Text), ("filed_at", Moment), ("replaced_at", Moment), ("prepay_due_at", Moment)]),
    ("listed", &[("list", Text), ("person", Text), ("value", Text), ("provider", Text), ("from_on", Text), ("until_on", Text), ("evidence", Text), ("row", Number), ("source", Text), ("as_of", Text), ("ip_from", Number), ("ip_until", Number)]),
];

/// The place of a table in [`TABLES`]. Panics where there is none of that name, which only a fault here can cause.
pub fn place(table: &str) -> usize {
    TABLES.iter().position(|(name, _)| *name == table).unwrap_or_else(|| panic!("there is no table {table}"))
}

/// The type of a column.
pub fn data_type(kind: Kind) -> DataType {
    match kind {
        Text => DataType::Utf8,
        Number => DataType::Int64,
        Float => DataType::Float64,
        Moment => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
    }
}

/// The schema of the table at a place.
pub fn schema(table: usize) -> SchemaRef {
    let field = |(name, kind): &(&str, Kind)| Field::new(*name, data_type(*kind), true);
    Arc::new(Schema::new(TABLES[table].1.iter().map(field).collect::<Vec<_>>()))
}

/// One value of a row.
#[derive(Clone, Copy, Debug)]
pub enum Cell<'a> {
    /// Text.
    T(&'a str),
    /// A whole number.
    N(i64),
    /// A number with a fraction.
    F(f64),
    /// A moment.
    M(i64),
    /// Nothing.
    Null,
}

impl<'a> Cell<'a> {
    /// Text, or nothing.
    pub fn text(text: Option<&'a str>) -> Cell<'a> {
        text.map_or(Cell::Null, Cell::T)
    }

    /// A number, or nothing.
    pub fn number(number: Option<i64>) -> Cell<'a> {
        number.map_or(Cell::Null, Cell::N)
    }

    /// A moment, or nothing.
    pub fn moment(at: Option<i64>) -> Cell<'a> {
        at.map_or(Cell::Null, Cell::M)
    }
}

enum Column {
    Text(StringBuilder),
    Number(Int64Builder),
    Float(Float64Builder),
    Moment(TimestampMicrosecondBuilder),
}

/// So many rows fit before a builder has to grow.
const ROOM: usize = 9_000;

impl Column {
    fn new(kind: Kind) -> Column {
        match kind {
            Text => Column::Text(StringBuilder::with_capacity(ROOM, ROOM * 36)),
            Number => Column::Number(Int64Builder::with_capacity(ROOM)),
            Float => Column::Float(Float64Builder::with_capacity(ROOM)),
            Moment => Column::Moment(TimestampMicrosecondBuilder::with_capacity(ROOM).with_timezone("UTC")),
        }
    }
}

/// Rows of one table on their way into a file.
pub struct Sheet {
    schema: SchemaRef,
    columns: Vec<Column>,
    kinds: Columns,
    rows: usize,
}

impl Sheet {
    /// An empty one for the table at a place of [`TABLES`].
    pub fn new(table: usize) -> Sheet {
        Sheet {
            schema: schema(table),
            columns: TABLES[table].1.iter().map(|(_, kind)| Column::new(*kind)).collect(),
            kinds: TABLES[table].1,
            rows: 0,
        }
    }

    /// How many rows wait.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Adds a row, its cells in the order of the columns. Panics where they are not of the columns' kinds, which only a fault here can cause.
    pub fn row(&mut self, cells: &[Cell<'_>]) {
        assert_eq!(cells.len(), self.columns.len(), "a row has a cell for each column");
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            match (column, cell) {
                (Column::Text(builder), Cell::T(text)) => builder.append_value(text),
                (Column::Text(builder), Cell::Null) => builder.append_null(),
                (Column::Number(builder), Cell::N(number)) => builder.append_value(*number),
                (Column::Number(builder), Cell::Null) => builder.append_null(),
                (Column::Float(builder), Cell::F(number)) => builder.append_value(*number),
                (Column::Float(builder), Cell::Null) => builder.append_null(),
                (Column::Moment(builder), Cell::M(at)) => builder.append_value(*at),
                (Column::Moment(builder), Cell::Null) => builder.append_null(),
                (_, cell) => panic!("{cell:?} is of another kind than its column"),
            }
        }
        self.rows += 1;
    }

    /// The rows, after which it is empty again.
    ///
    /// # Errors
    /// When the columns do not fit, which only a fault here can cause.
    pub fn take(&mut self) -> Result<RecordBatch, ArrowError> {
        self.rows = 0;
        let columns = self.columns.iter_mut().zip(self.kinds).map(|(column, (_, kind))| -> ArrayRef {
            match std::mem::replace(column, Column::new(*kind)) {
                Column::Text(mut builder) => Arc::new(builder.finish()),
                Column::Number(mut builder) => Arc::new(builder.finish()),
                Column::Float(mut builder) => Arc::new(builder.finish()),
                Column::Moment(mut builder) => Arc::new(builder.finish()),
            }
        });
        RecordBatch::try_new(Arc::clone(&self.schema), columns.collect())
    }
}
