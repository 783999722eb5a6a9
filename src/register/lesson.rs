//! Lessons (课节): the timetable of a class.

use super::class::HoursMilli;
use super::list::{Heading, List, Replaced};
use super::{Class, Reference, reference, sql, trail};
use crate::db::{Columns, Db, Tx};
use crate::error::{Error, Result, codes};
use crate::ids::{ClassId, Ids, LessonId};
use crate::jobs::{Change, Jobs};
use crate::time::{DAY, Time};
use chrono::{NaiveDateTime, TimeZone};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::any::AnyRow;

/// What a lesson is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LessonKind {
    /// Theory.
    Theory,
    /// Practice.
    Practice,
    /// General vocational literacy.
    General,
    /// Safety.
    Safety,
    /// Epidemic prevention.
    Epidemic,
}

/// How a lesson is held (notice, 三).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// 在线直播.
    Live,
    /// 视频录播.
    Recorded,
    /// 实时互动.
    Interaction,
    /// 教师答疑.
    Qa,
    /// 考核测试.
    Test,
    /// In a room.
    InPerson,
}

impl Mode {
    /// As in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Live => "live",
            Mode::Recorded => "recorded",
            Mode::Interaction => "interaction",
            Mode::Qa => "qa",
            Mode::Test => "test",
            Mode::InPerson => "in_person",
        }
    }
}

/// A lesson as sent.
#[derive(Clone, Debug, Deserialize)]
pub struct NewLesson {
    /// The sender's id, within the class.
    pub external_id: String,
    /// Title.
    pub title: String,
    /// What it is about.
    pub kind: LessonKind,
    /// How it is held.
    pub mode: Mode,
    /// Begin of the window.
    pub starts_at: Time,
    /// End of the window.
    pub ends_at: Time,
    /// Length of recorded content, milliseconds.
    pub content_ms: Option<i64>,
    /// Share of right answers, in percent, without which nothing of a recorded lesson or a test counts.
    pub quiz_percent: Option<i64>,
    /// Lesson hours it counts for.
    pub hours: HoursMilli,
    /// Teacher.
    pub teacher: String,
    /// Meeting number or link on the platform.
    pub meeting_ref: Option<String>,
}

/// A lesson as kept.
#[derive(Clone, Debug, Serialize)]
pub struct Lesson {
    /// keshi's id.
    pub id: LessonId,
    /// The class.
    pub class: ClassId,
    /// The sender's id.
    pub external_id: String,
    /// Title.
    pub title: String,
    /// What it is about.
    pub kind: LessonKind,
    /// How it is held.
    pub mode: Mode,
    /// Begin of the window.
    pub starts_at: Time,
    /// End of the window.
    pub ends_at: Time,
    /// Length of recorded content, milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_ms: Option<i64>,
    /// Share of right answers, in percent, without which nothing of a recorded lesson or a test counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quiz_percent: Option<i64>,
    /// Lesson hours it counts for.
    pub hours: HoursMilli,
    /// Teacher.
    pub teacher: String,
    /// Meeting number or link on the platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meeting_ref: Option<String>,
}

const HEADINGS: &[Heading] = &[
    ("external_id", &["编号", "课节编号", "课次", "id"]),
    ("title", &["课程", "课程名称", "标题", "课节", "内容"]),
    ("kind", &["类型", "课程类型", "类别"]),
    ("mode", &["方式", "授课方式", "形式"]),
    ("starts_at", &["开始时间", "上课时间", "开始"]),
    ("ends_at", &["结束时间", "下课时间", "结束"]),
    ("content_ms", &["内容时长毫秒"]),
    ("quiz_percent", &["测验及格分", "测验合格分"]),
    ("hours", &["课时", "学时", "课时数"]),
    ("teacher", &["教师", "授课教师", "老师", "讲师"]),
    ("meeting_ref", &["会议号", "直播间", "房间号"]),
];

/// Reads a timetable body; JSON `{lessons: […]}` or a table with a header row. In a sheet, times without offset are in `zone`.
pub fn read(body: &[u8], zone: chrono_tz::Tz) -> Result<Vec<NewLesson>> {
    List::read(body, "lessons", HEADINGS)?.parse(
        |row| {
            for key in ["starts_at", "ends_at"] {
                if let Some(Value::String(text)) = row.get_mut(key)
                    && let Some(time) = local(text, zone)
                {
                    *text = time.to_string();
                }
            }
            for key in ["content_ms", "quiz_percent"] {
                if let Some(Value::String(text)) = row.get(key)
                    && let Ok(number) = text.parse::<i64>()
                {
                    row.insert(key.to_owned(), number.into());
                }
            }
            translate(
                row,
                "kind",
                &[
                    ("理论", "theory"),
                    ("实训", "practice"),
                    ("实操", "practice"),
                    ("通用", "general"),
                    ("通用素质", "general"),
                    ("安全", "safety"),
                    ("疫情防控", "epidemic"),
                ],
            );
            translate(
                row,
                "mode",
                &[
                    ("直播", "live"),
                    ("录播", "recorded"),
                    ("互动", "interaction"),
                    ("答疑", "qa"),
                    ("测试", "test"),
                    ("考核", "test"),
                    ("线下", "in_person"),
                ],
            );
        },
        |lesson: &NewLesson| &lesson.external_id,
        |lesson| {
            reference::external_id(&lesson.external_id).map_err(|error| error.message)?;
            if lesson.title.trim().is_empty() || lesson.title.chars().count() > 200 || lesson.teacher.chars().count() > 200 {
                return Err("title is 1 to 200 characters, teacher at most 200.".to_owned());
            }
            // What is recorded may be watched over weeks, the rest is held at a time.
            let most = if lesson.mode == Mode::Recorded { 366 * DAY } else { DAY };
            if lesson.ends_at <= lesson.starts_at || lesson.ends_at.0 - lesson.starts_at.0 > most {
                return Err("ends_at lies after starts_at, within a day; within a year when the mode is recorded.".to_owned());
            }
            let tested = matches!(lesson.mode, Mode::Recorded | Mode::Test);
            if lesson.quiz_percent.is_some_and(|percent| !(1..=100).contains(&percent) || !tested) {
                return Err("quiz_percent is 1 to 100, and for recorded lessons and tests alone.".to_owned());
            }
            if lesson.content_ms.is_some_and(|length| !(0..=86_400_000).contains(&length)) {
                return Err("content_ms is 0 to 86400000.".to_owned());
            }
            Ok(())
        },
    )
}

fn translate(row: &mut serde_json::Map<String, Value>, key: &str, words: &[(&str, &str)]) {
    if let Some(Value::String(text)) = row.get_mut(key)
        && let Some((_, word)) = words.iter().find(|(word, _)| *word == text.trim())
    {
        *text = (*word).to_owned();
    }
}

/// `2020-03-03 09:00[:00]`, with `/` or `T` too, in the zone.
fn local(text: &str, zone: chrono_tz::Tz) -> Option<Time> {
    let text = text.trim().replace('/', "-").replace('T', " ");
    let naive = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"].iter().find_map(|shape| NaiveDateTime::parse_from_str(&text, shape).ok())?;
    zone.from_local_datetime(&naive).earliest().map(Time::from)
}

/// Makes the list the timetable of the class: new lessons are added, known ones moved, missing ones cancelled.
pub async fn replace(db: &Db, jobs: &Jobs, ids: &Ids, now: Time, actor: &str, class: &Class, list: Vec<NewLesson>) -> Result<Vec<Lesson>> {
    let mut tx = db.begin().await?;
    let replaced = replace_in(&mut tx, jobs, ids, now, actor, class, list).await?;
    tx.commit().await?;
    Ok(replaced.after)
}

/// The same in a transaction; what the timetable was, and what it is.
pub async fn replace_in(
    tx: &mut Tx,
    jobs: &Jobs,
    ids: &Ids,
    now: Time,
    actor: &str,
    class: &Class,
    list: Vec<NewLesson>,
) -> Result<Replaced<Lesson>> {
    let before = in_tx(tx, class.id).await?;
    for lesson in &list {
        let id: LessonId = ids.next();
        let kind = serde_json::to_value(lesson.kind)?;
        sqlx::query(sql::PUT_LESSON)
            .bind(id.to_string())
            .bind(class.id.to_string())
            .bind(lesson.external_id.trim())
            .bind(lesson.title.trim())
            .bind(kind.as_str())
            .bind(lesson.mode.as_str())
            .bind(lesson.starts_at.0)
            .bind(lesson.ends_at.0)
            .bind(lesson.content_ms)
            .bind(lesson.hours.0)
            .bind(lesson.teacher.trim())
            .bind(lesson.meeting_ref.as_deref().map(str::trim).filter(|text| !text.is_empty()))
            .bind(now.0)
            .bind(lesson.quiz_percent)
            .execute(tx.conn())
            .await?;
    }
    let rows = sqlx::query(sql::LESSONS).bind(class.id.to_string()).fetch_all(tx.conn()).await?;
    let keep: std::collections::HashSet<&str> = list.iter().map(|lesson| lesson.external_id.trim()).collect();
    for row in &rows {
        if !keep.contains(row.text("external_id").as_str()) {
            sqlx::query(sql::CANCEL_LESSON).bind(class.id.to_string()).bind(now.0).bind(row.text("id")).execute(tx.conn()).await?;
        }
        jobs.after(tx, Change::LessonTouched, &row.text("id"), now).await?;
    }
    let subject = class.id.to_string();
    let detail = format!("{} lessons", list.len());
    let note = trail::Note { actor, action: "lessons.replaced", subject_kind: "class", subject_id: &subject, detail: Some(&detail) };
    trail::note(tx, ids, now, note).await?;
    // Logs that came before the timetable are read again: their rows may now fall into a lesson.
    jobs.after(tx, Change::PlanChanged, &subject, now).await?;
    Ok(Replaced { before, after: in_tx(tx, class.id).await? })
}

async fn in_tx(tx: &mut Tx, class: ClassId) -> Result<Vec<Lesson>> {
    sqlx::query(sql::LESSONS).bind(class.to_string()).fetch_all(tx.conn()).await?.iter().map(lesson).collect()
}

/// The timetable of a class, by time.
pub async fn of_class(db: &Db, class: ClassId) -> Result<Vec<Lesson>> {
    sqlx::query(sql::LESSONS).bind(class.to_string()).fetch_all(db.read()).await?.iter().map(lesson).collect()
}

/// Lessons of a class whose window touches a span.
pub async fn between(db: &Db, class: ClassId, from: Time, until: Time) -> Result<Vec<Lesson>> {
    let rows = sqlx::query(sql::LESSONS_BETWEEN).bind(class.to_string()).bind(from.0).bind(until.0).fetch_all(db.read()).await?;
    rows.iter().map(lesson).collect()
}

/// One lesson of a class.
pub async fn get(db: &Db, class: ClassId, reference: &Reference) -> Result<Lesson> {
    let row = sqlx::query(sql::LESSON_OF_CLASS)
        .bind(class.to_string())
        .bind(reference.id_text())
        .bind(reference.external_text())
        .fetch_optional(db.read())
        .await?;
    row.as_ref().map(lesson).transpose()?.ok_or_else(|| Error::of(&codes::UNKNOWN_LESSON))
}

/// One lesson by keshi's id.
pub async fn by_id(db: &Db, id: LessonId) -> Result<Lesson> {
    let row = sqlx::query(sql::LESSON).bind(id.to_string()).fetch_optional(db.read()).await?;
    row.as_ref().map(lesson).transpose()?.ok_or_else(|| Error::of(&codes::UNKNOWN_LESSON))
}

fn lesson(row: &AnyRow) -> Result<Lesson> {
    Ok(Lesson {
        id: row.id("id")?,
        class: row.id("class_id")?,
        external_id: row.text("external_id"),
        title: row.text("title"),
        kind: serde_json::from_value(row.text("kind").into())?,
        mode: serde_json::from_value(row.text("mode").into())?,
        starts_at: row.time("starts_at"),
        ends_at: row.time("ends_at"),
        content_ms: row.int_opt("content_ms"),
        quiz_percent: row.int_opt("quiz_percent"),
        hours: HoursMilli(row.int("hours_milli")),
        teacher: row.text("teacher"),
        meeting_ref: row.text_opt("meeting_ref"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timetable_may_be_a_sheet_with_local_times() {
        let body = "编号,课程名称,类型,方式,开始时间,结束时间,课时,教师,会议号\nL1,安全用电,安全,直播,2020/03/03 09:00,2020-03-03 09:45:00,1,王老师,123\n";
        let list = read(body.as_bytes(), chrono_tz::Asia::Shanghai).expect("reads");
        assert_eq!((list[0].starts_at.to_string().as_str(), list[0].mode, list[0].hours.0), ("2020-03-03T01:00:00Z", Mode::Live, 1000));
    }

    #[test]
    fn a_lesson_that_ends_before_it_starts_is_a_row_at_fault() {
        let body = r#"{"lessons":[{"external_id":"L1","title":"t","kind":"theory","mode":"live","starts_at":"2020-03-03T10:00:00+08:00","ends_at":"2020-03-03T09:00:00+08:00","hours":1,"teacher":"w"}]}"#;
        assert_eq!(read(body.as_bytes(), chrono_tz::UTC).expect_err("refused").rows.len(), 1);
    }
}
