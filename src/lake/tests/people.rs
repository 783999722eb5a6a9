//! What rules may know of people, accounts and deadlines without a number being in the lake.

use crate::db::testing::each_engine;
use crate::ids::{ClaimId, ClassId};
use crate::jobs::Jobs;
use crate::lake::query::{Limits, object};
use crate::lake::testing::{MORNING, World, sql};
use crate::register::calendar::Calendar;
use crate::register::opening;
use crate::register::personal::numbers;
use crate::register::policy::Policies;
use crate::register::secrets::Secrets;
use crate::register::{class, roster};
use crate::time::Time;
use serde_json::{Value, json};

/// A woman of 29 on 2020-03-01, a boy of 15, a number at fault, and a number of 15 digits.
const ROSTER: &str = "编号,姓名,身份证号,类别,电话\n\
    T1,张伟,610902199003020022,企业职工,13891500421\n\
    T2,王芳,110105200403040011,企业职工,13800000000\n\
    T3,李娜,610902199001011111,企业职工,138123\n\
    T4,赵敏,610902491231003,企业职工,\n";

async fn rows(world: &World, sql: &str) -> Vec<Value> {
    world.lake.snapshot(MORNING).await.unwrap();
    let batches = world.lake.query(sql, Vec::new(), Limits::default()).await.unwrap().collect().await.unwrap();
    batches.iter().flat_map(|batch| (0..batch.num_rows()).map(|row| Value::Object(object(batch, row).unwrap()))).collect()
}

fn secrets() -> Secrets {
    Secrets::new([7; 32])
}

async fn rostered(world: &mut World) -> ClassId {
    world.lake = world.lake.clone().with_terms(Policies::builtin(), Calendar::builtin(), secrets());
    let class = world.class().await;
    let of = class::by_id(&world.db, class).await.unwrap();
    // The check digits are those that the standard makes.
    let right = |line: &str| line.split(',').map(corrected).collect::<Vec<_>>().join(",");
    let list = roster::read(ROSTER.lines().map(right).collect::<Vec<_>>().join("\n").as_bytes()).unwrap();
    let jobs = Jobs::new(&[], world.ids.clone());
    roster::replace(&world.db, &jobs, &world.ids, &secrets(), MORNING, "test", &of, list).await.unwrap();
    class
}

fn corrected(cell: &str) -> String {
    let right = |cell: &str| crate::register::id_number::with_checksum(&cell[..17]);
    // T3 keeps a wrong one.
    if cell.len() == 18 && cell.is_ascii() && !cell.ends_with("1111") { right(cell) } else { cell.to_owned() }
}

async fn ages(world: &World) -> Vec<Value> {
    rows(world, "select r.age_years as a, r.sex as s, r.id_region as r, r.id_number_fault as f, t.phone_fault as p from roster r join trainees t using (trainee) order by coalesce(r.age_years, 0)").await
}

#[tokio::test]
async fn the_roster_tells_age_sex_and_province_where_the_number_is_sound_and_what_is_wrong_with_phones() {
    each_engine(async |db| {
        let mut world = World::new(db);
        let class = rostered(&mut world).await;
        let told = [
            json!({"a": null, "s": null, "r": null, "f": "checksum", "p": "length"}),
            json!({"a": 15, "s": "m", "r": "11", "f": null, "p": "repeated"}),
            json!({"a": 29, "s": "f", "r": "61", "f": null, "p": null}),
            json!({"a": 70, "s": "m", "r": "61", "f": null, "p": null}),
        ];
        assert_eq!(ages(&world).await, told);
        assert_eq!(numbers::check(&world.db, &secrets(), MORNING).await.unwrap(), 0, "nothing is left to look at");

        // The class begins later, and its ages are read again.
        let mut tx = world.db.begin().await.unwrap();
        sqlx::query(sql::FIRST_DAY).bind(class.to_string()).bind("2020-03-04").execute(tx.conn()).await.unwrap();
        sqlx::query(opening::sql::AGES_AGAIN).bind(class.to_string()).execute(tx.conn()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(numbers::check(&world.db, &secrets(), MORNING).await.unwrap(), 4);
        let years: Vec<Value> = ages(&world).await.into_iter().map(|row| row["a"].clone()).collect();
        assert_eq!(years, [json!(null), json!(16), json!(30), json!(70)]);
    })
    .await;
}

#[tokio::test]
async fn a_class_has_a_key_of_its_account_and_its_deadlines() {
    each_engine(async |db| {
        let mut world = World::new(db);
        let class = rostered(&mut world).await;
        let other = world.class().await;
        let at = |text: &str| text.parse::<Time>().unwrap().0;
        let (filed, approved) = (at("2020-03-02T10:00:00+08:00"), at("2020-03-05T10:00:00+08:00"));
        let mut tx = world.db.begin().await.unwrap();
        for (class, account) in [(class, "2606 0101 0902 4512 345"), (other, "6228480402564890019")] {
            let account = secrets().seal(account);
            let query = sqlx::query(sql::APPROVED).bind(class.to_string()).bind(filed).bind(approved).bind(account);
            query.execute(tx.conn()).await.unwrap();
        }
        let claim: ClaimId = world.ids.next();
        sqlx::query(sql::CLAIM).bind(claim.to_string()).bind(class.to_string()).bind(vec![0; 32]).execute(tx.conn()).await.unwrap();
        tx.commit().await.unwrap();
        let accounts =
            rows(&world, "select account_fault as f, length(account_key) as l from classes order by coalesce(account_fault, '')").await;
        assert_eq!(accounts, [json!({"f": null, "l": 32}), json!({"f": "checksum", "l": 32})]);
        assert_eq!(rows(&world, "select count(distinct account_key) as n from classes").await, [json!({"n": 2})]);
        // Monday and three working days; Thursday and five days.
        let due =
            rows(&world, "select decision_due_at as d, prepay_due_at as p, prepaid_on from applications order by class limit 1").await;
        assert_eq!(due, [json!({"d": "2020-03-05T16:00:00Z", "p": "2020-03-10T16:00:00Z", "prepaid_on": null})]);
        assert_eq!(rows(&world, "select prepay_due_at as p from claims").await, [json!({"p": "2020-03-10T16:00:00Z"})]);
    })
    .await;
}

#[tokio::test]
async fn what_waits_or_is_beyond_the_calendar_is_never_late() {
    each_engine(async |db| {
        let world = World::new(db);
        world.class().await;
        let due =
            rows(&world, "select decision_due_at as d, prepay_due_at as p, account_key as k from applications join classes using (class)")
                .await;
        assert_eq!(due, [json!({"d": null, "p": null, "k": null})], "filed in 1970");
    })
    .await;
}
