//! Derived again: nothing differs, or what differs is told.

use super::{Report, rebuild};
use crate::audit::bundle::tests::{NOW, Stage, sql};
use crate::db::testing;
use crate::error::{Error, codes};
use std::sync::Mutex;

/// Rebuilds with the readers the stage has.
async fn rebuilt(stage: &Stage) -> (Report, Vec<String>) {
    let told = Mutex::new(Vec::new());
    let analyse = async |evidence| {
        if evidence == stage.attendance {
            stage.read().await;
        }
        Ok(())
    };
    let credit = async |_| stage.credit().await;
    let tell = |difference: &super::Difference| told.lock().expect("one at a time").push(difference.to_string());
    let report = rebuild(&stage.world.db, &stage.world.objects, NOW, analyse, credit, tell).await.expect("rebuilds");
    (report, told.into_inner().expect("one at a time"))
}

#[tokio::test]
async fn nothing_differs_when_all_follows_from_the_evidence() {
    testing::each_engine(async |db| {
        let stage = Stage::new(&db).await;
        let (report, told) = rebuilt(&stage).await;
        assert_eq!(told, [""; 0]);
        assert_eq!(report, Report { evidence: 2, lessons: 1, differences: 0, failed: 0 });
    })
    .await;
}

#[tokio::test]
async fn hours_that_were_changed_are_set_aside_and_calculated_again() {
    let (db, _folder) = testing::sqlite().await;
    let stage = Stage::new(&db).await;
    stage.damage(sql::FORGE_CREDIT, stage.lesson, None).await;
    let (_, told) = rebuilt(&stage).await;
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("was not what was sealed"), "{}", told[0]);
    assert_eq!(rebuilt(&stage).await.1, [""; 0]);
    let credits = crate::link::credits_of_class(&stage.world.db, stage.class).await.expect("reads");
    assert_eq!(credits.iter().map(|credit| credit.credited_ms).sum::<i64>(), (45 + 30) * 60_000);
}

#[tokio::test]
async fn a_lost_segment_is_made_again() {
    testing::each_engine(async |db| {
        let stage = Stage::new(&db).await;
        stage.damage(sql::LOSE_SEGMENT, stage.attendance, None).await;
        let (report, told) = rebuilt(&stage).await;
        assert_eq!(report.differences, 1);
        assert!(told[0].ends_with("Its segment was missing and is made again."), "{}", told[0]);
        stage.damage(sql::ALTER_SEGMENT, stage.attendance, None).await;
        let (_, told) = rebuilt(&stage).await;
        assert!(told[0].ends_with("Its segment was altered in the catalogue and is made again."), "{}", told[0]);
        assert_eq!(rebuilt(&stage).await.1, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn the_segments_of_a_lost_pack_are_made_again() {
    testing::each_engine(async |db| {
        let stage = Stage::new(&db).await;
        let pack = stage.pack().await;
        assert_eq!(rebuilt(&stage).await.1, [""; 0]);
        // One segment has no bytes of its own any more, the others still do.
        stage.damage(sql::LOSE_SEGMENT, stage.attendance, None).await;
        assert!(stage.world.faults.damage(&pack));
        let (_, told) = rebuilt(&stage).await;
        let pack = "The pack of its segment was altered in the storage; its segments are made again.";
        assert_eq!(told.iter().filter(|told| told.ends_with(pack)).count(), 1, "{told:?}");
        let missing = format!("evidence {}: Its segment was missing and is made again.", stage.attendance);
        assert!(told.iter().all(|told| told.ends_with(pack) || *told == missing), "{told:?}");
        assert_eq!(rebuilt(&stage).await.1, [""; 0]);
        stage.world.lake.sweep(NOW.plus(crate::time::DAY)).await.expect("sweeps");
        assert_eq!(rebuilt(&stage).await.1, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn events_that_were_taken_out_of_the_lake_come_back() {
    let (db, _folder) = testing::sqlite().await;
    let stage = Stage::new(&db).await;
    stage.damage(sql::UNREAD, stage.attendance, None).await;
    let (_, told) = rebuilt(&stage).await;
    assert_eq!(told.len(), 1);
    assert!(told[0].ends_with("It had no events in the lake and has 2 now."), "{}", told[0]);
}

#[tokio::test]
async fn what_cannot_be_derived_stays_as_it_is_and_is_told() {
    let (db, _folder) = testing::sqlite().await;
    let stage = Stage::new(&db).await;
    let told = Mutex::new(Vec::new());
    let analyse = async |_| Err(Error::of(&codes::CORRUPT));
    let credit = async |_| Ok(());
    let tell = |difference: &super::Difference| told.lock().expect("one at a time").push(difference.to_string());
    let report = rebuild(&db, &stage.world.objects, NOW, analyse, credit, tell).await.expect("rebuilds");
    assert_eq!((report.failed, report.differences), (2, 2));
}
