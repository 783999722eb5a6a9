//! What holds for every lesson and every evidence.

use super::*;
use crate::analyse::attendance::EventKind;
use crate::ids::{EvidenceId, LessonId};
use crate::register::policy::{OpenJoin, Policies, Policy};
use crate::time::{MILLI, SECOND, Time};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Windows start here: 2020-03-03T23:30:00+08:00, so that many cross midnight.
const START: i64 = 1_583_249_400 * SECOND;

fn moment() -> impl Strategy<Value = Time> {
    prop_oneof![
        (-3000i64..9000).prop_map(|second| Time(START + second * SECOND)),
        (0i64..6_000_000_000).prop_map(|micro| Time(START + micro))
    ]
}

fn kinds(signs: bool) -> impl Strategy<Value = EventKind> {
    let presence = vec![EventKind::Interval, EventKind::Join, EventKind::Leave, EventKind::Answer, EventKind::FaceCheck];
    let all = EventKind::ALL.to_vec();
    prop::sample::select(if signs { all } else { presence })
}

fn event(any_kind: bool) -> impl Strategy<Value = Attended> {
    let device = prop::option::of(prop::sample::select(vec!["phone", "desk"]));
    let platform = prop::sample::select(vec!["a", "b"]);
    (1u128..4, 1u64..40, platform, device, kinds(any_kind), moment(), prop::option::of(-100i64..4000)).prop_map(
        |(evidence, row, platform, device, kind, at, length)| {
            let length = if kind == EventKind::Interval { length.or(Some(600)) } else { length };
            let until = length.filter(|_| matches!(kind, EventKind::Interval | EventKind::Away | EventKind::WaitingRoom));
            Attended {
                evidence: EvidenceId(Uuid::from_u128(evidence)),
                row,
                platform: platform.to_owned(),
                device: device.map(str::to_owned),
                kind,
                at,
                until: until.map(|seconds| at.plus(seconds * SECOND)),
                position_ms: None,
                score: None,
                resolution: None,
            }
        },
    )
}

fn events(any_kind: bool) -> impl Strategy<Value = Vec<Attended>> {
    prop::collection::vec(event(any_kind), 0..14)
}

/// The same events twice, each with a row of its own as in a real log.
fn in_two_orders() -> impl Strategy<Value = (Vec<Attended>, Vec<Attended>)> {
    let numbered = events(true).prop_map(|events| (1..).zip(events).map(|(row, event)| Attended { row, ..event }).collect::<Vec<_>>());
    numbered.prop_flat_map(|events| (Just(events.clone()), Just(events).prop_shuffle()))
}

/// An event that shows presence: one of another kind is made an interval.
fn presence_event(signs: bool) -> impl Strategy<Value = Attended> {
    event(signs).prop_map(|event| match event.kind {
        EventKind::Leave | EventKind::Away | EventKind::WaitingRoom => {
            Attended { kind: EventKind::Interval, until: Some(event.at.plus(600 * SECOND)), ..event }
        }
        _ => event,
    })
}

fn span() -> impl Strategy<Value = Span> {
    (moment(), 1i64..4000).prop_map(|(from, seconds)| Span::new(from, from.plus(seconds * SECOND)))
}

/// Everything but the events.
#[derive(Clone, Debug)]
struct Setting {
    window: Span,
    mode: &'static str,
    media: Vec<Coverage>,
    elsewhere: Vec<Elsewhere>,
    used_minutes: (i64, i64),
    policy: Policy,
}

fn setting() -> impl Strategy<Value = Setting> {
    let media = (1u128..9, prop_oneof![span().prop_map(Shows::Stretch), moment().prop_map(Shows::Moment)])
        .prop_map(|(id, shows)| Coverage { evidence: EvidenceId(Uuid::from_u128(100 + id)), shows });
    let elsewhere = (span(), 1u128..4).prop_map(|(span, id)| Elsewhere { span, lesson: LessonId(Uuid::from_u128(id)) });
    let window =
        (0i64..3000, 1i64..6000).prop_map(|(from, long)| Span::new(Time(START + from * SECOND), Time(START + (from + long) * SECOND)));
    let mode = prop::sample::select(vec!["live", "live", "live", "qa", "recorded", "test"]);
    let open_join = prop::sample::select(vec![OpenJoin::LastSign, OpenJoin::WindowEnd]);
    let used_minutes = prop_oneof![Just((0, 0)), (400i64..500, 400i64..500)];
    (window, mode, prop::collection::vec(media, 0..4), prop::collection::vec(elsewhere, 0..3), used_minutes, open_join).prop_map(
        |(window, mode, media, elsewhere, used_minutes, open_join)| {
            let mut policy = Policy::clone(Policies::builtin().at(window.from));
            policy.presence.open_join.value = open_join;
            Setting { window, mode, media, elsewhere, used_minutes, policy }
        },
    )
}

impl Setting {
    fn credit_where(&self, attended: &[Attended], beating: BTreeSet<String>) -> Credit {
        let logs = attended.iter().map(|event| event.evidence).collect::<BTreeSet<_>>().into_iter().collect();
        let lesson = Lesson {
            window: self.window,
            mode: self.mode.to_owned(),
            planned_milli: 0,
            content_ms: Some(1_800_000),
            quiz_percent: None,
            logs,
            beating,
        };
        let today = self.policy.day_of(Time(START));
        let tomorrow = today.succ_opt().expect("a day");
        let used_ms = BTreeMap::from([(today, self.used_minutes.0 * 60_000), (tomorrow, self.used_minutes.1 * 60_000)]);
        credit(&lesson, Known { attended, media: &self.media, elsewhere: &self.elsewhere, used_ms: &used_ms }, &self.policy)
    }

    fn credit(&self, attended: &[Attended]) -> Credit {
        self.credit_where(attended, beating(attended))
    }
}

fn credited(credit: &Credit) -> Spans {
    Spans::of(credit.spans.iter().filter(|span| span.kind == SpanKind::Credited).map(|span| Span { from: span.from, until: span.until }))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_spans_cover_the_window_without_gap_or_overlap(setting in setting(), events in events(true)) {
        let credit = setting.credit(&events);
        let mut at = setting.window.from;
        for span in &credit.spans {
            prop_assert_eq!(span.from, at);
            prop_assert!(span.until > span.from);
            prop_assert_eq!(span.from.0 % MILLI, 0);
            prop_assert_eq!(span.reason.is_none(), span.kind == SpanKind::Credited);
            prop_assert_eq!(span.lesson.is_some(), span.reason == Some(Reason::Elsewhere));
            at = span.until;
        }
        prop_assert_eq!(at, setting.window.until);
    }

    #[test]
    fn credited_and_uncredited_time_add_up_to_the_window(setting in setting(), events in events(true)) {
        let credit = setting.credit(&events);
        prop_assert_eq!(credit.credited_ms + credit.reasons.values().sum::<i64>(), setting.window.ms());
        prop_assert_eq!(credit.credited_ms, credited(&credit).ms());
        prop_assert!(credit.corroborated_ms <= credit.credited_ms);
        prop_assert!(credit.credited_ms <= credit.presence_ms && credit.presence_ms <= setting.window.ms());
    }

    #[test]
    fn every_credited_second_points_to_a_row_and_every_other_one_has_its_reason(setting in setting(), events in events(true)) {
        for span in setting.credit(&events).spans {
            let rows: Vec<&Attended> = events.iter().filter(|event| span.evidence.iter().any(|p| p.id == event.evidence && p.row == Some(event.row))).collect();
            match span.reason {
                None => prop_assert!(rows.iter().any(|event| event.at <= span.from), "nothing began by {:?}", span),
                Some(Reason::NotJoined | Reason::NoLog | Reason::ModeWithoutRule) => {}
                Some(_) => prop_assert!(!rows.is_empty(), "{:?} has no row", span),
            }
        }
    }

    #[test]
    fn the_order_of_the_evidence_does_not_matter(setting in setting(), (events, shuffled) in in_two_orders()) {
        let mut turned = setting.clone();
        turned.media.reverse();
        turned.elsewhere.reverse();
        prop_assert_eq!(setting.credit(&events), turned.credit(&shuffled));
    }

    #[test]
    fn a_copy_of_a_log_adds_no_credit(setting in setting(), events in events(true)) {
        let copy = events.iter().map(|event| Attended { evidence: EvidenceId(Uuid::from_u128(50 + event.evidence.0.as_u128())), ..event.clone() });
        let twice: Vec<_> = events.iter().cloned().chain(copy).collect();
        let (once, twice) = (setting.credit(&events), setting.credit(&twice));
        prop_assert_eq!(credited(&once), credited(&twice));
        prop_assert_eq!(once.reasons, twice.reasons);
    }

    #[test]
    fn more_evidence_of_presence_never_lowers_credit(setting in setting(), events in events(false), more in presence_event(false)) {
        let with: Vec<_> = events.iter().cloned().chain([more]).collect();
        let (before, after) = (setting.credit(&events), setting.credit(&with));
        prop_assert!(before.credited_ms <= after.credited_ms, "{} > {}", before.credited_ms, after.credited_ms);
        prop_assert!(before.presence_ms <= after.presence_ms);
    }

    #[test]
    fn where_a_platform_beats_one_more_beat_never_lowers_credit(setting in setting(), events in events(true), more in presence_event(true)) {
        let with: Vec<_> = events.iter().cloned().chain([more]).collect();
        let all = BTreeSet::from(["a".to_owned(), "b".to_owned()]);
        let (before, after) = (setting.credit_where(&events, all.clone()), setting.credit_where(&with, all));
        prop_assert!(before.credited_ms <= after.credited_ms, "{} > {}", before.credited_ms, after.credited_ms);
    }

    #[test]
    fn what_other_lessons_have_is_never_credited(setting in setting(), events in events(true)) {
        let credit = setting.credit(&events);
        let others = Spans::of(setting.elsewhere.iter().map(|other| other.span));
        prop_assert!(credited(&credit).intersect(&others).is_empty());
    }

    #[test]
    fn no_day_has_more_than_its_limit(setting in setting(), events in events(true)) {
        let credit = setting.credit(&events);
        let (today, _) = setting.used_minutes;
        for (index, (_, day)) in super::division::days(setting.window, &setting.policy).into_iter().enumerate() {
            let used = if setting.policy.day_of(day.from) == setting.policy.day_of(Time(START)) { today } else { setting.used_minutes.1 };
            let here = credited(&credit).intersect(&Spans::from(day)).ms();
            prop_assert!(here <= (setting.policy.daily_cap_ms() - used * 60_000).max(0), "day {index}");
        }
    }
}
