//! What the built-in rules see, and what they leave alone.

use super::world::{LATER, WINDOW, minute};
use crate::analyse::attendance::{Event, EventKind, Who};
use crate::db::testing::{each_engine, sqlite};
use crate::detect::catalogue::{BUILTIN, try_out};
use crate::detect::{Finding, Rules, run};
use crate::ids::{ClassId, EvidenceId, LessonId, TraineeId};
use crate::lake::testing::{MORNING, Sent, World, sql};
use crate::lake::{EventRow, Place};
use crate::time::{SECOND, Time};
use serde_json::json;

#[tokio::test]
async fn every_built_in_rule_can_be_planned_and_finds_nothing_in_an_empty_lake() {
    each_engine(async |db| {
        let world = World::new(db);
        for (file, text) in BUILTIN {
            try_out(&world.lake, file, text).await.unwrap();
        }
        assert_eq!(Rules::load(&world.lake, None).await.unwrap().iter().count(), BUILTIN.len());
        for ran in run(&world.db, &world.lake, &Rules::builtin(), None, WINDOW, &world.ids, LATER).await.unwrap() {
            assert_eq!((ran.found, ran.error), (0, None), "{}", ran.rule);
        }
    })
    .await;
}

/// Two classes in which the same person is, with a lesson each at the given minutes.
async fn two_classes(world: &World, starts: [i64; 2]) -> [(ClassId, LessonId, TraineeId); 2] {
    let person = world.ids.next();
    let mut places = Vec::new();
    for start in starts {
        let class = world.class().await;
        places.push((class, world.lesson(class, minute(start)).await, world.trainee(class, person).await));
    }
    [places[0], places[1]]
}

async fn attend(world: &World, (class, lesson, trainee): (ClassId, LessonId, TraineeId), from: Time, until: Time) -> EvidenceId {
    world.attended(class, lesson, &[(trainee, from, until)]).await
}

pub(super) fn told(finding: &Finding) {
    for text in [finding.explanation.zh.text(), finding.explanation.en.text()] {
        assert!(!text.contains('{') && text.lines().count() >= 5, "{text}");
    }
}

#[tokio::test]
async fn a_person_in_two_lessons_at_once_is_found_at_the_later_one_with_the_rows_of_both() {
    each_engine(async |db| {
        let world = World::new(db);
        let [first, second] = two_classes(&world, [0, 20]).await;
        let one = attend(&world, first, minute(-2), minute(45)).await;
        let other = attend(&world, second, minute(18), minute(66)).await;
        let found = world.found("overlap-person").await;
        let [finding] = &found[..] else { panic!("{found:?}") };
        assert_eq!((finding.class, finding.lesson, finding.trainee), (Some(second.0), Some(second.1), Some(second.2)));
        assert_eq!((finding.at, finding.money_fen, finding.subject.kind.as_str()), (minute(20), 975, "person"));
        assert!((finding.score - 25.0 / 45.0).abs() < 1e-9, "{}", finding.score);
        let mut rows: Vec<(String, Option<u64>)> = finding.evidence.iter().map(|pointer| (pointer.id.clone(), pointer.row)).collect();
        rows.sort();
        let mut expected = vec![(one.to_string(), Some(1)), (other.to_string(), Some(1))];
        expected.sort();
        assert_eq!(rows, expected);
        let detail = json!({"overlap_minutes": 25, "overlap_seconds": 1500, "other_lessons": 1, "others": [first.1]});
        assert_eq!(serde_json::Value::Object(finding.detail.clone()), detail);
        assert!(finding.provider.is_some());
        assert!(finding.explanation.zh.seen.contains("25 分钟") && finding.explanation.zh.seen.contains("2020-03-03 09:20"));
        told(finding);
    })
    .await;
}

#[tokio::test]
async fn a_person_who_goes_from_one_lesson_to_the_next_is_not_in_two_at_once() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    let [first, second] = two_classes(&world, [0, 45]).await;
    attend(&world, first, minute(0), minute(47)).await; // lingers behind the end
    attend(&world, second, minute(43), minute(90)).await; // comes before the beginning
    assert_eq!(world.found("overlap-person").await, []);
}

#[tokio::test]
async fn less_than_two_minutes_at_once_is_two_clocks() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    let [first, second] = two_classes(&world, [0, 20]).await;
    attend(&world, first, minute(0), minute(31).plus(59 * SECOND)).await;
    attend(&world, second, minute(30), minute(60)).await;
    assert_eq!(world.found("overlap-person").await, []);
    let third = world.lesson(second.0, minute(20)).await;
    attend(&world, (second.0, third, second.2), minute(29).plus(59 * SECOND), minute(31).plus(59 * SECOND)).await;
    let found: Vec<_> = world.found("overlap-person").await.iter().map(|finding| finding.lesson).collect();
    assert_eq!(found, [Some(third)], "one second more");
}

#[tokio::test]
async fn two_devices_in_one_lesson_and_two_people_of_two_classes_are_innocent() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    let class = world.class().await;
    let lesson = world.lesson(class, minute(0)).await;
    let trainee = world.trainee(class, world.ids.next()).await;
    world.attended(class, lesson, &[(trainee, minute(0), minute(40)), (trainee, minute(10), minute(45))]).await;
    attend(&world, (class, lesson, trainee), minute(5), minute(20)).await; // and a second log of the same lesson
    let other = world.class().await;
    let stranger = world.trainee(other, world.ids.next()).await;
    attend(&world, (other, world.lesson(other, minute(0)).await, stranger), minute(0), minute(45)).await;
    assert_eq!(world.found("overlap-person").await, []);
}

#[tokio::test]
async fn signs_of_presence_make_spans_and_long_silence_does_not() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    let [first, second] = two_classes(&world, [0, 0]).await;
    attend(&world, first, minute(0), minute(45)).await;
    let (class, lesson, trainee) = second;
    let evidence = world.log(class, lesson).await;
    let place = Place { evidence, platform: None, provider: None, class: Some(class), lesson: Some(lesson), received_at: LATER };
    let row = |number: u64, kind, at| EventRow::of(Event::new(number, Who::default(), kind, minute(at)), &place, Some(trainee), None);
    use EventKind::{Heartbeat, Join, Leave};
    // In from 0 to 8, then one sign at 20, then in from 30 to 40: 18 minutes.
    let signs = [(Join, 0), (Heartbeat, 4), (Leave, 8), (Heartbeat, 20), (Join, 30), (Leave, 40)];
    let rows: Vec<EventRow> = (1..).zip(signs).map(|(number, (kind, at))| row(number, kind, at)).collect();
    world.read_into_lake(evidence, &rows, MORNING).await;
    let found = world.found("overlap-person").await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].detail["overlap_minutes"], 18);
}

#[tokio::test]
async fn three_lessons_at_once_are_a_finding_for_each_but_the_first() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    let [first, second] = two_classes(&world, [0, 5]).await;
    let third = (second.0, world.lesson(second.0, minute(10)).await, second.2);
    for place in [first, second, third] {
        attend(&world, place, minute(10), minute(40)).await;
    }
    let mut found: Vec<_> =
        world.found("overlap-person").await.iter().map(|finding| (finding.lesson, finding.detail["other_lessons"].clone())).collect();
    found.sort_by_key(|(lesson, _)| *lesson);
    let mut expected = vec![(Some(second.1), json!(1)), (Some(third.1), json!(2))];
    expected.sort_by_key(|(lesson, _)| *lesson);
    assert_eq!(found, expected);
}

/// A lesson in which two trainees were.
pub(super) async fn held(world: &World, class: ClassId, start: i64) -> LessonId {
    let lesson = world.lesson(class, minute(start)).await;
    let people = [world.trainee(class, world.ids.next()).await, world.trainee(class, world.ids.next()).await];
    let spans = people.map(|trainee| (trainee, minute(start), minute(start + 45)));
    world.attended(class, lesson, &spans).await;
    lesson
}

#[tokio::test]
async fn a_lesson_that_was_held_without_video_or_picture_is_found() {
    each_engine(async |db| {
        let world = World::new(db);
        let class = world.class().await;
        let lesson = held(&world, class, 0).await;
        let found = world.found("missing-media").await;
        let [finding] = &found[..] else { panic!("{found:?}") };
        assert_eq!((finding.class, finding.lesson, finding.trainee), (Some(class), Some(lesson), None));
        assert_eq!((finding.at, finding.money_fen, finding.evidence.len()), (minute(0), 2 * 975, 1));
        assert_eq!(finding.detail["people"], 2);
        told(finding);
    })
    .await;
}

#[tokio::test]
async fn lessons_with_media_or_without_people_or_not_online_are_not_missing_any() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    let class = world.class().await;
    let pictured = held(&world, class, 0).await;
    world.picture(class, Some(pictured), b"picture", 10).await;
    let filmed = held(&world, class, 60).await;
    let film = |lesson| Sent { kind: "video", bytes: b"film", class, lesson, trainee: None, received_at: minute(200) };
    world.evidence(film(Some(filmed))).await;
    world.lesson(class, minute(120)).await; // nobody came
    let change = async |statement: &'static str, lesson: LessonId| {
        let mut tx = world.db.begin().await.unwrap();
        sqlx::query(statement).bind(lesson.to_string()).execute(tx.conn()).await.unwrap();
        tx.commit().await.unwrap();
    };
    change(sql::IN_PERSON, held(&world, class, 180).await).await;
    change(sql::CANCELLED, held(&world, class, 240).await).await;
    let whole = held(&world, class, 300).await;
    let evidence = world.evidence(film(None)).await;
    let mut tx = world.db.begin().await.unwrap();
    let claim = sqlx::query(sql::CLAIMED).bind(evidence.to_string()).bind(minute(290).0).bind(minute(340).0);
    claim.execute(tx.conn()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.found("missing-media").await, [], "{whole}");
    held(&world, class, 360).await; // the claimed time does not touch this one
    assert_eq!(world.found("missing-media").await.len(), 1);
}

#[tokio::test]
async fn a_recording_has_three_days_to_come() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    let class = world.class().await;
    held(&world, class, 0).await;
    let hours = |hours: i64| minute(45 + hours * 60);
    for (now, found) in [(hours(71), 0), (hours(72), 1)] {
        let ran = run(&world.db, &world.lake, &Rules::builtin(), Some("missing-media"), WINDOW, &world.ids, now).await.unwrap();
        assert_eq!(ran[0].found, found, "{ran:?}");
    }
}

#[tokio::test]
async fn one_picture_for_two_lessons_is_found_at_the_one_it_was_sent_for_later() {
    each_engine(async |db| {
        let world = World::new(db);
        let class = world.class().await;
        let (first, second) = (held(&world, class, 0).await, held(&world, class, 60).await);
        let original = world.picture(class, Some(first), b"group", 50).await;
        let again = world.picture(class, Some(second), b"group", 110).await;
        let found = world.found("photo-reuse").await;
        let [finding] = &found[..] else { panic!("{found:?}") };
        assert_eq!((finding.lesson, finding.money_fen, finding.at), (Some(second), 2 * 975, minute(60)));
        let evidence: Vec<String> = finding.evidence.iter().map(|pointer| pointer.id.clone()).collect();
        assert_eq!(evidence, [again.to_string(), original.to_string()]);
        assert!(finding.explanation.en.seen.contains("another lesson"), "{}", finding.explanation.en.seen);
        told(finding);
        let other = world.class().await;
        let third = held(&world, other, 0).await;
        let trainee = world.trainee(other, world.ids.next()).await;
        world.picture_of(other, Some(third), Some(trainee), b"group", 120).await;
        let found = world.found("photo-reuse").await;
        assert_eq!(found.len(), 2);
        let finding = found.iter().find(|finding| finding.class == Some(other)).unwrap();
        assert_eq!((finding.money_fen, finding.trainee), (975, Some(trainee)), "it vouches for one trainee");
        assert!(finding.explanation.en.seen.contains("another class"));
    })
    .await;
}

#[tokio::test]
async fn a_group_picture_sent_twice_for_its_lesson_or_once_more_for_its_class_is_innocent() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    let class = world.class().await;
    let (first, second) = (held(&world, class, 0).await, held(&world, class, 60).await);
    let trainee = world.trainee(class, world.ids.next()).await;
    world.picture(class, Some(first), b"group", 50).await;
    world.picture_of(class, Some(first), Some(trainee), b"group", 51).await;
    world.picture(class, None, b"group", 52).await;
    world.picture(class, Some(second), b"another", 110).await;
    assert_eq!(world.found("photo-reuse").await, []);
}

#[tokio::test]
async fn a_recording_of_another_lesson_is_found_with_what_it_shares() {
    each_engine(async |db| {
        let world = World::new(db);
        let class = world.class().await;
        let (first, second, third) = (held(&world, class, 0).await, held(&world, class, 60).await, held(&world, class, 120).await);
        let original = world.video(class, first, b"film", 50).await;
        let copy = world.video(class, second, b"trimmed", 110).await;
        world.shares(copy, original, "strong", "together").await;
        let same = world.video(class, third, b"film", 170).await;
        let found = world.found("video-reuse").await;
        assert_eq!(found.len(), 2, "{found:?}");
        let of = |lesson: LessonId| found.iter().find(|finding| finding.lesson == Some(lesson)).unwrap();
        let finding = of(second);
        assert_eq!((finding.money_fen, finding.at), (2 * 975, minute(60)));
        let evidence: Vec<String> = finding.evidence.iter().map(|pointer| pointer.id.clone()).collect();
        assert_eq!(evidence, [copy.to_string(), original.to_string()]);
        assert!(
            finding.explanation.en.seen.contains("its pictures and sound for 12 min with one that was sent before for another lesson"),
            "{}",
            finding.explanation.en.seen
        );
        assert!(
            finding.explanation.zh.seen.contains("有 12 分钟的画面和声音出自先前为另一个课节提交的录像"),
            "{}",
            finding.explanation.zh.seen
        );
        told(finding);
        assert!(of(third).explanation.zh.seen.contains("逐字节等同于"));
        assert_eq!(of(third).evidence[0].id, same.to_string());
        found.iter().for_each(told);
    })
    .await;
}

#[tokio::test]
async fn recorded_content_and_what_is_only_alike_is_no_reuse_and_nor_is_one_lesson_in_two_files() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    let class = world.class().await;
    let (first, second) = (held(&world, class, 0).await, held(&world, class, 60).await);
    let original = world.video(class, first, b"film", 50).await;
    let part = world.video(class, first, b"part", 51).await;
    world.shares(part, original, "strong", "together").await;
    let alike = world.video(class, second, b"same deck", 110).await;
    world.shares(alike, original, "candidate", "pictures").await;
    let film = world.lesson(world.class().await, minute(200)).await;
    let mut tx = world.db.begin().await.unwrap();
    sqlx::query(sql::RECORDED).bind(film.to_string()).execute(tx.conn()).await.unwrap();
    tx.commit().await.unwrap();
    world.video(class, film, b"film", 250).await;
    assert_eq!(world.found("video-reuse").await, []);
}

#[tokio::test]
async fn a_picture_out_of_the_recording_of_another_lesson_is_found() {
    each_engine(async |db| {
        let world = World::new(db);
        let class = world.class().await;
        let (first, second) = (held(&world, class, 0).await, held(&world, class, 60).await);
        let recording = world.video(class, first, b"film", 50).await;
        let picture = world.picture(class, Some(second), b"frame", 110).await;
        world.shows(picture, recording, "strong").await;
        let found = world.found("photo-from-recording").await;
        let [finding] = &found[..] else { panic!("{found:?}") };
        assert_eq!((finding.lesson, finding.money_fen, finding.at), (Some(second), 2 * 975, minute(60)));
        let evidence: Vec<String> = finding.evidence.iter().map(|pointer| pointer.id.clone()).collect();
        assert_eq!(evidence, [picture.to_string(), recording.to_string()]);
        assert!(finding.explanation.zh.seen.contains("另一个课节的录像在 1:02:03 处"), "{}", finding.explanation.zh.seen);
        told(finding);
    })
    .await;
}

#[tokio::test]
async fn a_picture_out_of_its_own_recording_or_of_a_page_that_stands_in_another_is_innocent() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    let class = world.class().await;
    let (first, second) = (held(&world, class, 0).await, held(&world, class, 60).await);
    let (own, other) = (world.video(class, first, b"own", 50).await, world.video(class, second, b"other", 110).await);
    let both = world.picture(class, Some(first), b"both", 51).await;
    world.shows(both, own, "strong").await;
    world.shows(both, other, "strong").await;
    let page = world.picture(class, Some(first), b"page", 52).await;
    world.shows(page, other, "candidate").await;
    assert_eq!(world.found("photo-from-recording").await, []);
}

/// A lesson whose recording of fifty minutes has these facts.
async fn recorded_with(world: &World, facts: &[(&str, &str)]) -> LessonId {
    let class = world.class().await;
    let lesson = held(world, class, 0).await;
    let video = world.video(class, lesson, lesson.to_string().as_bytes(), 60).await;
    world.fact(video, "duration_ms", "3000000").await;
    for (name, value) in facts {
        world.fact(video, name, value).await;
    }
    lesson
}

#[tokio::test]
async fn a_recording_that_repeats_itself_is_found_with_the_part_of_the_hour_that_it_fills() {
    each_engine(async |db| {
        let world = World::new(db);
        let lesson = recorded_with(&world, &[("looped_ms", "1500000")]).await;
        recorded_with(&world, &[("looped_ms", "29999")]).await;
        let found = world.found("looped-video").await;
        let [finding] = &found[..] else { panic!("{found:?}") };
        assert_eq!((finding.lesson, finding.money_fen), (Some(lesson), 975));
        assert!(
            finding.explanation.zh.seen.contains("有 1500 秒") && finding.explanation.zh.seen.contains("占全长的 50%"),
            "{}",
            finding.explanation.zh.seen
        );
        told(finding);
    })
    .await;
}

#[tokio::test]
async fn a_recording_that_is_dead_for_long_is_found_and_a_break_is_not() {
    each_engine(async |db| {
        let world = World::new(db);
        let lesson = recorded_with(&world, &[("dead_ms", "900000"), ("black_ms", "600000")]).await;
        recorded_with(&world, &[("dead_ms", "599999")]).await;
        let found = world.found("frozen-video").await;
        let [finding] = &found[..] else { panic!("{found:?}") };
        assert_eq!((finding.lesson, finding.money_fen), (Some(lesson), 975));
        assert!(
            finding.explanation.en.seen.contains("black for 600 s and still in silence for 900 s: 50 %"),
            "{}",
            finding.explanation.en.seen
        );
        told(finding);
    })
    .await;
}

#[test]
fn a_rule_reads_the_tables_that_its_statement_names() {
    let rules = Rules::builtin();
    let rule = rules.get("looped-video").unwrap();
    assert!(["media", "lessons", "attendance"].iter().all(|table| rule.may_read(table)));
    assert!(["media_matches", "credits", "presence", "claims"].iter().all(|table| !rule.may_read(table)));
}
