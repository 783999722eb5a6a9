//! Scores: what they are made of, and money without an hour twice.

use super::world::{LATER, WINDOW, minute};
use crate::db::testing::each_engine;
use crate::detect::score::{self, Score};
use crate::detect::{Decision, Filter, Finding, Rules, Status, list, run, set_status, total};
use crate::ids::{ClassId, FindingId};
use crate::jobs::Jobs;
use crate::lake::testing::World;
use crate::pipeline::FOLLOW;

/// The rule that a lesson has no picture, under other names and strengths: rules that speak of the same hours.
async fn rules(world: &World, some: &[(&str, &str)]) -> (Rules, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let text = include_str!("../rules/missing-media.sql");
    for (id, strength) in some {
        let text =
            text.replace("\"missing-media\"", &format!("\"{id}\"")).replace("strength = \"strong\"", &format!("strength = \"{strength}\""));
        assert!(text.contains(id) && text.contains(&format!("\"{strength}\"")), "the head is written otherwise");
        std::fs::write(folder.path().join(format!("{id}.sql")), text).unwrap();
    }
    (Rules::load(&world.lake, Some(folder.path())).await.unwrap(), folder)
}

async fn look(world: &World, rules: &Rules, names: &[&str]) {
    world.lake.snapshot(LATER).await.unwrap();
    for name in names {
        let ran = run(&world.db, &world.lake, rules, Some(name), WINDOW, &world.ids, LATER).await.unwrap();
        assert!(ran.iter().all(|ran| ran.error.is_none()), "{ran:?}");
    }
}

async fn lessons(world: &World, people: &[i64]) -> ClassId {
    let class = world.class().await;
    for (number, people) in (0..).zip(people) {
        let lesson = world.lesson(class, minute(number * 60)).await;
        let mut spans = Vec::new();
        for _ in 0..*people {
            spans.push((world.trainee(class, world.ids.next()).await, minute(number * 60), minute(number * 60 + 45)));
        }
        world.attended(class, lesson, &spans).await;
    }
    class
}

async fn of(world: &World, kind: &str, id: &str) -> Vec<Score> {
    score::of(&world.db, kind, id).await.unwrap()
}

async fn queue(world: &World, rules: &Rules, rule: Option<&str>) -> Vec<Finding> {
    let filter = Filter { rule: rule.map(str::to_owned), ..Filter::default() };
    list(&world.db, rules, &filter, LATER).await.unwrap().items
}

#[tokio::test]
async fn a_weak_rule_raises_nothing_and_counts_in_the_score_with_its_part_shown() {
    each_engine(async |db| {
        let world = World::new(db);
        let class = lessons(&world, &[2]).await;
        let (rules, _folder) = rules(&world, &[("faint", "weak")]).await;
        look(&world, &rules, &["faint"]).await;
        assert_eq!(queue(&world, &rules, None).await, []);
        assert_eq!(queue(&world, &rules, Some("faint")).await.len(), 1, "who asks for the rule sees it");
        assert_eq!(total(&world.db, &Filter::default(), LATER).await.unwrap().count, 0);
        let scores = of(&world, "class", &class.to_string()).await;
        let names: Vec<&str> = scores.iter().map(|score| score.typology.as_str()).collect();
        assert_eq!(names, ["all", "evidence"]);
        assert_eq!((scores[0].parts.len(), scores[0].parts[0].rule.as_str(), scores[0].money_fen), (1, "faint", 0));
        let part = &scores[0].parts[0];
        assert!((part.part - part.clear * 0.2).abs() < 1e-9 && (scores[0].score - part.part).abs() < 1e-9, "{part:?}");
    })
    .await;
}

#[tokio::test]
async fn rules_that_speak_of_the_same_hours_add_to_the_score_and_their_money_counts_once() {
    each_engine(async |db| {
        let world = World::new(db);
        let class = lessons(&world, &[2, 1]).await;
        let (rules, _folder) = rules(&world, &[("second", "medium")]).await;
        look(&world, &rules, &["missing-media"]).await;
        let alone = of(&world, "class", &class.to_string()).await[0].clone();
        look(&world, &rules, &["second"]).await;
        let both = of(&world, "class", &class.to_string()).await[0].clone();
        assert!(both.score > alone.score && both.score < 1.0, "{} {}", both.score, alone.score);
        assert_eq!((both.money_fen, both.parts.len()), (3 * 975, 2));
        let all = total(&world.db, &Filter::default(), LATER).await.unwrap();
        assert_eq!((all.count, all.money_fen), (4, 3 * 975), "two rules, two lessons, three people's hours");
    })
    .await;
}

/// Decides, and does the job that follows.
async fn judge(world: &World, rules: &Rules, finding: FindingId, decision: &Decision) {
    let jobs = Jobs::new(FOLLOW, world.ids.clone());
    set_status(&world.db, rules, &jobs, &world.ids, finding, decision, "login:x", LATER).await.unwrap();
    let open = jobs.list(&world.db, "open", 10).await.unwrap();
    let job = open.iter().find(|job| job.kind == score::JOB && job.key == finding.to_string()).expect("scores follow");
    score::judged(&world.db, rules, job.key.parse().unwrap(), LATER).await.unwrap();
}

#[tokio::test]
async fn what_people_decide_changes_what_a_rule_weighs() {
    each_engine(async |db| {
        let world = World::new(db);
        let class = lessons(&world, &[1, 1]).await;
        let rules = Rules::builtin();
        look(&world, &rules, &["missing-media"]).await;
        let found = queue(&world, &rules, None).await;
        let provider = found[0].provider.unwrap().to_string();
        let (of_class, of_provider) = (of(&world, "class", &class.to_string()).await, of(&world, "provider", &provider).await);
        assert_eq!((of_class[0].score, of_provider[0].money_fen), (of_provider[0].score, 2 * 975), "it has held one class");
        let dismissed = Decision { status: Status::Dismissed, until: None, note: None };
        judge(&world, &rules, found[0].id, &dismissed).await;
        let after = of(&world, "class", &class.to_string()).await;
        assert!(after[0].score < of_class[0].score && after[0].score > 0.0, "{} {}", after[0].score, of_class[0].score);
        assert_eq!((after[0].parts[0].findings, after[0].money_fen), (1, 975));
        judge(&world, &rules, found[1].id, &dismissed).await;
        assert_eq!(of(&world, "class", &class.to_string()).await, [], "nothing stands");
        assert_eq!(of(&world, "provider", &provider).await, []);
    })
    .await;
}

#[tokio::test]
async fn the_ranking_goes_on_behind_its_last() {
    each_engine(async |db| {
        let world = World::new(db);
        for people in [1, 2, 3] {
            lessons(&world, &[people]).await;
        }
        look(&world, &Rules::builtin(), &["missing-media"]).await;
        let mut seen = Vec::new();
        let mut behind: Option<(f64, String)> = None;
        loop {
            let part = score::ranked(&world.db, "class", "all", behind.as_ref().map(|(score, id)| (*score, id.as_str())), 2).await.unwrap();
            let Some(last) = part.last() else { break };
            behind = Some((last.score, last.id.clone()));
            seen.extend(part.into_iter().map(|score| score.id));
        }
        let all: std::collections::BTreeSet<&String> = seen.iter().collect();
        assert_eq!((seen.len(), all.len()), (3, 3));
    })
    .await;
}
