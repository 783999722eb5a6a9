//! The pass on both engines, and that its catalogue is whole.

use super::*;
use crate::db::testing::each_engine;
use crate::ids::ClassId;
use crate::jobs::Jobs;
use crate::lake::testing::World;
use crate::register::secrets::ring;
use std::collections::BTreeSet;

#[test]
fn every_column_of_the_migrations_that_is_called_sealed_is_in_the_catalogue() {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations")).expect("the folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|ending| ending != "sql") {
            continue;
        }
        let text = std::fs::read_to_string(path).expect("reads");
        let mut table = "";
        for line in text.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if let ["create" | "alter", "table", name, ..] = words[..] {
                table = name;
            }
            let column =
                if let ["alter", "table", _, "add", "column", column, ..] = words[..] { Some(column) } else { words.first().copied() };
            if let Some(column) = column.filter(|column| column.ends_with("_sealed")) {
                assert!(!table.is_empty(), "{line}");
                found.insert((table.to_owned(), column.to_owned()));
            }
        }
    }
    let known: BTreeSet<_> = COLUMNS.iter().map(|column| (column.table.to_owned(), column.name.to_owned())).collect();
    assert!(found.len() > 10, "the migrations were read: {found:?}");
    assert_eq!(found, known);
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("T{number:04}")).collect()
}

#[tokio::test]
async fn everything_is_sealed_with_the_newest_key_in_pages_and_again_is_nothing_to_do() {
    each_engine(async |db| {
        let folder = tempfile::tempdir().expect("a folder");
        let secrets = Secrets::load_or_create(folder.path()).expect("made");
        let world = World::new(db.clone());
        let (jobs, class) = (Jobs::new(&[], world.ids.clone()), world.class().await);
        let trainees = names(PAGE as usize + 20);
        roster(&world, &jobs, class, &secrets, &trainees).await;
        let before = counts(&db).await.expect("counts");
        let all: u64 = before.values().sum();
        assert!(before.keys().eq([&1u8]) && all >= 2 * trainees.len() as u64, "{before:?}");

        ring::add(folder.path()).expect("added");
        let mut pages = 0;
        let done = run(&db, &secrets, |_, _| pages += 1).await.expect("runs");
        assert_eq!(done, Done { resealed: all, ..Done::default() });
        assert!(pages >= 4, "in pages: {pages}");
        assert_eq!(counts(&db).await.expect("counts"), Counts::from([(2, all)]));
        assert_eq!(run(&db, &secrets, |_, _| {}).await.expect("runs"), Done::default());
        ring::retire(folder.path(), 1).expect("goes");
        let fresh = Secrets::load_or_create(folder.path()).expect("loads");
        let mut wrong = 0;
        assert_eq!((check(&db, &fresh, |_, _| wrong += 1).await.expect("checks"), wrong), (all, 0));
        // The indexes are the same: sent again, everybody is who they were.
        let known = crate::register::roster::of_class(&db, class).await.expect("reads");
        let again = roster(&world, &jobs, class, &fresh, &trainees).await;
        let people = |list: &[crate::register::Trainee]| list.iter().map(|one| (one.id, one.person)).collect::<Vec<_>>();
        assert_eq!(people(&known), people(&again));
    })
    .await;
}

#[tokio::test]
async fn what_no_key_opens_is_counted_left_and_found_by_the_check() {
    each_engine(async |db| {
        let folder = tempfile::tempdir().expect("a folder");
        let secrets = Secrets::load_or_create(folder.path()).expect("made");
        let world = World::new(db.clone());
        let (jobs, class) = (Jobs::new(&[], world.ids.clone()), world.class().await);
        roster(&world, &jobs, class, &Secrets::new([9; 32]), &names(3)).await;
        ring::add(folder.path()).expect("added");
        let done = run(&db, &secrets, |_, _| {}).await.expect("runs");
        assert_eq!((done.resealed, done.unreadable), (0, 6));
        let mut wrong = BTreeSet::new();
        check(&db, &secrets, |column, _| {
            wrong.insert(column.name);
        })
        .await
        .expect("checks");
        assert_eq!(wrong, BTreeSet::from(["id_number_sealed", "phone_sealed"]));
        let early = run_job(&db, &secrets, "3").await.expect_err("no such key");
        assert!(early.message.contains("no data key 3"), "{early}");
    })
    .await;
}

async fn roster(world: &World, jobs: &Jobs, class: ClassId, secrets: &Secrets, names: &[String]) -> Vec<crate::register::Trainee> {
    use crate::register::{class, roster};
    let rows: Vec<_> = names
        .iter()
        .map(|name| serde_json::json!({"external_id": name, "name": name, "id_number": format!("61000019900101{}", &name[1..]), "category": "employee", "phone": "13800000000"}))
        .collect();
    let list = roster::read(serde_json::json!({ "trainees": rows }).to_string().as_bytes()).expect("reads");
    let class = class::by_id(&world.db, class).await.expect("there");
    roster::replace(&world.db, jobs, &world.ids, secrets, crate::time::Time(1), "test", &class, list).await.expect("replaced")
}
