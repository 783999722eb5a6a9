//! What a picture or a video says about itself, and what was measured on it.
//!
//! Facts are kept as JSON with the evidence: a field is added, never renamed, and [`VERSION`] grows when the same bytes would
//! give other facts. Nothing here is trusted: times and makers are claims of the file.

use super::keyframes::Keyframes;
use super::reel::Reel;
use crate::ids::LessonId;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of this analysis, kept in each [`Facts`].
pub const VERSION: &str = "media/5";

/// How a file is to be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// A container with moving pictures, sound, or both; opened with FFmpeg.
    Video,
    /// A still picture; opened with Rust decoders. Of an animation, the first picture.
    Picture,
}

/// How thoroughly a video was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pass {
    /// Every packet was counted and all sound heard, and of the pictures the keyframes were seen: within seconds after it came.
    Fast,
    /// All pictures that others need were seen, too.
    Full,
}

/// What came out of an analysis.
#[derive(Clone, Debug, PartialEq)]
pub enum Measured {
    /// The file was opened.
    Facts(Box<Facts>),
    /// The file cannot be opened within the limits. That is a fact about the file, not an error of keshi.
    Cannot {
        /// A plain sentence for the evidence page.
        because: String,
    },
}

/// All that is known of one picture or video. Times inside the file are milliseconds from its start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// [`VERSION`] of the analysis.
    pub analysis: String,
    /// How it was opened.
    pub kind: MediaKind,
    /// How thoroughly, if it is a video. A full pass that would cost more than the limits allow sees keyframes alone and says so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pass: Option<Pass>,
    /// The container in a word: `mp4`, `mov`, `matroska`, `webm`, `flv`, `avi`, `jpeg`, `png`, …
    pub container: String,
    /// How long it lasts: the smallest plausible of [`Durations`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub duration_ms: Option<u64>,
    /// What is left of the length without what is black, without what stands still in silence and without what was shown before. `None` where
    /// pictures or sound cannot be decoded. Repeats are known after the full pass alone.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub effective_ms: Option<u64>,
    /// How long it is black, in milliseconds; nothing where it is not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub black_ms: Option<u64>,
    /// How long it stands still while nothing is heard, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub dead_ms: Option<u64>,
    /// How long it shows again what it showed before, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub looped_ms: Option<u64>,
    /// Where the picture is black, stands still or was shown before, and where nothing is heard, in order.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub spans: Vec<Span>,
    /// What each source says about the length.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub durations: Option<Durations>,
    /// Width in pixels as shown, that is after rotation.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub width: Option<u32>,
    /// Height in pixels as shown.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub height: Option<u32>,
    /// Clockwise turn (degrees) that a player applies, from EXIF or the display matrix.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rotation: Option<u16>,
    /// Frames a second, counted: frames over the time they span.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub frame_rate: Option<f64>,
    /// The tracks of a video file.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub streams: Vec<Stream>,
    /// When the container says it was made: start or end of the recording, by UTC or by local habit. A claim.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub created_at: Option<Time>,
    /// The camera's own words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub exif: Option<Exif>,
    /// Traces that a picture was edited.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub edits: Vec<Edit>,
    /// Container tags that tell which program or device wrote the file. Never titles, artists or comments: people's names.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub tags: BTreeMap<String, String>,
    /// Digests of what is inside, which survive a change of name or metadata.
    #[serde(skip_serializing_if = "Digests::is_empty", default)]
    pub digests: Digests,
    /// Fingerprints by which other pictures like it are found: the window's number, the fingerprint (64 hex digits), its quality (50 to 100). See the
    /// crate `likeness`. Pictures without anything to tell them by have none.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub views: Vec<(u8, String, u8)>,
    /// How many faces were seen, at up to a dozen moments of a recording or once in a picture. Nothing by which one is told from another is kept.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub faces: Vec<Faces>,
    /// What a clock, a date, a meeting number or a counter of people on the screen says, at up to a dozen moments of a recording or once in a picture.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub screen: Vec<Reading>,
    /// What recognised the text on the screen, with its version and languages. `None` where nobody looked: none is installed, it is turned off, or not
    /// all pictures of a recording were seen yet.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub text_read_by: Option<String>,
    /// What was read that has the shape of a session code. Of the child alone: with the evidence is kept what the server makes of it ([`CodeSeen`]).
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub codes: Vec<CodeText>,
    /// Six digits that stood large on the screen, as those of a session code do. Of the child alone: with the evidence is kept what the server makes of
    /// them ([`DigitsSeen`]).
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub digits: Vec<DigitsText>,
    /// What is odd about the file, in plain sentences.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<String>,
    /// Where in the video the thumbnail was taken.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub thumbnail_at_ms: Option<u64>,
    /// Which moments the strip shows.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub strip: Option<Strip>,
    /// The pictures of the strip in a row, a JPEG. Not part of the JSON: it is an object of its own.
    #[serde(skip)]
    pub row: Option<Vec<u8>>,
    /// A JPEG whose longer side is at most 320 pixels, shown upright. Not part of the JSON: it is an object of its own.
    #[serde(skip)]
    pub thumbnail: Option<Vec<u8>>,
    /// The fingerprints of a video. Not part of the JSON: they are an object of their own.
    #[serde(skip)]
    pub reel: Option<Reel>,
    /// The keyframes of a video by digest. Not part of the JSON: they are rows of their own.
    #[serde(skip)]
    pub keyframes: Option<Keyframes>,
}

impl Facts {
    pub(super) fn new(kind: MediaKind, container: impl Into<String>) -> Facts {
        Facts {
            analysis: VERSION.into(),
            kind,
            pass: None,
            container: container.into(),
            duration_ms: None,
            effective_ms: None,
            black_ms: None,
            dead_ms: None,
            looped_ms: None,
            spans: Vec::new(),
            durations: None,
            width: None,
            height: None,
            rotation: None,
            frame_rate: None,
            streams: Vec::new(),
            created_at: None,
            exif: None,
            edits: Vec::new(),
            tags: BTreeMap::new(),
            digests: Digests::default(),
            views: Vec::new(),
            faces: Vec::new(),
            screen: Vec::new(),
            text_read_by: None,
            codes: Vec::new(),
            digits: Vec::new(),
            notes: Vec::new(),
            thumbnail_at_ms: None,
            strip: None,
            row: None,
            thumbnail: None,
            reel: None,
            keyframes: None,
        }
    }

    /// Keeps a tag of the file if it is worth keeping: one line, of bounded length.
    pub(super) fn tag(&mut self, name: &str, value: &str) {
        if let Some(value) = clean(value) {
            self.tags.insert(name.to_owned(), value);
        }
    }
}

/// A text out of a file made harmless: one line of at most 120 characters without control characters; `None` if nothing is left.
pub(super) fn clean(value: &str) -> Option<String> {
    let value: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).take(120).collect();
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

/// What each source says about the length, in milliseconds. They differ where headers lie, files are cut short or edit lists hide parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Durations {
    /// The container's header.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub container_ms: Option<u64>,
    /// The header of the picture track (of the sound track where there is no picture).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stream_ms: Option<u64>,
    /// From the first to the end of the last packet that is really in the file.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub packets_ms: Option<u64>,
}

/// What is wrong with a stretch of video. Each is normal at times: a slide stands still while its teacher speaks, a break is silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpanKind {
    /// The picture is black.
    Black,
    /// The picture stands still.
    Frozen,
    /// Nothing is heard.
    Silent,
    /// The same was shown before, and sounded the same.
    #[serde(rename = "loop", alias = "looped")] // as it was called before version 5 of these facts
    Looped,
}

/// A stretch of video, in milliseconds from its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// What it is.
    pub kind: SpanKind,
    /// Where it begins.
    pub from_ms: u64,
    /// Where it ends.
    pub until_ms: u64,
    /// Of what is looped: where it was shown first.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub first_ms: Option<u64>,
}

/// Faces counted in a picture, or at one moment of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Faces {
    /// When, in milliseconds from the start; 0 of a picture.
    pub at_ms: u64,
    /// How many look at the camera.
    pub count: u32,
}

/// What can be read on a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadingKind {
    /// A time of day, by the clock of the computer or telephone: `09:12` or `09:12:30`.
    Clock,
    /// A day: `2020-03-03`, or `03-03` where no year is shown.
    Date,
    /// The number of the meeting: nine to eleven digits.
    Meeting,
    /// How many take part, as the meeting counts them.
    Participants,
}

impl ReadingKind {
    /// All of them.
    pub const ALL: [ReadingKind; 4] = [ReadingKind::Clock, ReadingKind::Date, ReadingKind::Meeting, ReadingKind::Participants];
}

/// Something read on the screen, in a picture or at one moment of a recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// When, in milliseconds from the start; 0 of a picture.
    pub at_ms: u64,
    /// What it is.
    pub kind: ReadingKind,
    /// What it says, in the form of its kind.
    pub value: String,
    /// How sure that is, 0 to 1: what the recognisers say of themselves, and whether they agree.
    pub confidence: f64,
}

impl Reading {
    /// Readings of one file at most: four kinds, a dozen times.
    pub(super) const MOST: usize = 48;

    /// Of a clock: seconds of the day.
    pub fn seconds(&self) -> Option<i64> {
        let mut parts = self.value.split(':').map(|part| part.parse::<i64>().ok().filter(|_| part.len() == 2));
        let (hour, minute) = (parts.next()??, parts.next()??);
        let second = parts.next().unwrap_or(Some(0))?;
        let holds = hour < 24 && minute < 60 && second < 60 && parts.next().is_none() && self.kind == ReadingKind::Clock;
        holds.then_some(hour * 3600 + minute * 60 + second)
    }

    /// Whether the value has the form of its kind and nothing else: only such are taken from a child.
    pub(super) fn is_well_formed(&self) -> bool {
        let digits =
            |from: usize, to: usize| (from..=to).contains(&self.value.len()) && self.value.bytes().all(|byte| byte.is_ascii_digit());
        let day = || self.value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let holds = match self.kind {
            ReadingKind::Clock => self.seconds().is_some(),
            ReadingKind::Date if self.value.len() == 5 => day() && format!("2020-{}", self.value).parse::<chrono::NaiveDate>().is_ok(),
            ReadingKind::Date => self.value.len() == 10 && day() && self.value.parse::<chrono::NaiveDate>().is_ok(),
            ReadingKind::Meeting => digits(9, 11),
            ReadingKind::Participants => digits(1, 4),
        };
        holds && (0.0..=1.0).contains(&self.confidence)
    }
}

/// Pictures of a recording in a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strip {
    /// Width of each, in pixels.
    pub width: u32,
    /// Height of each.
    pub height: u32,
    /// When each is on show, in milliseconds from the beginning.
    pub at_ms: Vec<u64>,
}

/// A text that has the shape of a session code, and where it was seen first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeText {
    /// When, in milliseconds from the start; 0 of a picture.
    pub at_ms: u64,
    /// What the QR code says.
    pub text: String,
}

/// A session code that a picture or a recording shows, as the server found it to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeSeen {
    /// When it is seen first, in milliseconds from the start; 0 of a picture.
    pub at_ms: u64,
    /// The lesson that it names.
    pub lesson: LessonId,
    /// The minute that it names.
    pub minute: Time,
    /// Whether this deployment made it for that lesson and minute; otherwise somebody made it up.
    pub genuine: bool,
}

/// Six digits that were read, and where they were seen first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DigitsText {
    /// When, in milliseconds from the start; 0 of a picture.
    pub at_ms: u64,
    /// The number.
    pub digits: String,
    /// How sure the recogniser is of its least sure group of digits, 0 to 1.
    pub confidence: f64,
}

/// The digits of a session code of the lesson that a picture or recording was handed in for. Weaker than a [`CodeSeen`]: they were recognised and not decoded,
/// and one number of six digits in some thousands is one of a lesson's by chance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DigitsSeen {
    /// When they are seen first, in milliseconds from the start; 0 of a picture.
    pub at_ms: u64,
    /// The only minute of the lesson that has them.
    pub minute: Time,
    /// How sure the recogniser is of its least sure group of digits, 0 to 1.
    pub confidence: f64,
}

/// One track of a video file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stream {
    /// `video`, `audio`, `subtitle`, `data`, or `cover` for an attached picture.
    pub kind: String,
    /// FFmpeg's name of the codec: `h264`, `hevc`, `aac`, …
    pub codec: String,
    /// Coded width in pixels.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub width: Option<u32>,
    /// Coded height in pixels.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub height: Option<u32>,
    /// Samples a second.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sample_rate: Option<u32>,
    /// Channels of sound.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub channels: Option<u32>,
    /// From its first to the end of its last packet, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub duration_ms: Option<u64>,
    /// Packets counted; for pictures that is frames.
    pub packets: u64,
    /// Bytes of its packets.
    pub bytes: u64,
    /// Packets that can be decoded on their own.
    pub keyframes: u64,
    /// The longest time without one, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub keyframe_gap_ms: Option<u64>,
}

/// What the camera wrote into the picture. Positions are not kept, only that there is one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Exif {
    /// When the picture was taken, by the camera's clock, without a zone: `2016-03-24T14:49:51.308`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub taken_local: Option<String>,
    /// The camera's offset from UTC (`+08:00`), as its tag says or as its satellite time shows.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub offset: Option<String>,
    /// The moment it was taken, where the offset is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub taken_at: Option<Time>,
    /// When the file was last changed, by the clock of the program that did (`DateTime`).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub changed_local: Option<String>,
    /// The satellites' time of the last fix, UTC.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub satellite_at: Option<Time>,
    /// Maker of the camera.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub make: Option<String>,
    /// Model of the camera.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub model: Option<String>,
    /// Program or firmware that wrote the file.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub software: Option<String>,
    /// EXIF orientation 1–8.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub orientation: Option<u16>,
    /// Whether it carries a position.
    #[serde(default)]
    pub has_position: bool,
}

impl Exif {
    /// The moment it was taken, read in `zone` where the file does not tell its own offset. `None` without a time.
    pub fn taken_in(&self, zone: chrono_tz::Tz) -> Option<Time> {
        use chrono::TimeZone;
        self.taken_at.or_else(|| {
            let local: chrono::NaiveDateTime = self.taken_local.as_deref()?.parse().ok()?;
            zone.from_local_datetime(&local).earliest().map(Time::from)
        })
    }
}

/// A trace that a picture was edited; each at most once. None proves that what it shows was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "trace", rename_all = "snake_case")]
pub enum Edit {
    /// A program that changes pictures wrote the file.
    Program {
        /// The program.
        name: String,
    },
    /// It was changed more than a minute after it was taken, by its own word.
    ChangedLater,
    /// The small picture that the camera put beside it shows something else, or in other proportions.
    OtherThumbnail,
}

/// SHA-256 digests (lower hex) of what is inside a picture or a video.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digests {
    /// Of the coded picture without metadata (JPEG, PNG, WebP): the same when EXIF, comments or colour profiles are stripped or changed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub coded: Option<String>,
    /// Of width, height (big-endian u32 each) and the upright picture's RGBA bytes: the same when losslessly saved again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pixels: Option<String>,
    /// Of all packets of the track of moving pictures, in order: the same in another container, or with other sound.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shown: Option<String>,
    /// Of all packets of the track of sound, in order.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub heard: Option<String>,
}

impl Digests {
    fn is_empty(&self) -> bool {
        self == &Digests::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_time_without_offset_is_read_in_the_zone_of_the_platform() {
        let exif = Exif { taken_local: Some("2016-03-24T14:49:51.308".into()), ..Exif::default() };
        assert_eq!(exif.taken_in(chrono_tz::Asia::Shanghai).map(|time| time.to_string()).as_deref(), Some("2016-03-24T06:49:51.308Z"));
        assert_eq!(Exif::default().taken_in(chrono_tz::Asia::Shanghai), None);
    }

    #[test]
    fn texts_from_files_are_one_short_line() {
        assert_eq!(clean(" Lavf59\r\n\0 ").as_deref(), Some("Lavf59"));
        assert_eq!(clean(&"x".repeat(1000)).map(|text| text.len()), Some(120));
        assert_eq!(clean("\0\0"), None);
    }

    #[test]
    fn a_reading_has_the_form_of_its_kind_or_is_none() {
        use ReadingKind::{Clock, Date, Meeting, Participants};
        let is = |kind, value: &str| Reading { at_ms: 0, kind, value: value.into(), confidence: 0.9 }.is_well_formed();
        for (kind, value) in
            [(Clock, "09:12"), (Clock, "23:59:59"), (Date, "2020-03-03"), (Date, "02-29"), (Meeting, "123456789"), (Participants, "36")]
        {
            assert!(is(kind, value), "{value}");
        }
        for (kind, value) in [
            (Clock, "24:00"),
            (Clock, "9:12"),
            (Clock, "09:12:30:00"),
            (Clock, "09:12:"),
            (Date, "2020-02-30"),
            (Date, "13-01"),
            (Date, "+020-03-03"),
            (Date, "Wang"),
            (Meeting, "12345678"),
            (Meeting, "13912345678x"),
            (Participants, "12345"),
            (Participants, ""),
        ] {
            assert!(!is(kind, value), "{value}");
        }
        assert!(!Reading { at_ms: 0, kind: Clock, value: "09:12".into(), confidence: f64::NAN }.is_well_formed());
    }

    #[test]
    fn facts_survive_json_and_leave_the_thumbnail_out() {
        let mut facts = Facts::new(MediaKind::Picture, "jpeg");
        facts.thumbnail = Some(vec![1, 2, 3]);
        facts.exif = Some(Exif { make: Some("Apple".into()), ..Exif::default() });
        let json = serde_json::to_string(&facts).unwrap();
        assert_eq!(json, r#"{"analysis":"media/5","kind":"picture","container":"jpeg","exif":{"make":"Apple","has_position":false}}"#);
        facts.thumbnail = None;
        assert_eq!(serde_json::from_str::<Facts>(&json).unwrap(), facts);
    }
}
