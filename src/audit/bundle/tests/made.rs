//! What is in a bundle, and that it holds.

use super::*;
use crate::db::testing;
use std::process::Command;

#[tokio::test]
async fn a_lesson_taken_away_is_proven_to_the_hour() {
    testing::each_engine(async |db| {
        let stage = Stage::new(&db).await;
        let report = stage.verify(&stage.bytes(What::Lesson(stage.lesson)).await);
        assert!(report.holds(), "{report:?}");
        assert_eq!(report.about, format!("lesson {}", stage.lesson));
        let mut kinds: Vec<String> = report.items.iter().map(|item| format!("{} {}", item.status, item.kind)).collect();
        kinds.sort();
        insta::allow_duplicates! {
            insta::assert_snapshot!(kinds.join("\n"), @r"
            integrity-only file
            integrity-only file
            integrity-only file
            integrity-only file
            integrity-only file
            integrity-only file
            integrity-only file
            integrity-only file
            proven checkpoint
            proven credit-run
            proven evidence
            proven evidence
            proven hour
            proven hour
            ");
        }
    })
    .await;
}

#[tokio::test]
async fn the_same_content_makes_the_same_bytes() {
    let (db, _folder) = testing::sqlite().await;
    let stage = Stage::new(&db).await;
    let what = What::Class(stage.class);
    assert_eq!(stage.bytes(what).await, stage.bytes(what).await);
    assert_eq!(stage.bundle(what).await.name, format!("keshi-class-{}.zip", stage.class));
    assert!(stage.verify(&stage.bytes(what).await).holds());
}

#[tokio::test]
async fn a_trainees_bundle_has_the_hours_of_nobody_else() {
    let (db, _folder) = testing::sqlite().await;
    let stage = Stage::new(&db).await;
    let report = stage.verify(&stage.bytes(What::Trainee(stage.trainees[1])).await);
    assert!(report.holds(), "{report:?}");
    let hours: Vec<&str> = report.items.iter().filter(|item| item.kind == "hour").map(|item| item.id.as_str()).collect();
    assert_eq!(hours, [format!("{}/{}", stage.lesson, stage.trainees[1])]);
    // B's hour rests on the log; the picture is A's.
    let evidence: Vec<&str> = report.items.iter().filter(|item| item.kind == "evidence").map(|item| item.id.as_str()).collect();
    assert_eq!(evidence, [stage.attendance.to_string()]);
}

#[tokio::test]
async fn one_hour_is_taken_away_with_what_is_about_its_trainee_or_about_all() {
    testing::each_engine(async |db| {
        let stage = Stage::new(&db).await;
        for (trainee, evidence) in [(stage.trainees[0], 2), (stage.trainees[1], 1)] {
            let report = stage.verify(&stage.bytes(What::Hour(stage.lesson, trainee)).await);
            assert!(report.holds(), "{report:?}");
            assert_eq!(report.about, format!("hour {}.{trainee}", stage.lesson));
            let count = |kind| report.items.iter().filter(|item| item.kind == kind).count();
            assert_eq!((count("hour"), count("evidence"), count("credit-run")), (1, evidence, 1));
        }
    })
    .await;
}

#[tokio::test]
async fn one_piece_of_evidence_can_be_taken_away_alone() {
    let (db, _folder) = testing::sqlite().await;
    let stage = Stage::new(&db).await;
    let report = stage.verify(&stage.bytes(What::Evidence(stage.picture)).await);
    assert!(report.holds(), "{report:?}");
    assert_eq!(report.items.iter().filter(|item| matches!(item.kind, "evidence" | "hour" | "credit-run")).count(), 1);
    let unknown = EvidenceId(Uuid::from_u128(9));
    let error =
        write(&db, &stage.world.objects, &stage.log, What::Evidence(unknown), &Policies::builtin(), NOW).await.expect_err("unknown");
    assert_eq!(error.code, "not_found");
}

#[tokio::test]
async fn what_the_storage_lost_is_named_missing_and_so_is_the_hour_that_rests_on_it() {
    let (db, _folder) = testing::sqlite().await;
    let stage = Stage::new(&db).await;
    stage.world.objects.discard(&Digest::of(LOG)).await.expect("discards");
    let report = stage.verify(&stage.bytes(What::Trainee(stage.trainees[1])).await);
    assert!(!report.holds());
    let faults: Vec<String> = report
        .items
        .iter()
        .filter(|item| item.status > Status::IntegrityOnly)
        .map(|item| format!("{} {}", item.status, item.kind))
        .collect();
    assert_eq!(faults, ["missing evidence", "missing hour"]);
}

#[tokio::test]
async fn bytes_the_storage_changed_are_left_out_and_named_missing() {
    let (db, _folder) = testing::sqlite().await;
    let stage = Stage::new(&db).await;
    assert!(stage.world.faults.damage(&Digest::of(PICTURE)));
    let report = stage.verify(&stage.bytes(What::Evidence(stage.picture)).await);
    let line = report.items.iter().find(|item| item.kind == "evidence").expect("there");
    assert_eq!(line.status, Status::Missing);
    assert!(line.says.ends_with("the server's storage had changed them when the bundle was made."), "{}", line.says);
    assert_eq!(report.count(Status::Mismatch), 0);
}

#[tokio::test]
async fn what_is_not_sealed_yet_is_only_whole() {
    let (db, _folder) = testing::sqlite().await;
    let stage = Stage::new(&db).await;
    let late = stage.keep("document", "application/pdf", b"%PDF late", None).await;
    let report = stage.verify(&stage.bytes(What::Evidence(late)).await);
    assert!(report.holds());
    let line = report.items.iter().find(|item| item.kind == "evidence").expect("there");
    assert_eq!((line.status, line.id.as_str()), (Status::IntegrityOnly, late.to_string().as_str()));
}

/// The README's program, run by Python on an unpacked bundle.
#[tokio::test]
async fn the_program_in_the_readme_finds_the_root_that_was_signed() {
    let (db, _folder) = testing::sqlite().await;
    let stage = Stage::new(&db).await;
    let zip = stage.bytes(What::Lesson(stage.lesson)).await;
    let folder = tempfile::tempdir().expect("a folder");
    ::zip::ZipArchive::new(Cursor::new(zip)).expect("opens").extract(folder.path()).expect("unpacks");
    let bag = folder.path().join(format!("keshi-lesson-{}", stage.lesson));
    let readme = std::fs::read_to_string(bag.join("README.txt")).expect("there");
    let (_, program) = readme.split_once("root.py ID\n\n").expect("a program");
    for id in [stage.attendance.to_string(), stage.picture.to_string()] {
        let run = Command::new("python3").args(["-c", program, &id]).current_dir(&bag).output().expect("python3 runs");
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        assert!(String::from_utf8_lossy(&run.stdout).starts_with("root "));
    }
    let body = bag.join(format!("data/leaves/{}.json", stage.picture));
    std::fs::write(&body, b"{}").expect("writes");
    let run = Command::new("python3").args(["-c", program, &stage.picture.to_string()]).current_dir(&bag).output().expect("python3 runs");
    assert!(!run.status.success());
}
