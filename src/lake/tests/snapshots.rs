//! Tables of the database as objects of the lake.

use crate::db::testing::{each_engine, sqlite};
use crate::lake::query::{Limits, object};
use crate::lake::snapshot;
use crate::lake::testing::{MORNING, Sent, World};
use crate::register::calendar::Calendar;
use crate::register::policy::Policies;
use crate::register::secrets::Secrets;
use crate::time::{MINUTE, Time};
use serde_json::{Value, json};

async fn rows(world: &World, sql: &str) -> Vec<Value> {
    let batches = world.lake.query(sql, Vec::new(), Limits::default()).await.unwrap().collect().await.unwrap();
    batches.iter().flat_map(|batch| (0..batch.num_rows()).map(|row| Value::Object(object(batch, row).unwrap()))).collect()
}

#[tokio::test]
async fn every_table_is_snapshotted_and_an_hour_has_its_price() {
    each_engine(async |db| {
        let mut world = World::new(db);
        world.lake = world.lake.with_terms(Policies::builtin(), Calendar::builtin(), Secrets::new([7; 32]));
        let class = world.class().await;
        let lesson = world.lesson(class, MORNING).await;
        let person = world.ids.next();
        let trainee = world.trainee(class, person).await;
        let received_at = MORNING;
        let sent = |bytes, received_at| Sent { kind: "screenshot", bytes, class, lesson: Some(lesson), trainee: None, received_at };
        let first = world.evidence(sent(b"picture", received_at)).await;
        let second = world.evidence(sent(b"picture", received_at.plus(1))).await;
        world.evidence(sent(b"another", received_at)).await;
        world.credit(class, lesson, trainee, 1000).await;
        world.fact(first, "media", r#"{"width": 640, "container": "jpeg", "exif": {"taken_at": "2020:03:03 09:10:00"}}"#).await;
        let taken = world.lake.snapshot(MORNING).await.unwrap();
        assert_eq!(taken.len(), snapshot::TABLES.len());

        assert_eq!(rows(&world, "select class, hours_total_milli, fen_per_hour from classes").await, [json!({"class": class, "hours_total_milli": 120_000, "fen_per_hour": 975})]);
        let lessons = rows(&world, "select lesson, hours_milli, worth_fen, length(teacher) as teacher from lessons").await;
        assert_eq!(lessons, [json!({"lesson": lesson, "hours_milli": 1000, "worth_fen": 975, "teacher": 32})]);
        assert_eq!(rows(&world, "select person, trainee from trainees join roster using (trainee, person)").await, [json!({"person": person, "trainee": trainee})]);
        assert_eq!(rows(&world, "select t.lessons from teachers t join lessons l on l.teacher = t.teacher").await, [json!({"lessons": 1})]);
        let matches = rows(&world, "select evidence, other, kind, tier, score from media_matches").await;
        assert_eq!(matches, [json!({"evidence": second, "other": first, "kind": "bytes", "tier": "exact", "score": 1.0})]);
        let media = rows(&world, "select evidence, width, container, taken_at, height from media where width is not null").await;
        assert_eq!(media, [json!({"evidence": first, "width": 640, "container": "jpeg", "taken_at": "2020:03:03 09:10:00", "height": null})]);
        assert_eq!(rows(&world, "select count(*) as n, min(length(digest)) as hex from media").await, [json!({"n": 3, "hex": 64})]);
        assert_eq!(rows(&world, "select worth_fen, credited_ms from credits").await, [json!({"worth_fen": 975, "credited_ms": 2_700_000})]);
        let presence = rows(&world, "select trainee, kind, reason, from_at, until_at from presence order by from_at").await;
        assert_eq!(
            presence,
            [
                json!({"trainee": trainee, "kind": "credited", "reason": null, "from_at": "2020-03-03T01:00:00Z", "until_at": "2020-03-03T01:40:00Z"}),
                json!({"trainee": trainee, "kind": "uncredited", "reason": "left_early", "from_at": "2020-03-03T01:40:00Z", "until_at": "2020-03-03T01:45:00Z"}),
            ]
        );
        assert_eq!(rows(&world, "select platform, timezone from platforms where platform = 'sx-zxpx'").await.len(), 1);
        assert_eq!(rows(&world, "select p.kind from providers p join classes c using (provider)").await, [json!({"kind": "institution"})]);
    })
    .await;
}

#[tokio::test]
async fn no_name_and_no_number_of_a_person_is_in_any_table() {
    let (db, _folder) = sqlite().await;
    let mut world = World::new(db);
    world.lake = world.lake.with_terms(Policies::builtin(), Calendar::builtin(), Secrets::new([7; 32]));
    let class = world.class().await;
    world.lesson(class, MORNING).await;
    world.trainee(class, world.ids.next()).await;
    world.lake.snapshot(MORNING).await.unwrap();
    for (table, _) in crate::lake::query::tables() {
        for row in rows(&world, &format!("select * from {table}")).await {
            let text = row.to_string();
            assert!(!text.contains("\"Name\"") && !text.contains("\"Teacher\""), "{table}: {text}");
        }
    }
}

#[tokio::test]
async fn an_unchanged_table_is_kept_once_and_a_replaced_snapshot_is_discarded_after_a_while() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    let class = world.class().await;
    let before = world.lake.snapshot(Time(1)).await.unwrap();
    assert_eq!(world.lake.snapshot(Time(2)).await.unwrap(), before);
    world.lesson(class, MORNING).await;
    let after = world.lake.snapshot(Time(3)).await.unwrap();
    let lessons = |taken: &[snapshot::Taken]| taken.iter().find(|taken| taken.table == "lessons").unwrap().digest;
    assert_ne!(lessons(&before), lessons(&after));
    assert_eq!(rows(&world, "select count(*) as n from lessons").await, [json!({"n": 1})]);
    assert!(world.objects.stat(&lessons(&before)).await.unwrap().is_some(), "a query may still read it");
    world.lake.snapshot(Time(3 + 61 * MINUTE)).await.unwrap();
    assert!(world.objects.stat(&lessons(&before)).await.unwrap().is_none());
    for taken in &after {
        assert!(world.objects.stat(&taken.digest).await.unwrap().is_some(), "{}", taken.table);
    }
}

#[tokio::test]
async fn a_replaced_snapshot_that_is_evidence_too_stays() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    let class = world.class().await;
    let before = world.lake.snapshot(Time(1)).await.unwrap();
    let old = before.iter().find(|taken| taken.table == "lessons").unwrap().digest;
    let bytes = world.objects.open_object(&old).await.unwrap().bytes(1 << 20).await.unwrap();
    world.evidence(Sent { kind: "document", bytes: &bytes, class, lesson: None, trainee: None, received_at: MORNING }).await;
    world.lesson(class, MORNING).await;
    world.lake.snapshot(Time(2)).await.unwrap();
    world.lake.snapshot(Time(2 + 61 * MINUTE)).await.unwrap();
    assert!(world.objects.stat(&old).await.unwrap().is_some());
}

#[tokio::test]
async fn a_snapshot_is_taken_again_only_when_it_is_older_than_asked() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    let fresh = async |since: i64| sqlx::query(snapshot::sql::FRESH).bind(since).fetch_all(world.db.read()).await.unwrap().len();
    world.lake.snapshot_since(Time(5), Time(10)).await.unwrap();
    let all = fresh(10).await;
    assert!(all > 10, "{all} tables");
    world.lake.snapshot_since(Time(10), Time(20)).await.unwrap();
    assert_eq!(fresh(11).await, 0);
    world.lake.snapshot_since(Time(11), Time(20)).await.unwrap();
    assert_eq!(fresh(20).await, all);
    world.lake.snapshot(Time(15)).await.unwrap();
    assert_eq!(fresh(20).await, all, "an older one does not take the place of a newer one");
    world.lake.snapshot_of(|table| table == "lessons", Time(21), Time(30)).await.unwrap();
    assert_eq!((fresh(30).await, fresh(20).await), (1, all), "what nobody wants stays as it is");
}
