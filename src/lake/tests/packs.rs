//! Packing, passing over and throwing away change nothing that a reader sees.

use crate::db::testing::{each_engine, sqlite};
use crate::ids::{ClassId, EvidenceId, LessonId, TraineeId};
use crate::lake::EventRow;
use crate::lake::query::Limits;
use crate::lake::testing::{MORNING, Sent, World, interval, sql};
use crate::time::{HOUR, MINUTE, SECOND, Time};
use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::Int64Type;
use futures::StreamExt;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use sqlx::Row;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use storage::{Op, When};

/// A class with two lessons and two trainees.
struct Class {
    id: ClassId,
    lessons: [LessonId; 2],
    trainees: [TraineeId; 2],
}

impl Class {
    async fn new(world: &World) -> Class {
        let id = world.class().await;
        let lessons = [world.lesson(id, MORNING).await, world.lesson(id, MORNING.plus(60 * MINUTE)).await];
        let trainees = [world.trainee(id, world.ids.next()).await, world.trainee(id, world.ids.next()).await];
        Class { id, lessons, trainees }
    }

    fn row(&self, evidence: EvidenceId, number: u64, chance: u64) -> EventRow {
        let from = MORNING.plus((chance % 997) as i64 * SECOND);
        let (lesson, trainee) = (self.lessons[(chance % 2) as usize], self.trainees[(chance / 2 % 2) as usize]);
        interval(evidence, self.id, lesson, number, trainee, from, from.plus((chance % 61) as i64 * SECOND))
    }

    fn rows(&self, evidence: EvidenceId, count: u64, chance: u64) -> Vec<EventRow> {
        (1..=count).map(|number| self.row(evidence, number, chance.wrapping_mul(31).wrapping_add(number * 17))).collect()
    }
}

fn in_time<'a>(rows: impl Iterator<Item = &'a EventRow>) -> Vec<EventRow> {
    let mut rows: Vec<EventRow> = rows.cloned().collect();
    rows.sort_by_key(|row| (row.at, row.evidence, row.row));
    rows
}

/// Everything a reader may ask is answered as the model says.
async fn same(world: &World, class: &Class, model: &BTreeMap<EvidenceId, Vec<EventRow>>) {
    let all = || model.values().flatten();
    let mut of_class = world.lake.events_of_class(class.id).await.unwrap().unwrap();
    for lesson in class.lessons {
        let expected = in_time(all().filter(|row| row.lesson == Some(lesson)));
        assert_eq!(of_class.remove(&lesson).unwrap_or_default(), expected);
        assert_eq!(world.lake.events_of_lesson(lesson).await.unwrap(), expected);
    }
    assert!(of_class.is_empty());
    for trainee in class.trainees {
        let expected = in_time(all().filter(|row| row.trainee == Some(trainee)));
        assert_eq!(world.lake.events_of_trainee(trainee).await.unwrap(), expected);
    }
    if let Some((evidence, rows)) = model.iter().next_back() {
        assert_eq!(world.lake.events_of_row(*evidence, 1).await.unwrap(), rows[..1]);
        assert!(world.lake.events_of_row(*evidence, 10_000).await.unwrap().is_empty());
    }
    assert_eq!(count(world, "select count(*) from attendance").await, all().count() as i64);
    let first = all().filter(|row| row.lesson == Some(class.lessons[0])).count() as i64;
    assert_eq!(count(world, &format!("select count(trainee) from attendance where lesson = '{}'", class.lessons[0])).await, first);
    let rows: i64 = all().map(|row| row.row as i64).sum();
    assert_eq!(
        count(world, "select coalesce(sum(row), 0) from attendance").await,
        rows,
        "without the column that says whose rows they are"
    );
}

async fn count(world: &World, text: &str) -> i64 {
    let batches = world.lake.query(text, Vec::new(), Limits::default()).await.unwrap().collect().await.unwrap();
    batches[0].column(0).as_primitive::<Int64Type>().value(0)
}

async fn numbers(world: &World, statement: &'static str) -> Vec<i64> {
    let row = sqlx::query(statement).fetch_one(world.db.read()).await.unwrap();
    (0..row.len()).map(|column| row.get(column)).collect()
}

#[derive(Clone, Debug)]
enum Step {
    /// So many rows of new evidence.
    Append(u64, u64),
    /// Evidence of the past is read again: otherwise, or as it was.
    Again(usize, u64, u64),
    Compact,
    Sweep,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        12 => (1..12u64, any::<u64>()).prop_map(|(rows, chance)| Step::Append(rows, chance)),
        4 => (any::<usize>(), 1..12u64, any::<u64>()).prop_map(|(which, rows, chance)| Step::Again(which, rows, chance)),
        1 => Just(Step::Append(3000, 7)),
        3 => Just(Step::Compact),
        1 => Just(Step::Sweep),
    ];
    prop::collection::vec(step, 1..60)
}

#[tokio::test]
async fn whatever_is_appended_read_again_packed_and_thrown_away_a_reader_sees_what_was_last_read() {
    let mut chance = TestRunner::deterministic();
    for _ in 0..12 {
        let steps = steps().new_tree(&mut chance).unwrap().current();
        let (db, _folder) = sqlite().await;
        let world = World::new(db);
        let class = Class::new(&world).await;
        story(&world, &class, &steps).await;
    }
}

#[tokio::test]
async fn the_same_holds_on_both_engines() {
    let mut steps: Vec<Step> = (0..9).map(|chance| Step::Append(4, chance)).collect();
    steps.extend([Step::Compact, Step::Again(2, 3, 99), Step::Again(3, 4, 3), Step::Sweep, Step::Compact]);
    steps.extend((0..20).map(|chance| Step::Append(2, chance)));
    steps.extend([Step::Append(3000, 7), Step::Compact, Step::Sweep]);
    steps.extend((0..12).map(|which| Step::Again(which, 1, 5)));
    steps.extend([Step::Compact, Step::Sweep]);
    each_engine(async |db| {
        let world = World::new(db);
        let class = Class::new(&world).await;
        story(&world, &class, &steps).await;
    })
    .await;
}

async fn story(world: &World, class: &Class, steps: &[Step]) {
    let mut model: BTreeMap<EvidenceId, Vec<EventRow>> = BTreeMap::new();
    let mut now = MORNING;
    for step in steps {
        now = now.plus(10 * MINUTE);
        match step {
            Step::Append(rows, chance) => {
                let evidence = world.log(class.id, class.lessons[0]).await;
                let rows = class.rows(evidence, *rows, *chance);
                world.read_into_lake(evidence, &rows, now).await;
                model.insert(evidence, rows);
            }
            Step::Again(which, rows, chance) => {
                let Some(evidence) = model.keys().nth(which % model.len().max(1)).copied() else { continue };
                if chance % 3 > 0 {
                    let rows = class.rows(evidence, *rows, *chance);
                    model.insert(evidence, rows);
                }
                world.read_into_lake(evidence, &model[&evidence], now).await;
            }
            Step::Compact => {
                world.lake.compact(class.id, &world.ids, now).await.unwrap();
            }
            Step::Sweep => {
                world.lake.sweep(now).await.unwrap();
            }
        }
        same(world, class, &model).await;
    }
    // Once all is quiet, nothing is left that nobody needs.
    while world.lake.compact(class.id, &world.ids, now).await.unwrap().files > 0 {}
    world.lake.sweep(now.plus(2 * HOUR)).await.unwrap();
    same(world, class, &model).await;
    let [packs, others] = numbers(world, sql::PACKS).await[..] else { panic!() };
    let live = numbers(world, sql::SEGMENTS).await[0];
    assert_eq!(others, 0);
    assert_eq!(live, model.len() as i64);
    let large = model.values().filter(|rows| rows.len() > 1000).count() as i64;
    let objects = world.objects.list().count().await as i64;
    assert!((packs..=packs + large).contains(&objects), "{objects} objects for {packs} packs and {large} large segments");
}

#[tokio::test]
async fn readers_see_every_row_once_while_packs_are_made_by_two_and_evidence_is_read_again() {
    each_engine(async |db| {
        let world = World::new(db);
        let class = Class::new(&world).await;
        let mut logs = Vec::new();
        for turn in 0..24 {
            let evidence = world.log(class.id, class.lessons[0]).await;
            world.read_into_lake(evidence, &class.rows(evidence, 4, turn), MORNING).await;
            logs.push(evidence);
        }
        let done = AtomicBool::new(false);
        let pack = async || {
            for turn in 0..12 {
                world.lake.compact(class.id, &world.ids, MORNING.plus(turn)).await.unwrap();
                tokio::task::yield_now().await;
            }
        };
        let read_again = async || {
            for (turn, evidence) in (100..).zip(&logs) {
                world.read_into_lake(*evidence, &class.rows(*evidence, 4, turn), MORNING.plus(turn as i64)).await;
                world.lake.sweep(MORNING.plus(turn as i64)).await.unwrap();
            }
        };
        let look = async || {
            let mut looks = 0;
            while !done.load(Ordering::SeqCst) {
                assert_eq!(count(&world, "select count(*) from attendance").await, 96);
                assert_eq!(count(&world, "select count(distinct evidence || '/' || row) from attendance").await, 96);
                let [one, other] = class.trainees.map(|trainee| world.lake.events_of_trainee(trainee));
                let (one, other) = (one.await.unwrap(), other.await.unwrap());
                for events in [&one, &other] {
                    let mut places: Vec<_> = events.iter().map(|event| (event.evidence, event.row)).collect();
                    places.sort_unstable();
                    assert!(places.windows(2).all(|pair| pair[0] != pair[1]));
                }
                looks += 1;
            }
            looks
        };
        let work = async {
            futures::join!(pack(), pack(), read_again());
            done.store(true, Ordering::SeqCst);
        };
        let ((), looks) = futures::join!(work, look());
        assert!(looks > 0);
        while world.lake.compact(class.id, &world.ids, MORNING.plus(HOUR)).await.unwrap().files > 0 {}
        assert!(numbers(&world, sql::PACKS).await[0] >= 1);
    })
    .await;
}

#[tokio::test]
async fn a_storage_that_fails_while_a_pack_is_kept_changes_nothing_and_leaves_nothing() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    let class = Class::new(&world).await;
    let mut model = BTreeMap::new();
    for chance in 0..10 {
        let evidence = world.log(class.id, class.lessons[0]).await;
        model.insert(evidence, class.rows(evidence, 5, chance));
        world.read_into_lake(evidence, &model[&evidence], MORNING).await;
    }
    for when in [When::Before, When::After] {
        world.faults.fail(Op::Put, when);
        assert_eq!(world.lake.compact(class.id, &world.ids, MORNING).await.unwrap_err().code, "storage_away");
        same(&world, &class, &model).await;
        assert_eq!(numbers(&world, sql::PACKS).await, [0, 0]);
        assert_eq!(world.objects.list().count().await, 0);
    }
    assert_eq!(world.lake.compact(class.id, &world.ids, MORNING).await.unwrap().files, 10);
    same(&world, &class, &model).await;
}

/// A worker that was killed in the middle of a pack leaves a row, and perhaps an object.
#[tokio::test]
async fn what_a_killed_worker_left_of_a_pack_is_thrown_away_and_does_not_block_the_class() {
    for by_sweep in [true, false] {
        each_engine(async |db| {
            let world = World::new(db);
            let class = Class::new(&world).await;
            let object = world.objects.put_bytes(bytes::Bytes::from_static(b"half a pack")).await.unwrap().digest;
            let left = async || world.objects.stat(&object).await.unwrap().is_some();
            let mut tx = world.db.begin().await.unwrap();
            let half = sqlx::query(sql::HALF_A_PACK).bind(class.id.to_string()).bind(object.0.to_vec()).bind(MORNING.0);
            half.execute(tx.conn()).await.unwrap();
            tx.commit().await.unwrap();
            for chance in 0..10 {
                let evidence = world.log(class.id, class.lessons[0]).await;
                world.read_into_lake(evidence, &class.rows(evidence, 5, chance), MORNING).await;
            }
            let (soon, later) = (MORNING.plus(MINUTE), MORNING.plus(3 * MINUTE));
            world.lake.sweep(soon).await.unwrap();
            let at_it = world.lake.compact(class.id, &world.ids, soon).await.unwrap();
            assert_eq!((at_it.files, at_it.more, left().await), (0, true, true), "another may be at it; somebody has to look again");
            if by_sweep {
                world.lake.sweep(later).await.unwrap();
                assert!(!left().await);
            }
            assert_eq!(world.lake.compact(class.id, &world.ids, later).await.unwrap().rows, 50);
            assert!(!left().await);
        })
        .await;
    }
}

/// A sweep that is late by one step throws away what came back; who put it back notices, and so does the sweep.
#[tokio::test]
async fn a_reading_that_comes_back_while_it_is_thrown_away_is_not_lost() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    let class = Class::new(&world).await;
    let evidence = world.log(class.id, class.lessons[0]).await;
    let (large, other) = (class.rows(evidence, 3000, 1), class.rows(evidence, 3, 2));
    world.read_into_lake(evidence, &large, MORNING).await;
    world.read_into_lake(evidence, &other, MORNING.plus(1)).await;
    let kept = world.lake.keep(evidence, crate::lake::testing::segment(&large)).await.unwrap();
    world.lake.sweep(MORNING.plus(2 * HOUR)).await.unwrap();
    let mut tx = world.db.begin().await.unwrap();
    world.lake.append(&mut tx, evidence, &kept, &world.ids, MORNING.plus(2 * HOUR)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.lake.confirm(&kept).await.unwrap_err().code, "storage_away");
    world.read_into_lake(evidence, &large, Time(MORNING.0 + 3 * HOUR)).await;
    assert_eq!(world.lake.events_of_row(evidence, 3000).await.unwrap().len(), 1);
}

/// Whoever has the very bytes of a file of the lake may hand them in; then they are evidence, and stay.
#[tokio::test]
async fn bytes_of_a_segment_that_are_evidence_too_stay() {
    each_engine(async |db| {
        let world = World::new(db);
        let class = Class::new(&world).await;
        for chance in 0..10 {
            let evidence = world.log(class.id, class.lessons[0]).await;
            world.read_into_lake(evidence, &class.rows(evidence, 1500, chance), MORNING).await;
        }
        let object = world.objects.list().next().await.unwrap().unwrap().digest;
        let bytes = world.objects.open_object(&object).await.unwrap().bytes(1 << 20).await.unwrap();
        let sent = Sent { kind: "document", bytes: &bytes, class: class.id, lesson: None, trainee: None, received_at: MORNING };
        world.evidence(sent).await;
        assert_eq!(world.lake.compact(class.id, &world.ids, MORNING).await.unwrap().files, 10);
        world.lake.sweep(MORNING.plus(2 * HOUR)).await.unwrap();
        assert_eq!(world.objects.list().count().await, 2, "the pack, and what is evidence");
        assert!(world.objects.stat(&object).await.unwrap().is_some());
    })
    .await;
}
