//! What the rule on traces of editing sees, and what it leaves alone.

use super::rules::{held, told};
use crate::db::testing::each_engine;
use crate::lake::testing::World;

#[tokio::test]
async fn a_picture_with_traces_of_editing_is_found_weakly_and_one_that_was_changed_later_alone_is_not() {
    each_engine(async |db| {
        let world = World::new(db);
        let class = world.class().await;
        let lesson = held(&world, class, 0).await;
        let mut pictures = Vec::new();
        for edits in [
            r#"[{"trace":"program","name":"Adobe Photoshop"},{"trace":"other_thumbnail"}]"#,
            r#"[{"trace":"program","name":"Snapseed"}]"#,
            r#"[{"trace":"changed_later"},{"trace":"other_thumbnail"}]"#,
            r#"[{"trace":"changed_later"}]"#,
            "[]",
        ] {
            let picture = world.picture(class, Some(lesson), edits.as_bytes(), 60).await;
            world.fact(picture, "edits", edits).await;
            pictures.push(picture.to_string());
        }
        let found = world.found("edited-picture").await;
        let score = |picture: &str| found.iter().find(|one| one.evidence[0].id == picture).map(|one| (one.score, one.money_fen));
        let scores: Vec<_> = pictures.iter().map(|picture| score(picture)).collect();
        assert_eq!(scores, [Some((0.6, 0)), Some((0.3, 0)), Some((0.3, 0)), None, None]);
        assert!(found.iter().any(|one| one.explanation.zh.seen.contains("由 Adobe Photoshop 保存，内嵌的小图与画面不同")), "{found:?}");
        found.iter().for_each(told);
    })
    .await;
}
