//! Facts of analysis as a person reads them: key of the word, value as words. What only machines need is left out.

use super::format;
use super::frame::Frame;
use crate::analyse::attendance::MatchedBy;
use crate::analyse::media::{DigitsSeen, Edit, Reading, ReadingKind};
use crate::time::Time;
use serde_json::{Map, Value};

/// The facts worth reading, in the order of the page.
pub(super) fn in_words(frame: &Frame, facts: &[(String, String)]) -> Vec<(String, String)> {
    let facts: Map<String, Value> = facts
        .iter()
        .map(|(name, value)| (name.clone(), serde_json::from_str(value).unwrap_or_else(|_| Value::from(value.as_str()))))
        .collect();
    let mut words = Words { frame, out: Vec::new() };
    let ms = |name: &str| facts.get(name).and_then(Value::as_i64);
    words.put("duration", ms("duration_ms").map(format::length));
    words.put("effective", ms("effective_ms").filter(|effective| Some(*effective) != ms("duration_ms")).map(format::length));
    let side = |name: &str| facts.get(name).and_then(Value::as_i64);
    words.put("picture_size", side("width").zip(side("height")).map(|(width, height)| format!("{width} × {height}")));
    let faces = facts.get("faces").and_then(Value::as_array);
    words.put("faces", faces.and_then(|faces| faces.iter().filter_map(|one| one["count"].as_i64()).max()).map(|most| most.to_string()));
    words.text("container", facts.get("container"));
    words.put("codecs", facts.get("streams").and_then(codecs));
    words.put("frame_rate", facts.get("frame_rate").and_then(Value::as_f64).map(|rate| format!("{rate:.1}")));
    words.moment("created", facts.get("created_at"));
    if let Some(Value::Object(exif)) = facts.get("exif") {
        words.camera(exif);
    }
    words.digits(facts.get("code_digits"));
    words.edits(facts.get("edits"));
    words.screen(&facts);
    for name in
        ["topic", "meeting_id", "stated_start", "stated_end", "stated_length", "stated_participants", "because", "not_watched_because"]
    {
        words.text(name, facts.get(name));
    }
    if let Some(count) = facts.get("totals_disagree").and_then(|fact| fact.get("count")).and_then(Value::as_i64) {
        words.put("totals_disagree", Some(count.to_string()));
    }
    if let Some(people) = facts.get("log_people") {
        words.people(people);
    }
    for note in facts.get("notes").and_then(Value::as_array).into_iter().flatten() {
        words.text("note", Some(note));
    }
    words.out
}

struct Words<'a> {
    frame: &'a Frame,
    out: Vec<(String, String)>,
}

impl Words<'_> {
    fn put(&mut self, key: &str, value: Option<String>) {
        self.out.extend(value.filter(|value| !value.is_empty()).map(|value| (key.to_owned(), value)));
    }

    fn text(&mut self, key: &str, value: Option<&Value>) {
        let text = value.and_then(|value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        });
        self.put(key, text);
    }

    fn moment(&mut self, key: &str, value: Option<&Value>) {
        let time: Option<Time> = value.and_then(Value::as_str).and_then(|text| text.parse().ok());
        self.put(key, time.map(|time| self.frame.moment(time)));
    }

    /// By what rows were matched, the surest first, and how many were not.
    fn people(&mut self, people: &Value) {
        let count = |name: &str| people.get(name).and_then(Value::as_i64).unwrap_or(0);
        let by = MatchedBy::ALL.iter().filter_map(|by| {
            let rows = people.get("by")?.get(by.as_str())?.as_i64()?;
            Some(format!("{} {}", self.frame.code("matched_by", by.as_str()), format::grouped(rows)))
        });
        let by = by.collect::<Vec<_>>().join(" · ");
        self.put("people_by", Some(by));
        for (key, rows) in [("people_waiting", count("ambiguous") + count("unmatched")), ("people_nobody", count("nobody"))] {
            self.put(key, (rows > 0).then(|| format::grouped(rows)));
        }
    }

    /// What was read on the screen, over a recording from first to last, and how sure that is at best; or that nobody read.
    fn screen(&mut self, facts: &Map<String, Value>) {
        let readings: Vec<Reading> = facts.get("screen").and_then(|fact| serde_json::from_value(fact.clone()).ok()).unwrap_or_default();
        for kind in ReadingKind::ALL {
            let key = match kind {
                ReadingKind::Clock => "screen_clock",
                ReadingKind::Date => "screen_date",
                ReadingKind::Meeting => "screen_meeting",
                ReadingKind::Participants => "screen_participants",
            };
            let of_kind: Vec<&Reading> = readings.iter().filter(|reading| reading.kind == kind).collect();
            let surest = of_kind.iter().map(|reading| reading.confidence).fold(0.0, f64::max);
            let told = of_kind.first().zip(of_kind.last()).map(|(first, last)| match first.value == last.value {
                true => first.value.clone(),
                false => format!("{}–{}", first.value, last.value),
            });
            self.put(key, told.map(|told| self.frame.say2("evidence.screen_sure", told, format!("{:.0}", surest * 100.0))));
        }
        let is = |name: &str, value: &str| facts.get(name).and_then(Value::as_str) == Some(value);
        let was_seen = is("kind", "picture") || is("pass", "full");
        let word = if facts.contains_key("text_read_by") { "evidence.screen_nothing" } else { "evidence.screen_unread" };
        self.put("screen", (was_seen && readings.is_empty()).then(|| self.frame.t(word).to_owned()));
    }

    /// The digits of a session code: by the surest reading which minute they are of.
    fn digits(&mut self, fact: Option<&Value>) {
        let seen: Vec<DigitsSeen> = fact.and_then(|fact| serde_json::from_value(fact.clone()).ok()).unwrap_or_default();
        let surest = seen.iter().max_by(|one, other| one.confidence.total_cmp(&other.confidence));
        let told = surest
            .map(|one| self.frame.say2("evidence.screen_sure", self.frame.moment(one.minute), format!("{:.0}", one.confidence * 100.0)));
        self.put("code_digits", told);
    }

    /// Traces of editing, one behind the other.
    fn edits(&mut self, edits: Option<&Value>) {
        let edits: Vec<Edit> = edits.and_then(|fact| serde_json::from_value(fact.clone()).ok()).unwrap_or_default();
        let told = edits.iter().map(|edit| match edit {
            Edit::Program { name } => self.frame.say1("evidence.edited_with", name),
            Edit::ChangedLater => self.frame.t("evidence.changed_later").to_owned(),
            Edit::OtherThumbnail => self.frame.t("evidence.other_thumbnail").to_owned(),
        });
        let told = told.collect::<Vec<_>>().join(" · ");
        self.put("edits", Some(told));
    }

    fn camera(&mut self, exif: &Map<String, Value>) {
        let text = |name: &str| exif.get(name).and_then(Value::as_str).unwrap_or_default();
        let local = text("taken_local").replace('T', " ");
        self.put("taken", Some(format!("{local} {}", text("offset")).trim().to_owned()));
        self.put("camera", Some(format!("{} {}", text("make"), text("model")).trim().to_owned()));
        self.text("software", exif.get("software"));
    }
}

fn codecs(streams: &Value) -> Option<String> {
    let names: Vec<&str> = streams.as_array()?.iter().filter_map(|stream| stream.get("codec")?.as_str()).collect();
    Some(names.join(" + "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_wants_to_know_is_said_and_what_only_machines_need_is_not() {
        let facts = [
            ("duration_ms", "1410000"),
            ("width", "1280"),
            ("height", "720"),
            ("streams", r#"[{"codec":"h264"},{"codec":"aac"}]"#),
            ("exif", r#"{"taken_local":"2020-03-03T09:05:12","offset":"+08:00","make":"HUAWEI","model":"P30"}"#),
            ("digests", r#"{"file":"00"}"#),
            ("edits", r#"[{"trace":"program","name":"Snapseed"},{"trace":"changed_later"},{"trace":"other_thumbnail"}]"#),
            ("kind", "\"picture\""),
            ("text_read_by", "\"tesseract 5.3.0, chi_sim, eng\""),
            (
                "screen",
                r#"[{"at_ms":0,"kind":"clock","value":"09:05","confidence":0.9},{"at_ms":600000,"kind":"clock","value":"09:15","confidence":0.956},{"at_ms":0,"kind":"meeting","value":"123456789","confidence":0.8}]"#,
            ),
            ("because", "\"cut short\""),
            ("log_people", r#"{"matched":1240,"ambiguous":2,"unmatched":7,"nobody":0,"by":{"name_part":40,"phone":1200}}"#),
        ];
        let facts = facts.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let words = in_words(&super::super::sample::frame(), &facts);
        let words: Vec<(&str, &str)> = words.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(
            words,
            [
                ("duration", "23:30"),
                ("picture_size", "1280 × 720"),
                ("codecs", "h264 + aac"),
                ("taken", "2020-03-03 09:05:12 +08:00"),
                ("camera", "HUAWEI P30"),
                ("edits", "由 Snapseed 保存 · 拍摄后改过 · 内嵌小图与画面不同"),
                ("screen_clock", "09:05–09:15（把握 96%）"),
                ("screen_meeting", "123456789（把握 80%）"),
                ("because", "cut short"),
                ("people_by", "电话 1,200 · 昵称中的姓名 40"),
                ("people_waiting", "9"),
            ]
        );
    }

    #[test]
    fn that_nothing_was_read_on_the_screen_is_said_and_that_nobody_looked() {
        let frame = super::super::sample::frame();
        let told = |facts: &[(&str, &str)]| {
            let facts: Vec<(String, String)> = facts.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            in_words(&frame, &facts).into_iter().find(|(key, _)| key == "screen").map(|(_, value)| value)
        };
        assert_eq!(
            told(&[("kind", "\"picture\""), ("text_read_by", "\"tesseract\"")]).as_deref(),
            Some("没有读出时钟、日期、会议号或人数")
        );
        assert_eq!(told(&[("kind", "\"video\""), ("pass", "\"full\"")]).as_deref(), Some("未识别（没有安装文字识别，或已关闭）"));
        assert_eq!(told(&[("kind", "\"video\""), ("pass", "\"fast\"")]), None);
    }
}
