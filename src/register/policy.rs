//! What a lesson hour is and what it is worth: dated files of values, each with its source.
//!
//! A policy is TOML. The built-in one holds the values of notice 31 of 2020; an operator's folder adds policies or replaces one
//! by its id. Unknown keys are refused, so that a misspelt setting never counts silently as the default. A key that is new in a release
//! is optional: classes approved before keep their policy's text as it was, and it is read for good.

mod governing;
mod manual;
mod set;

pub use manual::{Attested, attested, policy_manual, settings};
pub use set::Policies;
pub(super) use set::{folder_files, folder_names};

use super::calendar::{Calendar, Due};
use super::lesson::LessonKind;
use super::roster::Category;
use crate::error::{Error, Result, codes};
use crate::time::Time;
use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

const BUILTIN: &[(&str, &str)] = &[("shaanxi-2020-31.toml", include_str!("../../policies/shaanxi-2020-31.toml"))];

/// A value and the clause, or the reason, that it comes from.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Sourced<T> {
    /// The value in force.
    pub value: T,
    /// Clause of the notice, or `policy:` and the reason.
    pub source: String,
}

/// A time zone by its IANA name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(pub Tz);

impl TryFrom<String> for Zone {
    type Error = String;

    fn try_from(name: String) -> Result<Zone, String> {
        name.parse().map(Zone).map_err(|_| format!("'{name}' is no time zone such as Asia/Shanghai"))
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> String {
        zone.0.name().to_owned()
    }
}

/// One policy: all values in force from a day on.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Stable id, kept with every credit run.
    pub id: String,
    /// Name for Chinese readers.
    pub title_zh: String,
    /// Name for English readers.
    pub title_en: String,
    /// First day it is in force.
    pub valid_from: toml::value::Datetime,
    /// Zone in which days, Mondays and deadlines are counted.
    pub zone: Sourced<Zone>,
    /// What a lesson hour is.
    pub lesson_hour: LessonHour,
    /// What counts as being there.
    pub presence: PresenceRules,
    /// What counts as having watched recorded content; without it recorded lessons have no rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<RecordedRules>,
    /// How a test is credited. Without it a test has no rule of credit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<TestRules>,
    /// What pictures and videos speak for.
    pub corroboration: Corroboration,
    /// The notice's formulas.
    pub subsidy: SubsidyRules,
    /// The notice's deadlines.
    pub deadline: Deadlines,
    /// When the epidemic's rules hold.
    pub epidemic: Epidemic,
    /// Who may be trained, by whom, in what.
    pub eligibility: Eligibility,
    /// Which courses a class has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub courses: Option<Courses>,
    /// What an opening application brings along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<Papers>,
    /// How long evidence is kept.
    pub retention: Retention,
    /// What reports and the deadline board count from; a policy without it calls nothing late and expects no certificate by a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reports: Option<ReportRules>,
    /// The file as it stood.
    #[serde(skip)]
    text: Arc<str>,
    /// The text's SHA-256.
    #[serde(skip)]
    digest: [u8; 32],
}

/// What a lesson hour is.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LessonHour {
    /// Minutes of credited time in one lesson hour.
    pub minutes: Sourced<i64>,
    /// Hours are floored to a multiple of this, in thousandths of a lesson hour.
    pub step_milli: Sourced<i64>,
    /// Who misses no more seconds of a lesson than this gets its full hours.
    pub tolerance_seconds: Sourced<i64>,
}

/// What counts as being there.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PresenceRules {
    /// Lesson modes credited by presence in the lesson window.
    pub modes: Sourced<Vec<String>>,
    /// Credited minutes a person can have in one calendar day.
    pub daily_cap_minutes: Sourced<i64>,
    /// Seconds without interaction after which time stops counting.
    pub idle_gap_seconds: Sourced<i64>,
    /// How far a join without a leave counts.
    pub open_join: Sourced<OpenJoin>,
}

/// How far a join without a leave counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OpenJoin {
    /// Until the last heartbeat, progress, answer or face check after it.
    LastSign,
    /// Until the end of the lesson.
    WindowEnd,
}

/// What counts as having watched recorded content.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedRules {
    /// How fast content may move and still count as watched, in percent of normal speed.
    pub playback_rate_max_percent: Sourced<i64>,
    /// Seconds by which reported positions may run ahead of or behind the clock: rounding, buffering, late beats.
    pub position_slack_seconds: Sourced<i64>,
    /// What attendance is worth that never says which content was watched.
    pub without_position: Sourced<WithoutPosition>,
    /// Whether a test has to be passed before the time of a lesson counts, where its timetable says nothing of it.
    pub quiz_required: Sourced<bool>,
    /// Share of right answers that passes such a test.
    pub quiz_pass_percent: Sourced<i64>,
    /// Likeness at which a face check is passed; one that says no likeness is passed.
    pub face_check_pass_percent: Sourced<i64>,
    /// Which time a missed face check takes.
    pub missed_face_check: Sourced<MissedFaceCheck>,
    /// A missed check followed by a passed one within so many seconds was not missed.
    pub face_check_grace_seconds: Sourced<i64>,
    /// Minutes before and after a passed face check that it vouches for; time nobody vouches for is missed. 0: checks are not demanded.
    pub face_check_vouches_minutes: Sourced<i64>,
}

/// What attendance is worth that never says which content was watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WithoutPosition {
    /// Nothing: what was watched is not shown.
    Nothing,
    /// Its active time, up to the length of the content.
    Presence,
}

/// Which time a missed face check takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MissedFaceCheck {
    /// From the miss to the next passed check.
    UntilNextPassed,
    /// From the last passed check to the miss.
    SinceLastPassed,
    /// From the last passed check to the next.
    Around,
}

/// How a lesson of mode `test` (考核测试) becomes credit: by presence in its window, if an answer was handed in.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TestRules {
    /// Whether nothing of a test counts without an answer of the trainee in its window. A pass is demanded by the lesson's `quiz_percent`.
    pub answer_required: Sourced<bool>,
}

/// What pictures and videos speak for.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Corroboration {
    /// Pictures a lesson hour needs when no video covers it.
    pub pictures_per_lesson_hour: Sourced<i64>,
    /// Minutes before and after a picture that it speaks for.
    pub picture_vouches_minutes: Sourced<i64>,
    /// Share of the lesson a video has to cover to stand for pictures.
    pub video_cover_percent: Sourced<i64>,
}

/// The notice's formulas.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SubsidyRules {
    /// Budget per person and online lesson hour, in fen.
    pub fen_per_online_lesson_hour: Sourced<i64>,
    /// Share of the online standard paid in the epidemic.
    pub epidemic_percent: Sourced<i64>,
    /// Share of the online standard paid otherwise.
    pub ordinary_percent: Sourced<i64>,
    /// Share of the budget paid in advance.
    pub prepayment_percent: Sourced<i64>,
    /// Least share of theory where there is practice too.
    pub theory_share_percent: Sourced<i64>,
}

/// The notice's deadlines.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Deadlines {
    /// Working days for the decision on an opening application.
    pub decision_working_days: Sourced<i64>,
    /// Days from approval to prepayment.
    pub prepayment_days: Sourced<i64>,
}

/// When the epidemic's rules hold.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Epidemic {
    /// First day.
    pub from: Sourced<toml::value::Datetime>,
    /// Last day, when one was declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Sourced<toml::value::Datetime>>,
}

/// Who may be trained, by whom, in what.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Eligibility {
    /// Major classes of the 2015 occupational classification open to enterprises in the epidemic.
    pub occupation_classes: Sourced<Vec<i64>>,
    /// Whom an enterprise may train itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enterprise_categories: Option<Sourced<Vec<Category>>>,
    /// Whom an institution on the approved list may train.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub institution_categories: Option<Sourced<Vec<Category>>>,
    /// Whether, in the epidemic, an enterprise may train its own staff without being on the approved list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enterprise_unlisted_in_epidemic: Option<Sourced<bool>>,
    /// Words in the name of a trade that make it entrepreneurship training, which needs no place on the list of trades.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entrepreneurship_words: Option<Sourced<Vec<String>>>,
}

/// Which courses a class has beside those of its trade.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Courses {
    /// Always.
    pub required: Sourced<Vec<LessonKind>>,
    /// In the epidemic, too.
    pub required_in_epidemic: Sourced<Vec<LessonKind>>,
}

/// What an opening application brings along: kinds of papers.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Papers {
    /// Every application.
    pub papers: Sourced<Vec<String>>,
    /// That of an enterprise, too.
    pub enterprise_papers: Sourced<Vec<String>>,
    /// One that promises the full plan, too.
    pub promise_papers: Sourced<Vec<String>>,
}

/// How long evidence is kept.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Years after the end of the class.
    pub years: Sourced<i64>,
}

/// What reports and the deadline board count from.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ReportRules {
    /// Days after the day on which a lesson ended until which its material is in time.
    pub late_after_days: Sourced<i64>,
    /// Days after the end of a class by which its certificates are entered and its claim is filed.
    pub claim_days: Sourced<i64>,
}

impl Policy {
    /// A policy from the text of its file; `file` is named in the sentence that refuses it.
    pub fn parse(file: &str, text: &str) -> Result<Policy> {
        let mut policy: Policy = toml::from_str(text).map_err(|cause| refuse(file, &cause.to_string()))?;
        policy.text = text.into();
        policy.digest = Sha256::digest(text.as_bytes()).into();
        policy.check().map_err(|fault| refuse(file, &fault))?;
        Ok(policy)
    }

    /// What is kept with a credit run: the id, and a fingerprint of the file so that an edited policy is told apart.
    pub fn name(&self) -> String {
        format!("{}@{}", self.id, hex::encode(&self.digest[..4]))
    }

    /// The file as it stood.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// SHA-256 of [`Policy::text`].
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// First day it is in force.
    pub fn starts_on(&self) -> NaiveDate {
        day(&self.valid_from).expect("checked when parsed")
    }

    /// Zone in which days are counted.
    pub fn tz(&self) -> Tz {
        self.zone.value.0
    }

    /// The calendar day of a moment, in the policy's zone.
    pub fn day_of(&self, at: Time) -> NaiveDate {
        at.utc().with_timezone(&self.tz()).date_naive()
    }

    /// Whether the epidemic's rules hold on a day.
    pub fn in_epidemic(&self, on: NaiveDate) -> bool {
        let from = day(&self.epidemic.from.value).expect("checked when parsed");
        let until = self.epidemic.until.as_ref().map(|until| day(&until.value).expect("checked when parsed"));
        from <= on && until.is_none_or(|until| on <= until)
    }

    /// Whether time in the lesson window counts for lessons of this mode.
    pub fn credits_presence(&self, mode: &str) -> bool {
        self.presence.modes.value.iter().any(|known| known == mode)
    }

    /// The last day for the decision on what was filed on a day (六（二）).
    pub fn decision_due(&self, filed: NaiveDate, calendar: &Calendar) -> Due {
        calendar.working_days_after(filed, days(self.deadline.decision_working_days.value))
    }

    /// The last day for the prepayment to a class approved on a day (五（三）).
    pub fn prepayment_due(&self, approved: NaiveDate, calendar: &Calendar) -> Due {
        calendar.days_after(approved, days(self.deadline.prepayment_days.value))
    }

    /// The last day for certificates and claim of what ended on a day; none where the policy sets no limit.
    pub fn claim_due(&self, ended: NaiveDate, calendar: &Calendar) -> Option<Due> {
        Some(calendar.days_after(ended, days(self.reports.as_ref()?.claim_days.value)))
    }

    /// The moment from which something that is due by a day is late.
    pub fn late_from(&self, due: Due) -> Option<Time> {
        Time::day_start(due.on.succ_opt()?, self.tz())
    }

    /// Milliseconds of one lesson hour.
    pub fn lesson_hour_ms(&self) -> i64 {
        self.lesson_hour.minutes.value * 60_000
    }

    /// Milliseconds that can be credited to a person in one day.
    pub fn daily_cap_ms(&self) -> i64 {
        self.presence.daily_cap_minutes.value * 60_000
    }

    fn check(&self) -> Result<(), String> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.id.is_empty() || !self.id.chars().all(plain) {
            return Err("id is lower-case letters, digits and '-'".to_owned());
        }
        let dates = [("valid_from", Some(&self.valid_from)), ("epidemic.from", Some(&self.epidemic.from.value))];
        let until = self.epidemic.until.as_ref().map(|until| &until.value);
        for (key, date) in dates.into_iter().chain([("epidemic.until", until)]) {
            if date.is_some_and(|date| day(date).is_none()) {
                return Err(format!("{key} is a day such as 2020-02-16, without a time"));
            }
        }
        let ranges = [
            ("lesson_hour.minutes", self.lesson_hour.minutes.value, 1, 240),
            ("lesson_hour.step_milli", self.lesson_hour.step_milli.value, 1, 1000),
            ("lesson_hour.tolerance_seconds", self.lesson_hour.tolerance_seconds.value, 0, 600),
            ("presence.daily_cap_minutes", self.presence.daily_cap_minutes.value, 1, 1440),
            ("presence.idle_gap_seconds", self.presence.idle_gap_seconds.value, 1, 86_400),
            ("corroboration.pictures_per_lesson_hour", self.corroboration.pictures_per_lesson_hour.value, 0, 3600),
            ("corroboration.picture_vouches_minutes", self.corroboration.picture_vouches_minutes.value, 0, 1440),
            ("corroboration.video_cover_percent", self.corroboration.video_cover_percent.value, 0, 100),
            ("subsidy.fen_per_online_lesson_hour", self.subsidy.fen_per_online_lesson_hour.value, 0, 10_000_000),
            ("subsidy.epidemic_percent", self.subsidy.epidemic_percent.value, 0, 1000),
            ("subsidy.ordinary_percent", self.subsidy.ordinary_percent.value, 0, 1000),
            ("subsidy.prepayment_percent", self.subsidy.prepayment_percent.value, 0, 100),
            ("subsidy.theory_share_percent", self.subsidy.theory_share_percent.value, 0, 100),
            ("deadline.decision_working_days", self.deadline.decision_working_days.value, 0, 366),
            ("deadline.prepayment_days", self.deadline.prepayment_days.value, 0, 366),
            ("retention.years", self.retention.years.value, 1, 100),
        ];
        let reports = self.reports.iter().flat_map(|rules| {
            [("reports.late_after_days", rules.late_after_days.value, 0, 3660), ("reports.claim_days", rules.claim_days.value, 0, 3660)]
        });
        let recorded = self.recorded.iter().flat_map(|rules| {
            [
                ("recorded.playback_rate_max_percent", rules.playback_rate_max_percent.value, 100, 1000),
                ("recorded.position_slack_seconds", rules.position_slack_seconds.value, 0, 600),
                ("recorded.quiz_pass_percent", rules.quiz_pass_percent.value, 1, 100),
                ("recorded.face_check_pass_percent", rules.face_check_pass_percent.value, 1, 100),
                ("recorded.face_check_grace_seconds", rules.face_check_grace_seconds.value, 0, 3600),
                ("recorded.face_check_vouches_minutes", rules.face_check_vouches_minutes.value, 0, 1440),
            ]
        });
        match ranges.into_iter().chain(recorded).chain(reports).find(|(_, value, least, most)| value < least || value > most) {
            Some((key, value, least, most)) => Err(format!("{key} is {value} but has to be from {least} to {most}")),
            None => Ok(()),
        }
    }
}

/// So many days; a policy is refused that has fewer than none.
fn days(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(0)
}

/// A calendar day as TOML writes it; nothing with a time.
pub(super) fn day(date: &toml::value::Datetime) -> Option<NaiveDate> {
    let plain = date.date.filter(|_| date.time.is_none() && date.offset.is_none())?;
    NaiveDate::from_ymd_opt(plain.year.into(), plain.month.into(), plain.day.into())
}

fn refuse(file: &str, fault: &str) -> Error {
    Error::new(&codes::CONFIG, format!("The policy file {file} cannot be used: {}; correct it and start again.", fault.trim()))
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
