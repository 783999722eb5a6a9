//! A candidate over the past.

use super::world::{LATER, WINDOW, minute, nobody};
use crate::db::testing::{each_engine, sqlite};
use crate::detect::catalogue::BUILTIN;
use crate::detect::{Decision, Rules, Status, backtest, set_status};
use crate::lake::testing::World;
use std::collections::BTreeMap;

fn built_in(id: &str) -> &'static str {
    BUILTIN.iter().find(|(file, _)| *file == format!("{id}.sql")).unwrap().1
}

/// Three lessons of one class to which somebody came and of which there is no picture.
async fn three_bare_lessons(world: &World) {
    let class = world.class().await;
    let trainee = world.trainee(class, world.ids.next()).await;
    for start in [0, 60, 120] {
        let lesson = world.lesson(class, minute(start)).await;
        world.attended(class, lesson, &[(trainee, minute(start), minute(start + 45))]).await;
    }
}

#[tokio::test]
async fn a_candidate_is_told_beside_the_queue_and_beside_what_people_decided_and_nothing_is_written() {
    each_engine(async |db| {
        let world = World::new(db);
        three_bare_lessons(&world).await;
        let rules = Rules::builtin();
        let found = world.found("missing-media").await;
        for (finding, status) in found.iter().zip([Status::Confirmed, Status::Dismissed]) {
            let decision = Decision { status, until: None, note: None };
            set_status(&world.db, &rules, &nobody(), &world.ids, finding.id, &decision, "login:x", LATER).await.unwrap();
        }
        let run = async |values: &[(&str, toml::Value)], text: &str| {
            let values: BTreeMap<String, toml::Value> = values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
            backtest(&world.db, &world.lake, &rules, text, &values, WINDOW, LATER).await
        };
        let text = built_in("missing-media");
        let told = run(&[], text).await.unwrap();
        assert_eq!((told.found, told.same, told.new, told.gone), (3, 3, 0, 0));
        assert_eq!((told.confirmed, told.dismissed, told.missed, told.precision), (1, 1, 0, Some(0.5)));
        assert_eq!((told.live_version, told.money_fen), (Some(told.version), 3 * 975));
        assert!(told.rows_read > 0);

        let patient = run(&[("grace_hours", 100_000.into())], text).await.unwrap();
        assert_eq!((patient.found, patient.gone, patient.missed, patient.precision), (0, 3, 1, None));
        assert_eq!(patient.goners.len(), 3);
        assert_eq!(patient.parameters["grace_hours"], toml::Value::from(100_000));

        let other = run(&[], &text.replacen("missing-media", "candidate", 1)).await.unwrap();
        assert_eq!((other.found, other.new, other.live_version, other.news.len()), (3, 3, None, 3));
        assert_eq!(world.findings("candidate").await, [], "nothing is written");
        assert_eq!(world.findings("missing-media").await.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_a_rule_or_a_value_is_said() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    let rules = Rules::builtin();
    let refused = async |text: &str, name: &str, value: toml::Value| {
        let values = BTreeMap::from([(name.to_owned(), value)]);
        backtest(&world.db, &world.lake, &rules, text, &values, WINDOW, LATER).await.unwrap_err()
    };
    let text = built_in("missing-media");
    let unknown = refused(text, "grace", 1.into()).await;
    assert!(unknown.code == "invalid" && unknown.message.contains("grace_hours"), "{unknown:?}");
    assert_eq!(refused(text, "grace_hours", "soon".into()).await.code, "invalid");
    assert_eq!(refused("select 1", "grace_hours", 1.into()).await.code, "bad_rule");
    let writes = text.replacen("with bare as", "copy lessons to 'x.csv'; with bare as", 1);
    assert_eq!(refused(&writes, "grace_hours", 1.into()).await.code, "bad_rule");
}
