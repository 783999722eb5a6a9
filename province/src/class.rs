//! A class on its way into the tables: what the plan says, who sits on the roster, what was logged, filmed and claimed.

use crate::chance::mix;
use crate::labels::Label;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What an id names; ids of different things differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    /// A provider.
    Provider = 1,
    /// A class.
    Class,
    /// A lesson.
    Lesson,
    /// A trainee of a class.
    Trainee,
    /// A human.
    Person,
    /// A piece of evidence.
    Evidence,
    /// A certificate.
    Certificate,
    /// A claim.
    Claim,
    /// A run of credits.
    Run,
}

/// Ids in the shape of UUIDv7: those of one kind of thing ascend with their numbers.
#[derive(Clone, Copy, Debug)]
pub struct Ids(pub u64);

impl Ids {
    /// The id of a thing.
    pub fn id(self, thing: Thing, number: u64) -> String {
        // 2020-02-17 in milliseconds, so that ids look like those of the time; what follows is the number.
        let (ms, tail) = (0x0170_5100_0000_u64 + number, mix(mix(self.0 ^ thing as u64) ^ number));
        format!(
            "{:08x}-{:04x}-7{:03x}-{:04x}-{:012x}",
            ms >> 16,
            ms & 0xffff,
            tail >> 52,
            0x8000 | (tail >> 40 & 0x3fff),
            tail & 0xffff_ffff_ffff
        )
    }
}

/// So many ids of evidence are kept free for a class.
pub const EVIDENCE_OF_A_CLASS: u64 = 1 << 12;
/// So many people, trainees and lessons are counted for a class at most.
pub const PEOPLE_OF_A_CLASS: u64 = 1 << 7;

/// A training provider.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Position among all.
    pub number: usize,
    /// Its id.
    pub id: String,
    /// `enterprise` or `institution`.
    pub kind: &'static str,
    /// Listed from this day on.
    pub listed_from: Option<i64>,
    /// The platform that its classes use, position in [`crate::plan::PLATFORMS`].
    pub platform: usize,
    /// The first of its classes.
    pub first_class: usize,
    /// How many classes.
    pub classes: usize,
    /// Strength of what is planted; none where nothing is.
    pub strength: Option<f64>,
    /// Patterns planted, positions in [`crate::frauds::PATTERNS`].
    pub patterns: Vec<usize>,
    /// The ring of providers that it is really one of: the number of the first, and that one's first class.
    pub shell: Option<(u64, usize)>,
    /// The other provider of the ring.
    pub shell_of: Option<usize>,
    /// Devices of its staff.
    pub staff_devices: Vec<Arc<str>>,
    /// The first address of its network.
    pub network: u32,
    /// Whether its network is on the list.
    pub network_listed: bool,
    /// Its account.
    pub account_key: String,
    /// Whether it began small and grows.
    pub grows: bool,
    /// Its teachers' pseudonyms.
    pub teachers: Vec<String>,
}

/// A lesson of the timetable.
#[derive(Clone, Debug)]
pub struct Lesson {
    /// Its id; ids ascend with position.
    pub id: String,
    /// Title.
    pub title: String,
    /// `theory`, `general`, `safety`, `epidemic` or `practice`.
    pub kind: &'static str,
    /// `live`, `recorded` or `in_person`.
    pub mode: &'static str,
    /// Start.
    pub from: i64,
    /// End.
    pub until: i64,
    /// Whole lesson hours.
    pub hours: i64,
    /// Length of recorded content, milliseconds.
    pub content_ms: Option<i64>,
    /// Meeting number.
    pub meeting: String,
    /// When it was cancelled.
    pub cancelled_at: Option<i64>,
    /// Position among the provider's teachers; none where nobody is named.
    pub teacher: Option<usize>,
    /// Which half of the class it is for, where there are two groups.
    pub group: Option<usize>,
    /// Whether it took place.
    pub held: bool,
    /// Which layers of evidence a deed has touched, so that a second deed leaves it alone.
    pub touched: BTreeSet<crate::frauds::Layer>,
    /// Who sat in it.
    pub sittings: Vec<Sitting>,
    /// Rows of its logs, once they are written.
    pub rows: Vec<Row>,
}

impl Lesson {
    /// Whether people meet in it at a fixed time.
    pub fn is_live(&self) -> bool {
        self.mode == "live" && self.cancelled_at.is_none()
    }

    /// Whether it is online and was not cancelled.
    pub fn counts(&self) -> bool {
        self.mode != "in_person" && self.cancelled_at.is_none()
    }

    /// Online, not cancelled, and took place.
    pub fn was_held(&self) -> bool {
        self.counts() && self.held
    }
}

/// Somebody on the roster.
#[derive(Clone, Debug)]
pub struct Trainee {
    /// The id in this class; ids ascend with position.
    pub id: String,
    /// Number of the human.
    pub person: u64,
    /// `employee`, `key_group` or `poor_household`.
    pub category: &'static str,
    /// When the trainee withdrew.
    pub withdrawn_at: Option<i64>,
    /// When the row of the roster was made.
    pub created_at: i64,
    /// What is wrong with the ID number.
    pub fault: Option<&'static str>,
    /// Age on the first day.
    pub age: Option<i64>,
    /// `f` or `m`.
    pub sex: Option<&'static str>,
    /// Province of the ID number.
    pub region: Option<&'static str>,
    /// Keyed hash of the phone number.
    pub phone: Option<String>,
    /// Keyed hash of the mail address.
    pub email: Option<String>,
    /// What is wrong with the phone number.
    pub phone_fault: Option<&'static str>,
    /// The name as logs write it, hashed.
    pub name: Arc<str>,
    /// Where and with what it signs in.
    pub seat: Seat,
    /// The device clock is off by so much.
    pub clock_off: i64,
    /// Whether it is a guest from another class: then lessons at those spans are missed.
    pub elsewhere: Vec<(i64, i64)>,
    /// Whether it is a guest from another class.
    pub is_guest: bool,
    /// Never attends of its own: invented, or brought in by a deed that says where it sits.
    pub is_made_up: bool,
}

/// Device, address and what goes with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// Device, as the platform names it.
    pub device: Option<Arc<str>>,
    /// Address.
    pub ip: Option<Arc<str>>,
    /// User agent.
    pub agent: Option<&'static str>,
    /// Kind of client.
    pub client: Option<&'static str>,
    /// Region of the address.
    pub region: Option<&'static str>,
}

/// One person's time in one lesson.
#[derive(Clone, Debug)]
pub struct Sitting {
    /// Position on the roster; none for somebody whom nobody matched.
    pub trainee: Option<usize>,
    /// The name as the log writes it, hashed; none: the trainee's own.
    pub name: Option<Arc<str>>,
    /// Where from.
    pub seat: Seat,
    /// The stays, in order.
    pub stays: Vec<Stay>,
    /// Answers given: when, and how right.
    pub answers: Vec<(i64, f64)>,
    /// Face checks: when, and how alike.
    pub checks: Vec<(i64, f64)>,
    /// How heartbeats go.
    pub beats: Beats,
    /// What was played of recorded content, in order.
    pub plays: Vec<Play>,
    /// A total stated by the platform, milliseconds; none: what the stays come to.
    pub stated_ms: Option<i64>,
    /// Position of the sitting whose row of the file this shares: one login, several names.
    pub same_row_as: Option<usize>,
}

/// From coming to going.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stay {
    /// Came.
    pub from: i64,
    /// Went.
    pub until: i64,
    /// Whether the log has the end.
    pub ended: bool,
}

/// A stretch of recorded content.
#[derive(Clone, Copy, Debug)]
pub struct Play {
    /// When it began.
    pub at: i64,
    /// From this place, milliseconds.
    pub from_ms: i64,
    /// To this place.
    pub until_ms: i64,
    /// At so many percent of normal speed.
    pub percent: i64,
}

/// Heartbeats: one after so long, each off by up to so much.
#[derive(Clone, Copy, Debug)]
pub struct Beats {
    /// Between two.
    pub every: i64,
    /// Off by up to.
    pub jitter: i64,
    /// None after so long in a stay; how long they go on.
    pub last: i64,
}

/// What a row of a log says happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// Came.
    Join,
    /// Went.
    Leave,
    /// A stay in one row.
    Interval,
    /// Still there.
    Heartbeat,
    /// Place in recorded content.
    Progress,
    /// An answer.
    Answer,
    /// A face was compared.
    FaceCheck,
    /// A stated total.
    Total,
}

impl Event {
    /// The word in the table.
    pub fn word(self) -> &'static str {
        match self {
            Event::Join => "join",
            Event::Leave => "leave",
            Event::Interval => "interval",
            Event::Heartbeat => "heartbeat",
            Event::Progress => "progress",
            Event::Answer => "answer",
            Event::FaceCheck => "face_check",
            Event::Total => "total",
        }
    }
}

/// A row of a log.
#[derive(Clone, Debug)]
pub struct Row {
    /// Position among the class's evidence.
    pub evidence: usize,
    /// Row of the file.
    pub row: i64,
    /// Position among the lesson's sittings.
    pub sitting: usize,
    /// What happened.
    pub event: Event,
    /// When.
    pub at: i64,
    /// Until when.
    pub until: Option<i64>,
    /// Place in content.
    pub position_ms: Option<i64>,
    /// Score.
    pub score: Option<f64>,
    /// The platform's number of the event.
    pub reference: Option<u64>,
    /// A stated total.
    pub stated_ms: Option<i64>,
}

/// A piece of evidence.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// Number within the province; the id follows from it.
    pub number: u64,
    /// `attendance`, `video`, `screenshot` or `document`.
    pub kind: &'static str,
    /// What the digest is made from: equal numbers are equal bytes.
    pub bytes: u64,
    /// Size.
    pub size: i64,
    /// Media type.
    pub media_type: &'static str,
    /// Position of the lesson.
    pub lesson: Option<usize>,
    /// Position of the trainee.
    pub trainee: Option<usize>,
    /// Claimed span.
    pub claimed: Option<(i64, i64)>,
    /// When it was received.
    pub received_at: i64,
    /// Who sent it: the platform, or the provider.
    pub by_platform: bool,
    /// The reader of a log.
    pub reader: Option<&'static str>,
    /// What was measured, of recordings and pictures.
    pub media: Option<Media>,
}

/// What was measured of a recording or picture.
#[derive(Clone, Debug, Default)]
pub struct Media {
    /// Length, milliseconds.
    pub duration: Option<i64>,
    /// Black, milliseconds.
    pub black: i64,
    /// Still and silent, milliseconds.
    pub dead: i64,
    /// Shown again, milliseconds.
    pub looped: i64,
    /// Size of the picture.
    pub pixels: (i64, i64),
    /// Format.
    pub container: &'static str,
    /// When the file says it was made.
    pub created_at: Option<i64>,
    /// When the camera says it was taken.
    pub taken_at: Option<i64>,
    /// Faces.
    pub faces: Option<i64>,
    /// Pictures in which faces were counted.
    pub looks: i64,
    /// The editor that saved it.
    pub editor: Option<&'static str>,
    /// Whether the small picture shows something else.
    pub other_thumbnail: bool,
    /// What the screen says.
    pub screen: Vec<Reading>,
    /// Codes seen.
    pub codes: Vec<Code>,
    /// What came before.
    pub matches: Vec<Match>,
}

/// A reading of the screen.
#[derive(Clone, Debug)]
pub struct Reading {
    /// `clock`, `date`, `meeting` or `participants`.
    pub reading: &'static str,
    /// When in the recording, milliseconds.
    pub at_ms: i64,
    /// What it says.
    pub value: String,
    /// How sure.
    pub confidence: f64,
    /// Of a clock: seconds of the day.
    pub clock_s: Option<i64>,
}

/// A session code.
#[derive(Clone, Debug)]
pub struct Code {
    /// Id of the lesson that it names.
    pub lesson: String,
    /// The minute that it names.
    pub minute: i64,
    /// When it is seen, milliseconds.
    pub at_ms: i64,
    /// Whether it was issued.
    pub genuine: bool,
}

/// A likeness to earlier evidence.
#[derive(Clone, Debug, Default)]
pub struct Match {
    /// Number of the earlier evidence.
    pub other: u64,
    /// `bytes`, `coded`, `picture`, `recording` or `moment`.
    pub kind: &'static str,
    /// `exact`, `strong` or `candidate`.
    pub tier: &'static str,
    /// 0 to 1.
    pub score: f64,
    /// Bits that differ.
    pub distance: Option<i64>,
    /// Live blocks that differ, thousandths.
    pub changed_milli: Option<i64>,
    /// By what recordings are the same.
    pub because: Option<&'static str>,
    /// What they share: from and until, from and until in the earlier, milliseconds.
    pub runs: Vec<(i64, i64, i64, i64)>,
    /// When the picture is on show, milliseconds.
    pub at_ms: Option<(i64, i64)>,
}

/// A certificate.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// Position of the trainee.
    pub trainee: usize,
    /// What the key of its number is made from.
    pub number: u64,
    /// The day on it.
    pub issued_on: i64,
    /// When it was entered.
    pub entered_at: i64,
    /// Position of the evidence.
    pub evidence: usize,
}

/// A claim.
#[derive(Clone, Debug)]
pub struct Claim {
    /// State.
    pub state: &'static str,
    /// Amount, fen.
    pub amount: i64,
    /// Granted, fen.
    pub granted: Option<i64>,
    /// Settled on.
    pub settled_on: Option<i64>,
    /// When it was filed.
    pub filed_at: i64,
}

/// A listed person, network, device or file.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Kind of list.
    pub list: &'static str,
    /// Number of the human.
    pub person: Option<u64>,
    /// What stands on it.
    pub value: Option<String>,
    /// Position of the provider.
    pub provider: Option<usize>,
    /// First day.
    pub from_on: Option<i64>,
    /// Last day.
    pub until_on: Option<i64>,
    /// The day as of which it holds.
    pub as_of: i64,
}

/// The application and its decision.
#[derive(Clone, Debug)]
pub struct Application {
    /// `full`, `promise_first` or `remaining_theory`.
    pub kind: &'static str,
    /// The day by which the full plan was promised.
    pub promise_due: Option<i64>,
    /// When it was filed.
    pub applied_at: i64,
    /// When it was decided.
    pub decided_at: Option<i64>,
    /// What was decided.
    pub decision: Option<&'static str>,
    /// When money was paid in advance.
    pub prepaid_on: Option<i64>,
    /// When the full plan came, if it did.
    pub full_plan_at: Option<i64>,
}

/// A class with everything that is known of it.
#[derive(Clone, Debug)]
pub struct Class {
    /// Position among all.
    pub number: usize,
    /// Its id.
    pub id: String,
    /// Position of the provider.
    pub provider: usize,
    /// Position of the platform.
    pub platform: usize,
    /// Title, and the trade.
    pub title: String,
    /// Code of the trade.
    pub trade_code: &'static str,
    /// Name of the trade.
    pub trade_name: &'static str,
    /// The kind of certificate it leads to.
    pub certificate_kind: &'static str,
    /// The application.
    pub application: Application,
    /// First day.
    pub starts_on: i64,
    /// Last day.
    pub ends_on: i64,
    /// Hours in all, online, of theory, of practice.
    pub hours: [i64; 4],
    /// When it was registered.
    pub created_at: i64,
    /// The account.
    pub account_key: String,
    /// What is wrong with it.
    pub account_fault: Option<&'static str>,
    /// The timetable.
    pub lessons: Vec<Lesson>,
    /// The roster.
    pub trainees: Vec<Trainee>,
    /// What was sent.
    pub evidence: Vec<Evidence>,
    /// Papers: kind and position of the evidence, filed with it.
    pub papers: Vec<(&'static str, usize)>,
    /// Certificates.
    pub certificates: Vec<Certificate>,
    /// The claim.
    pub claim: Option<Claim>,
    /// What lists say of its people.
    pub listed: Vec<Listed>,
    /// The mess it has.
    pub mess: Vec<&'static str>,
    /// Patterns planted in it, positions in [`crate::frauds::PATTERNS`].
    pub patterns: Vec<usize>,
    /// What was planted.
    pub labels: Vec<Label>,
}

impl Class {
    /// Whether it has this mess.
    pub fn has(&self, mess: &str) -> bool {
        self.mess.contains(&mess)
    }

    /// Positions of lessons that people could sit in: online, not cancelled, held.
    pub fn held(&self) -> Vec<usize> {
        (0..self.lessons.len()).filter(|&lesson| self.lessons[lesson].was_held()).collect()
    }

    /// The same of live lessons.
    pub fn live(&self) -> Vec<usize> {
        self.held().into_iter().filter(|&lesson| self.lessons[lesson].mode == "live").collect()
    }

    /// Adds a piece of evidence and returns its position.
    pub fn add(&mut self, evidence: Evidence) -> usize {
        let place = self.evidence.len();
        let number = self.number as u64 * EVIDENCE_OF_A_CLASS + place as u64;
        self.evidence.push(Evidence { number, ..evidence });
        place
    }

    /// Positions of the evidence of a kind for a lesson.
    pub fn evidence_of(&self, lesson: usize, kind: &str) -> Vec<usize> {
        let of = |&place: &usize| self.evidence[place].lesson == Some(lesson) && self.evidence[place].kind == kind;
        (0..self.evidence.len()).filter(of).collect()
    }
}
