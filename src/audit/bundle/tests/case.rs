//! A case taken away: its steps, what people decided, all evidence, and what can be done to them.

use super::super::bag;
use super::forged::{repacked, replaced};
use super::*;
use crate::audit::case::tests::{Desk, SUN};
use crate::audit::case::{self, Kind, Outcome, Thing};
use crate::db::testing;
use crate::detect;
use crate::ids::CaseId;

/// The files of a bundle by their path.
type Files = std::collections::BTreeMap<String, Vec<u8>>;

/// A case with the lesson's finding, which points to the log, the picture by itself and a trainee; one finding was confirmed, the case closed.
async fn taken(db: &Db) -> (Desk, CaseId, Vec<u8>) {
    let desk = Desk::new(db).await;
    let stage = &desk.stage;
    desk.judge(0, detect::Status::Confirmed).await;
    let case = desk.open(&[0]).await;
    let things = [Thing { kind: Kind::Evidence, id: stage.picture.0 }, Thing { kind: Kind::Trainee, id: stage.trainees[1].0 }];
    case::add(db, &desk.rules, &stage.world.ids, case, &things, None, SUN).await.expect("adds");
    case::close(db, &stage.world.ids, case, Outcome::HandedOver, Some("高公移〔2020〕3号"), SUN).await.expect("closes");
    stage.log.turn().await.expect("seals");
    let bytes = stage.bytes(What::Case(case)).await;
    (desk, case, bytes)
}

/// The faults of a bundle: status and kind.
fn faults(report: &Report) -> Vec<String> {
    let faults = report.items.iter().filter(|item| item.status > Status::IntegrityOnly);
    faults.map(|item| format!("{} {}", item.status, item.kind)).collect()
}

#[tokio::test]
async fn a_case_taken_away_is_proven_to_the_last_note() {
    testing::each_engine(async |db| {
        let (desk, case, zip) = taken(&db).await;
        let report = desk.stage.verify(&zip);
        assert!(report.holds(), "{report:?}");
        assert_eq!(report.about, format!("case {case}"));
        let mut kinds: Vec<String> =
            report.items.iter().filter(|item| item.kind != "file").map(|item| format!("{} {}", item.status, item.kind)).collect();
        kinds.sort();
        insta::allow_duplicates! {
            insta::assert_snapshot!(kinds.join("\n"), @r"
            proven case-item
            proven case-item
            proven case-item
            proven case-step
            proven case-step
            proven case-step
            proven case-step
            proven case-step
            proven case-step
            proven checkpoint
            proven credit-run
            proven decision
            proven evidence
            proven evidence
            proven hour
            proven rule
            ");
        }
        let mut archive = ::zip::ZipArchive::new(Cursor::new(&zip)).expect("opens");
        let mut read = |path: &str| {
            let mut text = String::new();
            archive.by_name(&format!("keshi-case-{case}/{path}")).expect("there").read_to_string(&mut text).expect("text");
            text
        };
        let told = read("data/case.txt");
        for words in
            ["三家机构", "看到 2 行，风险 10.00 元。", "Seen 2 rows", "staged v3 · 10.00", "先看日志", "高公移〔2020〕3号", "handed_over"]
        {
            assert!(told.contains(words), "{words}: {told}");
        }
        let plan: serde_json::Value = serde_json::from_str(&read("data/plan.json")).expect("JSON");
        let count = |list: &str| plan[list].as_array().map_or(0, Vec::len);
        assert_eq!((count("classes"), count("lessons"), count("trainees")), (1, 1, 2), "who is in it, and whose picture it is");
    })
    .await;
}

#[tokio::test]
async fn whatever_is_done_to_a_case_is_named() {
    let (db, _folder) = testing::sqlite().await;
    let (desk, case, zip) = taken(&db).await;
    let stage = &desk.stage;
    let steps = case::steps(&db, case).await.expect("reads");
    let noted = steps.iter().find(|step| step.step == "noted").expect("a note");
    let after = |change: &dyn Fn(&mut Files)| faults(&stage.verify(&repacked(&zip, |files| change(files))));
    let index = |files: &mut Files, change: &dyn Fn(&mut serde_json::Value)| {
        let bytes = files.get_mut("data/bundle.json").expect("there");
        let mut value: serde_json::Value = serde_json::from_slice(bytes).expect("JSON");
        change(&mut value);
        *bytes = serde_json::to_vec_pretty(&value).expect("JSON");
    };
    assert_eq!(after(&|files| replaced(files, "data/case/", "先看日志", "先看照片")), ["mismatch case-step", "mismatch file"], "a note");
    assert_eq!(after(&|files| replaced(files, "data/case.txt", "先看日志", "先看照片")), ["mismatch file"], "the text");
    assert_eq!(after(&|files| replaced(files, "data/decisions/", "confirmed", "dismissed")), ["mismatch decision"]);
    assert_eq!(after(&|files| replaced(files, "data/decisions/", "看过了", "没看过")), ["mismatch decision"], "what was said of it");
    assert_eq!(after(&|files| replaced(files, "data/rules/", "0.9", "0.8")), ["mismatch rule"]);
    // A note left out as if it had never been.
    let without = after(&|files| {
        for path in [bag::step_path(noted.id), bag::leaf_path(noted.id), bag::proof_path(noted.id)] {
            files.remove(&path).expect("there");
        }
        index(files, &|value| {
            value["case"]["steps"].as_array_mut().expect("a list").retain(|step| step["id"] != noted.id.to_string());
        });
    });
    assert_eq!(without, ["missing case-step", "missing file", "missing case-item"], "what follows it cannot be told from what was made up");
    // The log that the finding points to left out as if it had never been.
    let without = after(&|files| {
        files.retain(|path, _| !path.contains(&Digest::of(LOG).to_string()) && !path.contains(&stage.attendance.to_string()));
        index(files, &|value| {
            value["evidence"].as_array_mut().expect("a list").retain(|one| one["id"] != stage.attendance.to_string());
        });
    });
    assert!(without.contains(&"missing case-item".to_owned()) && without.contains(&"missing hour".to_owned()), "{without:?}");
    let none = after(&|files| index(files, &|value| drop(value.as_object_mut().expect("an object").remove("case"))));
    assert!(none.contains(&"missing case-step".to_owned()) && none.contains(&"mismatch file".to_owned()), "{none:?}");
}

#[tokio::test]
async fn a_case_that_is_not_there_is_not_taken_away() {
    let (db, _folder) = testing::sqlite().await;
    let stage = Stage::new(&db).await;
    let what = What::Case(CaseId(Uuid::from_u128(9)));
    let error = write(&db, &stage.world.objects, &stage.log, what, &Policies::builtin(), NOW).await.expect_err("unknown");
    assert_eq!(error.code, "not_found");
}
