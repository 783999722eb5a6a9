//! An hour that rests on a person's word of who somebody is: the word goes with it, and is held against the log.

use super::super::bag;
use super::forged::{repacked, replaced};
use super::*;
use crate::audit::fsck;
use crate::db::testing;
use crate::ids::ResolutionId;
use crate::lake::EventRow;
use crate::register::resolution::{self, Identity, New, Says};
use crate::register::secrets::Secrets;

/// B's row is B's because somebody said so.
async fn stage_with_a_word(db: &Db) -> (Stage, ResolutionId) {
    let stage = Stage::new(db).await;
    let World { db, ids, .. } = &stage.world;
    let (at, id): (Time, ResolutionId) = (MORNING.plus(90 * MINUTE), ids.next());
    let [a, b] = stage.trainees;
    let new = New {
        id,
        class: stage.class,
        identity: Identity([3; 32]),
        who: r#"{"name":"快乐每一天"}"#.into(),
        says: Says::Trainee(b),
        reason: "电话核实".into(),
        actor: "login:1".into(),
        at,
    };
    let kept = new.kept(&Secrets::new([7; 32])).expect("has a reason");
    let fields = serde_json::json!({
        "resolution": id, "class": stage.class, "says": "trainee", "digest": kept.digest.to_string(), "by": "login:1", "at": at,
    });
    let leaf = Leaf::new("resolution", fields.as_object().expect("an object").clone()).expect("fits");
    let mut tx = db.begin().await.expect("begins");
    let leaf = seal::stage(&mut tx, &leaf, ids, at).await.expect("stages");
    resolution::keep(&mut tx, ids, &kept, leaf).await.expect("keeps");
    tx.commit().await.expect("commits");
    let minute = |minute| MORNING.plus(minute * MINUTE);
    let rows = [
        interval(stage.attendance, stage.class, stage.lesson, 2, a, minute(0), minute(45)),
        EventRow { resolution: Some(id), ..interval(stage.attendance, stage.class, stage.lesson, 3, b, minute(10), minute(40)) },
    ];
    stage.world.read_into_lake(stage.attendance, &rows, at).await;
    stage.credit().await.expect("credits");
    stage.log.turn().await.expect("seals");
    (stage, id)
}

/// The faults of a bundle: status and kind.
fn faults(report: &Report) -> Vec<String> {
    let faults = report.items.iter().filter(|item| item.status > Status::IntegrityOnly);
    faults.map(|item| format!("{} {}", item.status, item.kind)).collect()
}

#[tokio::test]
async fn the_word_an_hour_rests_on_is_proven_with_it_and_left_out_of_others() {
    testing::each_engine(async |db| {
        let (stage, id) = stage_with_a_word(&db).await;
        let [a, b] = stage.trainees;
        let report = stage.verify(&stage.bytes(What::Hour(stage.lesson, b)).await);
        assert!(report.holds(), "{report:?}");
        let line = report.items.iter().find(|item| item.kind == "resolution").expect("there");
        assert_eq!((line.status, line.id.as_str()), (Status::Proven, id.to_string().as_str()));
        let hour = report.items.iter().find(|item| item.kind == "hour").expect("there");
        assert_eq!(hour.status, Status::Proven);
        let other = stage.verify(&stage.bytes(What::Hour(stage.lesson, a)).await);
        assert!(other.holds() && other.items.iter().all(|item| item.kind != "resolution"), "{other:?}");
        let trace = crate::link::trace_of_lesson(&db, stage.lesson, Some(b)).await.expect("reads").remove(0);
        assert!(trace.spans.iter().flat_map(|span| &span.evidence).any(|pointer| pointer.resolution == Some(id)));
        let report = fsck::check(&stage.world.db, &stage.world.objects, &stage.log.trust()).await.expect("checks");
        assert!(report.holds() && report.resolutions == 1, "{report:?}");
    })
    .await;
}

#[tokio::test]
async fn a_word_that_was_left_out_changed_or_is_about_somebody_else_is_named() {
    let (db, _folder) = testing::sqlite().await;
    let (stage, id) = stage_with_a_word(&db).await;
    let [a, b] = stage.trainees;
    let zip = stage.bytes(What::Hour(stage.lesson, b)).await;
    let without = repacked(&zip, |files| {
        files.remove(&bag::resolution_path(id)).expect("there");
    });
    assert_eq!(faults(&stage.verify(&without)), ["missing resolution", "missing hour"]);
    let changed = repacked(&zip, |files| replaced(files, "data/resolutions/", &b.to_string(), &a.to_string()));
    assert_eq!(faults(&stage.verify(&changed)), ["mismatch resolution", "mismatch hour"]);
    let unnamed = repacked(&zip, |files| {
        let index = files.get_mut("data/bundle.json").expect("there");
        let mut value: serde_json::Value = serde_json::from_slice(index).expect("JSON");
        value["resolutions"] = serde_json::json!([]);
        *index = serde_json::to_vec_pretty(&value).expect("JSON");
    });
    assert!(faults(&stage.verify(&unnamed)).contains(&"missing hour".to_owned()), "{:?}", faults(&stage.verify(&unnamed)));
}

#[tokio::test]
async fn a_word_that_was_changed_in_the_database_contradicts_its_leaf() {
    let (db, _folder) = testing::sqlite().await;
    let (stage, id) = stage_with_a_word(&db).await;
    stage.damage(sql::FORGE_RESOLUTION, id, None).await;
    let report = fsck::check(&stage.world.db, &stage.world.objects, &stage.log.trust()).await.expect("checks");
    assert_eq!(report.problems.iter().map(|problem| problem.code).collect::<Vec<_>>(), ["resolution_differs"]);
    stage.damage(sql::FORGE_RESOLUTION_AWAY, id, None).await;
    let report = fsck::check(&stage.world.db, &stage.world.objects, &stage.log.trust()).await.expect("checks");
    assert!(report.problems.iter().any(|problem| problem.code == "resolution_astray"), "{report:?}");
}
