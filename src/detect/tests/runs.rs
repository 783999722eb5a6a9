//! From run to run.

use super::world::{LATER, WINDOW, minute, nobody};
use crate::db::testing::{each_engine, sqlite};
use crate::detect::catalogue::BUILTIN;
use crate::detect::{Decision, Filter, Rules, Status, Window, backtest, job, list, one, rule_manual, run, runs, set_status, stop};
use crate::lake::testing::World;
use crate::time::{DAY, MINUTE};
use std::collections::BTreeMap;

async fn world_with_a_finding(world: &World) -> (crate::ids::ClassId, crate::ids::LessonId) {
    let class = world.class().await;
    let lesson = world.lesson(class, minute(0)).await;
    let trainee = world.trainee(class, world.ids.next()).await;
    world.attended(class, lesson, &[(trainee, minute(0), minute(45))]).await;
    (class, lesson)
}

#[tokio::test]
async fn a_run_repeated_finds_the_same_findings_and_doubles_none() {
    each_engine(async |db| {
        let world = World::new(db);
        let (class, _) = world_with_a_finding(&world).await;
        let first = world.found("missing-media").await;
        let new: u64 = world.detect(LATER.plus(1)).await.iter().map(|ran| ran.new).sum();
        assert_eq!(new, 0);
        let ran = job::run(&world.db, &world.lake, &Rules::builtin(), &world.ids, &[&class.to_string()], LATER.plus(2)).await.unwrap();
        let found: Vec<&str> = ran.iter().filter(|ran| ran.found > 0).map(|ran| ran.rule.as_str()).collect();
        assert_eq!((found, ran.iter().map(|ran| ran.new + ran.ceased).sum::<u64>()), (vec!["missing-media"], 0));
        let again = world.findings("missing-media").await;
        assert_eq!((again.len(), &again[0].id, &again[0].key), (1, &first[0].id, &first[0].key));
        assert_eq!((again[0].first_seen_at, again[0].last_seen_at), (LATER, LATER.plus(2)));
        let (_, history) = one(&world.db, &Rules::builtin(), again[0].id, LATER).await.unwrap();
        assert_eq!(history.len(), 1, "{history:?}");
    })
    .await;
}

#[tokio::test]
async fn a_change_of_one_lesson_has_its_days_looked_at() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    let (_, lesson) = world_with_a_finding(&world).await;
    let ran = job::run(&world.db, &world.lake, &Rules::builtin(), &world.ids, &[&lesson.to_string()], LATER).await.unwrap();
    let found: Vec<(&str, u64)> = ran.iter().filter(|ran| ran.found > 0).map(|ran| (ran.rule.as_str(), ran.found)).collect();
    assert_eq!((found, ran.len()), (vec![("missing-media", 1)], Rules::builtin().iter().count()));
    assert_eq!(job::run(&world.db, &world.lake, &Rules::builtin(), &world.ids, &["gone"], LATER).await.unwrap(), []);
}

#[tokio::test]
async fn a_rule_that_compares_all_with_all_is_left_out_after_a_change_and_looks_at_night() {
    each_engine(async |db| {
        let world = World::new(db);
        let (class, _) = world_with_a_finding(&world).await;
        let folder = tempfile::tempdir().unwrap();
        for (id, scope) in [("nightly", "all"), ("past", "past")] {
            let text = rule_file(id, EVERY_LESSON).replacen("-- subject", &format!("-- scope = \"{scope}\"\n-- subject"), 1);
            std::fs::write(folder.path().join(format!("{id}.sql")), text).unwrap();
        }
        let rules = Rules::load(&world.lake, Some(folder.path())).await.unwrap();
        assert!(rules.broken().is_empty(), "{:?}", rules.broken());
        let found = async |key: &str, now| {
            let ran = job::run(&world.db, &world.lake, &rules, &world.ids, &[key], now).await.unwrap();
            let holding = |rule: &str| ran.iter().find(|ran| ran.rule == rule).map(|ran| (ran.found, ran.ceased)).unwrap();
            (holding("nightly"), holding("past"))
        };
        let class = class.to_string();
        assert_eq!(found(&class, LATER).await, ((0, 0), (1, 0)));
        assert_eq!(found(job::ALL, LATER.plus(1)).await, ((1, 0), (1, 0)));
        assert_eq!(found(&class, LATER.plus(2)).await, ((0, 0), (1, 0)), "what was found at night stays");
        let filter = Filter { rule: Some("nightly".into()), ..Filter::default() };
        assert_eq!(list(&world.db, &rules, &filter, LATER).await.unwrap().items.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_finding_that_holds_no_longer_leaves_the_queue_and_comes_back_as_the_same() {
    each_engine(async |db| {
        let world = World::new(db);
        let (class, lesson) = world_with_a_finding(&world).await;
        let first = world.found("missing-media").await;
        let picture = world.picture(class, Some(lesson), b"picture", 10).await;
        let ran = world.detect(LATER.plus(1)).await;
        assert_eq!(ran.iter().map(|ran| ran.ceased).sum::<u64>(), 1);
        assert_eq!(world.findings("missing-media").await, []);
        let (gone, _) = one(&world.db, &Rules::builtin(), first[0].id, LATER).await.unwrap();
        assert_eq!(gone.ceased_at, Some(LATER.plus(1)));
        let mut tx = world.db.begin().await.unwrap();
        sqlx::query(crate::lake::testing::sql::DROP_EVIDENCE).bind(picture.to_string()).execute(tx.conn()).await.unwrap();
        tx.commit().await.unwrap();
        world.detect(LATER.plus(2)).await;
        let back = world.findings("missing-media").await;
        assert_eq!((back[0].id, back[0].ceased_at), (first[0].id, None));
        let (_, history) = one(&world.db, &Rules::builtin(), first[0].id, LATER).await.unwrap();
        let told: Vec<_> = history.iter().map(|event| (event.actor.as_str(), event.status.as_str(), event.note.as_deref())).collect();
        assert_eq!(told, [("keshi", "open", Some("found")), ("keshi", "open", Some("ceased")), ("keshi", "open", Some("found_again"))]);
    })
    .await;
}

#[tokio::test]
async fn a_run_over_other_days_does_not_touch_a_finding() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    world_with_a_finding(&world).await;
    world.found("missing-media").await;
    let other = Window { since: minute(0).plus(DAY), until: minute(0).plus(2 * DAY) };
    run(&world.db, &world.lake, &Rules::builtin(), None, other, &world.ids, LATER.plus(1)).await.unwrap();
    let earlier = Window { since: minute(0).plus(-DAY), until: minute(0) };
    run(&world.db, &world.lake, &Rules::builtin(), None, earlier, &world.ids, LATER.plus(1)).await.unwrap();
    assert_eq!(world.findings("missing-media").await.len(), 1);
}

#[tokio::test]
async fn a_run_that_began_earlier_and_ends_later_does_not_undo_a_newer_one() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    world_with_a_finding(&world).await;
    world.detect(LATER.plus(5)).await;
    world.detect(LATER).await;
    let found = world.findings("missing-media").await;
    assert_eq!(found[0].last_seen_at, LATER.plus(5));
}

#[tokio::test]
async fn what_a_person_decided_stays_and_a_snoozed_finding_wakes_on_its_day() {
    each_engine(async |db| {
        let world = World::new(db);
        world_with_a_finding(&world).await;
        let id = world.found("missing-media").await[0].id;
        let rules = Rules::builtin();
        let decide = async |status, until, note: Option<&str>, now| {
            let decision = Decision { status, until, note: note.map(str::to_owned) };
            set_status(&world.db, &rules, &nobody(), &world.ids, id, &decision, "login:x", now).await
        };
        let dismissed = decide(Status::Dismissed, None, Some(" Recording on the way. "), LATER.plus(1)).await.unwrap();
        assert_eq!(dismissed.status, "dismissed");
        world.detect(LATER.plus(2)).await;
        let (after, history) = one(&world.db, &rules, id, LATER.plus(2)).await.unwrap();
        assert_eq!((after.status.as_str(), after.last_seen_at), ("dismissed", LATER.plus(2)));
        assert_eq!(history.last().unwrap().note.as_deref(), Some("Recording on the way."));
        let trail = crate::register::trail::of(&world.db, "finding", &id.to_string(), 10).await.unwrap();
        assert_eq!(trail[0].action, "finding.status");
        let leaves = sqlx::query(crate::lake::testing::sql::LEAVES).fetch_all(world.db.read()).await.unwrap();
        let leaves = leaves.iter().map(|row| String::from_utf8(sqlx::Row::get::<Vec<u8>, _>(row, 0)).unwrap());
        let (decisions, texts): (Vec<String>, Vec<String>) = leaves.partition(|leaf| leaf.contains(r#""kind":"finding_decision""#));
        assert!(decisions.len() == 1 && decisions[0].contains("dismissed") && !decisions[0].contains("way"), "{decisions:?}");
        assert!(
            texts.len() == 1 && texts[0].contains(r#""kind":"rule""#) && texts[0].contains("missing-media"),
            "once, however often it runs: {texts:?}"
        );

        let until = LATER.plus(MINUTE);
        decide(Status::Snoozed, Some(until), None, LATER).await.unwrap();
        let count = async |status: &str, now| {
            let filter = Filter { status: Some(status.to_owned()), ..Filter::default() };
            list(&world.db, &rules, &filter, now).await.unwrap().items.len()
        };
        assert_eq!((count("open", LATER).await, count("snoozed", LATER).await), (0, 1));
        assert_eq!((count("open", until).await, count("snoozed", until).await), (1, 0));

        for (status, until) in [(Status::Snoozed, None), (Status::Snoozed, Some(LATER)), (Status::Open, Some(until))] {
            assert_eq!(decide(status, until, None, LATER).await.unwrap_err().code, "invalid");
        }
        let unknown = Decision { status: Status::Open, until: None, note: None };
        let error = set_status(&world.db, &rules, &nobody(), &world.ids, world.ids.next(), &unknown, "login:x", LATER).await.unwrap_err();
        assert_eq!(error.code, "not_found");
    })
    .await;
}

/// A rule of three lines with this head and this select.
fn rule_file(id: &str, select: &str) -> String {
    format!(
        "-- id = \"{id}\"\n-- version = 1\n-- severity = \"low\"\n-- strength = \"weak\"\n-- typology = \"test\"\n-- subject = \"lesson\"\n-- compares = [\"lessons\"]\n\
         -- title = {{ zh = \"题\", en = \"Title\" }}\n-- innocent = [{{ zh = \"无\", en = \"None\" }}]\n\
         -- [explanation.zh]\n-- seen = \"见 {{what}}\"\n-- normal = \"\"\n-- matters = \"\"\n-- look = \"\"\n\
         -- [explanation.en]\n-- seen = \"Saw {{what}}\"\n-- normal = \"\"\n-- matters = \"\"\n-- look = \"\"\n{select};\n"
    )
}

const EVERY_LESSON: &str = "select 'lesson:' || lesson as subject, class, lesson, null as trainee, starts_at as at, cast(0.5 as double) as score, worth_fen as money_fen, \
     '[]' as evidence, '{\"what\":7}' as detail from lessons where starts_at >= $since and starts_at < $until";

#[tokio::test]
async fn a_rule_of_the_operators_folder_is_run_and_a_broken_one_is_named_while_the_others_run() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    world_with_a_finding(&world).await;
    let folder = tempfile::tempdir().unwrap();
    let broken = [
        ("a-syntax", "selec 1".to_owned(), "not valid"),
        ("b-table", EVERY_LESSON.replace("from lessons", "from token"), "token"),
        ("c-write", "drop table lessons".to_owned(), "Only select"),
        ("d-file", "copy (select 1) to '/tmp/x.csv'".to_owned(), "Only select"),
        ("e-column", EVERY_LESSON.replace(" as score", " as points"), "no column 'score'"),
        ("f-type", EVERY_LESSON.replace("worth_fen as money_fen", "'1' as money_fen"), "money_fen"),
        ("g-more", EVERY_LESSON.replace("select ", "select 1 as more, "), "more"),
        ("h-parameter", EVERY_LESSON.replace("$until", "$unknown"), "unknown"),
    ];
    for (id, select, _) in &broken {
        std::fs::write(folder.path().join(format!("{id}.sql")), rule_file(id, select)).unwrap();
    }
    std::fs::write(folder.path().join("i-head.sql"), "-- id = \"i\"\nselect 1").unwrap();
    std::fs::write(folder.path().join("j-bytes.sql"), [0xff, 0xfe, 0]).unwrap();
    std::fs::write(folder.path().join("k-good.sql"), rule_file("k-good", EVERY_LESSON)).unwrap();
    std::fs::write(folder.path().join("l.sql"), rule_file("photo-reuse", EVERY_LESSON)).unwrap();
    std::fs::write(folder.path().join("notes.txt"), "not a rule").unwrap();
    let rules = Rules::load(&world.lake, Some(folder.path())).await.unwrap();
    let named: Vec<String> = rules.broken().iter().map(|error| error.message.clone()).collect();
    assert_eq!(named.len(), broken.len() + 2, "{named:#?}");
    for ((id, _, why), message) in broken.iter().zip(&named) {
        assert!(message.contains(id) && message.contains(why), "{id}: {message}");
    }
    let ids: Vec<&str> = rules.iter().map(|rule| rule.head.id.as_str()).collect();
    let builtin = Rules::builtin();
    let ours = builtin.iter().map(|rule| rule.head.id.as_str()).filter(|id| *id != "photo-reuse");
    assert_eq!(ids, ours.chain(["k-good", "photo-reuse"]).collect::<Vec<_>>(), "a file takes the place of a rule of its name");
    let ran = run(&world.db, &world.lake, &rules, None, WINDOW, &world.ids, LATER).await.unwrap();
    let found: Vec<(&str, u64)> = ran.iter().filter(|ran| ran.found > 0).map(|ran| (ran.rule.as_str(), ran.found)).collect();
    assert_eq!(found, [("missing-media", 1), ("k-good", 1), ("photo-reuse", 1)]);
    let filter = Filter { rule: Some("k-good".into()), ..Filter::default() };
    let found = list(&world.db, &rules, &filter, LATER).await.unwrap().items;
    assert_eq!((found[0].explanation.en.seen.as_str(), found[0].money_fen), ("Saw 7", 975));
    assert_eq!(run(&world.db, &world.lake, &rules, Some("other"), WINDOW, &world.ids, LATER).await.unwrap_err().code, "not_found");
}

#[tokio::test]
async fn a_region_has_values_of_its_own_and_a_rule_that_is_off_does_not_run() {
    each_engine(async |db| {
        let world = World::new(db);
        let mut classes = Vec::new();
        for region in [Some("610100"), Some("610400"), None] {
            let (class, _) = world_with_a_finding(&world).await;
            let mut tx = world.db.begin().await.unwrap();
            let row = sqlx::query(crate::lake::testing::sql::REGION).bind(class.to_string()).bind(region);
            row.execute(tx.conn()).await.unwrap();
            tx.commit().await.unwrap();
            classes.push(class);
        }
        let folder = tempfile::tempdir().unwrap();
        let runs = std::cell::Cell::new(0);
        let found = async |settings: &str| {
            std::fs::write(folder.path().join("settings.toml"), settings).unwrap();
            let rules = Rules::load(&world.lake, Some(folder.path())).await.unwrap();
            assert_eq!(rules.broken().len(), 0, "{:?}", rules.broken());
            runs.set(runs.get() + 1);
            let now = LATER.plus(runs.get());
            if rules.get("missing-media").is_none() {
                run(&world.db, &world.lake, &rules, None, Window::ALL, &world.ids, now).await.unwrap();
                return classes.iter().take(world.findings("missing-media").await.len()).collect();
            }
            let ran = run(&world.db, &world.lake, &rules, Some("missing-media"), WINDOW, &world.ids, now).await.unwrap();
            assert_eq!(ran[0].error, None);
            let found: Vec<_> = world.findings("missing-media").await.iter().map(|finding| finding.class.unwrap()).collect();
            assert_eq!(ran[0].found, found.len() as u64);
            let text = BUILTIN.iter().find(|(file, _)| *file == "missing-media.sql").unwrap().1;
            let tried = backtest(&world.db, &world.lake, &rules, text, &BTreeMap::new(), WINDOW, now).await.unwrap();
            assert_eq!((tried.found, tried.same), (ran[0].found, ran[0].found), "tried as it is, a rule sees what it sees: {settings}");
            let everywhere = BTreeMap::from([("grace_hours".to_owned(), toml::Value::from(1))]);
            let tried = backtest(&world.db, &world.lake, &rules, text, &everywhere, WINDOW, now).await.unwrap();
            assert_eq!(tried.found, 3, "what is tried is tried everywhere: {settings}");
            classes.iter().filter(|class| found.contains(class)).collect::<Vec<_>>()
        };
        assert_eq!(found("").await.len(), 3);
        assert_eq!(found("[missing-media]\nparameters = { grace_hours = 100_000 }").await.len(), 0);
        let strict = "[missing-media]\nparameters = { grace_hours = 100_000 }\nregion.\"610100\" = { grace_hours = 1 }";
        assert_eq!(found(strict).await, [&classes[0]]);
        assert_eq!(found("[missing-media]\nregion.\"610100\" = { grace_hours = 100_000 }").await, [&classes[1], &classes[2]]);
        let before = world.findings("missing-media").await[0].id;
        assert_eq!(found("[missing-media]\noff = true").await.len(), 0);
        let (_, history) = one(&world.db, &Rules::builtin(), before, LATER).await.unwrap();
        assert_eq!(history.last().unwrap().note.as_deref(), Some("rule_off"), "the queue says why it is gone");
        assert_eq!(found("").await.len(), 3, "turned on again, it finds them again");
    })
    .await;
}

#[tokio::test]
async fn a_rule_that_fails_while_it_runs_changes_none_of_its_findings() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    world_with_a_finding(&world).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.sql");
    let load = async |select: &str| {
        std::fs::write(&file, rule_file("x", select)).unwrap();
        Rules::load(&world.lake, Some(folder.path())).await.unwrap()
    };
    let good = load(EVERY_LESSON).await;
    run(&world.db, &world.lake, &good, Some("x"), WINDOW, &world.ids, LATER).await.unwrap();
    for bad in [
        EVERY_LESSON.replace("'[]' as evidence", "'no json' as evidence"),
        EVERY_LESSON.replace("'lesson:' ||", "'' ||"),
        EVERY_LESSON.replace("null as trainee", "'nobody' as trainee"),
        EVERY_LESSON.replace("from lessons", "from lessons cross join (values (1), (2)) as twice(n)"),
        EVERY_LESSON.replace("worth_fen as money_fen", "worth_fen / (worth_fen - worth_fen) as money_fen"),
    ] {
        let rules = load(&bad).await;
        assert!(rules.broken().is_empty(), "{:?}", rules.broken());
        let ran = run(&world.db, &world.lake, &rules, Some("x"), WINDOW, &world.ids, LATER.plus(1)).await.unwrap();
        assert!(ran[0].error.is_some(), "{bad}");
        let asked = Filter { rule: Some("x".into()), ..Filter::default() };
        let found = list(&world.db, &rules, &asked, LATER).await.unwrap().items;
        assert_eq!((found.len(), found[0].ceased_at), (1, None));
    }
}

#[test]
fn the_manual_in_docs_is_the_one_made_from_the_rules() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/RULES.md");
    if std::env::var_os("KESHI_UPDATE_DOCS").is_some() {
        std::fs::write(&path, rule_manual()).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == rule_manual(), "docs/RULES.md is not what the rules say: run this test with KESHI_UPDATE_DOCS=1");
}

#[test]
fn the_manual_names_every_rule_its_parameters_and_its_innocent_explanations() {
    let manual = rule_manual();
    for rule in Rules::builtin().iter() {
        assert!(manual.contains(&format!("## {} ", rule.head.id)));
        assert!(rule.head.parameters.keys().all(|name| manual.contains(name)));
        assert!(rule.head.innocent.iter().all(|both| manual.contains(&both.zh)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_tells_how_far_it_is_and_stops_when_asked() {
    each_engine(async |db| {
        let world = World::new(db);
        let class = world.class().await;
        for number in 0..100 {
            world.lesson(class, minute(number * 60)).await;
        }
        world.lake.snapshot(LATER).await.unwrap();
        // A million texts, each turned round ten times: more than is done before it is asked to stop.
        let endless = include_str!("../rules/missing-media.sql").replace("\"missing-media\"", "\"endless\"");
        let (head, _) = endless.split_once("\nwith ").expect("the rule begins with its tables");
        let turned = (0..10).fold("a.lesson || b.lesson || c.lesson".to_owned(), |text, _| format!("reverse({text})"));
        let body = format!(
            "select '' as subject, '' as class, '' as lesson, '' as trainee, $since as at, 0.0 as score, cast(0 as bigint) as money_fen, '[]' as evidence, \
             '{{}}' as detail from lessons a, lessons b, lessons c where {turned} = cast($grace_hours as varchar)"
        );
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("endless.sql"), format!("{head}\n{body}")).unwrap();
        let rules = Rules::load(&world.lake, Some(folder.path())).await.unwrap();
        assert!(rules.broken().is_empty(), "{:?}", rules.broken());
        let asked_to_stop = async {
            loop {
                if let Some(going) = runs(&world.db, 1).await.unwrap().first() {
                    assert_eq!((going.why.as_str(), going.asked, going.rules, going.ended_at), ("asked", 1, 0, None));
                    return stop(&world.db, &world.ids, &going.id, "login:x", LATER).await.unwrap();
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        let (ran, ()) = tokio::join!(run(&world.db, &world.lake, &rules, Some("endless"), WINDOW, &world.ids, LATER), asked_to_stop);
        assert_eq!(ran.unwrap(), [], "no rule came to its end");
        let told = runs(&world.db, 1).await.unwrap();
        assert!(told[0].stopped && told[0].ended_at.is_some() && told[0].rules == 0, "{told:?}");
        let error = stop(&world.db, &world.ids, &told[0].id, "login:x", LATER).await.unwrap_err();
        assert_eq!(error.code, "not_found", "it is over");
        let trail = crate::register::trail::of(&world.db, "run", &told[0].id, 10).await.unwrap();
        assert_eq!((trail.len(), trail[0].action.as_str()), (1, "run.stopped"));
        world_with_a_finding(&world).await;
        let found: u64 = job::run(&world.db, &world.lake, &Rules::builtin(), &world.ids, &[job::ALL], LATER.plus(1)).await.unwrap().iter().map(|ran| ran.found).sum();
        let told = runs(&world.db, 2).await.unwrap();
        assert_eq!((told.len(), told[0].why.as_str(), told[0].rules, told[0].found), (2, "all", told[0].asked, found as i64));
    })
    .await;
}
