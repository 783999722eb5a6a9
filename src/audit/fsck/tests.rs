//! A sound house, and every way in which it can be unsound.

use super::{Report, check};
use crate::audit::bundle::tests::{Stage, sql};
use crate::db::testing;
use bytes::Bytes;
use storage::Digest;

async fn checked(stage: &Stage) -> Report {
    check(&stage.world.db, &stage.world.objects, &stage.log.trust()).await.expect("checks")
}

async fn codes(stage: &Stage) -> Vec<&'static str> {
    checked(stage).await.problems.iter().map(|problem| problem.code).collect()
}

#[tokio::test]
async fn nothing_is_wrong_with_what_was_kept_as_it_should_be() {
    testing::each_engine(async |db| {
        let stage = Stage::new(&db).await;
        stage.world.objects.put_bytes(Bytes::from_static(b"a refused upload")).await.expect("keeps");
        let report = checked(&stage).await;
        assert!(report.holds(), "{report:?}");
        assert_eq!((report.evidence, report.objects, report.unreferenced, report.segments, report.rows, report.runs), (2, 2, 1, 1, 2, 1));
        assert_eq!(report.leaves, 3);
    })
    .await;
}

#[tokio::test]
async fn lost_bytes_are_named_with_what_they_were() {
    let (db, _folder) = testing::sqlite().await;
    let stage = Stage::new(&db).await;
    let lost = Digest::of(b"\xff\xd8 a picture of A");
    stage.world.objects.discard(&lost).await.expect("discards");
    let report = checked(&stage).await;
    assert_eq!(report.problems.len(), 1);
    assert_eq!(
        report.problems[0].message,
        format!("The bytes of evidence {} ({lost}) are not in the storage; restore them from a copy.", stage.picture)
    );
}

#[tokio::test]
async fn changed_bytes_are_named() {
    let (db, _folder) = testing::sqlite().await;
    let stage = Stage::new(&db).await;
    assert!(stage.world.faults.damage(&Digest::of(b"\xff\xd8 a picture of A")));
    assert_eq!(codes(&stage).await, ["object_altered"]);
}

#[tokio::test]
async fn a_catalogue_that_names_other_bytes_contradicts_the_leaf() {
    let (db, _folder) = testing::sqlite().await;
    let stage = Stage::new(&db).await;
    let other = stage.world.objects.put_bytes(Bytes::from_static(b"\xff\xd8 a picture of B")).await.expect("keeps");
    stage.damage(sql::FORGE_EVIDENCE, stage.picture, Some(other.digest)).await;
    let report = checked(&stage).await;
    assert_eq!(report.problems.iter().map(|problem| problem.code).collect::<Vec<_>>(), ["leaf_differs"]);
    assert_eq!(report.unreferenced, 1);
}

#[tokio::test]
async fn rows_and_hours_that_were_added_are_named() {
    let (db, _folder) = testing::sqlite().await;
    let stage = Stage::new(&db).await;
    stage.damage(sql::FORGE_ROWS, stage.attendance, None).await;
    assert_eq!(codes(&stage).await, ["rows_differ"]);
    stage.damage(sql::FORGE_CREDIT, stage.lesson, None).await;
    let codes = codes(&stage).await;
    assert!(codes.contains(&"rows_differ") && codes.contains(&"credit_differs"), "{codes:?}");
}

#[tokio::test]
async fn segments_and_packs_that_are_not_as_the_catalogue_says_are_named() {
    testing::each_engine(async |db| {
        let stage = Stage::new(&db).await;
        stage.damage(sql::LOSE_SEGMENT, stage.attendance, None).await;
        assert_eq!(codes(&stage).await, ["segment_missing"]);
        stage.damage(sql::ALTER_SEGMENT, stage.attendance, None).await;
        assert_eq!(codes(&stage).await, ["segment_altered"]);
        stage.read().await;
        let pack = stage.pack().await;
        let report = checked(&stage).await;
        assert!(report.holds(), "{report:?}");
        assert_eq!((report.segments, report.packs, report.rows, report.unreferenced), (8, 1, 9, 0));
        stage.damage(sql::FORGE_ROWS, stage.attendance, None).await;
        assert_eq!(codes(&stage).await, ["rows_differ"]);
        assert!(stage.world.faults.damage(&pack));
        assert_eq!(codes(&stage).await, ["object_altered", "rows_differ"]);
        stage.damage(sql::NO_PACK, stage.attendance, None).await;
        assert!(codes(&stage).await.contains(&"segment_astray"));
        stage.damage(sql::UNREAD, stage.attendance, None).await;
        stage.damage(sql::ANALYSED, stage.attendance, None).await;
        assert!(codes(&stage).await.contains(&"log_without_segment"));
    })
    .await;
}

#[tokio::test]
async fn a_policy_that_governs_a_class_and_is_not_kept_or_not_sealed_is_named() {
    testing::each_engine(async |db| {
        let stage = Stage::new(&db).await;
        stage.damage(sql::FORGE_POLICY, stage.class, None).await;
        let report = checked(&stage).await;
        assert_eq!(report.problems.iter().map(|problem| problem.code).collect::<Vec<_>>(), ["policy_missing"]);
        assert!(report.problems[0].message.contains("gone@00000000") && report.problems[0].message.contains(&stage.class.to_string()));
        stage.damage(sql::FORGE_POLICY_TEXT, "gone@00000000", Some(Digest::of(b"id = 2"))).await;
        assert_eq!(codes(&stage).await, ["policy_altered", "policy_differs"]);
        stage.damage(sql::FORGE_POLICY_TEXT, "old@00000000", Some(Digest::of(b"id = 1"))).await;
        assert_eq!(codes(&stage).await, ["policy_altered", "policy_unreadable", "policy_differs"], "no decision sealed it");
    })
    .await;
}

#[tokio::test]
async fn a_lost_thumbnail_is_made_again_by_rebuild_and_no_copy() {
    let (db, _folder) = testing::sqlite().await;
    let stage = Stage::new(&db).await;
    stage.damage(sql::THUMBNAIL, stage.picture, Some(Digest::of(b"thumbnail"))).await;
    let report = checked(&stage).await;
    assert_eq!(report.problems.len(), 1);
    assert!(report.problems[0].message.ends_with("run keshi rebuild."), "{}", report.problems[0]);
}
