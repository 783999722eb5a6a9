//! The queue as it is read.

use super::world::{LATER, minute};
use crate::db::testing::each_engine;
use crate::detect::{Filter, Order, Rules, list, total};
use crate::lake::testing::World;

#[tokio::test]
async fn the_queue_is_read_page_by_page_in_both_orders_and_narrowed() {
    each_engine(async |db| {
        let world = World::new(db);
        let class = world.class().await;
        for (number, people) in [(0, 2), (1, 1), (2, 3), (3, 1)] {
            let lesson = world.lesson(class, minute(number * 60)).await;
            let mut spans = Vec::new();
            for _ in 0..people {
                spans.push((world.trainee(class, world.ids.next()).await, minute(number * 60), minute(number * 60 + 45)));
            }
            world.attended(class, lesson, &spans).await;
        }
        world.found("missing-media").await;
        let rules = Rules::builtin();
        let read = async |order| {
            let mut filter = Filter { order, limit: 3, ..Filter::default() };
            let (mut seen, mut pages) = (Vec::new(), 0);
            loop {
                let page = list(&world.db, &rules, &filter, LATER).await.unwrap();
                seen.extend(page.items.iter().map(|finding| (finding.money_fen / 975, (finding.at.0 - minute(0).0) / 3_600_000_000)));
                pages += 1;
                match page.next {
                    Some(next) => filter.cursor = Some(next),
                    None => return (seen, pages),
                }
            }
        };
        assert_eq!(read(Order::Money).await, (vec![(3, 2), (2, 0), (1, 3), (1, 1)], 2));
        assert_eq!(read(Order::Time).await, (vec![(1, 3), (3, 2), (1, 1), (2, 0)], 2));

        let count = async |filter: Filter| total(&world.db, &filter, LATER).await.unwrap().count;
        let any = Filter::default();
        assert_eq!(total(&world.db, &any, LATER).await.unwrap().money_fen, 7 * 975);
        assert_eq!(count(Filter { severity: Some("medium".into()), ..any.clone() }).await, 4);
        assert_eq!(count(Filter { severity: Some("high".into()), ..any.clone() }).await, 0);
        assert_eq!(count(Filter { class: Some(class), from: Some(minute(60)), until: Some(minute(180)), ..any.clone() }).await, 2);
        assert_eq!(count(Filter { class: Some(world.ids.next()), ..any.clone() }).await, 0);
        assert_eq!(count(Filter { provider: Some(world.ids.next()), ..any.clone() }).await, 0);
        assert_eq!(count(Filter { trainee: Some(world.ids.next()), ..any.clone() }).await, 0);
        assert_eq!(count(Filter { status: Some("confirmed".into()), ..any.clone() }).await, 0);
        let stale = Filter { cursor: Some("?".into()), ..any };
        assert_eq!(list(&world.db, &rules, &stale, LATER).await.unwrap_err().code, "invalid");
    })
    .await;
}

#[tokio::test]
async fn a_finding_is_told_as_the_contract_says() {
    each_engine(async |db| {
        let world = World::new(db);
        let class = world.class().await;
        let lesson = world.lesson(class, minute(0)).await;
        let trainee = world.trainee(class, world.ids.next()).await;
        world.attended(class, lesson, &[(trainee, minute(0), minute(45))]).await;
        let found = world.found("missing-media").await;
        let told = serde_json::to_value(&found[0]).unwrap();
        let names: Vec<&str> = told.as_object().unwrap().keys().map(String::as_str).collect();
        let expected = [
            "id",
            "key",
            "rule",
            "rule_version",
            "title",
            "severity",
            "strength",
            "status",
            "subject",
            "provider",
            "class",
            "class_external_id",
            "lesson",
            "lesson_external_id",
            "at",
            "score",
            "money_fen",
            "evidence",
            "detail",
            "explanation",
            "first_seen_at",
            "last_seen_at",
        ];
        assert_eq!(names, expected);
        assert_eq!(told["subject"], serde_json::json!({"kind": "lesson", "id": lesson}));
        assert_eq!(told["title"]["en"], "A lesson without video or pictures");
        assert!(told["explanation"]["zh"].as_str().unwrap().starts_with("本课节有 1 人签到"));
    })
    .await;
}
