//! What the rules on clock, date and meeting number on the screen see, and what they leave alone. The lesson is on 2020-03-03 from 09:00 to 09:45.

use super::rules::{held, told};
use crate::db::testing::{each_engine, sqlite};
use crate::detect::Finding;
use crate::ids::{ClassId, EvidenceId, LessonId};
use crate::lake::testing::{World, sql};

/// What was read: kind, value, second of the recording.
type Read<'a> = (&'a str, &'a str, u64);

async fn says(world: &World, evidence: EvidenceId, readings: &[Read<'_>]) {
    sure(world, evidence, readings, 0.9).await;
}

async fn sure(world: &World, evidence: EvidenceId, readings: &[Read<'_>], confidence: f64) {
    let reading =
        |(kind, value, second): &Read| serde_json::json!({"at_ms": second * 1000, "kind": kind, "value": value, "confidence": confidence});
    let readings: Vec<serde_json::Value> = readings.iter().map(reading).collect();
    world.fact(evidence, "screen", &serde_json::Value::from(readings).to_string()).await;
}

/// A picture of a lesson of its own, on whose screen this was read.
async fn shown(world: &World, class: ClassId, readings: &[Read<'_>]) -> (LessonId, EvidenceId) {
    let lesson = held(world, class, 0).await;
    let picture = world.picture(class, Some(lesson), lesson.to_string().as_bytes(), 60).await;
    says(world, picture, readings).await;
    (lesson, picture)
}

fn evidence(found: &[Finding]) -> Vec<String> {
    let mut found: Vec<String> = found.iter().map(|finding| finding.evidence[0].id.clone()).collect();
    found.sort();
    found
}

fn of(mut expected: Vec<EvidenceId>) -> Vec<String> {
    expected.sort_by_key(ToString::to_string);
    expected.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_screen_whose_date_and_clock_are_another_times_is_found_with_the_hours_it_was_to_prove() {
    each_engine(async |db| {
        let world = World::new(db);
        let class = world.class().await;
        let (lesson, picture) = shown(&world, class, &[("clock", "14:20", 0), ("date", "2020-03-05", 0)]).await;
        let found = world.found("screen-time").await;
        let [finding] = &found[..] else { panic!("{found:?}") };
        assert_eq!((finding.lesson, finding.money_fen, finding.score), (Some(lesson), 2 * 975, 1.0));
        assert_eq!(evidence(&found), of(vec![picture]));
        assert!(finding.explanation.zh.seen.contains("2020-03-05 14:20，日期和时钟都对不上"), "{}", finding.explanation.zh.seen);
        assert!(finding.explanation.en.seen.contains("2020-03-05 14:20"), "{}", finding.explanation.en.seen);
        told(finding);
        assert_eq!(world.found("screen-clock").await, [], "it is not found twice");
    })
    .await;
}

#[tokio::test]
async fn a_clock_that_goes_on_with_the_recording_or_agrees_with_the_camera_is_two_signs() {
    each_engine(async |db| {
        let world = World::new(db);
        let class = world.class().await;
        let lesson = held(&world, class, 0).await;
        let film = world.video(class, lesson, b"film", 60).await;
        says(&world, film, &[("clock", "14:20", 0), ("clock", "14:25", 300)]).await;
        let (_, photograph) = shown(&world, class, &[("clock", "14:20", 0)]).await;
        world.fact(photograph, "exif", r#"{"taken_at":"2020-03-03T06:20:31Z","has_position":false}"#).await;
        let (_, good) = shown(&world, class, &[("clock", "14:20", 0)]).await;
        world.fact(good, "exif", r#"{"taken_at":"2020-03-03T01:20:31Z","has_position":false}"#).await;
        let found = world.found("screen-time").await;
        assert_eq!(evidence(&found), of(vec![film, photograph]));
        let seen: Vec<&str> = found.iter().map(|finding| finding.explanation.zh.seen.as_str()).collect();
        assert!(seen.iter().any(|seen| seen.contains("一直走着")) && seen.iter().any(|seen| seen.contains("相机")), "{seen:?}");
        found.iter().for_each(told);
        assert_eq!(evidence(&world.found("screen-clock").await), of(vec![good]), "the camera speaks against the clock");
    })
    .await;
}

#[tokio::test]
async fn one_sign_alone_is_weak_and_counts_no_money() {
    each_engine(async |db| {
        let world = World::new(db);
        let class = world.class().await;
        let (_, clock) = shown(&world, class, &[("clock", "14:20", 0)]).await;
        let (_, date) = shown(&world, class, &[("date", "03-05", 0)]).await;
        let (_, today) = shown(&world, class, &[("clock", "14:20", 0), ("date", "2020-03-03", 0)]).await;
        let (_, other_day) = shown(&world, class, &[("clock", "09:20", 0), ("date", "2020-03-05", 0)]).await;
        let found = world.found("screen-clock").await;
        assert_eq!(evidence(&found), of(vec![clock, date, today, other_day]));
        assert!(found.iter().all(|finding| finding.money_fen == 0 && finding.score == 0.5));
        found.iter().for_each(told);
        assert_eq!(world.found("screen-time").await, []);
    })
    .await;
}

#[tokio::test]
async fn a_screen_of_the_lesson_and_what_is_no_screen_of_it_are_left_alone() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    let class = world.class().await;
    // In it, and half an hour before and after.
    for (clock, date) in [("09:20:59", "2020-03-03"), ("08:31", "03-03"), ("10:14", "2020-03-03")] {
        shown(&world, class, &[("clock", clock, 0), ("date", date, 0)]).await;
    }
    // Not sure enough; nothing but a count; of a whole class; of content that is watched at any time.
    let lesson = held(&world, class, 0).await;
    let unsure = world.picture(class, Some(lesson), b"unsure", 60).await;
    sure(&world, unsure, &[("clock", "14:20", 0), ("date", "2020-03-05", 0)], 0.79).await;
    shown(&world, class, &[("participants", "36", 0)]).await;
    let whole = world.picture(class, None, b"whole", 60).await;
    says(&world, whole, &[("clock", "14:20", 0), ("date", "2020-03-05", 0)]).await;
    let (recorded, _) = shown(&world, class, &[("clock", "14:20", 0), ("date", "2020-03-05", 0)]).await;
    let mut tx = world.db.begin().await.unwrap();
    sqlx::query(sql::RECORDED).bind(recorded.to_string()).execute(tx.conn()).await.unwrap();
    tx.commit().await.unwrap();
    // An afternoon lesson whose clock has a dial of twelve hours, and one that goes over midnight.
    let afternoon = held(&world, class, 5 * 60).await;
    let picture = world.picture(class, Some(afternoon), b"afternoon", 400).await;
    says(&world, picture, &[("clock", "02:20", 0), ("date", "2020-03-03", 0)]).await;
    let night = held(&world, class, 14 * 60 + 40).await;
    let picture = world.picture(class, Some(night), b"night", 1000).await;
    says(&world, picture, &[("clock", "00:10", 0), ("date", "2020-03-04", 0)]).await;
    assert_eq!(world.found("screen-time").await, []);
    assert_eq!(world.found("screen-clock").await, []);
}

#[tokio::test]
async fn a_meeting_number_that_is_not_the_lessons_is_found_and_its_own_or_a_slip_of_one_digit_is_not() {
    each_engine(async |db| {
        let world = World::new(db);
        let class = world.class().await;
        let planned = async |lesson: LessonId, number: &str| {
            let mut tx = world.db.begin().await.unwrap();
            sqlx::query(sql::MEETING).bind(lesson.to_string()).bind(number.to_owned()).execute(tx.conn()).await.unwrap();
            tx.commit().await.unwrap();
        };
        let (lesson, other) = shown(&world, class, &[("meeting", "987654321", 0)]).await;
        planned(lesson, "123 456 789").await;
        let (lesson, own) = shown(&world, class, &[("meeting", "987654321", 0)]).await;
        planned(lesson, "987-654-321").await;
        let (lesson, _) = shown(&world, class, &[("meeting", "987654331", 0)]).await;
        planned(lesson, "987654321").await;
        let (lesson, _) = shown(&world, class, &[("meeting", "987654321", 0)]).await;
        planned(lesson, "DG-K01").await;
        shown(&world, class, &[("meeting", "987654321", 0)]).await; // the plan names none
        let (lesson, _) = shown(&world, class, &[("meeting", "555666777", 0), ("meeting", "111222333", 900)]).await;
        planned(lesson, "111222333").await;
        let found = world.found("screen-meeting").await;
        assert_eq!(evidence(&found), of(vec![other]), "not {own}");
        assert_eq!(found[0].money_fen, 0);
        assert!(
            found[0].explanation.zh.seen.contains("987654321，计划里是 123456789；画面上的是另一个课节的会议号"),
            "{}",
            found[0].explanation.zh.seen
        );
        told(&found[0]);
    })
    .await;
}
