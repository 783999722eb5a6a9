//! Lessons as a class lists them, and one lesson with what it lies between.

use super::{Scope, index, sql};
use crate::analyse::media;
use crate::db::{Columns, Db};
use crate::error::Result;
use crate::ids::{ClassId, EvidenceId, FindingId, LessonId, TraineeId};
use crate::time::Time;
use sqlx::Row;
use sqlx::any::AnyRow;

/// A lesson in the list of its class.
#[derive(Clone, Debug)]
pub struct LessonLine {
    /// Its id.
    pub id: LessonId,
    /// Its place on the timetable, from 1.
    pub number: usize,
    /// Its title.
    pub title: String,
    /// `theory`, `practice`, `general`, `safety`, `epidemic`.
    pub kind: String,
    /// `live`, `recorded` …
    pub mode: String,
    /// The teacher's name.
    pub teacher: String,
    /// Planned start.
    pub from: Time,
    /// Planned end.
    pub until: Time,
    /// Thousandths of a lesson hour it can bring a trainee.
    pub planned: i64,
    /// Length of recorded content in milliseconds, when the timetable says it.
    pub content_ms: Option<i64>,
    /// Logs received.
    pub logs: i64,
    /// Recordings received.
    pub recordings: i64,
    /// Pictures received.
    pub pictures: i64,
    /// Whether its hours were calculated.
    pub calculated: bool,
}

/// A lesson and what it belongs to.
#[derive(Clone, Debug)]
pub struct LessonHead {
    /// The class.
    pub class: ClassId,
    /// The class's title.
    pub class_title: String,
    /// The policy fixed for the class.
    pub policy: Option<String>,
    /// The lesson itself, as its class lists it.
    pub line: LessonLine,
    /// The one before it.
    pub before: Option<LessonId>,
    /// The one after it.
    pub after: Option<LessonId>,
}

/// An hour that an open finding speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Disputed {
    /// The lesson.
    pub lesson: LessonId,
    /// The trainee.
    pub trainee: TraineeId,
    /// The finding.
    pub finding: FindingId,
}

/// A recording or a picture of a lesson, with the little that a line is drawn from.
#[derive(Clone, Debug)]
pub struct Media {
    /// Its evidence.
    pub evidence: EvidenceId,
    /// `video` or `screenshot`.
    pub kind: String,
    /// File name, as far as the sender gave one.
    pub filename: Option<String>,
    /// The trainee it was sent for.
    pub trainee: Option<TraineeId>,
    /// Its index in the log.
    pub leaf: Option<u64>,
    /// Whether there is a small version.
    pub thumbnail: bool,
    /// Of a recording, what was seen of it.
    pub spans: Vec<media::Span>,
}

/// The lessons of a class in the order of time, those called off left out.
pub async fn lessons(db: &Db, class: ClassId) -> Result<Vec<LessonLine>> {
    let rows = sqlx::query(sql::LESSONS).bind(class.to_string()).fetch_all(db.read()).await?;
    rows.iter().enumerate().map(|(place, row)| line(row, place + 1)).collect()
}

/// One lesson, if the asker may see its class.
pub async fn lesson(db: &Db, scope: &Scope, lesson: LessonId) -> Result<Option<LessonHead>> {
    let query = sqlx::query(sql::LESSON_CLASS).bind(lesson.to_string()).bind(scope.provider()).bind(scope.platform());
    let Some(row) = query.fetch_optional(db.read()).await? else { return Ok(None) };
    let class = row.id("class_id")?;
    let all = lessons(db, class).await?;
    let Some(place) = all.iter().position(|line| line.id == lesson) else { return Ok(None) };
    let beside = |place: Option<usize>| place.and_then(|place| all.get(place)).map(|line| line.id);
    Ok(Some(LessonHead {
        class,
        class_title: row.get("title"),
        policy: row.get("policy"),
        before: beside(place.checked_sub(1)),
        after: beside(Some(place + 1)),
        line: all[place].clone(),
    }))
}

/// The hours of a class that open findings speak of.
pub async fn disputed(db: &Db, class: ClassId) -> Result<Vec<Disputed>> {
    let rows = sqlx::query(sql::DISPUTED).bind(class.to_string()).fetch_all(db.read()).await?;
    rows.iter().map(|row| Ok(Disputed { lesson: row.id("lesson_id")?, trainee: row.id("trainee_id")?, finding: row.id("id")? })).collect()
}

/// Recordings and pictures of a lesson, and those of its class that claim its time.
pub async fn media(db: &Db, lesson: &LessonHead) -> Result<Vec<Media>> {
    let rows = sqlx::query(sql::MEDIA)
        .bind(lesson.line.id.to_string())
        .bind(lesson.class.to_string())
        .bind(lesson.line.from.0)
        .bind(lesson.line.until.0)
        .fetch_all(db.read())
        .await?;
    rows.iter().map(medium).collect()
}

fn line(row: &AnyRow, number: usize) -> Result<LessonLine> {
    Ok(LessonLine {
        id: row.id("id")?,
        number,
        title: row.get("title"),
        kind: row.get("kind"),
        mode: row.get("mode"),
        teacher: row.get("teacher"),
        from: row.time("starts_at"),
        until: row.time("ends_at"),
        planned: row.get("hours_milli"),
        content_ms: row.int_opt("content_ms"),
        logs: row.int("logs") + row.int("class_logs"),
        recordings: row.get("recordings"),
        pictures: row.get("pictures"),
        calculated: row.int("runs") > 0,
    })
}

fn medium(row: &AnyRow) -> Result<Media> {
    Ok(Media {
        evidence: row.id("id")?,
        kind: row.get("kind"),
        filename: row.get("filename"),
        trainee: row.id_opt("trainee_id")?,
        leaf: index(row, "log_index"),
        thumbnail: row.int("thumbnails") > 0,
        spans: row.text_opt("spans").and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default(),
    })
}
