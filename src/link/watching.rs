//! Recorded lessons as people watch them: each reason a span does not count, told with rows and answered span by span; then what holds for all.

use super::*;
use crate::analyse::attendance::EventKind::{self, *};
use crate::ids::{EvidenceId, LessonId};
use crate::register::policy::{MissedFaceCheck, Policies, Policy, WithoutPosition};
use crate::time::{DAY, MINUTE, SECOND, Time};
use proptest::prelude::*;
use std::collections::BTreeMap;
use uuid::Uuid;

/// 2020-03-03T09:00:00+08:00, when the lesson is opened for two weeks.
const START: i64 = 1_583_197_200 * SECOND;
const WINDOW: i64 = 14 * 24 * 60;

fn at(minute: i64) -> Time {
    Time(START + minute * MINUTE)
}

fn row(row: u64, kind: EventKind, second: i64) -> Attended {
    Attended {
        evidence: EvidenceId(Uuid::from_u128(1)),
        row,
        platform: "px-class".into(),
        device: None,
        kind,
        at: Time(START + second * SECOND),
        until: None,
        position_ms: None,
        score: None,
        resolution: None,
    }
}

/// A row of progress: at this second of the clock at that second of the content.
fn reached(number: u64, clock: i64, content: i64) -> Attended {
    Attended { position_ms: Some(content * 1_000), ..row(number, Progress, clock) }
}

/// Progress once a minute, from a minute of the clock and one of the content on; the rows are numbered from `first`.
fn play(first: u64, clock: i64, content: i64, minutes: i64) -> Vec<Attended> {
    (0..=minutes).map(|beat| reached(first + beat as u64, (clock + beat) * 60, (content + beat) * 60)).collect()
}

fn scored(number: u64, kind: EventKind, minute: i64, score: f64) -> Attended {
    Attended { score: Some(score), ..row(number, kind, minute * 60) }
}

struct Story {
    attended: Vec<Attended>,
    elsewhere: Vec<Elsewhere>,
    used_hours: i64,
    quiz_percent: Option<i64>,
    policy: Policy,
}

fn story(attended: impl IntoIterator<Item = Attended>) -> Story {
    let policy = Policy::clone(Policies::builtin().at(at(0)));
    Story { attended: attended.into_iter().collect(), elsewhere: vec![], used_hours: 0, quiz_percent: None, policy }
}

impl Story {
    fn credit(&self) -> Credit {
        let lesson = Lesson {
            window: Span::new(at(0), at(WINDOW)),
            mode: "recorded".into(),
            planned_milli: 1000,
            content_ms: Some(45 * 60_000),
            quiz_percent: self.quiz_percent,
            logs: if self.attended.is_empty() { vec![] } else { vec![EvidenceId(Uuid::from_u128(1))] },
            beating: beating(&self.attended),
        };
        let used_ms = BTreeMap::from([(self.policy.day_of(at(0)), self.used_hours * 3_600_000)]);
        credit(&lesson, Known { attended: &self.attended, media: &[], elsewhere: &self.elsewhere, used_ms: &used_ms }, &self.policy)
    }

    fn rules(&mut self) -> &mut crate::register::policy::RecordedRules {
        self.policy.recorded.as_mut().expect("the built-in policy has rules for recorded lessons")
    }

    /// The spans as `0-45 credited 1,46 [0-45]`: minutes of the clock, answer, rows, minutes of the content; the weeks nobody watched left out.
    fn told(&self) -> Vec<String> {
        let watched = |span: &&CreditSpan| span.reason != Some(Reason::NotWatching);
        self.credit().spans.iter().filter(watched).map(tell).collect()
    }
}

fn tell(span: &CreditSpan) -> String {
    let minute = |time: Time| format!("{}", (time.0 - START) as f64 / MINUTE as f64);
    let reason = span.reason.map_or("credited", Reason::code);
    let rows: Vec<_> = span.evidence.iter().map(|pointer| pointer.row.map_or("log".to_owned(), |row| row.to_string())).collect();
    let content = span.content.map(|piece| format!(" [{}-{}]", piece.from_ms as f64 / 6e4, piece.until_ms as f64 / 6e4));
    format!("{}-{} {reason} {}{}", minute(span.from), minute(span.until), rows.join(","), content.unwrap_or_default())
}

#[test]
fn content_watched_in_two_sittings_counts_once_each_and_the_weeks_between_are_not_watched() {
    let story = story(play(1, 10, 0, 20).into_iter().chain(play(101, 3000, 20, 25)));
    let credit = story.credit();
    assert_eq!(
        credit.spans.iter().map(tell).collect::<Vec<_>>(),
        [
            "0-10 not_watching 1",
            "10-30 credited 1,6,11,16,21 [0-20]",
            "30-3000 not_watching 21,101",
            "3000-3025 credited 101,106,111,116,121,126 [20-45]",
            "3025-20160 not_watching 126",
        ]
    );
    assert_eq!((credit.credited_ms, credit.presence_ms, credit.hours_milli), (45 * 60_000, 45 * 60_000, 1000));
}

#[test]
fn a_minute_missed_of_the_content_costs_nothing_and_two_do() {
    assert_eq!(story(play(1, 0, 1, 44)).credit().hours_milli, 1000);
    assert_eq!(story(play(1, 0, 2, 43)).credit().hours_milli, 900);
}

#[test]
fn what_was_watched_before_does_not_count_again() {
    let story = story(play(1, 0, 0, 20).into_iter().chain(play(101, 100, 10, 20)));
    let told = story.told();
    assert_eq!(told[1..], ["100-110 content_repeated 101,106,111", "110-120 credited 111,116,121 [20-30]"]);
    assert_eq!(story.credit().reasons[&Reason::ContentRepeated], 10 * 60_000);
}

#[test]
fn faster_than_normal_counts_by_the_clock_and_faster_than_allowed_for_nothing() {
    let at_speed = |percent: i64| (0..=20).map(move |beat| reached(1 + beat as u64, beat * 60, beat * 60 * percent / 100));
    assert_eq!(story(at_speed(125)).told(), ["0-20 credited 1,6,11,16,21 [0-25]"]);
    assert_eq!(story(at_speed(150)).credit().credited_ms, 20 * 60_000);
    assert_eq!(story(at_speed(200)).told(), ["0-20 too_fast 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21"]);
    let mut strict = story(at_speed(125));
    strict.rules().playback_rate_max_percent.value = 100;
    assert_eq!(strict.credit().credited_ms, 0);
}

#[test]
fn small_leaps_in_quick_beats_are_no_way_around_the_speed_allowed() {
    let leaps = (0..=600).map(|beat| reached(1 + beat as u64, beat, beat * 4));
    let credit = story(leaps).credit();
    assert_eq!(credit.credited_ms, 2_000, "two leaps may be rounding, six hundred are not");
    assert_eq!(credit.reasons[&Reason::TooFast], 598_000);
}

#[test]
fn skipping_ahead_counts_for_nothing_of_what_was_skipped_and_may_be_made_good() {
    let skipped = play(1, 0, 0, 10).into_iter().chain(play(12, 11, 40, 5)).chain(play(101, 60, 10, 30));
    assert_eq!(
        story(skipped).told(),
        [
            "0-10 credited 1,6,11 [0-10]",
            "10-11 too_fast 11,12",
            "11-16 credited 12,17 [40-45]",
            "60-90 credited 101,106,111,116,121,126,131 [10-40]",
        ]
    );
}

#[test]
fn going_back_shows_nothing_in_the_minute_it_happens_and_then_repeats() {
    let back = play(1, 0, 0, 10).into_iter().chain(play(12, 11, 5, 10));
    assert_eq!(
        story(back).told(),
        ["0-10 credited 1,6,11 [0-10]", "10-11 rewound 11,12", "11-16 content_repeated 12,17", "16-21 credited 17,22 [10-15]"]
    );
}

#[test]
fn a_paused_player_is_there_and_earns_nothing() {
    let paused = play(1, 0, 0, 5).into_iter().chain((6..=8).map(|beat| reached(1 + beat as u64, beat * 60, 300))).chain(play(10, 9, 6, 4));
    assert_eq!(story(paused).told(), ["0-5 credited 1,6 [0-5]", "5-8 not_playing 6,7,8,9,11", "8-13 credited 9,14 [5-10]"]);
}

#[test]
fn a_pause_within_a_beat_is_cut_off_and_rounded_positions_are_not() {
    let within = [reached(1, 0, 0), reached(2, 60, 60), reached(3, 120, 80), reached(4, 180, 140)];
    let told = story(within).told();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].starts_with("0-1.3333333333333333 credited") && told[2].starts_with("2-3 credited"), "{told:?}");
    assert!(told[1].starts_with("1.3333333333333333-2 not_playing"), "{told:?}");
    let rounded = [0, 61, 119, 180, 242, 300].iter().zip(0..).map(|(&content, beat)| reached(1 + beat as u64, beat * 60, content));
    assert_eq!(story(rounded).told(), ["0-5 credited 1,6 [0-5]"]);
}

#[test]
fn silence_longer_than_the_gap_is_idle_whatever_the_position_says_after_it() {
    let rows =
        [row(1, Join, 0), reached(2, 0, 0), reached(3, 120, 120), reached(4, 1320, 1320), reached(5, 1380, 1380), row(6, Leave, 1380)];
    assert_eq!(
        story(rows).told(),
        ["0-2 credited 1,2,3,6 [0-2]", "2-7 not_playing 1,3,4,6", "7-22 idle 1,3,4,6", "22-23 credited 1,4,5,6 [22-23]"]
    );
}

#[test]
fn a_leave_that_was_seen_ends_the_playing() {
    let rows = [reached(1, 0, 0), reached(2, 60, 60), row(3, Leave, 70), reached(4, 120, 120), reached(5, 180, 180)];
    let told = story(rows).told();
    assert_eq!((told[0].as_str(), told[told.len() - 1].as_str()), ("0-1 credited 1,2 [0-1]", "2-3 credited 4,5 [2-3]"));
}

#[test]
fn a_missed_face_check_takes_the_time_until_the_next_passed_one() {
    let rows = || {
        let checks = [scored(100, FaceCheck, 5, 0.93), scored(101, FaceCheck, 10, 0.2), scored(102, FaceCheck, 15, 88.0)];
        play(1, 0, 0, 20).into_iter().chain(checks)
    };
    assert_eq!(
        story(rows()).told(),
        ["0-10 credited 1,6,11,100,101 [0-10]", "10-15 face_check_missed 11,101,102", "15-20 credited 16,21 [15-20]"]
    );
    let mut around = story(rows());
    around.rules().missed_face_check.value = MissedFaceCheck::Around;
    assert_eq!(around.told()[1], "5-15 face_check_missed 6,11,100,101,102");
    let mut since = story(rows());
    since.rules().missed_face_check.value = MissedFaceCheck::SinceLastPassed;
    assert_eq!(since.told()[1], "5-10 face_check_missed 6,100,101");
}

#[test]
fn a_check_missed_and_passed_within_the_grace_was_bad_light_and_what_was_missed_may_be_watched_again() {
    let checks = [scored(100, FaceCheck, 10, 0.2), Attended { at: Time(START + 640 * SECOND), ..scored(101, FaceCheck, 0, 0.9) }];
    assert_eq!(story(play(1, 0, 0, 20).into_iter().chain(checks)).credit().credited_ms, 20 * 60_000);
    let missed = [scored(100, FaceCheck, 10, 0.2), scored(101, FaceCheck, 30, 0.9)];
    let again = play(1, 0, 0, 20).into_iter().chain(missed).chain(play(201, 40, 10, 10));
    assert_eq!(story(again).told()[2], "40-50 credited 201,206,211 [10-20]");
}

#[test]
fn where_checks_are_demanded_time_that_none_vouches_for_is_missed() {
    let mut story = story(play(1, 0, 0, 40).into_iter().chain([row(100, FaceCheck, 10 * 60)]));
    story.rules().face_check_vouches_minutes.value = 15;
    assert_eq!(story.told()[1], "25-40 face_check_missed 26,31,36,41");
}

#[test]
fn nothing_counts_before_the_test_that_the_timetable_demands_is_passed() {
    let rows = |score| play(1, 0, 0, 20).into_iter().chain([scored(100, Answer, 20, score)]);
    let demanded = |score, percent| Story { quiz_percent: percent, ..story(rows(score)) };
    assert_eq!(demanded(0.5, Some(60)).told(), ["0-20 quiz_not_passed 1,6,11,16,100"]);
    assert_eq!(demanded(0.6, Some(60)).told(), ["0-20 credited 1,6,11,16,21,100 [0-20]"]);
    assert_eq!(demanded(80.0, Some(80)).credit().credited_ms, 20 * 60_000, "scores above one are out of a hundred");
    assert_eq!(demanded(0.1, None).credit().credited_ms, 20 * 60_000, "nobody demanded it");
    let mut by_policy = demanded(0.5, None);
    by_policy.rules().quiz_required.value = true;
    assert_eq!(by_policy.credit().reasons[&Reason::QuizNotPassed], 20 * 60_000);
}

#[test]
fn nothing_counts_beyond_the_length_of_the_content() {
    assert_eq!(story(play(1, 0, 40, 10)).told(), ["0-5 credited 1,6 [40-45]", "5-10 beyond_content 6,11"]);
}

#[test]
fn attendance_that_never_says_what_was_watched_counts_as_the_policy_says() {
    let stay = Attended { until: Some(at(60)), ..row(1, Interval, 0) };
    let mut story = story([stay]);
    assert_eq!(story.told(), ["0-60 no_position 1"]);
    story.rules().without_position.value = WithoutPosition::Presence;
    assert_eq!(story.told(), ["0-45 credited 1", "45-60 beyond_content 1"]);
    story.used_hours = 8;
    assert_eq!(story.told(), ["0-60 over_daily_cap 1"]);
}

#[test]
fn two_players_at_once_count_for_one_and_the_other_may_be_watched_later() {
    let on = |device: &str, rows: Vec<Attended>| {
        let device = Some(device.to_owned());
        rows.into_iter().map(move |row| Attended { device: device.clone(), ..row }).collect::<Vec<_>>()
    };
    let both = on("desk", play(1, 0, 0, 20)).into_iter().chain(on("phone", play(101, 5, 20, 20)));
    assert_eq!(story(both.clone()).told(), ["0-20 credited 1,6,11,16,21,101,106,111,116 [0-20]", "20-25 credited 21,116,121 [35-40]"]);
    let later = both.chain(on("desk", play(201, 100, 20, 15)));
    assert_eq!(story(later).credit().credited_ms, 40 * 60_000);
}

#[test]
fn the_days_limit_and_other_lessons_go_before_and_what_they_take_may_be_watched_again() {
    let mut story = story(play(1, 0, 0, 20).into_iter().chain(play(101, 24 * 60, 10, 20)));
    story.policy.presence.daily_cap_minutes.value = 8 * 60 + 10;
    story.used_hours = 8;
    assert_eq!(
        story.told(),
        ["0-10 credited 1,6,11 [0-10]", "10-20 over_daily_cap 11,16,21", "1440-1460 credited 101,106,111,116,121 [10-30]"]
    );
    story.used_hours = 0;
    let other = LessonId(Uuid::from_u128(8));
    story.elsewhere = vec![Elsewhere { span: Span::new(at(5), at(10)), lesson: other }];
    assert_eq!(story.told()[1], "5-10 elsewhere 6,11");
    assert_eq!(story.credit().spans[1].lesson, Some(other));
}

#[test]
fn playing_before_the_lesson_opens_or_after_it_closes_is_not_watching_it() {
    let early_and_late = play(1, -5, 0, 10).into_iter().chain(play(101, WINDOW - 5, 20, 10));
    let credit = story(early_and_late).credit();
    assert_eq!((credit.credited_ms, credit.presence_ms), (10 * 60_000, 10 * 60_000));
    assert_eq!(credit.spans[0].content, Some(Content { from_ms: 300_000, until_ms: 600_000 }));
}

#[test]
fn nobody_seen_is_told_apart_from_nothing_sent() {
    assert_eq!(story([]).told(), ["0-20160 no_log "]);
    assert_eq!(story([row(1, Leave, -60)]).told(), ["0-20160 not_joined log"]);
}

#[test]
fn fsck_notices_content_that_counts_twice_or_is_shorter_than_its_time() {
    let sound = story(play(1, 0, 0, 20).into_iter().chain(play(101, 60, 20, 20))).credit();
    assert_eq!(check::unsound(&sound), None);
    let place = sound
        .spans
        .iter()
        .position(|span| span.content == Some(Content { from_ms: 1_200_000, until_ms: 2_400_000 }))
        .expect("the second sitting");
    let forged = |content| {
        let mut forged = sound.clone();
        forged.spans[place].content = Some(content);
        check::unsound(&forged)
    };
    assert_eq!(forged(Content { from_ms: 1_100_000, until_ms: 2_400_000 }), Some("content counts twice"));
    let short = Content { from_ms: 1_200_000, until_ms: 2_300_000 };
    assert_eq!(forged(short), Some("a span counts more time than content, or content that does not count"));
}

/// Weeks of progress of one trainee, then the same number of rows that leap about on as many devices: cost and spans stay bounded.
#[test]
fn tens_of_thousands_of_rows_cost_little_more_than_their_number() {
    let started = std::time::Instant::now();
    let honest = (0..40_000).map(|beat| reached(beat as u64, beat * 20, beat * 20 % 2700));
    let credit = story(honest).credit();
    assert_eq!(credit.credited_ms, (2700 - 20) * 1_000);
    let hostile = (0..40_000).map(|beat| {
        let device = Some(format!("d{}", beat % 977));
        Attended { device, ..reached(beat as u64, beat * 3 / 2, (beat * 7919) % 2700) }
    });
    assert!(story(hostile).credit().spans.len() <= 4_000);
    assert!(started.elapsed() < std::time::Duration::from_secs(20), "{:?}", started.elapsed());
}

fn some_row() -> impl Strategy<Value = Attended> {
    let kind =
        prop::sample::select(vec![Progress, Progress, Progress, Progress, Heartbeat, Join, Leave, Away, Answer, FaceCheck, Interval]);
    let device = prop::option::of(prop::sample::select(vec!["phone", "desk"]));
    let score = prop::option::of(prop::sample::select(vec![0.1, 0.7, 90.0]));
    (1u128..3, kind, device, -600i64..4000, prop::option::of(0i64..3000), score, 0i64..1000).prop_map(
        |(evidence, kind, device, clock, content, score, micros)| Attended {
            evidence: EvidenceId(Uuid::from_u128(evidence)),
            device: device.map(str::to_owned),
            position_ms: content.map(|seconds| seconds * 1_000 + micros % 7),
            score: score.filter(|_| matches!(kind, Answer | FaceCheck)),
            at: Time(START + clock * SECOND + micros),
            until: (kind == Interval).then(|| Time(START + (clock + 900) * SECOND)),
            ..row(0, kind, 0)
        },
    )
}

/// Loose rows, and beats of a player that now and then pauses, speeds up or leaps.
fn some_rows() -> impl Strategy<Value = Vec<Attended>> {
    let step = (1i64..200, 0i64..40, prop::sample::select(vec![0, 50, 100, 100, 100, 100, 120, 150, 400, -100]));
    let player = (0i64..2000, prop::collection::vec(step, 0..25)).prop_map(|(from, steps)| {
        let (mut clock, mut content) = (0, from);
        let mut rows = Vec::new();
        for (seconds, jitter, percent) in steps {
            rows.push(reached(0, clock, content));
            clock += seconds;
            content = (content + seconds * percent / 100 + jitter / 20).max(0);
        }
        rows
    });
    (prop::collection::vec(some_row(), 0..10), player, player_again()).prop_map(|(loose, player, again)| {
        let all = loose.into_iter().chain(player).chain(again);
        (1..).zip(all).map(|(row, event)| Attended { row, ..event }).collect()
    })
}

fn player_again() -> impl Strategy<Value = Vec<Attended>> {
    (0i64..3000, 0i64..2000, 0i64..30)
        .prop_map(|(clock, content, minutes)| (0..minutes).map(|beat| reached(0, clock + beat * 60, content + beat * 60)).collect())
}

fn setting() -> impl Strategy<Value = Story> {
    let rules = (0i64..3, prop::bool::ANY, prop::bool::ANY, prop::option::of(Just(60)), 0i64..2, 470i64..490);
    let elsewhere = prop::option::of((0i64..60, 1i64..20));
    (rules, elsewhere).prop_map(|((missed, presence, used, quiz_percent, vouches, cap), elsewhere)| {
        let mut story = story([]);
        let choices = [MissedFaceCheck::UntilNextPassed, MissedFaceCheck::SinceLastPassed, MissedFaceCheck::Around];
        story.rules().missed_face_check.value = choices[missed as usize];
        story.rules().without_position.value = if presence { WithoutPosition::Presence } else { WithoutPosition::Nothing };
        story.rules().face_check_vouches_minutes.value = vouches * 20;
        story.policy.presence.daily_cap_minutes.value = cap;
        let span = |(from, minutes)| Span::new(at(from), at(from + minutes));
        story.elsewhere =
            elsewhere.map(|times| Elsewhere { span: span(times), lesson: LessonId(Uuid::from_u128(3)) }).into_iter().collect();
        Story { quiz_percent, used_hours: if used { 8 } else { 0 }, ..story }
    })
}

impl std::fmt::Debug for Story {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "used {} h, quiz {:?}, elsewhere {:?}, {:?}", self.used_hours, self.quiz_percent, self.elsewhere, self.policy.recorded)
    }
}

/// Milliseconds of content shown by any two rows, whoever they belong to: more cannot have been watched.
fn most_content(rows: &[Attended]) -> i64 {
    let places = rows.iter().filter_map(|row| row.position_ms).map(|ms| ms.min(45 * 60_000));
    places.clone().max().unwrap_or(0) - places.min().unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn the_window_is_covered_and_counted_time_is_distinct_content_and_no_longer_than_the_clock(setting in setting(), rows in some_rows()) {
        let story = Story { attended: rows, ..setting };
        let credit = story.credit();
        prop_assert_eq!((credit.spans[0].from, credit.spans[credit.spans.len() - 1].until), (at(0), at(WINDOW)));
        prop_assert!(credit.spans.windows(2).all(|pair| pair[0].until == pair[1].from && pair[0].from < pair[0].until));
        let sum = credit.credited_ms + credit.reasons.values().sum::<i64>();
        prop_assert_eq!(sum, WINDOW * 60_000);
        prop_assert!(credit.credited_ms <= credit.presence_ms && credit.credited_ms <= 45 * 60_000);
        prop_assert_eq!(check::unsound(&credit), None, "fsck would call it a fault");
        let mut content: Vec<_> = credit.spans.iter().filter_map(|span| span.content).map(|piece| (piece.from_ms, piece.until_ms)).collect();
        content.sort_unstable();
        prop_assert!(content.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{:?}", content);
        let by_content = story.attended.iter().any(|row| row.kind != Interval && row.position_ms.is_some());
        if by_content {
            for span in credit.spans.iter().filter(|span| span.kind == SpanKind::Credited) {
                let piece = span.content.expect("credited time says what was watched");
                prop_assert!(span.until.millis_since(span.from) <= piece.until_ms - piece.from_ms);
            }
            prop_assert!(credit.credited_ms <= most_content(&story.attended));
        }
        for span in credit.spans.iter().filter(|span| !matches!(span.reason, Some(Reason::NotJoined | Reason::NoLog))) {
            prop_assert!(span.evidence.iter().any(|pointer| pointer.row.is_some()), "{:?} has no row", span);
        }
    }

    #[test]
    fn the_order_of_the_rows_does_not_matter_and_a_copy_of_the_log_adds_nothing(
        setting in setting(),
        (rows, shuffled) in some_rows().prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
    ) {
        let here = Story { attended: rows.clone(), ..setting };
        let credit = here.credit();
        let copy = rows.iter().map(|row| Attended { evidence: EvidenceId(Uuid::from_u128(9)), ..row.clone() });
        let twice = Story { attended: rows.iter().cloned().chain(copy).collect(), ..here };
        let copied = twice.credit();
        prop_assert_eq!((credit.credited_ms, &credit.reasons), (copied.credited_ms, &copied.reasons));
        prop_assert_eq!(credit, Story { attended: shuffled, ..twice }.credit());
    }

    #[test]
    fn a_further_row_of_an_honest_player_never_lowers_credit(
        pieces in prop::collection::vec((1i64..600, 1i64..120, prop::bool::ANY), 1..6),
        beats in prop::collection::btree_set(0i64..2400, 2..40),
        further in 0i64..2400,
    ) {
        // Plays at normal speed, with pauses: where it is at each second of the clock.
        let mut places = vec![0];
        for (plays, pauses, first) in pieces {
            for (seconds, moves) in if first { [(plays, 1), (pauses, 0)] } else { [(pauses, 0), (plays, 1)] } {
                places.extend((1..=seconds).map(|second| second * moves).scan(places[places.len() - 1], |start, moved| Some(*start + moved)));
            }
        }
        let place = |clock: i64| *places.get(clock as usize).unwrap_or(&places[places.len() - 1]);
        let rows: Vec<_> = beats.iter().map(|&clock| reached(clock as u64 + 1, clock, place(clock))).collect();
        let with: Vec<_> = rows.iter().cloned().chain([reached(5_000, further, place(further))]).collect();
        let (before, after) = (story(rows).credit().credited_ms, story(with).credit().credited_ms);
        prop_assert!(before <= after, "{before} > {after}");
    }

    #[test]
    fn no_day_has_more_than_its_limit_and_other_lessons_keep_their_time(setting in setting(), rows in some_rows()) {
        let story = Story { attended: rows, ..setting };
        let credited = Spans::of(settle::credited_spans(&story.credit()));
        let today = credited.cut(Span::new(at(0), at(15 * 60))).ms();
        prop_assert!(today <= (story.policy.daily_cap_ms() - story.used_hours * 3_600_000).max(0));
        prop_assert!(credited.intersect(&Spans::of(story.elsewhere.iter().map(|other| other.span))).is_empty());
    }
}

#[test]
fn a_lesson_open_over_many_days_has_the_limit_of_each() {
    let mut story = story(play(1, 0, 0, 10).into_iter().chain(play(101, DAY / MINUTE, 10, 10)));
    story.policy.presence.daily_cap_minutes.value = 6;
    assert_eq!(story.credit().credited_ms, 12 * 60_000);
}
