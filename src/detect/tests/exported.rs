//! Rules over an export find what they find in the lake it was made from.

use super::world::{LATER, WINDOW, minute};
use crate::db::testing::each_engine;
use crate::detect::{Rules, extent_of_export, look_at, provider_scores};
use crate::lake::Lake;
use crate::lake::testing::World;
use futures::TryStreamExt;

#[tokio::test]
async fn an_export_has_the_same_findings_and_its_providers_the_same_scores() {
    each_engine(async |db| {
        let world = World::new(db);
        let class = world.class().await;
        for (number, people) in [(0, 2), (1, 1)] {
            let lesson = world.lesson(class, minute(number * 60)).await;
            let mut spans = Vec::new();
            for _ in 0..people {
                spans.push((world.trainee(class, world.ids.next()).await, minute(number * 60), minute(number * 60 + 45)));
            }
            world.attended(class, lesson, &spans).await;
        }
        world.class().await;
        let kept = world.found("missing-media").await;
        let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let [export, scratch] = folders.each_ref().map(|folder| folder.path().join("x"));
        world.lake.export(&export).await.unwrap();
        std::fs::create_dir(&scratch).unwrap();
        let lake = Lake::of_export(&export, &scratch).await.unwrap();
        let rules = Rules::builtin();
        let extent = extent_of_export(&lake).await.unwrap();
        let looked = look_at(&lake, vec![rules.get("missing-media").unwrap()], extent, WINDOW, LATER).try_collect::<Vec<_>>();
        let looked = looked.await.unwrap().remove(0);
        let told = |subject: &str, lesson: &Option<String>, fen: i64| format!("{subject} {} {fen}", lesson.clone().unwrap_or_default());
        let mut here: Vec<String> = looked.findings.iter().map(|one| told(&one.subject, &one.lesson, one.money_fen)).collect();
        let lesson = |one: &crate::detect::Finding| one.lesson.map(|id| id.to_string());
        let subject = |one: &crate::detect::Finding| format!("{}:{}", one.subject.kind, one.subject.id);
        let mut there: Vec<String> = kept.iter().map(|one| told(&subject(one), &lesson(one), one.money_fen)).collect();
        here.sort();
        there.sort();
        assert_eq!(here, there);
        assert!(looked.rows_read > 0 && looked.error.is_none() && looked.money_fen == 3 * 975, "{looked:?}");
        let scores = provider_scores(&lake, &rules, &[looked], LATER).await.unwrap();
        let kept = crate::detect::score::of(&world.db, "provider", &kept[0].provider.unwrap().to_string()).await.unwrap();
        assert_eq!((scores.len(), &scores[0].provider), (1, &kept[0].id), "the other class has had no lesson");
        assert!((scores[0].score - kept[0].score).abs() < 1e-9, "{scores:?} {kept:?}");
    })
    .await;
}

#[tokio::test]
async fn a_folder_that_is_no_export_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = Lake::of_export(folder.path(), &folder.path().join("scratch")).await.err().unwrap();
    assert_eq!(error.code, "invalid");
    assert!(error.message.contains("attendance") && error.message.contains("keshi export lake"), "{}", error.message);
}
