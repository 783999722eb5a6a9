//! From a credited hour back to the row of the raw file, by code of the tests' own: nothing here reads a log as keshi does.

use crate::site::{self, Site};
use calamine::{Data, Reader, Xlsx};
use chrono_tz::Asia::Shanghai;
use encoding_rs::Encoding;
use keshi::simulate::{self, Class, Client, Lesson, Plan, Scale};
use keshi::time::Time;
use reqwest::StatusCode;
use rust_xlsxwriter::Workbook;
use serde_json::Value;
use std::io::Cursor;

/// Somebody, and from when until when they sat in a lesson.
#[derive(Clone)]
pub struct Seen {
    pub external_id: String,
    pub account: String,
    pub name: String,
    pub id_number: String,
    pub phone: String,
    pub email: String,
    pub from: Time,
    pub until: Time,
}

impl Seen {
    /// A trainee of a class, all through a lesson.
    pub fn whole(plan: &Plan, class: &Class, trainee: usize, lesson: &Lesson) -> Seen {
        let trainee = &class.trainees[trainee];
        let person = &plan.people[trainee.person];
        Seen {
            external_id: trainee.external_id.clone(),
            account: trainee.platform_user.clone(),
            name: person.name.clone(),
            id_number: person.id_number.clone(),
            phone: person.phone.clone(),
            email: person.email.clone(),
            from: lesson.starts_at,
            until: lesson.ends_at,
        }
    }

    /// Somebody on no roster, at the same time.
    pub fn stranger(&self) -> Seen {
        let [external_id, account, name, id_number, phone, email] =
            ["NOBODY", "nobody", "路人", "110101199003070134", "13900000000", "nobody@example.org"].map(str::to_owned);
        Seen { external_id, account, name, id_number, phone, email, ..*self }
    }

    pub fn minutes(&self) -> i64 {
        self.until.millis_since(self.from) / 60_000
    }
}

/// A moment as clocks in Shanghai show it.
pub fn local(time: Time, format: &str) -> String {
    time.utc().with_timezone(&Shanghai).format(format).to_string()
}

pub fn plain(time: Time) -> String {
    local(time, "%Y-%m-%d %H:%M:%S")
}

pub fn utf16(text: &str) -> Vec<u8> {
    format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// An operator's profile, whose headings nothing else knows.
pub const OWN: &str = "id = \"own\"\nname_zh = \"自有平台\"\nname_en = \"Own platform\"\nhost = \"own.example\"\ntimezone = \"Asia/Shanghai\"\n\
                       headings = \"documented\"\nsource = \"its manual\"\nformats = [\"profile\"]\n\
                       [columns]\naccount = [\"学籍卡\"]\njoin = [\"来\"]\nleave = [\"去\"]\n";

/// How the rows of a file are found in its bytes.
#[derive(Clone, Copy)]
pub enum Raw {
    /// One on each line, with this between the cells.
    Delimited(&'static Encoding, char),
    /// A JSON object on each line.
    Lines,
    /// A workbook.
    Sheets,
    /// A JSON document, whose entries are these.
    Entries(fn(&Value) -> Vec<Value>),
}

impl Raw {
    /// What a row holds: its cells, or all values of its object.
    pub fn row(self, bytes: &[u8], row: u64) -> Vec<String> {
        let place = row as usize - 1;
        let line = |encoding: &'static Encoding| encoding.decode(bytes).0.lines().nth(place).unwrap_or_default().to_owned();
        match self {
            Raw::Delimited(encoding, delimiter) => {
                let line = line(encoding);
                let mut reader = csv::ReaderBuilder::new().has_headers(false).delimiter(delimiter as u8).from_reader(line.as_bytes());
                reader.records().next().map(|record| record.unwrap().iter().map(str::to_owned).collect()).unwrap_or_default()
            }
            Raw::Lines => values(&serde_json::from_str(&line(encoding_rs::UTF_8)).unwrap_or_default()),
            Raw::Sheets => cells_of_sheet(bytes, row),
            Raw::Entries(entries) => values(entries(&serde_json::from_slice(bytes).unwrap()).get(place).unwrap_or(&Value::Null)),
        }
    }
}

/// The rows of the n-th sheet (n > 1) are n × 10,000,000 and more.
fn cells_of_sheet(bytes: &[u8], row: u64) -> Vec<String> {
    let sheet = (row / 10_000_000).saturating_sub(1);
    let row = (row % 10_000_000) as u32 - 1;
    let mut book = Xlsx::new(Cursor::new(bytes)).unwrap();
    let Some(Ok(sheet)) = book.worksheet_range_at(sheet as usize) else { return Vec::new() };
    let columns = sheet.end().map_or(0, |(_, column)| column + 1);
    let cells = (0..columns).filter_map(|column| sheet.get_value((row, column)));
    cells.map(|cell| if let Data::String(text) = cell { text.clone() } else { cell.to_string() }).collect()
}

fn values(json: &Value) -> Vec<String> {
    match json {
        Value::Array(items) => items.iter().flat_map(values).collect(),
        Value::Object(members) => members.values().flat_map(values).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

pub fn cells<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

/// A workbook of sheets of texts.
pub fn workbook(sheets: &[(&str, Vec<Vec<String>>)]) -> Vec<u8> {
    let mut book = Workbook::new();
    for (name, rows) in sheets {
        let sheet = book.add_worksheet().set_name(*name).unwrap();
        for (row, cells) in rows.iter().enumerate() {
            for (column, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
                sheet.write_string(row as u32, column as u16, cell).unwrap();
            }
        }
    }
    book.save_to_buffer().unwrap()
}

/// A class for each name and platform, with live lessons and two trainees whom no other class has, and nothing to send.
pub fn plan(classes: &[(&str, &'static str)], lessons: usize) -> Plan {
    let mut plan = simulate::plan(3, Scale::Month);
    let mut model = plan.classes[0].clone();
    model.items.clear();
    model.lessons.retain(|lesson| lesson.mode == "live");
    model.lessons.truncate(lessons);
    for lesson in &mut model.lessons {
        lesson.items.clear();
        lesson.sittings.clear();
    }
    let mut everybody: Vec<_> = plan.classes.iter().flat_map(|class| class.trainees.clone()).collect();
    everybody.sort_by_key(|trainee| trainee.person);
    everybody.dedup_by_key(|trainee| trainee.person);
    let mut pairs = everybody.chunks_exact(2);
    let mut class = |(name, platform): &(&str, &'static str)| Class {
        external_id: format!("{}-{name}", model.external_id),
        platform,
        trainees: pairs.next().expect("two people for each class").to_vec(),
        ..model.clone()
    };
    plan.classes = classes.iter().map(&mut class).collect();
    plan
}

/// Hands a log of a lesson over as the platform; the answer to a new one.
pub async fn hand_over(site: &Site, client: &Client, class: &Class, lesson: usize, format: &str, bytes: Vec<u8>) -> Value {
    let (class_ref, lesson_ref) = (format!("ext:{}", class.external_id), format!("ext:{}", class.lessons[lesson].external_id));
    let query = [("kind", "attendance"), ("class", &class_ref), ("lesson", &lesson_ref), ("format", format)];
    let place = reqwest::Url::parse_with_params(&format!("{}/v1/evidence", site.address()), query).unwrap();
    let answer = site::client().post(place).bearer_auth(&client.access.platforms[class.platform]).body(bytes).send().await.unwrap();
    let (status, body) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(status, StatusCode::CREATED, "{}: {body}", class.external_id);
    serde_json::from_str(&body).unwrap()
}

/// The trace of one trainee in a lesson.
pub async fn trace(client: &Client, class: &Class, lesson: usize, trainee: usize) -> Value {
    let (lesson, trainee) = (&class.lessons[lesson].external_id, &class.trainees[trainee].external_id);
    client.get(&format!("/v1/classes/ext:{}/lessons/ext:{lesson}/trace?trainee=ext:{trainee}", class.external_id)).await.unwrap()
}
