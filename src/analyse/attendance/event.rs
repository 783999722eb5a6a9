//! What a reader makes of a row: an [`Event`], and [`Who`] it is about as the file names them.

use super::fold;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EventKind {
    /// Came in.
    Join,
    /// Went out.
    Leave,
    /// Was still there.
    Heartbeat,
    /// Reached a place in recorded content.
    Progress,
    /// Answered a question or a test.
    Answer,
    /// A face was compared.
    FaceCheck,
    /// Was away from the screen.
    Away,
    /// Waited to be let in; earns nothing.
    WaitingRoom,
    /// Was there from `at` to `until`: a join and its leave in one row.
    Interval,
    /// The platform states a length of presence and not when; shown, and credited by nobody. `at` and `until` are the span it is said of.
    Total,
    /// The platform states that somebody was there, late, excused or absent, and not when; shown, and credited by nobody.
    Mark,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [EventKind; 11] = [
        EventKind::Join,
        EventKind::Leave,
        EventKind::Heartbeat,
        EventKind::Progress,
        EventKind::Answer,
        EventKind::FaceCheck,
        EventKind::Away,
        EventKind::WaitingRoom,
        EventKind::Interval,
        EventKind::Total,
        EventKind::Mark,
    ];

    /// The word used in NDJSON, in headings' values and in the lake.
    pub fn as_str(self) -> &'static str {
        match self {
            EventKind::Join => "join",
            EventKind::Leave => "leave",
            EventKind::Heartbeat => "heartbeat",
            EventKind::Progress => "progress",
            EventKind::Answer => "answer",
            EventKind::FaceCheck => "face_check",
            EventKind::Away => "away",
            EventKind::WaitingRoom => "waiting_room",
            EventKind::Interval => "interval",
            EventKind::Total => "total",
            EventKind::Mark => "mark",
        }
    }

    /// Whether it is what a platform states beside what happened: it has no time of its own and shows nobody's presence.
    pub fn is_stated(self) -> bool {
        matches!(self, EventKind::Total | EventKind::Mark)
    }

    /// The kind with this word, exactly as [`EventKind::as_str`] writes it.
    pub fn from_word(word: &str) -> Option<EventKind> {
        EventKind::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Who a row is about, as the file says it; [`super::Roster::find`] says which trainee that is. Personal data: it is matched and dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Who {
    /// keshi's id of the trainee, or `ext:<id>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trainee: Option<String>,
    /// The account on the platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform_user: Option<String>,
    /// Phone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Number of the identity card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_number: Option<String>,
    /// Name or nickname as written, brackets and several people on one login included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Who {
    /// Whether the row names nobody at all.
    pub fn is_nobody(&self) -> bool {
        let Who { trainee, platform_user, phone, email, id_number, name } = self;
        [trainee, platform_user, phone, email, id_number, name].into_iter().all(Option::is_none)
    }

    /// By what somebody is known again in other rows of the platform: kind and value in one spelling. A key of the row where it has one, else the
    /// name, else what is left of a masked key. `None` when the row names nobody.
    pub fn identity(&self) -> Option<(&'static str, String)> {
        let of = |kind: &'static str, written: &Option<String>, fold: fn(&str) -> Option<String>| {
            Some((kind, written.as_deref().and_then(fold)?))
        };
        let name = |text: &str| Some(fold::name(text)).filter(|name| !name.is_empty());
        of("trainee", &self.trainee, fold::account)
            .or_else(|| of("platform_user", &self.platform_user, fold::account))
            .or_else(|| of("email", &self.email, fold::email))
            .or_else(|| of("phone", &self.phone, fold::phone))
            .or_else(|| of("id_number", &self.id_number, fold::id_number))
            .or_else(|| of("name", &self.name, name))
            .or_else(|| of("email", &self.email, fold::account))
            .or_else(|| of("phone", &self.phone, fold::account))
            .or_else(|| of("id_number", &self.id_number, fold::account))
    }
}

impl Event {
    /// Every text of the event with the name of its column.
    pub(crate) fn texts(&self) -> [(&'static str, Option<&str>); 13] {
        let who = &self.who;
        [
            ("trainee", who.trainee.as_deref()),
            ("platform_user", who.platform_user.as_deref()),
            ("phone", who.phone.as_deref()),
            ("email", who.email.as_deref()),
            ("id_number", who.id_number.as_deref()),
            ("name", who.name.as_deref()),
            ("ip", self.ip.as_deref()),
            ("device", self.device.as_deref()),
            ("user_agent", self.user_agent.as_deref()),
            ("client", self.client.as_deref()),
            ("region", self.region.as_deref()),
            ("ref", self.reference.as_deref()),
            ("mark", self.mark.as_deref()),
        ]
    }
}

/// One row of an attendance log.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The row as a person sees it in the file, from 1: the line of NDJSON, the record of a CSV, the row of a sheet, the entry of a
    /// JSON document in the order of the document (several events may share one). The rows
    /// of the n-th sheet of a workbook (n > 1) are written n × 10,000,000 + row.
    pub row: u64,
    /// The bytes of the row in the raw file, where the file has such a thing (not in a workbook, nor in a JSON document of an
    /// encoding other than UTF-8 and UTF-16).
    pub bytes: Option<Range<u64>>,
    /// Who it is about.
    pub who: Who,
    /// What happened.
    pub kind: EventKind,
    /// When it happened or began.
    pub at: Time,
    /// When it ended; never before `at`, always there for an interval.
    pub until: Option<Time>,
    /// Network address.
    pub ip: Option<String>,
    /// Device, as the platform identifies it.
    pub device: Option<String>,
    /// User agent of the browser or app.
    pub user_agent: Option<String>,
    /// Kind of client: web, phone app, desktop, room …
    pub client: Option<String>,
    /// Region the platform derived from the address.
    pub region: Option<String>,
    /// Place in recorded content.
    pub position_ms: Option<i64>,
    /// Score of an answer or of a face comparison.
    pub score: Option<f64>,
    /// The platform's own reference for the event.
    pub reference: Option<String>,
    /// The length a total states, in milliseconds.
    pub stated_ms: Option<i64>,
    /// Of a mark, the platform's word (present, late, excused, absent where its words are known); of a total, what it counts where the
    /// platform tells several apart (live, playback).
    pub mark: Option<String>,
}

impl Event {
    /// An event that says no more than who, what and when.
    pub fn new(row: u64, who: Who, kind: EventKind, at: Time) -> Event {
        Event {
            row,
            bytes: None,
            who,
            kind,
            at,
            until: None,
            ip: None,
            device: None,
            user_agent: None,
            client: None,
            region: None,
            position_ms: None,
            score: None,
            reference: None,
            stated_ms: None,
            mark: None,
        }
    }
}
