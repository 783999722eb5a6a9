//! One digest a day, whoever is first; given up when its day is over; addresses from the settings alone.

use super::{ALL, Digest, Letter, Recipients, made, make, send};
use crate::audit::deadline::{Deadline, Kind};
use crate::config::{Config, Mail, Overrides, Tls};
use crate::db::testing::each_engine;
use crate::ids::Ids;
use crate::register::calendar::Due;
use crate::time::{Clock, HOUR, SECOND, Time};
use chrono::NaiveDate;
use sqlx::Row;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn mail() -> Mail {
    let mut mail = Config::load(&Overrides::default()).expect("loads").mail;
    // Nobody listens there.
    "127.0.0.1:9".clone_into(&mut mail.server);
    "keshi@example.org".clone_into(&mut mail.from);
    "li@example.org, Wang <wang@example.org>".clone_into(&mut mail.to);
    "A-1=school@example.org".clone_into(&mut mail.providers);
    mail.tls = Tls::None;
    mail
}

fn due(kind: Kind, class: &str, provider: &str, on: &str, today: &str) -> Deadline {
    let one = Deadline::new(kind, class.into(), day(on), Due { on: day(on), certain: on < "2027" }, day(today));
    Deadline {
        class: Some(class.into()),
        class_external_id: Some(format!("班-{class}")),
        provider: Some(provider.into()),
        provider_external_id: Some(format!("A-{provider}")),
        ..one
    }
}

#[test]
fn a_letter_is_chinese_and_then_english() {
    let found = [due(Kind::Decision, "1", "1", "2020-03-02", "2020-03-03"), due(Kind::Claim, "2", "2", "2027-05-04", "2020-03-03")];
    let digest = Digest::of(&found.iter().collect::<Vec<_>>(), &[day("2020-03-01"), day("2020-03-02")]);
    let Letter { subject, body } = Letter::of(day("2020-03-03"), &digest, "https://keshi.example/deadlines");
    assert_eq!(subject, "课时：2020-03-03 逾期 1 项，待办 1 项 / keshi: 1 overdue, 1 due");
    insta::assert_snapshot!(body, @r"
    2020-03-03 办理期限：逾期 1 项，尚在期限内 1 项。
    以下日期没有发出每日提醒：2020-03-01、2020-03-02。

    补贴申报：逾期 0，待办 1
    开班审核：逾期 1，待办 0

    - 逾期 1 天 · 开班审核 · 班-1 · 应于 2020-03-02
    - 还剩 2618 天 · 补贴申报 · 班-2 · 应于 2027-05-04（按周一至周五推算）

    办理期限：https://keshi.example/deadlines

    ----

    Deadlines on 2020-03-03: 1 overdue, 1 still in time.
    No digest was brought on: 2020-03-01, 2020-03-02.

    claim after the end of a class: 0 overdue, 1 due
    decision on an opening application: 1 overdue, 0 due

    - 1 day overdue · decision on an opening application · 班-1 · due 2020-03-02
    - 2618 days left · claim after the end of a class · 班-2 · due 2027-05-04 (counted Monday to Friday)

    The board: https://keshi.example/deadlines
    ");
}

#[test]
fn an_address_that_is_none_is_refused_by_its_setting_and_not_shown() {
    let (mut from, mut to, mut providers) = (mail(), mail(), mail());
    "nobody".clone_into(&mut from.from);
    "secret-person".clone_into(&mut to.to);
    "secret-person@example.org".clone_into(&mut providers.providers);
    for (setting, mail) in [("mail.from", from), ("mail.to", to), ("mail.providers", providers)] {
        let error = Recipients::of_settings(&mail).expect_err("refused");
        assert!(error.message.contains(setting) && !error.message.contains("secret"), "{}", error.message);
    }
}

#[tokio::test]
async fn a_day_is_told_once_and_what_nobody_took_is_said_the_next_day() {
    each_engine(async |db| {
        let ids = Ids::new(Clock::System);
        let told = Recipients::of_settings(&mail()).expect("addresses");
        let today = "2020-03-03";
        let found = [due(Kind::Decision, "1", "1", "2020-03-02", today), due(Kind::Claim, "2", "2", "2020-03-04", today)];
        for (id, external) in [("1", "A-1"), ("2", "A-2")] {
            let mut tx = db.begin().await.expect("begins");
            let add = "insert into provider (id, external_id, name, kind, created_at) values ($1, $2, '', 'institution', 0)";
            sqlx::query(add).bind(id).bind(external).execute(tx.conn()).await.expect("added");
            tx.commit().await.expect("commits");
        }
        assert!(!made(&db, day(today)).await.expect("asked"));
        let all = futures::future::join_all((0..4).map(|_| make(&db, &ids, day(today), &found, &told, Time(1)))).await;
        assert_eq!(all.iter().filter(|one| *one.as_ref().expect("made")).count(), 1, "one of four servers makes it");
        assert!(made(&db, day(today)).await.expect("asked"));
        let rows = async || {
            let rows = sqlx::query("select day, audience, mail, attempts, problem from deadline_digest order by day, audience");
            let rows = rows.fetch_all(db.read()).await.expect("listed");
            let row =
                |row: &sqlx::any::AnyRow| format!("{} {} {}", row.get::<String, _>(0), row.get::<String, _>(1), row.get::<String, _>(2));
            rows.iter().map(row).collect::<Vec<_>>()
        };
        assert_eq!(
            rows().await,
            ["2020-03-03 1 waiting", "2020-03-03 2 none", "2020-03-03 all waiting"],
            "only one provider has an address"
        );

        // The mail server is away: tried once now, and again after a while.
        let sent = send(&db, &mail(), "board", "keshi.test/log", || Time(2)).await.expect("tried");
        assert_eq!((sent.sent, sent.failed), (0, 2));
        let again = send(&db, &mail(), "board", "keshi.test/log", || Time(30 * SECOND)).await.expect("not yet");
        assert_eq!((again.sent, again.failed), (0, 0));
        let again = send(&db, &mail(), "board", "keshi.test/log", || Time(HOUR)).await.expect("tried again");
        assert_eq!((again.sent, again.failed), (0, 2));

        assert!(make(&db, &ids, day("2020-03-05"), &found, &told, Time(DAYS)).await.expect("made"));
        assert_eq!(rows().await[..3], ["2020-03-03 1 given_up", "2020-03-03 2 none", "2020-03-03 all given_up"]);
        let document: String = sqlx::query("select document from deadline_digest where day = '2020-03-05' and audience = $1")
            .bind(ALL)
            .fetch_one(db.read())
            .await
            .expect("there")
            .get(0);
        let digest: Digest = serde_json::from_str(&document).expect("a digest");
        assert_eq!(digest.skipped, [day("2020-03-03"), day("2020-03-04")]);
        assert_eq!((digest.counts.open, digest.counts.overdue, digest.classes.len()), (1, 1, 2));
    })
    .await;
}

/// Two days later.
const DAYS: i64 = 48 * HOUR;
