//! keshi's own events: NDJSON as a platform sends them live, CSV and XLSX as an operator fills them in.

use crate::error::{Error, Result};
use crate::simulate::people::Person;
use crate::simulate::plan::{Act, Class, Lesson, Source};
use crate::time::{MINUTE, SECOND, Time};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, XlsxError};
use serde::Serialize;

/// One canonical event, in the field names of the contract.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Event {
    /// `ext:<id>` of the roster or `user:<account on the platform>`.
    pub trainee: String,
    /// What happened.
    pub kind: &'static str,
    /// When.
    pub at: String,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Address.
    pub ip: String,
    /// Device.
    pub device: String,
    /// Kind of client.
    pub client: &'static str,
    /// Place in recorded content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position_ms: Option<i64>,
    /// Share of right answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
}

/// The events of a lesson in order of time. Live platforms send joins, heartbeats each minute, answers and leaves; tables have
/// one interval for a visit, or a join and a leave of their own where the end was not recorded.
pub(super) fn events(class: &Class, lesson: &Lesson, people: &[Person], part: Option<(Time, Time)>) -> Vec<Event> {
    let fine = matches!(class.source, Source::Live | Source::Ndjson);
    let mut found: Vec<(Time, Event)> = Vec::new();
    for sitting in &lesson.sittings {
        let trainee = &class.trainees[sitting.trainee];
        let person = &people[trainee.person];
        // Live platforms know accounts, operators' tables know the provider's own ids.
        let name = if fine { format!("user:{}", trainee.platform_user) } else { format!("ext:{}", trainee.external_id) };
        let mut push = |kind, at: Time, until: Option<Time>, score| {
            let event = Event {
                trainee: name.clone(),
                kind,
                at: stamp(at),
                until: until.map(stamp),
                ip: person.ip.clone(),
                device: person.device.clone(),
                client: ["app", "web", "app"][person.number % 3],
                position_ms: None,
                score,
            };
            found.push((at, event));
        };
        if let Some(at) = sitting.face_check {
            push("face_check", at, None, Some(0.97));
        }
        for visit in &sitting.visits {
            if !fine && visit.leave_recorded {
                push("interval", visit.from, Some(visit.until), None);
                continue;
            }
            push("join", visit.from, None, None);
            if fine {
                let mut beat = visit.from.plus(MINUTE);
                while beat < visit.until {
                    push("heartbeat", beat, None, None);
                    beat = beat.plus(MINUTE);
                }
                let answer = lesson.starts_at.plus((20 * 60 + person.number as i64 % 50) * SECOND);
                if (visit.from..visit.until).contains(&answer) {
                    push("answer", answer, None, Some(f64::from(person.number as u32 % 5 + 1) / 5.0));
                }
            }
            if visit.leave_recorded {
                push("leave", visit.until, None, None);
            }
        }
    }
    found.retain(|(at, _)| part.is_none_or(|(from, until)| (from..until).contains(at)));
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, event)| event).collect()
}

/// The events of a recorded lesson as its player sends them: progress once a minute and wherever playing starts or stops, heartbeats while it stands
/// still, face checks, answers.
pub(super) fn watched(class: &Class, lesson: &Lesson, people: &[Person]) -> Vec<Event> {
    let mut found: Vec<(Time, Event)> = Vec::new();
    for viewing in &lesson.viewings {
        let trainee = &class.trainees[viewing.trainee];
        let person = &people[trainee.person];
        let mut push = |kind, at: Time, position: Option<i64>, percent: Option<i64>| {
            let event = Event {
                trainee: format!("user:{}", trainee.platform_user),
                kind,
                at: stamp(at),
                until: None,
                ip: person.ip.clone(),
                device: person.device.clone(),
                client: "web",
                position_ms: position.map(|seconds| seconds * 1_000),
                score: percent.map(|percent| percent as f64 / 100.0),
            };
            found.push((at, event));
        };
        let (mut now, mut told) = (viewing.from, None);
        push("join", now, None, None);
        for act in &viewing.acts {
            match *act {
                Act::Play { from, until, percent } => {
                    let start = now;
                    let length = (until - from) * 100 / percent;
                    for beat in (0..length).step_by(60).chain([length]) {
                        now = start.plus(beat * SECOND);
                        let place = Some((now, from + beat * percent / 100));
                        if told != place {
                            push("progress", now, place.map(|(_, second)| second), None);
                        }
                        told = place;
                    }
                }
                Act::Stay { seconds } => {
                    for beat in (60..seconds).step_by(60) {
                        push("heartbeat", now.plus(beat * SECOND), None, None);
                    }
                    now = now.plus(seconds * SECOND);
                }
                Act::Break { seconds } => {
                    push("leave", now, None, None);
                    now = now.plus(seconds * SECOND);
                    push("join", now, None, None);
                }
                Act::Check { percent } => push("face_check", now, None, Some(percent)),
                Act::Answer { percent } => push("answer", now, None, Some(percent)),
            }
        }
        push("leave", now, None, None);
    }
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, event)| event).collect()
}

fn stamp(at: Time) -> String {
    at.in_zone(chrono_tz::Asia::Shanghai)
}

/// One event a line.
pub(super) fn ndjson(events: Vec<Event>) -> Result<Vec<u8>> {
    let mut lines = Vec::new();
    for event in events {
        serde_json::to_writer(&mut lines, &event)?;
        lines.push(b'\n');
    }
    Ok(lines)
}

const HEADINGS: [&str; 8] = ["trainee", "kind", "at", "until", "ip", "device", "client", "score"];
const HEADINGS_ZH: [&str; 8] = ["学员", "事件", "时间", "结束时间", "IP", "设备", "终端", "得分"];

fn cells(event: &Event, chinese: bool) -> [String; 8] {
    let kind = match (chinese, event.kind) {
        (true, "interval") => "区间",
        (true, "join") => "进入",
        (true, "leave") => "离开",
        (_, kind) => kind,
    };
    let score = event.score.map(|score| score.to_string()).unwrap_or_default();
    let Event { trainee, at, until, ip, device, client, .. } = event;
    [
        trainee.clone(),
        kind.to_owned(),
        at.clone(),
        until.clone().unwrap_or_default(),
        ip.clone(),
        device.clone(),
        (*client).to_owned(),
        score,
    ]
}

/// A table as CSV; with Chinese headings in GB18030 as spreadsheets in China save it.
pub(super) fn csv(events: &[Event], chinese: bool) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(if chinese { HEADINGS_ZH } else { HEADINGS }).map_err(Error::internal)?;
    for event in events {
        writer.write_record(cells(event, chinese)).map_err(Error::internal)?;
    }
    let bytes = writer.into_inner().map_err(|cause| Error::internal(cause.to_string()))?;
    if !chinese {
        return Ok(bytes);
    }
    let text = String::from_utf8(bytes).map_err(Error::internal)?;
    Ok(encoding_rs::GB18030.encode(&text).0.into_owned())
}

/// A table as a workbook with Chinese headings.
pub(super) fn workbook(events: &[Event]) -> Result<Vec<u8>> {
    let build = || -> Result<Vec<u8>, XlsxError> {
        let mut book = Workbook::new();
        let created = ExcelDateTime::from_ymd(2020, 3, 31)?;
        book.set_properties(&DocProperties::new().set_creation_datetime(&created));
        let sheet = book.add_worksheet().set_name("签到记录")?;
        let table = std::iter::once(HEADINGS_ZH.map(str::to_owned)).chain(events.iter().map(|event| cells(event, true)));
        for (row, cells) in table.enumerate() {
            for (column, cell) in cells.iter().enumerate() {
                sheet.write(row as u32, column as u16, cell)?;
            }
        }
        book.save_to_buffer()
    };
    build().map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    #[test]
    fn both_languages_have_a_heading_for_every_field() {
        assert_eq!(super::HEADINGS.len(), super::HEADINGS_ZH.len());
        assert!(super::HEADINGS_ZH.iter().all(|heading| !heading.is_empty()));
    }
}
