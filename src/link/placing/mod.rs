//! Where in time a picture or a recording belongs, and how sure that is.
//!
//! Several signs tell: what the submitter claims, a session code that it shows, the digits of one, the clock of the camera, the clock on the screen, the name of the file,
//! the container. All are claims, and clocks have no zone or a wrong one more often than not, so the submitter's goes first and the others say for it or
//! against it. A picture without any time speaks for no minute; that is neutral, not suspicious. A video handed in for a lesson without a time is taken
//! to start with it.

mod names;

use super::credit::Shows;
use super::span::Span;
use crate::analyse::media::{CodeSeen, DigitsSeen, Exif, Reading, ReadingKind};
use crate::time::{DAY, HOUR, MILLI, MINUTE, SECOND, Time};
use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;
use serde::Serialize;

/// Signs agree that are no further apart: recordings start some minutes before or after what is claimed, and computers' clocks go wrong by minutes.
const NEAR: i64 = 10 * MINUTE;

/// What tells when a file belongs, the first of them that there is deciding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// What the submitter said with it.
    Claim,
    /// A session code of this deployment that it shows: it was made in the code's minute or later.
    Code,
    /// The digits of a session code of its lesson, as text recognition read them: made in that minute or later, if they were read rightly.
    Digits,
    /// What the camera wrote into the picture.
    Camera,
    /// The clock on the screen, on the screen's day or else the lesson's.
    Screen,
    /// The name of the file, as programs make them.
    Name,
    /// The container's time of creation: the beginning or the end, by UTC or by local habit.
    Container,
    /// Nothing of its own: it is taken to start with its lesson.
    Lesson,
}

impl By {
    /// As in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            By::Claim => "claim",
            By::Code => "code",
            By::Digits => "digits",
            By::Camera => "camera",
            By::Screen => "screen",
            By::Name => "name",
            By::Container => "container",
            By::Lesson => "lesson",
        }
    }
}

/// How sure a place in time is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sure {
    /// A session code agrees.
    Proven,
    /// At least two signs agree, and none differs.
    Agreed,
    /// One sign tells, and nothing else.
    OneSign,
    /// A sign differs.
    Doubtful,
    /// No sign tells.
    Assumed,
}

impl Sure {
    /// As in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Sure::Proven => "proven",
            Sure::Agreed => "agreed",
            Sure::OneSign => "one_sign",
            Sure::Doubtful => "doubtful",
            Sure::Assumed => "assumed",
        }
    }
}

/// What one sign tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Sign {
    /// Which it is.
    pub by: By,
    /// When the recording begins, or the picture was taken, by it.
    pub at: Time,
    /// Whether that is where the file was placed, or near it.
    pub agrees: bool,
}

/// A place in time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Placed {
    /// The first moment it shows.
    pub from: Time,
    /// The first moment after; of a picture the same moment.
    pub until: Time,
    /// What decided.
    pub by: By,
    /// How sure that is.
    pub sure: Sure,
    /// All that tells, in the order in which it would decide.
    pub signs: Vec<Sign>,
}

impl Placed {
    /// Whether a sign differs and no session code settles it.
    pub fn doubtful(&self) -> bool {
        self.sure == Sure::Doubtful
    }

    /// As credit takes it.
    pub(super) fn shows(&self, is_video: bool) -> Shows {
        if is_video { Shows::Stretch(Span::new(self.from, self.until)) } else { Shows::Moment(self.from) }
    }
}

/// What is claimed and measured about one file.
#[derive(Clone, Debug)]
pub(super) struct Clues {
    pub(super) is_video: bool,
    pub(super) claimed_from: Option<Time>,
    pub(super) claimed_until: Option<Time>,
    /// Measured length of a video.
    pub(super) duration_ms: Option<i64>,
    pub(super) codes: Vec<CodeSeen>,
    pub(super) digits: Vec<DigitsSeen>,
    pub(super) exif: Option<Exif>,
    pub(super) screen: Vec<Reading>,
    pub(super) name: Option<String>,
    /// When the container says it was made.
    pub(super) created_at: Option<Time>,
    /// The lesson it was handed in for.
    pub(super) lesson: Option<Span>,
    /// Where local clocks stand.
    pub(super) zone: Tz,
}

impl Clues {
    /// The time the file shows: of a video never longer than it plays, never past what is claimed. `None` where nothing tells.
    pub(super) fn placed(&self) -> Option<Placed> {
        let plays = if self.is_video { self.duration_ms.filter(|ms| *ms > 0)?.saturating_mul(MILLI) } else { 0 };
        let anchor = self.claim(plays).or(self.lesson.map(|lesson| lesson.from));
        let told: Vec<(By, Vec<Time>)> = [
            (By::Claim, self.claim(plays).into_iter().collect()),
            (By::Code, self.code().into_iter().collect()),
            (By::Digits, self.digits().into_iter().collect()),
            (By::Camera, self.exif.as_ref().and_then(|exif| exif.taken_in(self.zone)).into_iter().collect()),
            (By::Screen, self.clock(anchor)),
            (By::Name, self.name.as_deref().and_then(|name| names::moment(name, self.zone)).into_iter().collect()),
            (By::Container, self.container(plays)),
        ]
        .into_iter()
        .filter(|(_, times)| !times.is_empty())
        .collect();
        let nearest = |times: &[Time], to: Option<Time>| times.iter().copied().min_by_key(|at| to.map_or(0, |to| at.0.abs_diff(to.0)));
        let decides =
            |by: By, at: Time| by != By::Container || self.lesson.is_some_and(|lesson| at < lesson.until && at.plus(plays) > lesson.from);
        let decided = told.iter().find_map(|(by, times)| nearest(times, anchor).filter(|at| decides(*by, *at)).map(|at| (*by, at)));
        let (by, from) = decided.or_else(|| Some((By::Lesson, self.lesson.filter(|_| self.is_video)?.from)))?;
        let claimed = self.claimed_from.zip(self.claimed_until);
        let is_near = |at: Time| {
            at.0.abs_diff(from.0) <= NEAR.unsigned_abs()
                || claimed.is_some_and(|(first, last)| at >= first.plus(-NEAR) && at.plus(plays) <= last.plus(NEAR))
        };
        let until = from.plus(plays);
        // Whoever saves a file anew writes a later time into it, so only an earlier one says something.
        let made_later = self.created_at.is_some_and(|at| at > until);
        let tells = |sign: &Sign| sign.agrees || sign.by != By::Container || !made_later;
        let sign = |by: By, times: &[Time]| nearest(times, Some(from)).map(|at| Sign { by, at, agrees: is_near(at) });
        let signs: Vec<Sign> = told.iter().filter_map(|(by, times)| sign(*by, times)).filter(tells).collect();
        let until = self.claimed_until.filter(|_| self.is_video).map_or(until, |claimed| claimed.min(until));
        Some(Placed { from, until: until.max(from), by, sure: sure(by, &signs), signs })
    }

    fn claim(&self, plays: i64) -> Option<Time> {
        self.claimed_from.or(self.claimed_until.map(|until| until.plus(-plays)))
    }

    /// A code is as old as what shows it, or older; the newest of them tells the most.
    fn code(&self) -> Option<Time> {
        let genuine = self.codes.iter().filter(|code| code.genuine);
        genuine.map(|code| code.minute.plus(-millis(code.at_ms))).max()
    }

    /// The same of digits that were read.
    fn digits(&self) -> Option<Time> {
        self.digits.iter().map(|seen| seen.minute.plus(-millis(seen.at_ms))).max()
    }

    /// The clock on the screen; on a dial of twelve hours it may be half a day later. Without a date it is of the day that lies nearest to `anchor`.
    fn clock(&self, anchor: Option<Time>) -> Vec<Time> {
        let clock = self.screen.iter().find(|reading| reading.kind == ReadingKind::Clock);
        let Some((clock, seconds)) = clock.and_then(|clock| clock.seconds().map(|seconds| (clock, seconds))) else { return Vec::new() };
        let date = self.screen.iter().find(|reading| reading.kind == ReadingKind::Date).map(|reading| reading.value.as_str());
        let near = anchor.map(|anchor| anchor.utc().with_timezone(&self.zone).date_naive());
        let days: Vec<NaiveDate> = match (date.and_then(|date| date.parse().ok()), date, near) {
            (Some(day), ..) => vec![day],
            (None, Some(day), Some(near)) => (-1..=1).filter_map(|more| format!("{}-{day}", near.year() + more).parse().ok()).collect(),
            (None, None, Some(near)) => near.pred_opt().into_iter().chain([near]).chain(near.succ_opt()).collect(),
            (None, _, None) => Vec::new(),
        };
        let dials: &[i64] = if (HOUR..13 * HOUR).contains(&(seconds * SECOND)) { &[0, DAY / 2] } else { &[0] };
        let starts = days.into_iter().filter_map(|day| Time::day_start(day, self.zone));
        starts.flat_map(|day| dials.iter().map(move |later| day.plus(seconds * SECOND + later - millis(clock.at_ms)))).collect()
    }

    /// The container's time as beginning or end, by UTC or written by a local clock.
    fn container(&self, plays: i64) -> Vec<Time> {
        use chrono::{Offset, TimeZone};
        let Some(at) = self.created_at else { return Vec::new() };
        let east = i64::from(self.zone.offset_from_utc_datetime(&at.utc().naive_utc()).fix().local_minus_utc()) * SECOND;
        [at, at.plus(-plays), at.plus(-east), at.plus(-east).plus(-plays)].to_vec()
    }
}

fn millis(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX / MILLI).saturating_mul(MILLI)
}

fn sure(by: By, signs: &[Sign]) -> Sure {
    let agree = signs.iter().filter(|sign| sign.agrees).count();
    match (by, agree) {
        _ if signs.iter().any(|sign| sign.by == By::Code && sign.agrees) => Sure::Proven,
        _ if agree < signs.len() => Sure::Doubtful,
        (By::Lesson, 0) => Sure::Assumed,
        (By::Lesson, _) | (_, 2..) => Sure::Agreed,
        _ => Sure::OneSign,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::LessonId;

    /// 2020-03-03 09:00 in Shanghai, a lesson of 45 minutes.
    const START: &str = "2020-03-03T09:00:00+08:00";

    fn at(minute: i64) -> Time {
        START.parse::<Time>().unwrap().plus(minute * MINUTE)
    }

    fn nothing(is_video: bool) -> Clues {
        Clues {
            is_video,
            claimed_from: None,
            claimed_until: None,
            duration_ms: None,
            codes: Vec::new(),
            digits: Vec::new(),
            exif: None,
            screen: Vec::new(),
            name: None,
            created_at: None,
            lesson: Some(Span { from: at(0), until: at(45) }),
            zone: chrono_tz::Asia::Shanghai,
        }
    }

    fn video(minutes: i64) -> Clues {
        Clues { duration_ms: Some(minutes * 60_000), ..nothing(true) }
    }

    /// Minutes from the lesson's start, what decided, how sure it is, and what differs.
    fn told(clues: &Clues) -> Option<(i64, i64, By, Sure, Vec<By>)> {
        let placed = clues.placed()?;
        let minutes = |time: Time| (time.0 - at(0).0) / MINUTE;
        let differ = placed.signs.iter().filter(|sign| !sign.agrees).map(|sign| sign.by).collect();
        Some((minutes(placed.from), minutes(placed.until), placed.by, placed.sure, differ))
    }

    fn reading(at_ms: u64, kind: ReadingKind, value: &str) -> Reading {
        Reading { at_ms, kind, value: value.into(), confidence: 0.9 }
    }

    fn code(at_ms: u64, minute: i64, genuine: bool) -> CodeSeen {
        CodeSeen { at_ms, lesson: LessonId::from(uuid::Uuid::from_u128(7)), minute: at(minute), genuine }
    }

    #[test]
    fn a_video_shows_no_more_time_than_it_plays_or_claims() {
        let claimed = |until| Clues { claimed_from: Some(at(5)), claimed_until: Some(at(until)), ..video(20) };
        assert_eq!(told(&claimed(45)), Some((5, 25, By::Claim, Sure::OneSign, vec![])));
        assert_eq!(told(&claimed(15)), Some((5, 15, By::Claim, Sure::OneSign, vec![])));
        assert_eq!(told(&Clues { duration_ms: None, ..claimed(45) }), None);
    }

    #[test]
    fn a_video_without_a_start_ends_as_claimed_or_starts_with_its_lesson() {
        assert_eq!(told(&Clues { claimed_until: Some(at(40)), ..video(20) }), Some((20, 40, By::Claim, Sure::OneSign, vec![])));
        assert_eq!(told(&video(20)), Some((0, 20, By::Lesson, Sure::Assumed, vec![])));
        assert_eq!(told(&Clues { lesson: None, ..video(20) }), None);
    }

    #[test]
    fn a_picture_is_placed_by_the_claim_then_by_the_camera_else_nowhere() {
        let taken = Exif { taken_local: Some("2020-03-03T09:09:00".into()), ..Exif::default() };
        let taken = Clues { exif: Some(taken), ..nothing(false) };
        assert_eq!(told(&Clues { claimed_from: Some(at(5)), ..taken.clone() }), Some((5, 5, By::Claim, Sure::Agreed, vec![])));
        assert_eq!(
            told(&Clues { claimed_from: Some(at(30)), ..taken.clone() }),
            Some((30, 30, By::Claim, Sure::Doubtful, vec![By::Camera]))
        );
        assert_eq!(told(&taken), Some((9, 9, By::Camera, Sure::OneSign, vec![])));
        assert_eq!(told(&nothing(false)), None);
    }

    #[test]
    fn a_session_code_proves_the_place_and_a_forged_one_says_nothing() {
        let shown = Clues { codes: vec![code(60_000, 3, true), code(600_000, 12, true)], ..video(20) };
        assert_eq!(told(&shown), Some((2, 22, By::Code, Sure::Proven, vec![])));
        assert_eq!(told(&Clues { claimed_from: Some(at(0)), ..shown.clone() }), Some((0, 20, By::Claim, Sure::Proven, vec![])));
        let before = Clues { claimed_from: Some(at(-300)), ..shown };
        assert_eq!(told(&before), Some((-300, -280, By::Claim, Sure::Doubtful, vec![By::Code])));
        assert_eq!(told(&Clues { codes: vec![code(0, 3, false)], ..nothing(false) }), None);
    }

    #[test]
    fn digits_that_were_read_tell_the_time_and_prove_nothing() {
        let digits = vec![DigitsSeen { at_ms: 60_000, minute: at(3), confidence: 0.9 }];
        let read = Clues { digits: digits.clone(), ..video(20) };
        assert_eq!(told(&read), Some((2, 22, By::Digits, Sure::OneSign, vec![])));
        assert_eq!(told(&Clues { claimed_from: Some(at(0)), ..read.clone() }), Some((0, 20, By::Claim, Sure::Agreed, vec![])));
        let before = Clues { claimed_from: Some(at(-300)), ..read.clone() };
        assert_eq!(told(&before), Some((-300, -280, By::Claim, Sure::Doubtful, vec![By::Digits])));
        assert_eq!(told(&Clues { codes: vec![code(0, 1, true)], ..read }), Some((1, 21, By::Code, Sure::Proven, vec![])));
    }

    #[test]
    fn the_clock_on_the_screen_is_of_its_date_or_of_the_lessons_day_on_either_dial() {
        use ReadingKind::{Clock, Date};
        let shows = |readings: &[Reading]| Clues { screen: readings.to_vec(), ..nothing(false) };
        assert_eq!(told(&shows(&[reading(0, Clock, "09:12")])), Some((12, 12, By::Screen, Sure::OneSign, vec![])));
        assert_eq!(
            told(&shows(&[reading(0, Clock, "09:12"), reading(0, Date, "03-03")])),
            Some((12, 12, By::Screen, Sure::OneSign, vec![]))
        );
        let yesterday = shows(&[reading(0, Clock, "09:12"), reading(0, Date, "2020-03-02")]);
        assert_eq!(told(&yesterday), Some((732 - 24 * 60, 732 - 24 * 60, By::Screen, Sure::OneSign, vec![])), "in the evening: nearer");
        let afternoon = shows(&[reading(0, Clock, "15:12"), reading(0, Date, "2020-03-02")]);
        assert_eq!(told(&afternoon).map(|told| told.0), Some(372 - 24 * 60));
        assert_eq!(told(&shows(&[reading(0, Date, "2020-03-03")])), None, "a day is no moment");
        let evening = Clues { lesson: Some(Span { from: at(600), until: at(645) }), ..shows(&[reading(0, Clock, "07:12")]) };
        assert_eq!(told(&evening).map(|told| told.0), Some(612));
        let film = Clues { screen: vec![reading(300_000, Clock, "09:07:00")], ..video(20) };
        assert_eq!(told(&film), Some((2, 22, By::Screen, Sure::OneSign, vec![])));
        assert_eq!(told(&Clues { lesson: None, ..film }), None, "no day is known");
    }

    #[test]
    fn a_container_tells_begin_or_end_in_either_zone_and_decides_only_where_it_meets_the_lesson() {
        let made = |minute| Clues { created_at: Some(at(minute)), ..video(20) };
        for (minute, from) in [(3, 3), (23, 3), (3 + 480, 3), (23 + 480, 3)] {
            assert_eq!(told(&made(minute)), Some((from, from + 20, By::Container, Sure::OneSign, vec![])), "{minute}");
        }
        assert_eq!(told(&made(-300)), Some((0, 20, By::Lesson, Sure::Doubtful, vec![By::Container])));
        assert_eq!(told(&made(900)), Some((0, 20, By::Lesson, Sure::Assumed, vec![])), "it may have been saved anew");
        let zoom = Clues { name: Some("GMT20200303-010200_Recording.mp4".into()), ..made(23) };
        assert_eq!(told(&zoom), Some((2, 22, By::Name, Sure::Agreed, vec![])));
    }

    #[test]
    fn what_lies_in_a_claim_that_is_longer_than_the_recording_agrees_with_it() {
        let film = Clues { claimed_from: Some(at(0)), claimed_until: Some(at(45)), ..video(20) };
        let late = Clues { screen: vec![reading(0, ReadingKind::Clock, "09:22")], ..film.clone() };
        assert_eq!(told(&late), Some((0, 20, By::Claim, Sure::Agreed, vec![])));
        let later = Clues { screen: vec![reading(0, ReadingKind::Clock, "09:42")], ..film };
        assert_eq!(told(&later), Some((0, 20, By::Claim, Sure::Doubtful, vec![By::Screen])));
    }
}
