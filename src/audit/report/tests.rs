//! A week is counted as it was, people once in each group; what was filed is corrected and never edited; the same on both engines.

use super::filed::{self, New};
use super::{Figure, Group, Report, Week};
use crate::audit::deadline::{self, Filter, Kind, Rules, State};
use crate::audit::overview::Scope;
use crate::db::Db;
use crate::db::testing::{each_engine, sqlite};
use crate::ids::{ClassId, PersonId};
use crate::lake::testing::{MORNING, World};
use crate::register::calendar::Calendar;
use crate::register::policy::Policies;
use crate::seal::{self, leaf::Leaf};
use crate::time::{DAY, Time};
use std::collections::BTreeMap;

const ZONE: chrono_tz::Tz = chrono_tz::Asia::Shanghai;

fn week() -> Week {
    Week::parse("2020-W10").expect("a week")
}

async fn run(db: &Db, statement: &'static str, values: &[&str]) {
    let mut tx = db.begin().await.expect("begins");
    let query = values.iter().fold(sqlx::query(statement), |query, value| query.bind((*value).to_owned()));
    query.execute(tx.conn()).await.unwrap_or_else(|error| panic!("{error}\n{statement}"));
    tx.commit().await.expect("commits");
}

async fn decide(db: &Db, class: ClassId, at: Time) {
    let mut tx = db.begin().await.expect("begins");
    let decided = sqlx::query("update class set decision = 'approve', decided_at = $2, created_at = $2 where id = $1");
    decided.bind(class.to_string()).bind(at.0).execute(tx.conn()).await.expect("decided");
    tx.commit().await.expect("commits");
}

/// Two approved classes of two providers, one person in both, an hour each on Tuesday of week 10; one of them has it credited.
async fn two_classes(world: &World) -> (ClassId, ClassId) {
    let (one, two) = (world.class().await, world.class().await);
    let both: PersonId = world.ids.next();
    for class in [one, two] {
        decide(&world.db, class, MORNING).await;
        let trainee = world.trainee(class, both).await;
        let alone: PersonId = world.ids.next();
        world.trainee(class, alone).await;
        let lesson = world.lesson(class, MORNING).await;
        if class == one {
            world.log(class, lesson).await;
            world.credit(class, lesson, trainee, 800).await;
        }
    }
    run(&world.db, "update provider set region = '610900' where id = (select provider_id from class where id = $1)", &[&one.to_string()])
        .await;
    (one, two)
}

async fn read(db: &Db) -> Report {
    Report::read(db, week(), ZONE).await.expect("counted")
}

fn told(report: &Report, group: &Group) -> BTreeMap<&'static str, i64> {
    let figures = report.of(group);
    let told = |figure: &Figure| figures.get(*figure).filter(|value| *value != 0).map(|value| (figure.code(), value));
    Figure::ALL.iter().filter_map(told).collect()
}

#[tokio::test]
async fn a_person_in_two_classes_counts_once_in_each_group() {
    each_engine(async |db| {
        let world = World::new(db);
        let (one, two) = two_classes(&world).await;
        let other_week = world.lesson(one, MORNING.plus(7 * DAY)).await;
        world.credit(one, other_week, world.trainee(one, world.ids.next()).await, 1000).await;
        let report = read(&world.db).await;
        let all = BTreeMap::from([
            ("classes_opened", 2),
            ("classes_approved", 2),
            ("classes_running", 2),
            ("trainees", 4),
            ("hours_planned", 2000),
            ("hours_held", 1000),
            ("person_hours_planned", 5000),
            ("person_hours_credited", 800),
            ("evidence", 1),
        ]);
        assert_eq!(told(&report, &Group::Total), all);
        let trade = Group::Trade("4-01".into(), "Trade".into());
        assert_eq!(told(&report, &trade), all);
        assert_eq!(told(&report, &Group::Platform("sx-zxpx".into())), all);
        let known = told(&report, &Group::Region(Some("610900".into())));
        let unknown = told(&report, &Group::Region(None));
        assert_eq!((known["trainees"], known["person_hours_credited"], known["hours_held"]), (3, 800, 1000));
        assert_eq!((unknown["trainees"], unknown.get("person_hours_credited")), (2, None), "who is in both counts in both");
        assert_eq!(told(&report, &Group::Category("employee".into()))["trainees"], 4);
        assert_eq!(report.of(&Group::Category("employee".into())).get(Figure::ClassesRunning), None, "a category has no classes");
        let rows = report.lines.keys().filter(|group| matches!(group, Group::Row(..))).count();
        assert_eq!(rows, 2);
        assert!(!report.canonical().contains("Name"), "nothing of a person");
        // Not approved, it is not in training.
        run(&world.db, "update class set decision = 'refuse' where id = $1", &[&two.to_string()]).await;
        assert_eq!(told(&read(&world.db).await, &Group::Total)["trainees"], 3);
    })
    .await;
}

#[tokio::test]
async fn what_was_filed_stays_and_later_evidence_is_a_correction() {
    each_engine(async |db| {
        let world = World::new(db);
        let (_, two) = two_classes(&world).await;
        let report = read(&world.db).await;
        file(&world, &report.canonical(), 1).await.expect("filed");
        assert!(file(&world, "{}", 1).await.is_none(), "a version is filed once");
        let last = || async { filed::versions(&world.db, week()).await.expect("listed").remove(0) };
        assert!(last().await.corrections(&read(&world.db).await).expect("compared").is_empty());
        assert_eq!(last().await.document, read(&world.db).await.canonical(), "the same numbers are the same bytes");

        let lesson = world.lesson(two, MORNING.plus(DAY)).await;
        world.credit(two, lesson, world.trainee(two, world.ids.next()).await, 1000).await;
        let now = read(&world.db).await;
        let corrections = last().await.corrections(&now).expect("compared");
        let of_total: Vec<_> = corrections.iter().filter(|one| one.group == Group::Total).collect();
        let told: Vec<_> = of_total.iter().map(|one| (one.figure.code(), one.filed, one.now)).collect();
        assert_eq!(
            told,
            [
                ("trainees", Some(3), Some(4)),
                ("hours_planned", Some(2000), Some(3000)),
                ("hours_held", Some(1000), Some(2000)),
                ("person_hours_planned", Some(4000), Some(8000)),
                ("person_hours_credited", Some(800), Some(1800)),
            ]
        );
        let csv = String::from_utf8(super::table::csv(&now, &corrections).expect("written")).expect("UTF-8");
        let corrected = csv.lines().find(|line| line.starts_with("correction,")).expect("there");
        assert!(corrected.ends_with(",,,,,1,1,1,4,1,,,,,,"), "{corrected}");
        file(&world, &now.canonical(), 2).await.expect("filed");
        assert!(last().await.corrections(&now).expect("compared").is_empty());
        let versions = filed::versions(&world.db, week()).await.expect("listed");
        assert_eq!(versions.iter().map(|one| one.version).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(versions[1].document, report.canonical(), "the first stays as it was filed");
        let kept = filed::after(&world.db, "", 0).await.expect("listed");
        assert_eq!(kept.iter().map(|one| (one.week.as_str(), one.version)).collect::<Vec<_>>(), [("2020-03-02", 1), ("2020-03-02", 2)]);
        assert!(kept.iter().all(|one| one.digest == one.of_document && one.fields["digest"] == one.digest.to_string()));
        assert_eq!(filed::after(&world.db, "2020-03-02", 1).await.expect("listed").len(), 1);
    })
    .await;
}

async fn file(world: &World, document: &str, version: i64) -> Option<()> {
    let new = New { week: week(), version, document, actor: "token:test", at: MORNING.plus(7 * DAY) };
    let leaf = Leaf::new("weekly_report", new.fields()).expect("a leaf");
    let mut tx = world.db.begin().await.expect("begins");
    let leaf = seal::stage(&mut tx, &leaf, &world.ids, new.at).await.expect("staged");
    let kept = filed::keep(&mut tx, &world.ids, &new, leaf).await.expect("kept");
    if !kept {
        return None;
    }
    tx.commit().await.expect("commits");
    Some(())
}

#[tokio::test]
async fn a_week_is_due_on_its_monday_until_it_is_filed() {
    each_engine(async |db| {
        let world = World::new(db);
        two_classes(&world).await;
        let (policies, calendar) = (Policies::builtin(), Calendar::builtin());
        let due = async |now: Time| {
            let rules = Rules { policies: &policies, calendar: &calendar };
            let found = deadline::all(&world.db, rules, &Scope::default(), now).await.expect("found");
            let filter = Filter { kind: Some(Kind::WeeklyReport), state: None };
            let (found, _) = deadline::page(&found, filter, None, 100).expect("a page");
            found.into_iter().map(|one| (one.subject, one.state)).collect::<Vec<_>>()
        };
        // MORNING is the Tuesday of the week; classes began two days before it.
        let monday = MORNING.plus(6 * DAY);
        assert_eq!(due(MORNING).await, [("2020-02-24".to_owned(), State::Overdue)]);
        assert_eq!(due(monday).await, [("2020-02-24".to_owned(), State::Overdue), ("2020-03-02".to_owned(), State::Open)]);
        file(&world, "{}", 1).await.expect("filed");
        assert_eq!(due(monday.plus(DAY)).await, [("2020-02-24".to_owned(), State::Overdue)]);
    })
    .await;
}

/// 250 classes of 40 trainees, two lessons each in the week, all of them credited: 10,000 people and 20,000 credits.
#[tokio::test]
async fn a_week_of_many_classes_is_counted_to_the_last_hour() {
    let (db, _folder) = sqlite().await;
    let mut tx = db.begin().await.expect("begins");
    for statement in [
        "insert into platform (id, name_zh, name_en, host, timezone, profile, created_at) values ('bulk', '', '', '', 'Asia/Shanghai', '{}', 0)",
        "insert into provider (id, external_id, name, kind, created_at, region) with recursive n(i) as (select 0 union all select i + 1 from n where i < 99) \
         select 'p' || i, 'p' || i, 'P', 'institution', 0, '6109' || (10 + i % 10) from n",
        "insert into class (id, external_id, provider_id, platform_id, title, trade_code, trade_name, application, starts_on, ends_on, hours_total_milli, \
         hours_online_milli, hours_theory_milli, hours_practice_milli, epidemic, content_digest, created_at, decision, decided_at) \
         with recursive n(i) as (select 0 union all select i + 1 from n where i < 249) \
         select 'c' || i, 'c' || i, 'p' || (i % 100), 'bulk', 'C', '6-' || (i % 20), 'T', 'full', '2020-03-01', '2020-03-31', 40000, 40000, 40000, 0, 1, x'00', \
         1583000000000000, 'approve', 1583000000000000 from n",
        "insert into person (id, id_number_index, created_at) with recursive n(i) as (select 0 union all select i + 1 from n where i < 9999) \
         select 'h' || i, cast('h' || i as blob), 0 from n",
        "insert into trainee (id, class_id, person_id, external_id, name, category, id_number_sealed, created_at) \
         with recursive n(i) as (select 0 union all select i + 1 from n where i < 9999) \
         select 't' || i, 'c' || (i / 40), 'h' || i, 't' || i, 'N', case i % 3 when 0 then 'employee' when 1 then 'key_group' else 'poor_household' end, x'00', 0 from n",
        "insert into lesson (id, class_id, external_id, title, kind, mode, starts_at, ends_at, hours_milli, teacher, created_at) \
         with recursive n(i) as (select 0 union all select i + 1 from n where i < 499) \
         select 'l' || i, 'c' || (i / 2), 'l' || i, 'L', 'theory', 'live', 1583197200000000, 1583199900000000, 1000, 'X', 0 from n",
        "insert into credit_run (id, lesson_id, policy, digest, leaf_id, at) with recursive n(i) as (select 0 union all select i + 1 from n where i < 499) \
         select 'r' || i, 'l' || i, 'p', x'00', 'r' || i, 0 from n",
        "insert into credit (run_id, class_id, lesson_id, trainee_id, credited_ms, hours_milli, presence_ms, corroborated_ms, reasons, spans) \
         select 'r' || l.i, 'c' || (l.i / 2), 'l' || l.i, t.id, 2700000, 1000, 2700000, 0, '{}', '[]' \
         from (with recursive n(i) as (select 0 union all select i + 1 from n where i < 499) select i from n) l join trainee t on t.class_id = 'c' || (l.i / 2)",
        "analyze",
    ] {
        sqlx::query(statement).execute(tx.conn()).await.unwrap_or_else(|error| panic!("{error}\n{statement}"));
    }
    tx.commit().await.expect("commits");
    let report = read(&db).await;
    let all = told(&report, &Group::Total);
    assert_eq!((all["trainees"], all["classes_running"], all["hours_held"]), (10_000, 250, 500_000));
    assert_eq!(all["person_hours_credited"], 20_000_000);
    assert_eq!(report.lines.keys().filter(|group| matches!(group, Group::Provider(_))).count(), 100);
}
