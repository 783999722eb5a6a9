//! Limits are counted as the notice sets them, for what is open and for nothing else, within what the asker may see.

use super::{Deadline, Filter, Kind, Rules, State, all, page, tally};
use crate::audit::overview::Scope;
use crate::db::Db;
use crate::db::testing::each_engine;
use crate::ids::ClassId;
use crate::lake::testing::{MORNING, World};
use crate::register::calendar::Calendar;
use crate::register::policy::Policies;
use crate::time::{DAY, Time};
use chrono::NaiveDate;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

#[test]
fn each_limit_is_the_notices_own() {
    let (policies, calendar) = (Policies::builtin(), Calendar::builtin());
    let due =
        |kind: Kind, since: &str| kind.due(day(since), policies.on(day(since)), &calendar).map(|due| (due.on.to_string(), due.certain));
    let known = |on: &str| Some((on.to_owned(), true));
    // Friday 2020-02-28: three working days later is Wednesday.
    assert_eq!(due(Kind::Decision, "2020-02-28"), known("2020-03-04"));
    assert_eq!(due(Kind::ClaimDecision, "2020-04-30"), known("2020-05-08"), "over the holiday of May, whose 9th is worked and 5th is not");
    assert_eq!(due(Kind::Prepayment, "2020-03-03"), known("2020-03-09"), "five days end on a Sunday: the next working day");
    assert_eq!(due(Kind::FullPlan, "2020-03-08"), known("2020-03-08"), "a promise is a promise");
    assert_eq!(due(Kind::WeeklyReport, "2020-03-09"), known("2020-03-09"));
    assert_eq!(due(Kind::Claim, "2020-03-31"), known("2020-04-30"));
    assert_eq!(due(Kind::Decision, "2999-03-01").map(|(_, certain)| certain), Some(false), "no calendar reaches that far");
}

#[test]
fn the_last_day_is_in_time_and_the_next_is_not() {
    let due = crate::register::calendar::Due { on: day("2020-03-04"), certain: true };
    let on = |today: &str| {
        let one = Deadline::new(Kind::Decision, "x".into(), day("2020-02-28"), due, day(today));
        (one.state, one.days_left)
    };
    assert_eq!([on("2020-03-03"), on("2020-03-04"), on("2020-03-05")], [(State::Open, 1), (State::Open, 0), (State::Overdue, -1)]);
}

async fn run(db: &Db, statement: &'static str, values: &[&str]) {
    let mut tx = db.begin().await.expect("begins");
    let query = values.iter().fold(sqlx::query(statement), |query, value| query.bind((*value).to_owned()));
    query.execute(tx.conn()).await.unwrap_or_else(|error| panic!("{error}\n{statement}"));
    tx.commit().await.expect("commits");
}

async fn filed(db: &Db, class: ClassId, at: Time) {
    let mut tx = db.begin().await.expect("begins");
    sqlx::query("update class set created_at = $2 where id = $1").bind(class.to_string()).bind(at.0).execute(tx.conn()).await.expect("set");
    tx.commit().await.expect("commits");
}

async fn approved(db: &Db, class: ClassId, at: Time) {
    let mut tx = db.begin().await.expect("begins");
    let decided = sqlx::query("update class set decision = 'approve', decided_at = $2 where id = $1");
    decided.bind(class.to_string()).bind(at.0).execute(tx.conn()).await.expect("set");
    tx.commit().await.expect("commits");
}

#[tokio::test]
async fn what_is_done_is_no_longer_due() {
    each_engine(async |db| {
        let world = World::new(db);
        let db = &world.db;
        let (policies, calendar) = (Policies::builtin(), Calendar::builtin());
        let found = async |scope: &Scope, now: Time| {
            let rules = Rules { policies: &policies, calendar: &calendar };
            let found = all(db, rules, scope, now).await.expect("found");
            found.into_iter().filter(|one| one.kind != Kind::WeeklyReport).collect::<Vec<_>>()
        };
        let kinds = |found: &[Deadline]| found.iter().map(|one| (one.kind, one.due_on.to_string(), one.state)).collect::<Vec<_>>();
        let everything = Scope::default();
        let (one, two) = (world.class().await, world.class().await);
        for class in [one, two] {
            filed(db, class, MORNING).await;
        }
        approved(db, two, MORNING).await;
        run(db, "update class set application = 'promise_first', promise_due = '2020-03-06' where id = $1", &[&two.to_string()]).await;
        // Tuesday 2020-03-03; asked on Monday the 9th.
        let monday = MORNING.plus(6 * DAY);
        let seen = found(&everything, monday).await;
        assert_eq!(
            kinds(&seen),
            [
                (Kind::Decision, "2020-03-06".to_owned(), State::Overdue),
                (Kind::FullPlan, "2020-03-06".to_owned(), State::Overdue),
                (Kind::Prepayment, "2020-03-09".to_owned(), State::Open),
            ]
        );
        let counts = tally(&seen);
        assert_eq!((counts.all.open, counts.all.overdue, counts.kinds[&Kind::Decision].overdue), (1, 2, 1));
        // A provider sees its own, one after the other, each once.
        let own = Scope { provider: seen[1].provider.clone(), platform: None };
        let mine = found(&own, monday).await;
        assert_eq!(mine.iter().map(|one| one.kind).collect::<Vec<_>>(), [Kind::FullPlan, Kind::Prepayment]);
        let filter = Filter::default();
        let (first, next) = page(&mine, filter, None, 1).expect("a page");
        let (second, end) = page(&mine, filter, next.as_deref(), 1).expect("a page");
        assert_eq!((first[0].kind, second[0].kind, end), (Kind::FullPlan, Kind::Prepayment, None));
        let overdue = Filter::parse(Some("overdue"), None).expect("known");
        assert_eq!(page(&mine, overdue, None, 9).expect("a page").0.len(), 1);
        assert_eq!(Filter::parse(Some("late"), None).expect_err("no state").code, "invalid");
        assert_eq!(page(&mine, filter, Some("x"), 9).expect_err("no cursor").code, "invalid");

        // Done, each is gone; ended, certificates and the claim are due.
        let of = two.to_string();
        run(
            db,
            "insert into prepayment (id, class_id, amount_fen, paid_on, actor, at, leaf_id) values ($1, $1, 1, '2020-03-09', 'x', 0, $1)",
            &[&of],
        )
        .await;
        let paper = world.log(two, world.lesson(two, MORNING).await).await.to_string();
        run(
            db,
            "insert into class_document (id, class_id, kind, evidence_id, actor, at) values ($2, $1, 'full_plan', $2, 'x', 0)",
            &[&of, &paper],
        )
        .await;
        approved(db, one, MORNING).await;
        run(db, "update class set epidemic = 0 where id = $1", &[&one.to_string()]).await;
        assert!(found(&everything, monday).await.is_empty());
        let later = found(&own, MORNING.plus(60 * DAY)).await;
        let due = [(Kind::Certificates, "2020-04-30".to_owned(), State::Overdue), (Kind::Claim, "2020-04-30".to_owned(), State::Overdue)];
        assert_eq!(kinds(&later), due);
        let claim = "insert into claim (id, class_id, document, digest, amount_fen, gaps, state, actor, filed_at, leaf_id) \
                     select $1, $1, '{}', content_digest, 1, '[]', 'filed', 'x', 1583197200000000, $1 from class where id = $1";
        run(db, claim, &[&of]).await;
        assert_eq!(kinds(&found(&own, MORNING).await), [(Kind::ClaimDecision, "2020-03-06".to_owned(), State::Open)]);
        run(db, "update claim set state = 'returned' where id = $1", &[&of]).await;
        assert_eq!(found(&own, MORNING.plus(60 * DAY)).await.len(), 1, "a returned claim is the provider's again");
    })
    .await;
}
