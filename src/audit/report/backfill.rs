//! Back-fill (补录): a row for each trainee and lesson, with the plan, what was credited, the evidence it rests on, and what came late.
//!
//! Read a lesson at a time and written as it is read, so that an export of everything takes the memory of one lesson.

use super::mapping::{Column, Field, Mapping};
use super::sql;
use crate::db::{Columns, Db};
use crate::error::Result;
use crate::ids::{ClassId, EvidenceId, LessonId, TraineeId};
use crate::link::{CreditSpan, hours_text};
use crate::register::policy::Policy;
use crate::register::{Class, Provider};
use crate::tables::write::{self, Book, Cell, Format};
use crate::time::Time;
use chrono::Days;
use serde_json::{Value, json};
use sqlx::any::AnyRow;
use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::Seek;

/// A class and whose it is.
#[derive(Clone, Debug)]
pub struct Of<'a> {
    /// The class.
    pub class: &'a Class,
    /// Its provider.
    pub provider: &'a Provider,
}

/// A lesson of the timetable.
#[derive(Clone, Debug)]
pub struct Lesson {
    id: LessonId,
    external_id: String,
    title: String,
    kind: String,
    mode: String,
    starts_at: Time,
    ends_at: Time,
    hours_milli: i64,
}

/// A piece of evidence in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its id.
    pub id: EvidenceId,
    kind: String,
    sha256: String,
    trainee: Option<TraineeId>,
    received_at: Time,
    log_index: Option<i64>,
    late: bool,
}

/// A row of the export.
#[derive(Clone, Debug)]
pub struct Row {
    trainee: TraineeId,
    external_id: String,
    /// Only where it may be seen.
    name: Option<String>,
    category: String,
    /// What was credited, in thousandths; none while nothing was calculated.
    credited: Option<i64>,
    pieces: Vec<Piece>,
}

/// Classes in order, for an export of all of them.
pub async fn classes_after(db: &Db, after: Option<ClassId>) -> Result<Vec<ClassId>> {
    let rows = sqlx::query(sql::CLASSES_AFTER).bind(after.map(|id| id.to_string()).unwrap_or_default()).fetch_all(db.read()).await?;
    rows.iter().map(|row| row.id("id")).collect()
}

/// The lessons of a class.
pub async fn lessons(db: &Db, class: ClassId) -> Result<Vec<Lesson>> {
    let rows = sqlx::query(sql::LESSONS).bind(class.to_string()).fetch_all(db.read()).await?;
    let lesson = |row: &AnyRow| {
        Ok(Lesson {
            id: row.id("id")?,
            external_id: row.text("external_id"),
            title: row.text("title"),
            kind: row.text("kind"),
            mode: row.text("mode"),
            starts_at: row.time("starts_at"),
            ends_at: row.time("ends_at"),
            hours_milli: row.int("hours_milli"),
        })
    };
    rows.iter().map(lesson).collect()
}

/// The rows of a lesson. `policy` says until when material is in time; `names` whether the reader may see them.
pub async fn rows(db: &Db, class: ClassId, lesson: &Lesson, policy: &Policy, names: bool) -> Result<Vec<Row>> {
    let last = policy.reports.as_ref().and_then(|rules| {
        let days = u64::try_from(rules.late_after_days.value).ok()?;
        policy.day_of(lesson.ends_at).checked_add_days(Days::new(days))
    });
    let late = |received: Time| last.is_some_and(|last| policy.day_of(received) > last);
    let found = sqlx::query(sql::OF_LESSON).bind(lesson.id.to_string()).fetch_all(db.read()).await?;
    let mut known: HashMap<EvidenceId, Piece> = HashMap::new();
    for row in &found {
        let piece = piece(row, &late)?;
        known.insert(piece.id, piece);
    }
    // Pictures and recordings of the lesson stand for everybody in it, or for the trainee that they were handed over for.
    let mut placed: Vec<Piece> = known.values().filter(|piece| piece.kind != "attendance").cloned().collect();
    placed.sort_by_key(|piece| (piece.received_at, piece.id));
    let people = sqlx::query(sql::HOURS).bind(class.to_string()).bind(lesson.id.to_string()).fetch_all(db.read()).await?;
    let mut rows = Vec::with_capacity(people.len());
    for person in &people {
        let trainee: TraineeId = person.id("id")?;
        let mut pieces: Vec<Piece> = placed.iter().filter(|piece| piece.trainee.is_none_or(|of| of == trainee)).cloned().collect();
        for id in resting_on(person)? {
            let piece = match known.get(&id) {
                Some(piece) => Some(piece.clone()),
                None => one(db, id, &late).await?,
            };
            if let Some(piece) = piece {
                known.insert(id, piece.clone());
                pieces.push(piece);
            }
        }
        pieces.sort_by_key(|piece| (piece.received_at, piece.id));
        pieces.dedup_by_key(|piece| piece.id);
        rows.push(Row {
            trainee,
            external_id: person.text("external_id"),
            name: names.then(|| person.text("name")),
            category: person.text("category"),
            credited: person.int_opt("hours_milli"),
            pieces,
        });
    }
    Ok(rows)
}

/// The logs that what was credited rests on, and only those: what was not credited rests on nothing.
fn resting_on(person: &AnyRow) -> Result<BTreeSet<EvidenceId>> {
    let Some(spans) = person.text_opt("spans") else { return Ok(BTreeSet::new()) };
    let spans: Vec<CreditSpan> = serde_json::from_str(&spans)?;
    Ok(spans.iter().flat_map(|span| span.evidence.iter().map(|pointer| pointer.id)).collect())
}

async fn one(db: &Db, id: EvidenceId, late: &impl Fn(Time) -> bool) -> Result<Option<Piece>> {
    let row = sqlx::query(sql::ONE).bind(id.to_string()).fetch_optional(db.read()).await?;
    row.as_ref().map(|row| piece(row, late)).transpose()
}

fn piece(row: &AnyRow, late: &impl Fn(Time) -> bool) -> Result<Piece> {
    let received_at = row.time("received_at");
    Ok(Piece {
        id: row.id("id")?,
        kind: row.text("kind"),
        sha256: row.digest("digest")?.to_string(),
        trainee: row.id_opt("trainee_id")?,
        received_at,
        log_index: row.int_opt("log_index"),
        late: late(received_at),
    })
}

/// Writes rows as they come.
pub struct Printer {
    format: Format,
    mapping: Mapping,
    book: Option<Book>,
    first: bool,
}

/// What is left to be sent when the last row was written.
pub enum End {
    /// These bytes.
    Bytes(Vec<u8>),
    /// All of a file.
    File(File),
}

impl Printer {
    /// A printer in the columns of a mapping; JSON has all fields, under their own names.
    pub fn new(format: Format, mapping: Mapping) -> Result<Printer> {
        let book = match format {
            Format::Xlsx => {
                let mut book = Book::new()?;
                book.sheet("补录", &mapping.columns.iter().map(|column| column.heading.clone()).collect::<Vec<_>>())?;
                Some(book)
            }
            Format::Json | Format::Csv => None,
        };
        Ok(Printer { format, mapping, book, first: true })
    }

    /// What comes before the rows.
    pub fn head(&self) -> Result<Vec<u8>> {
        match self.format {
            Format::Xlsx => Ok(Vec::new()),
            Format::Json => Ok(b"{\"items\":[".to_vec()),
            Format::Csv => {
                let heads: Vec<Cell> = self.mapping.columns.iter().map(|column| Cell::text(&column.heading)).collect();
                Ok([write::BOM, &write::csv_row(&heads)?].concat())
            }
        }
    }

    /// The rows of a lesson; for a workbook nothing yet.
    pub fn rows(&mut self, of: &Of<'_>, lesson: &Lesson, rows: &[Row], policy: &Policy) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        for row in rows {
            let line = Line { of, lesson, row, policy };
            let cells = || self.mapping.columns.iter().map(|column| line.cell(column)).collect::<Vec<_>>();
            match (self.format, &mut self.book) {
                (Format::Json, _) => {
                    bytes.extend_from_slice(if self.first { b"\n" } else { b",\n" });
                    bytes.extend(line.json().to_string().into_bytes());
                }
                (Format::Csv, _) => bytes.extend(write::csv_row(&cells())?),
                (Format::Xlsx, Some(book)) => book.row(&cells())?,
                (Format::Xlsx, None) => {}
            }
            self.first = false;
        }
        Ok(bytes)
    }

    /// What comes behind the rows.
    pub fn foot(self) -> Result<End> {
        match (self.format, self.book) {
            (Format::Json, _) => Ok(End::Bytes(b"\n]}\n".to_vec())),
            (_, Some(book)) => {
                let mut file = tempfile::tempfile()?;
                book.save(&mut file)?;
                file.rewind()?;
                Ok(End::File(file))
            }
            (_, None) => Ok(End::Bytes(Vec::new())),
        }
    }
}

/// A row with what it stands in.
struct Line<'a> {
    of: &'a Of<'a>,
    lesson: &'a Lesson,
    row: &'a Row,
    policy: &'a Policy,
}

impl Line<'_> {
    fn json(&self) -> Value {
        let (Of { class, provider }, lesson, row, zone) = (self.of, self.lesson, self.row, self.policy.tz());
        let piece = |one: &Piece| {
            json!({
                "id": one.id, "kind": one.kind, "sha256": one.sha256, "log_index": one.log_index,
                "received_at": one.received_at.in_zone(zone), "late": one.late,
            })
        };
        let mut line = json!({
            "class": class.id, "class_external_id": class.external_id, "class_title": class.title,
            "provider": provider.id, "provider_external_id": provider.external_id, "provider_name": provider.name, "region": provider.region,
            "platform": class.platform, "trade": class.trade, "starts_on": class.starts_on, "ends_on": class.ends_on,
            "trainee": row.trainee, "trainee_external_id": row.external_id, "category": row.category,
            "lesson": lesson.id, "lesson_external_id": lesson.external_id, "lesson_title": lesson.title,
            "lesson_kind": lesson.kind, "lesson_mode": lesson.mode,
            "lesson_starts_at": lesson.starts_at.in_zone(zone), "lesson_ends_at": lesson.ends_at.in_zone(zone),
            "hours_planned": hours_text(lesson.hours_milli), "hours_credited": row.credited.map(hours_text),
            "evidence": row.pieces.iter().map(piece).collect::<Vec<_>>(), "late": row.pieces.iter().any(|one| one.late),
        });
        if let Some(name) = &row.name {
            line["name"] = name.as_str().into();
        }
        line
    }

    fn cell(&self, column: &Column) -> Cell {
        let (Of { class, provider }, lesson, row) = (self.of, self.lesson, self.row);
        let moment = |at: Time| Cell::text(at.utc().with_timezone(&self.policy.tz()).format("%Y-%m-%d %H:%M:%S").to_string());
        let code = |code: &str| Cell::text(column.word(code));
        let each = |told: &dyn Fn(&Piece) -> String| Cell::text(row.pieces.iter().map(told).collect::<Vec<_>>().join(" "));
        match column.field {
            Field::Class => Cell::text(class.id.to_string()),
            Field::ClassExternalId => Cell::text(&class.external_id),
            Field::ClassTitle => Cell::text(&class.title),
            Field::Provider => Cell::text(provider.id.to_string()),
            Field::ProviderExternalId => Cell::text(&provider.external_id),
            Field::ProviderName => Cell::text(&provider.name),
            Field::Region => Cell::text(provider.region.clone().unwrap_or_default()),
            Field::Platform => code(&class.platform),
            Field::TradeCode => Cell::text(&class.trade.code),
            Field::TradeName => Cell::text(&class.trade.name),
            Field::StartsOn => Cell::text(class.starts_on.to_string()),
            Field::EndsOn => Cell::text(class.ends_on.to_string()),
            Field::Trainee => Cell::text(row.trainee.to_string()),
            Field::TraineeExternalId => Cell::text(&row.external_id),
            Field::Name => Cell::text(row.name.clone().unwrap_or_default()),
            Field::Category => code(&row.category),
            Field::Lesson => Cell::text(lesson.id.to_string()),
            Field::LessonExternalId => Cell::text(&lesson.external_id),
            Field::LessonTitle => Cell::text(&lesson.title),
            Field::LessonKind => code(&lesson.kind),
            Field::LessonMode => code(&lesson.mode),
            Field::LessonStartsAt => moment(lesson.starts_at),
            Field::LessonEndsAt => moment(lesson.ends_at),
            Field::HoursPlanned => Cell::Milli(lesson.hours_milli),
            Field::HoursCredited => row.credited.map_or(Cell::Empty, Cell::Milli),
            Field::EvidenceKinds => {
                let kinds: BTreeSet<&str> = row.pieces.iter().map(|one| one.kind.as_str()).collect();
                Cell::text(kinds.iter().map(|kind| column.word(kind)).collect::<Vec<_>>().join(" "))
            }
            Field::EvidenceSha256 => each(&|one| one.sha256.clone()),
            Field::LogIndex => each(&|one| one.log_index.map_or_else(|| "–".to_owned(), |index| index.to_string())),
            Field::ReceivedAt => row.pieces.iter().map(|one| one.received_at).max().map_or(Cell::Empty, moment),
            Field::Late if row.pieces.is_empty() => Cell::Empty,
            Field::Late => code(if row.pieces.iter().any(|one| one.late) { "yes" } else { "no" }),
            Field::LateSha256 => {
                Cell::text(row.pieces.iter().filter(|one| one.late).map(|one| one.sha256.clone()).collect::<Vec<_>>().join(" "))
            }
        }
    }
}
