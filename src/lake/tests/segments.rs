//! What goes into the lake comes out, once, and verified.

use crate::analyse::attendance::{EventKind, MatchedBy};
use crate::db::testing::{each_engine, sqlite};
use crate::ids::{ClassId, EvidenceId, LessonId, ResolutionId, TraineeId};
use crate::lake::query::Limits;
use crate::lake::testing::{MORNING, World, interval, segment, sql};
use crate::lake::{EventRow, SegmentWriter};
use crate::time::{MINUTE, SECOND, Time};
use futures::StreamExt;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use storage::{Op, When};
use uuid::Uuid;

fn text() -> impl Strategy<Value = Option<String>> {
    prop::option::of("[a-z0-9.:学 \"\u{0}]{0,12}")
}

/// Rows with every field there or not; lessons and trainees are those of the world.
fn rows(evidence: EvidenceId, class: ClassId, lessons: [LessonId; 2], trainees: [TraineeId; 2]) -> impl Strategy<Value = Vec<EventRow>> {
    let who = (prop::option::of(prop::sample::select(lessons.to_vec())), prop::option::of(prop::sample::select(trainees.to_vec())), text());
    let what = (prop::sample::select(EventKind::ALL.to_vec()), 0..7200i64, prop::option::of(0..7200i64));
    let with = (text(), text(), text(), text(), text(), text(), prop::option::of(any::<i64>()), prop::option::of(-1e9..1e9f64));
    let row = (who, what, with, prop::option::of((0..1000u64, 1..1000u64)), prop::option::of(Just("sx-zxpx".to_owned())));
    let row = row.prop_map(move |((lesson, trainee, source_name), (kind, at, lasted), with, bytes, platform)| {
        let at = MORNING.plus(at * SECOND);
        let (ip, device, user_agent, client, region, reference, position_ms, score) = with;
        let row_is_ruled = position_ms.is_some();
        EventRow {
            evidence,
            row: 0,
            bytes: bytes.map(|(from, size)| from..from + size),
            platform,
            provider: None,
            class: Some(class),
            lesson,
            trainee,
            source_name,
            matched_by: trainee.map(|_| if row_is_ruled { MatchedBy::Resolution } else { MatchedBy::NamePart }),
            resolution: row_is_ruled.then(|| ResolutionId(Uuid::from_u128(7))),
            kind,
            at,
            until: lasted.map(|lasted| at.plus(lasted * SECOND)),
            received_at: MORNING.plus(7200 * SECOND),
            ip,
            device,
            user_agent,
            client,
            region,
            position_ms,
            score,
            reference,
            stated_ms: position_ms,
            mark: None,
        }
    });
    prop::collection::vec(row, 1..60).prop_map(|mut rows| {
        rows.iter_mut().zip(1..).for_each(|(row, number)| row.row = number);
        rows
    })
}

fn in_time(mut rows: Vec<EventRow>) -> Vec<EventRow> {
    rows.sort_by_key(|row| (row.at, row.evidence, row.row));
    rows
}

#[tokio::test]
async fn what_is_appended_is_read_back_by_lesson_and_by_trainee_whatever_the_rows_are() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    let class = world.class().await;
    let lessons = [world.lesson(class, MORNING).await, world.lesson(class, MORNING.plus(60 * MINUTE)).await];
    let trainees = [world.trainee(class, world.ids.next()).await, world.trainee(class, world.ids.next()).await];
    let evidence = world.log(class, lessons[0]).await;
    let mut chance = TestRunner::deterministic();
    for turn in 0..48 {
        let rows = rows(evidence, class, lessons, trainees).new_tree(&mut chance).unwrap().current();
        world.read_into_lake(evidence, &rows, MORNING.plus(turn)).await;
        for lesson in lessons {
            let expected = rows.iter().filter(|row| row.lesson == Some(lesson)).cloned().collect();
            assert_eq!(world.lake.events_of_lesson(lesson).await.unwrap(), in_time(expected));
        }
        for trainee in trainees {
            let expected = rows.iter().filter(|row| row.trainee == Some(trainee)).cloned().collect();
            assert_eq!(world.lake.events_of_trainee(trainee).await.unwrap(), in_time(expected));
        }
    }
}

#[tokio::test]
async fn a_replaced_segment_is_not_seen_and_the_same_reading_twice_is_one() {
    each_engine(async |db| {
        let world = World::new(db);
        let class = world.class().await;
        let lesson = world.lesson(class, MORNING).await;
        let trainee = world.trainee(class, world.ids.next()).await;
        let evidence = world.log(class, lesson).await;
        let row = |number, minutes| interval(evidence, class, lesson, number, trainee, MORNING, MORNING.plus(minutes * MINUTE));
        world.read_into_lake(evidence, &[row(1, 40), row(2, 45)], Time(1)).await;
        assert_eq!(world.lake.events_of_lesson(lesson).await.unwrap().len(), 2);
        world.read_into_lake(evidence, &[row(1, 30)], Time(2)).await;
        assert_eq!(world.lake.events_of_lesson(lesson).await.unwrap(), [row(1, 30)]);
        world.read_into_lake(evidence, &[row(1, 30)], Time(3)).await;
        assert_eq!(world.lake.events_of_lesson(lesson).await.unwrap(), [row(1, 30)]);
        world.read_into_lake(evidence, &[row(1, 40), row(2, 45)], Time(4)).await;
        assert_eq!(world.lake.events_of_trainee(trainee).await.unwrap().len(), 2, "an earlier reading may come back");
    })
    .await;
}

#[tokio::test]
async fn the_same_rows_make_the_same_bytes() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    let [evidence, class, lesson, trainee] = [Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3), Uuid::from_u128(4)];
    let rows: Vec<EventRow> = (1..1000)
        .map(|row| interval(evidence.into(), class.into(), lesson.into(), row, trainee.into(), MORNING, MORNING.plus(row as i64)))
        .collect();
    let first = world.lake.keep(evidence.into(), segment(&rows)).await.unwrap();
    let second = world.lake.keep(evidence.into(), segment(&rows)).await.unwrap();
    assert_eq!(first.digest(), second.digest());
}

#[tokio::test]
async fn a_log_of_several_row_groups_is_read_back_whole() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    let class = world.class().await;
    let lessons = [world.lesson(class, MORNING).await, world.lesson(class, MORNING.plus(60 * MINUTE)).await];
    let trainee = world.trainee(class, world.ids.next()).await;
    let evidence = world.log(class, lessons[0]).await;
    let count = 140_000;
    let segment = tokio::task::spawn_blocking(move || {
        let mut writer = SegmentWriter::new().unwrap();
        for row in 1..=count {
            let from = MORNING.plus((row as i64 * 7919) % 1_000_003);
            writer.push(&interval(evidence, class, lessons[(row % 70_000 == 0) as usize], row, trainee, from, from.plus(1))).unwrap();
        }
        writer.finish().unwrap()
    });
    let kept = world.lake.keep(evidence, segment.await.unwrap()).await.unwrap();
    let mut tx = world.db.begin().await.unwrap();
    world.lake.append(&mut tx, evidence, &kept, &world.ids, MORNING).await.unwrap();
    tx.commit().await.unwrap();
    let rare: Vec<u64> = world.lake.events_of_lesson(lessons[1]).await.unwrap().iter().map(|event| event.row).collect();
    assert_eq!(in_order(rare), [70_000, 140_000]);
    let common: Vec<u64> = world.lake.events_of_lesson(lessons[0]).await.unwrap().iter().map(|event| event.row).collect();
    assert_eq!(in_order(common), (1..=count).filter(|row| row % 70_000 != 0).collect::<Vec<_>>());
}

/// More than stays in the catalogue, in time.
pub(super) fn many(evidence: EvidenceId, class: ClassId, lesson: LessonId, trainee: TraineeId) -> Vec<EventRow> {
    let row = |number: u64| {
        let from = MORNING.plus(number as i64 * 1_000_003);
        let mut row = interval(evidence, class, lesson, number, trainee, from, from.plus(number as i64 * 7919));
        row.source_name = Some(storage::Digest::of(&number.to_be_bytes()).to_string());
        row
    };
    (1..=1000).map(row).collect()
}

fn in_order(mut numbers: Vec<u64>) -> Vec<u64> {
    numbers.sort_unstable();
    numbers
}

#[tokio::test]
async fn a_storage_that_fails_before_or_after_keeping_leaves_no_segment_in_the_catalogue_and_a_second_try_works() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    let class = world.class().await;
    let lesson = world.lesson(class, MORNING).await;
    let trainee = world.trainee(class, world.ids.next()).await;
    let evidence = world.log(class, lesson).await;
    let rows = many(evidence, class, lesson, trainee);
    for when in [When::Before, When::After] {
        world.faults.fail(Op::Put, when);
        let error = world.lake.keep(evidence, segment(&rows)).await.unwrap_err();
        assert_eq!(error.code, "storage_away");
        assert!(world.lake.events_of_lesson(lesson).await.unwrap().is_empty());
    }
    world.read_into_lake(evidence, &rows, MORNING).await;
    assert_eq!(world.lake.events_of_lesson(lesson).await.unwrap(), rows);
}

#[tokio::test]
async fn a_segment_changed_in_the_storage_is_not_believed() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    let class = world.class().await;
    let lesson = world.lesson(class, MORNING).await;
    let trainee = world.trainee(class, world.ids.next()).await;
    let evidence = world.log(class, lesson).await;
    let kept = world.lake.keep(evidence, segment(&many(evidence, class, lesson, trainee))).await.unwrap();
    let mut tx = world.db.begin().await.unwrap();
    world.lake.append(&mut tx, evidence, &kept, &world.ids, MORNING).await.unwrap();
    tx.commit().await.unwrap();
    assert!(world.faults.damage(&kept.digest()));
    let error = world.lake.events_of_lesson(lesson).await.unwrap_err();
    assert!(error.message.contains("keshi fsck"), "{error}");
}

#[tokio::test]
async fn a_tiny_segment_is_in_the_catalogue_alone_and_not_believed_when_it_is_changed_there() {
    each_engine(async |db| {
        let world = World::new(db);
        let class = world.class().await;
        let lesson = world.lesson(class, MORNING).await;
        let trainee = world.trainee(class, world.ids.next()).await;
        let evidence = world.log(class, lesson).await;
        world.read_into_lake(evidence, &[interval(evidence, class, lesson, 1, trainee, MORNING, MORNING)], MORNING).await;
        assert_eq!(world.objects.list().count().await, 0);
        assert_eq!(world.lake.events_of_lesson(lesson).await.unwrap().len(), 1);
        let mut tx = world.db.begin().await.unwrap();
        sqlx::query(sql::ALTER_INLINE).bind(evidence.to_string()).bind(&b"other"[..]).execute(tx.conn()).await.unwrap();
        tx.commit().await.unwrap();
        let error = world.lake.events_of_lesson(lesson).await.unwrap_err();
        assert!(error.message.contains("keshi fsck"), "{error}");
        let error = world.lake.query("select * from attendance", Vec::new(), Limits::default()).await;
        let error = match error {
            Ok(answer) => answer.collect().await.unwrap_err(),
            Err(error) => error,
        };
        assert!(error.message.contains("keshi fsck"), "{error}");
    })
    .await;
}
