//! Single lessons as people meet them, told with evidence and answered span by span.

use super::*;
use crate::analyse::attendance::EventKind::{self, *};
use crate::ids::{EvidenceId, LessonId};
use crate::register::policy::{OpenJoin, Policies, Policy};
use crate::time::{MINUTE, SECOND, Time};
use std::collections::BTreeMap;
use uuid::Uuid;

/// 2020-03-03T09:00:00+08:00, when the lesson starts; it lasts 45 minutes.
const START: i64 = 1_583_197_200 * SECOND;

fn at(minute: i64) -> Time {
    Time(START + minute * MINUTE)
}

fn log(number: u128) -> EvidenceId {
    EvidenceId(Uuid::from_u128(number))
}

fn other_lesson(number: u128) -> LessonId {
    LessonId(Uuid::from_u128(number))
}

fn row(row: u64, kind: EventKind, minute: i64) -> Attended {
    Attended {
        evidence: log(1),
        row,
        platform: "zoom".into(),
        device: None,
        kind,
        at: at(minute),
        until: None,
        position_ms: None,
        score: None,
        resolution: None,
    }
}

fn stay(number: u64, from: i64, until: i64) -> Attended {
    Attended { until: Some(at(until)), ..row(number, Interval, from) }
}

struct Story {
    attended: Vec<Attended>,
    media: Vec<Coverage>,
    elsewhere: Vec<Elsewhere>,
    used_hours: i64,
    mode: &'static str,
    quiz_percent: Option<i64>,
    policy: Policy,
}

fn story(attended: impl IntoIterator<Item = Attended>) -> Story {
    let policy = Policy::clone(Policies::builtin().at(at(0)));
    Story {
        attended: attended.into_iter().collect(),
        media: vec![],
        elsewhere: vec![],
        used_hours: 0,
        mode: "live",
        quiz_percent: None,
        policy,
    }
}

impl Story {
    fn credit(&self) -> Credit {
        let lesson = Lesson {
            window: Span::new(at(0), at(45)),
            mode: self.mode.to_owned(),
            planned_milli: 1000,
            content_ms: None,
            quiz_percent: self.quiz_percent,
            logs: if self.attended.is_empty() { vec![] } else { vec![log(1)] },
            beating: beating(&self.attended),
        };
        let used_ms = BTreeMap::from([(self.policy.day_of(at(0)), self.used_hours * 3_600_000)]);
        let known = Known { attended: &self.attended, media: &self.media, elsewhere: &self.elsewhere, used_ms: &used_ms };
        credit(&lesson, known, &self.policy)
    }

    /// The spans as `0-40 credited 1,2`: minutes of the lesson, answer, rows (or evidence, as `e7`).
    fn told(&self) -> Vec<String> {
        self.credit().spans.iter().map(tell).collect()
    }
}

fn tell(span: &CreditSpan) -> String {
    let minute = |time: Time| format!("{}", (time.0 - START) as f64 / MINUTE as f64);
    let reason = span.reason.map_or("credited", Reason::code);
    let rows = span.evidence.iter().map(|pointer| pointer.row.map_or(format!("e{}", pointer.id.0.as_u128()), |row| row.to_string()));
    format!("{}-{} {reason} {}", minute(span.from), minute(span.until), rows.collect::<Vec<_>>().join(",")).trim_end().to_owned()
}

#[test]
fn late_and_early_are_named_with_the_rows_that_show_it() {
    let story = story([stay(4, 5, 20), stay(7, 25, 43)]);
    assert_eq!(story.told(), ["0-5 joined_late 4", "5-20 credited 4", "20-25 gap 4,7", "25-43 credited 7", "43-45 left_early 7"]);
    let credit = story.credit();
    assert_eq!((credit.credited_ms, credit.presence_ms, credit.hours_milli), (33 * 60_000, 33 * 60_000, 700));
    assert_eq!(credit.reasons, BTreeMap::from([(Reason::JoinedLate, 300_000), (Reason::Gap, 300_000), (Reason::LeftEarly, 120_000)]));
}

#[test]
fn a_join_and_its_leave_are_one_stay_cut_to_the_lesson() {
    assert_eq!(story([row(2, Join, -10), row(3, Leave, 60)]).told(), ["0-45 credited 2,3"]);
}

#[test]
fn two_windows_of_one_person_are_counted_once() {
    assert_eq!(story([stay(1, 0, 30), stay(2, 10, 45), stay(3, 12, 20)]).told(), ["0-45 credited 1,2"]);
}

#[test]
fn leaves_end_the_stay_of_their_own_device() {
    let on = |device: &str, event: Attended| Attended { device: Some(device.into()), ..event };
    let phone_then_desk =
        [on("phone", row(1, Join, 0)), on("desk", row(2, Join, 10)), on("phone", row(3, Leave, 15)), on("desk", row(4, Leave, 45))];
    assert_eq!(story(phone_then_desk.clone()).told(), ["0-45 credited 1,2,3,4"]);
    let nameless_leave = [phone_then_desk[0].clone(), phone_then_desk[1].clone(), row(3, Leave, 15)];
    assert_eq!(story(nameless_leave).told(), ["0-15 credited 1,3", "15-45 left_early 3"]);
}

#[test]
fn a_client_that_names_its_device_only_later_is_still_one_stay() {
    let on_phone = |event: Attended| Attended { device: Some("phone".into()), ..event };
    let story = story([row(1, Join, 0), on_phone(row(2, Join, 10)), on_phone(row(3, Leave, 40))]);
    assert_eq!(story.told(), ["0-40 credited 1,3", "40-45 no_leave_seen 1,3"]);
}

#[test]
fn the_same_log_handed_in_twice_changes_nothing() {
    let on_phone = |event: Attended| Attended { device: Some("phone".into()), ..event };
    let once = vec![row(1, Join, 0), on_phone(row(2, Join, 5)), on_phone(row(3, Leave, 20)), row(4, Leave, 45)];
    let copy = once.iter().map(|event| Attended { evidence: log(2), ..event.clone() });
    let twice: Vec<_> = once.iter().cloned().chain(copy).collect();
    assert_eq!(story(once).told(), ["0-45 credited 1,4"]);
    assert_eq!(story(twice).told(), ["0-45 credited 1,4"]);
}

#[test]
fn a_join_without_a_leave_counts_until_the_last_sign_of_life() {
    assert_eq!(story([row(2, Join, 5)]).told(), ["0-5 joined_late 2", "5-45 no_leave_seen 2"]);
    assert_eq!(story([row(2, Join, 0), row(9, Answer, 30)]).told(), ["0-30 credited 2,9", "30-45 no_leave_seen 2,9"]);
    let mut generous = story([row(2, Join, 5)]);
    generous.policy.presence.open_join.value = OpenJoin::WindowEnd;
    assert_eq!(generous.told(), ["0-5 joined_late 2", "5-45 credited 2"]);
}

#[test]
fn the_waiting_room_earns_nothing() {
    let waiting = Attended { until: Some(at(6)), ..row(1, WaitingRoom, 0) };
    assert_eq!(story([waiting.clone(), stay(2, 6, 45)]).told(), ["0-6 waiting_room 1", "6-45 credited 2"]);
    assert_eq!(story([row(1, WaitingRoom, 0)]).told(), ["0-45 waiting_room 1"]);
    assert_eq!(story([waiting]).told(), ["0-6 waiting_room 1", "6-45 not_joined e1"]);
}

#[test]
fn away_ends_with_the_next_sign_of_life() {
    let story = story([row(1, Join, 0), row(2, Away, 10), row(3, Answer, 20), row(4, Leave, 45)]);
    assert_eq!(story.told(), ["0-10 credited 1,4", "10-20 away 2,3", "20-45 credited 1,4"]);
    assert_eq!(story.credit().presence_ms, 45 * 60_000);
}

#[test]
fn silence_longer_than_the_gap_is_idle_where_the_platform_beats() {
    let beats = [row(1, Join, 0), row(2, Heartbeat, 4), row(3, Heartbeat, 8), row(4, Heartbeat, 30), row(5, Leave, 33)];
    let story = story(beats);
    assert_eq!(story.told(), ["0-13 credited 1,2,3,5", "13-30 idle 1,3,4,5", "30-33 credited 1,4,5", "33-45 left_early 5"]);
}

#[test]
fn silence_says_nothing_where_the_platform_never_beats() {
    assert_eq!(story([row(1, Join, 0), row(2, Answer, 5), row(3, Leave, 45)]).told(), ["0-45 credited 1,3"]);
}

#[test]
fn a_second_platform_that_saw_activity_makes_up_for_the_silence_of_the_first() {
    let elsewhere = Attended { platform: "px-class".into(), evidence: log(2), ..stay(7, 10, 25) };
    let story = story([row(1, Join, 0), row(2, Heartbeat, 5), row(3, Heartbeat, 30), row(4, Leave, 33), elsewhere]);
    assert_eq!(story.told()[..2], ["0-25 credited 1,2,4,7", "25-30 idle 1,3,4,7"]);
}

#[test]
fn heartbeats_alone_show_presence_between_them() {
    let story = story([row(1, Heartbeat, 3), row(2, Heartbeat, 5), row(3, Heartbeat, 8), row(4, Heartbeat, 20), row(5, Heartbeat, 22)]);
    assert_eq!(story.told(), ["0-3 joined_late 1", "3-8 credited 1,3", "8-20 gap 3,4", "20-22 credited 4,5", "22-45 left_early 5"]);
}

#[test]
fn signs_of_life_do_not_bridge_a_leave_that_was_seen() {
    let beats = [2, 4, 6, 9, 11].map(|minute| row(minute as u64, Heartbeat, minute));
    let visits = [row(20, Join, 0), row(21, Leave, 7), row(22, Join, 8), row(23, Leave, 12)];
    let story = story(visits.into_iter().chain(beats));
    let told = ["0-7 credited 4,20,21", "7-8 gap 21,22", "8-12 credited 22,23", "12-45 left_early 23"];
    assert_eq!(story.told(), told);
}

#[test]
fn time_credited_in_another_lesson_is_not_credited_again() {
    let mut story = story([stay(1, 0, 45)]);
    story.elsewhere = vec![Elsewhere { span: Span::new(at(30), at(90)), lesson: other_lesson(8) }];
    assert_eq!(story.told(), ["0-30 credited 1", "30-45 elsewhere 1"]);
    assert_eq!(story.credit().spans[1].lesson, Some(other_lesson(8)));
}

#[test]
fn the_days_limit_cuts_the_end_off() {
    let mut story = story([stay(1, 0, 45)]);
    story.policy.presence.daily_cap_minutes.value = 7 * 60 + 30;
    story.used_hours = 7;
    assert_eq!(story.told(), ["0-30 credited 1", "30-45 over_daily_cap 1"]);
    story.used_hours = 9;
    assert_eq!(story.told(), ["0-45 over_daily_cap 1"]);
}

#[test]
fn a_lesson_over_midnight_has_the_limits_of_both_days() {
    let policy = Policy::clone(Policies::builtin().at(at(0)));
    let evening = Span::new(at(14 * 60), at(16 * 60));
    let lesson = Lesson {
        window: evening,
        mode: "live".into(),
        planned_milli: 0,
        content_ms: None,
        quiz_percent: None,
        logs: vec![log(1)],
        beating: Default::default(),
    };
    let attended = [stay(1, 14 * 60, 16 * 60)];
    let used_ms = BTreeMap::from([(policy.day_of(at(0)), policy.daily_cap_ms() - 10 * 60_000)]);
    let credit = credit(&lesson, Known { attended: &attended, media: &[], elsewhere: &[], used_ms: &used_ms }, &policy);
    assert_eq!(credit.spans.iter().map(tell).collect::<Vec<_>>(), ["840-850 credited 1", "850-900 over_daily_cap 1", "900-960 credited 1"]);
}

#[test]
fn pictures_and_videos_corroborate_what_is_credited_and_nothing_else() {
    let mut story = story([stay(1, 10, 45)]);
    story.media = vec![
        Coverage { evidence: log(7), shows: Shows::Stretch(Span::new(at(0), at(15))) },
        Coverage { evidence: log(8), shows: Shows::Moment(at(55)) },
    ];
    assert_eq!(story.credit().corroborated_ms, (5 + 13) * 60_000);
    assert_eq!(story.told()[1], "10-45 credited 1,e7,e8");
}

#[test]
fn a_mode_without_a_rule_is_credited_nothing_and_says_so() {
    let mut ruled = story([stay(1, 0, 45)]);
    ruled.mode = "in_person";
    assert_eq!(ruled.told(), ["0-45 mode_without_rule 1"]);
    assert_eq!((ruled.credit().credited_ms, ruled.credit().presence_ms), (0, 45 * 60_000));
    (ruled.policy.recorded, ruled.policy.test) = (None, None);
    for mode in ["recorded", "test"] {
        ruled.mode = mode;
        assert_eq!(ruled.told(), ["0-45 mode_without_rule 1"], "a policy that says nothing of {mode} has no rule for it");
    }
}

#[test]
fn a_test_counts_by_presence_once_something_was_answered_and_passed_where_the_timetable_demands_it() {
    let mut sat = story([stay(1, 0, 30)]);
    sat.mode = "test";
    assert_eq!(sat.told(), ["0-30 not_answered 1", "30-45 left_early 1"]);
    sat.attended.push(row(2, Answer, 50));
    assert_eq!(sat.told()[0], "0-30 not_answered 1", "an answer after the test is none");
    sat.attended.push(Attended { score: Some(0.5), ..row(3, Answer, 25) });
    assert_eq!(sat.told(), ["0-30 credited 1", "30-45 left_early 1"]);
    sat.quiz_percent = Some(60);
    assert_eq!(sat.told(), ["0-30 quiz_not_passed 1,3", "30-45 left_early 1"]);
    sat.attended.push(Attended { score: Some(61.0), ..row(4, Answer, 28) });
    assert_eq!(sat.told()[0], "0-30 credited 1", "one that passes is enough");
    let mut lenient = story([stay(1, 0, 45)]);
    lenient.mode = "test";
    lenient.policy.test.as_mut().expect("the notice's policy has it").answer_required.value = false;
    assert_eq!(lenient.told(), ["0-45 credited 1"]);
}

#[test]
fn nobody_seen_is_told_apart_from_nothing_sent() {
    assert_eq!(story([]).told(), ["0-45 no_log"]);
    assert_eq!(story([stay(1, 60, 90)]).told(), ["0-45 not_joined e1"]);
}

#[test]
fn rows_that_contradict_themselves_earn_nothing() {
    assert_eq!(story([stay(1, 30, 10)]).told(), ["0-45 not_joined e1"]);
    assert_eq!(story([row(1, Leave, 10), row(2, Join, 50)]).told(), ["0-45 not_joined e1"]);
}

/// Tens of thousands of rows of one trainee are a hostile log, not a lesson. Their cost grows with their number, not with its square.
#[test]
fn a_hostile_log_costs_little_more_than_its_rows() {
    let second = |second: i64| Time(START + second * SECOND / 10);
    let kinds = [Interval, Away, Heartbeat, Leave, Join, WaitingRoom];
    let hostile = (0..30_000u32).map(|at| {
        let kind = kinds[at as usize % kinds.len()];
        let until = (kind == Interval).then(|| second(i64::from(at)).plus(1000));
        Attended { at: second(i64::from(at)), until, device: Some(format!("d{at}")), ..row(u64::from(at), kind, 0) }
    });
    let started = std::time::Instant::now();
    let credit = story(hostile).credit();
    assert!(credit.spans.len() > 1000);
    assert!(started.elapsed() < std::time::Duration::from_secs(10), "{:?}", started.elapsed());
}
