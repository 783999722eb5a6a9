//! What a simulation consists of, as plain data: who, when, what is sent, and what must come out of it.

use super::people::Person;
use super::picture::Photo;
use super::video::Recording;
use crate::time::Time;
use chrono::NaiveDate;
use serde::Serialize;

/// How much is simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// One class of four lessons, and a small neighbour at another provider so that every planted fraud has its place.
    Class,
    /// Six classes of eight lessons at four providers, one class on each platform of the notice.
    Month,
}

/// A whole simulation: pure data that follows from seed and scale.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// What it was made from.
    pub seed: u64,
    /// What it was made from.
    pub scale: Scale,
    /// Who holds the classes.
    pub providers: Vec<Provider>,
    /// Everyone who is on a roster.
    pub people: Vec<Person>,
    /// The classes with their lessons and evidence.
    pub classes: Vec<Class>,
    /// What an honest reading of the evidence must come to.
    pub truth: Truth,
}

/// A provider as `POST /v1/providers` takes it.
#[derive(Clone, Debug, Serialize)]
pub struct Provider {
    /// The provider's own id.
    pub external_id: String,
    /// Its name.
    pub name: String,
    /// `enterprise` or `institution`.
    pub kind: &'static str,
    /// First day on the list of approved institutions.
    pub listed_from: Option<NaiveDate>,
    /// Last day on it.
    pub listed_until: Option<NaiveDate>,
}

/// The export format a class's attendance is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// 腾讯会议 xlsx, both sheets, in several layouts.
    Tencent,
    /// Zoom usage report as CSV.
    Zoom,
    /// keshi's canonical events sent live as NDJSON.
    Live,
    /// keshi's canonical NDJSON as an uploaded file.
    Ndjson,
    /// keshi's canonical CSV, English headings.
    Csv,
    /// keshi's canonical CSV, Chinese headings.
    CsvZh,
    /// keshi's canonical XLSX, Chinese headings.
    XlsxZh,
}

/// How a roster or timetable is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ListFormat {
    /// As JSON.
    Json,
    /// As CSV with English headings.
    Csv,
    /// As XLSX with Chinese headings.
    Xlsx,
}

/// A class as `POST /v1/classes` takes it, with what happens in it.
#[derive(Clone, Debug, Serialize)]
pub struct Class {
    /// The provider's own id of the class.
    pub external_id: String,
    /// Position in [`Plan::providers`].
    pub provider: usize,
    /// One of the platforms of the notice.
    pub platform: &'static str,
    /// Title of the class.
    pub title: String,
    /// Code of the trade in the 2015 occupational classification.
    pub trade_code: &'static str,
    /// Name of the trade.
    pub trade_name: &'static str,
    /// `full`, `remaining_theory` or `promise_first`.
    pub application: &'static str,
    /// Until when the full plan was promised.
    pub promise_due: Option<NaiveDate>,
    /// First day.
    pub starts_on: NaiveDate,
    /// Last day.
    pub ends_on: NaiveDate,
    /// Planned lesson hours: total, online, theory, practice.
    pub hours: [i64; 4],
    /// Current standards in fen per trainee: qualified, skill level, vocational, special operation.
    pub standards_fen: [i64; 4],
    /// How attendance is exported.
    pub source: Source,
    /// How the roster is sent.
    pub roster_as: ListFormat,
    /// How the timetable is sent.
    pub lessons_as: ListFormat,
    /// The roster.
    pub trainees: Vec<Trainee>,
    /// The timetable with what happened.
    pub lessons: Vec<Lesson>,
    /// Evidence of the class as a whole.
    pub items: Vec<Item>,
}

/// A row of a roster.
#[derive(Clone, Debug, Serialize)]
pub struct Trainee {
    /// The provider's own id of the trainee.
    pub external_id: String,
    /// Position in [`Plan::people`].
    pub person: usize,
    /// `employee`, `key_group` or `poor_household`.
    pub category: &'static str,
    /// Account on the platform.
    pub platform_user: String,
}

/// A lesson and what happened in it.
#[derive(Clone, Debug, Serialize)]
pub struct Lesson {
    /// The provider's own id, unique within the class.
    pub external_id: String,
    /// Title.
    pub title: String,
    /// `theory`, `general`, `safety` or `epidemic`.
    pub kind: &'static str,
    /// `live`, or `recorded`: then it may be watched at any time between start and end.
    pub mode: &'static str,
    /// Planned start.
    pub starts_at: Time,
    /// Planned end.
    pub ends_at: Time,
    /// Lesson hours.
    pub hours: i64,
    /// Length of recorded content.
    pub content_ms: Option<i64>,
    /// Share of right answers that recorded content demands.
    pub quiz_percent: Option<i64>,
    /// Who teaches.
    pub teacher: String,
    /// Number of the meeting.
    pub meeting_ref: String,
    /// What the trainees really did, as the platform saw it.
    pub sittings: Vec<Sitting>,
    /// Who else was seen: names that are on no roster.
    pub strangers: Vec<Stranger>,
    /// Who watched recorded content, and how.
    pub viewings: Vec<Viewing>,
    /// What is sent as evidence.
    pub items: Vec<Item>,
}

/// One trainee in one lesson, as the platform recorded it. A trainee without a sitting did not come.
#[derive(Clone, Debug, Serialize)]
pub struct Sitting {
    /// Position in [`Class::trainees`].
    pub trainee: usize,
    /// The name shown in the meeting.
    pub shown: String,
    /// Visits in order of time, without overlap.
    pub visits: Vec<Visit>,
    /// Time in the waiting room before being let in; earns nothing.
    pub waiting: Option<(Time, Time)>,
    /// When the platform compared the face and kept the picture.
    pub face_check: Option<Time>,
}

/// One trainee's watching of recorded content.
#[derive(Clone, Debug, Serialize)]
pub struct Viewing {
    /// Position in [`Class::trainees`].
    pub trainee: usize,
    /// What becomes of it, in a word.
    pub because: &'static str,
    /// When it begins.
    pub from: Time,
    /// What is done, one after the other.
    pub acts: Vec<Act>,
}

/// Something a viewer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Plays from a second of the content to another, at a speed in percent.
    Play {
        /// First second.
        from: i64,
        /// First second after.
        until: i64,
        /// Speed.
        percent: i64,
    },
    /// Stays signed in without playing.
    Stay {
        /// How long.
        seconds: i64,
    },
    /// Signs out, and in again later.
    Break {
        /// How long.
        seconds: i64,
    },
    /// Has the face compared; the likeness in percent.
    Check {
        /// Likeness.
        percent: i64,
    },
    /// Answers the test; the share of right answers in percent.
    Answer {
        /// Share.
        percent: i64,
    },
}

/// One stay in the meeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Visit {
    /// When it began.
    pub from: Time,
    /// When it ended.
    pub until: Time,
    /// False: the export does not say when it ended.
    pub leave_recorded: bool,
}

/// Someone in the meeting whom no roster knows.
#[derive(Clone, Debug, Serialize)]
pub struct Stranger {
    /// The name shown.
    pub shown: String,
    /// When it came.
    pub from: Time,
    /// When it left.
    pub until: Time,
}

/// One file that is sent as evidence.
#[derive(Clone, Debug, Serialize)]
pub struct Item {
    /// Where it is written, below the folder of the simulation.
    pub path: String,
    /// The name it is sent under, as the vendor's program would name it.
    pub filename: String,
    /// `attendance`, `video`, `screenshot` or `document`.
    pub kind: &'static str,
    /// Position in [`Class::trainees`], when it shows one trainee alone.
    pub trainee: Option<usize>,
    /// Start of what it claims to show.
    pub from: Option<Time>,
    /// End of it.
    pub until: Option<Time>,
    /// Zone of the times inside, where the file does not say.
    pub timezone: Option<&'static str>,
    /// Sent to `POST /v1/attendance` instead of being uploaded as a file.
    pub live: bool,
    /// What is in it.
    pub content: Content,
}

/// What an item's bytes are made from.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// The lesson's attendance in a layout (a running number that formats use to vary).
    Log {
        /// Layout of the export.
        layout: u64,
        /// Only the events within, when the platform sends in parts.
        part: Option<(Time, Time)>,
    },
    /// A recording.
    Video(Recording),
    /// A picture.
    Picture(Photo),
    /// Plain text.
    Text(String),
}

/// What an honest reading must come to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Truth {
    /// One row for each trainee and lesson.
    pub credits: Vec<Expected>,
    /// What was planted.
    pub frauds: Vec<Fraud>,
}

/// What a trainee must be credited for a lesson.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Expected {
    /// External id of the class.
    pub class: String,
    /// External id of the lesson.
    pub lesson: String,
    /// External id of the trainee.
    pub trainee: String,
    /// The least that is right.
    pub least_ms: i64,
    /// The most that is right; the same as the least unless two readings can be defended.
    pub most_ms: i64,
    /// Why, in a word: `present`, `absent`, `no_leave`, `waiting_room`, `overlap`, or what a viewer did.
    pub because: &'static str,
}

/// A fraud that was planted, and the rule that must find it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fraud {
    /// `overlap-person`, `missing-media`, `photo-reuse`.
    pub rule: &'static str,
    /// The places it shows at: external ids of class and lesson.
    pub places: Vec<(String, String)>,
    /// The person's number, where it is about a person.
    pub person: Option<usize>,
    /// What was done, in one sentence.
    pub note: String,
}

impl Class {
    /// The lesson with this external id.
    pub fn lesson(&self, external_id: &str) -> Option<&Lesson> {
        self.lessons.iter().find(|lesson| lesson.external_id == external_id)
    }
}

impl Plan {
    /// Every item with the class and, where it has one, the lesson it belongs to, in the order of sending.
    pub fn items(&self) -> impl Iterator<Item = (&Class, Option<&Lesson>, &Item)> {
        self.classes.iter().flat_map(|class| {
            let of_class = class.items.iter().map(move |item| (class, None, item));
            let of_lessons = class.lessons.iter().flat_map(move |lesson| lesson.items.iter().map(move |item| (class, Some(lesson), item)));
            of_class.chain(of_lessons)
        })
    }
}
