//! Applications, rosters and timetables in the shapes of the contract: JSON, CSV with English and XLSX with Chinese headings.

use super::people::Person;
use super::plan::{Class, Lesson, ListFormat, Plan, Provider};
use crate::error::{Error, Result};
use crate::time::Time;
use chrono_tz::Asia::Shanghai;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, XlsxError};
use serde_json::{Value, json};

/// A body with its media type and the ending of its file name.
#[derive(Clone, Debug)]
pub struct List {
    /// For the `Content-Type` header.
    pub media_type: &'static str,
    /// `json`, `csv` or `xlsx`.
    pub extension: &'static str,
    /// The body.
    pub bytes: Vec<u8>,
}

/// Body of `POST /v1/providers`.
pub(super) fn provider(provider: &Provider) -> Value {
    let mut body = json!({ "external_id": provider.external_id, "name": provider.name, "kind": provider.kind });
    if let (Some(from), Some(until)) = (provider.listed_from, provider.listed_until) {
        body["listed_from"] = json!(from);
        body["listed_until"] = json!(until);
    }
    body
}

/// Body of `POST /v1/classes`.
pub fn application(plan: &Plan, class: &Class) -> Value {
    let [total, online, theory, practice] = class.hours;
    let [qualified, skill_level, vocational, special_operation] = class.standards_fen;
    let mut body = json!({
        "external_id": class.external_id,
        "provider": format!("ext:{}", plan.providers[class.provider].external_id),
        "platform": class.platform,
        "title": class.title,
        "trade": { "code": class.trade_code, "name": class.trade_name },
        "application": class.application,
        "starts_on": class.starts_on,
        "ends_on": class.ends_on,
        "hours": { "total": total, "online": online, "theory": theory, "practice": practice },
        "standards_fen": { "qualified": qualified, "skill_level": skill_level, "vocational": vocational, "special_operation": special_operation },
        "epidemic": true,
        "bank_account": format!("6100000000{:09}", class.provider + 1),
    });
    if let Some(due) = class.promise_due {
        body["promise_due"] = json!(due);
    }
    body
}

const ROSTER: [&str; 7] = ["external_id", "name", "id_number", "category", "phone", "email", "platform_user"];
const ROSTER_ZH: [&str; 7] = ["学员编号", "姓名", "身份证号", "人员类别", "手机号", "邮箱", "平台账号"];

/// Body of `PUT /v1/classes/{id}/roster`.
///
/// # Errors
/// When a table cannot be written, which would be a fault here.
pub fn roster(class: &Class, people: &[Person]) -> Result<List> {
    let chinese = class.roster_as == ListFormat::Xlsx;
    let rows = class.trainees.iter().map(|trainee| {
        let person = &people[trainee.person];
        let category = match (chinese, trainee.category) {
            (true, "employee") => "企业职工",
            (true, "key_group") => "就业重点群体",
            (true, "poor_household") => "贫困劳动力",
            (_, category) => category,
        };
        [&trainee.external_id, &person.name, &person.id_number, category, &person.phone, &person.email, &trainee.platform_user]
            .map(str::to_owned)
    });
    list(class.roster_as, "trainees", &ROSTER, &ROSTER_ZH, rows.collect())
}

const LESSONS: [&str; 11] =
    ["external_id", "title", "kind", "mode", "starts_at", "ends_at", "hours", "teacher", "meeting_ref", "content_ms", "quiz_percent"];
const LESSONS_ZH: [&str; 11] =
    ["课节编号", "课程名称", "课程类型", "授课方式", "开始时间", "结束时间", "课时", "授课教师", "会议号", "内容时长毫秒", "测验及格分"];

/// Body of `PUT /v1/classes/{id}/lessons`.
///
/// # Errors
/// When a table cannot be written, which would be a fault here.
pub fn lessons(class: &Class) -> Result<List> {
    let chinese = class.lessons_as == ListFormat::Xlsx;
    let rows = class.lessons.iter().map(|lesson| {
        let kind = match (chinese, lesson.kind) {
            (true, "theory") => "理论",
            (true, "general") => "通用素质",
            (true, "safety") => "安全",
            (true, "epidemic") => "疫情防控",
            (_, kind) => kind,
        };
        let mode = match (chinese, lesson.mode) {
            (true, "live") => "直播",
            (true, "recorded") => "录播",
            (_, mode) => mode,
        };
        // Spreadsheets made by hand have the time on the wall clock and no zone.
        let pattern = if chinese { "%Y-%m-%d %H:%M" } else { "%Y-%m-%dT%H:%M:%S%:z" };
        let time = |at: Time| at.utc().with_timezone(&Shanghai).format(pattern).to_string();
        let (starts_at, ends_at, hours) = (time(lesson.starts_at), time(lesson.ends_at), lesson.hours.to_string());
        let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
        let (content_ms, quiz_percent) = (number(lesson.content_ms), number(lesson.quiz_percent));
        let Lesson { external_id, title, teacher, meeting_ref, .. } = lesson;
        [external_id, title, kind, mode, &starts_at, &ends_at, &hours, teacher, meeting_ref, &content_ms, &quiz_percent].map(str::to_owned)
    });
    list(class.lessons_as, "lessons", &LESSONS, &LESSONS_ZH, rows.collect())
}

fn list<const N: usize>(format: ListFormat, name: &str, english: &[&str; N], chinese: &[&str; N], rows: Vec<[String; N]>) -> Result<List> {
    Ok(match format {
        ListFormat::Json => {
            let items: Vec<Value> =
                rows.iter().map(|row| english.iter().zip(row).map(|(key, cell)| ((*key).to_owned(), typed(key, cell))).collect()).collect();
            List { media_type: "application/json", extension: "json", bytes: serde_json::to_vec_pretty(&json!({ name: items }))? }
        }
        ListFormat::Csv => {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(english).map_err(Error::internal)?;
            for row in &rows {
                writer.write_record(row).map_err(Error::internal)?;
            }
            let bytes = writer.into_inner().map_err(|cause| Error::internal(cause.to_string()))?;
            List { media_type: "text/csv; charset=utf-8", extension: "csv", bytes }
        }
        ListFormat::Xlsx => List {
            media_type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            extension: "xlsx",
            bytes: workbook(name, chinese, &rows).map_err(Error::internal)?,
        },
    })
}

/// Counts are numbers, what is not there is null, everything else is text.
fn typed(key: &str, cell: &str) -> Value {
    match (key, cell.parse::<i64>()) {
        ("hours" | "content_ms" | "quiz_percent", Ok(number)) => json!(number),
        _ if cell.is_empty() => Value::Null,
        _ => json!(cell),
    }
}

fn workbook<const N: usize>(name: &str, headings: &[&str; N], rows: &[[String; N]]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    book.set_properties(&DocProperties::new().set_creation_datetime(&ExcelDateTime::from_ymd(2020, 3, 1)?));
    let sheet = book.add_worksheet().set_name(name)?;
    for (column, heading) in headings.iter().enumerate() {
        sheet.write(0, column as u16, *heading)?;
    }
    for (row, cells) in rows.iter().enumerate() {
        for (column, cell) in cells.iter().enumerate() {
            sheet.write(row as u32 + 1, column as u16, cell)?;
        }
    }
    book.save_to_buffer()
}
