//! What the rule on people in pictures sees, and what it leaves alone.

use super::rules::told;
use super::world::minute;
use crate::db::testing::{each_engine, sqlite};
use crate::ids::{ClassId, EvidenceId, LessonId};
use crate::lake::testing::{World, sql};

/// A lesson into which so many people signed.
async fn signed_in(world: &World, class: ClassId, people: usize) -> LessonId {
    let lesson = world.lesson(class, minute(0)).await;
    let mut stays = Vec::new();
    for _ in 0..people {
        stays.push((world.trainee(class, world.ids.next()).await, minute(0), minute(45)));
    }
    world.attended(class, lesson, &stays).await;
    lesson
}

async fn faces(world: &World, evidence: EvidenceId, counts: &[u32]) {
    let counted: Vec<_> = counts.iter().enumerate().map(|(at, count)| serde_json::json!({"at_ms": at * 60_000, "count": count})).collect();
    world.fact(evidence, "faces", &serde_json::Value::from(counted).to_string()).await;
}

async fn counter(world: &World, evidence: EvidenceId, people: u32, confidence: f64) {
    let reading = serde_json::json!([{"at_ms": 0, "kind": "participants", "value": people.to_string(), "confidence": confidence}]);
    world.fact(evidence, "screen", &reading.to_string()).await;
}

#[tokio::test]
async fn a_lesson_that_shows_far_fewer_people_than_signed_in_is_found_weakly() {
    each_engine(async |db| {
        let world = World::new(db);
        let class = world.class().await;
        let counted = signed_in(&world, class, 12).await;
        let picture = world.picture(class, Some(counted), b"a", 60).await;
        counter(&world, picture, 6, 0.9).await;
        faces(&world, picture, &[3]).await;
        let film_of = signed_in(&world, class, 10).await;
        let film = world.video(class, film_of, b"b", 60).await;
        faces(&world, film, &[2, 5, 4]).await;
        let found = world.found("few-people").await;
        let mut seen: Vec<_> = found.iter().map(|one| (one.lesson, one.score, one.money_fen, one.evidence[0].id.clone())).collect();
        seen.sort_by_key(|one| std::cmp::Reverse((one.1 * 10.0) as i64));
        assert_eq!(seen, [(Some(counted), 0.7, 0, picture.to_string()), (Some(film_of), 0.4, 0, film.to_string())]);
        let says = |words: &str| found.iter().any(|one| one.explanation.zh.seen.contains(words));
        assert!(says("会议自己的计数最多 6 人；日志里签到 12 人") && says("能看到的人脸最多 5 人；日志里签到 10 人"), "{found:?}");
        found.iter().for_each(told);
    })
    .await;
}

#[tokio::test]
async fn who_may_be_out_of_the_picture_is_left_alone() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    let class = world.class().await;
    // Of 12: the teacher alone beside slides; too few looks; enough in one of several pictures; a count not sure enough; too few are missing.
    for (number, counts) in [&[1, 1, 1][..], &[3], &[2, 2, 7]].into_iter().enumerate() {
        let lesson = signed_in(&world, class, 12).await;
        let film = world.video(class, lesson, format!("{number}").as_bytes(), 60).await;
        faces(&world, film, counts).await;
    }
    let lesson = signed_in(&world, class, 12).await;
    let picture = world.picture(class, Some(lesson), b"unsure", 60).await;
    counter(&world, picture, 3, 0.76).await;
    let lesson = signed_in(&world, class, 7).await;
    let picture = world.picture(class, Some(lesson), b"small", 60).await;
    counter(&world, picture, 4, 0.9).await;
    // A gallery has 25 on a page, however many are there.
    let lesson = signed_in(&world, class, 60).await;
    let film = world.video(class, lesson, b"gallery", 60).await;
    faces(&world, film, &[20, 21, 19]).await;
    // The meeting's counter goes before faces.
    let lesson = signed_in(&world, class, 12).await;
    let film = world.video(class, lesson, b"off", 60).await;
    faces(&world, film, &[2, 2, 2]).await;
    counter(&world, film, 13, 0.9).await;
    // Recorded lessons are watched alone.
    let mut lessons = Vec::new();
    for number in 0..2 {
        let lesson = signed_in(&world, class, 12).await;
        let film = world.video(class, lesson, format!("content {number}").as_bytes(), 60).await;
        counter(&world, film, 1, 0.9).await;
        lessons.push(lesson);
    }
    let mut tx = world.db.begin().await.unwrap();
    sqlx::query(sql::RECORDED).bind(lessons[0].to_string()).execute(tx.conn()).await.unwrap();
    tx.commit().await.unwrap();
    let found = world.found("few-people").await;
    assert_eq!(found.iter().map(|one| one.lesson).collect::<Vec<_>>(), [Some(lessons[1])], "its twin, but for the mode");
}
