//! A case from its first step to its last, what it puts at risk, and what can be done to it.

use super::*;
use crate::audit::bundle::tests::{NOW, Stage};
use crate::audit::fsck;
use crate::db::testing::each_engine;
use crate::detect::{self, Decision, Finding, Rules, Status, Window};
use crate::ids::CaseId;
use crate::register::trail;
use crate::time::{DAY, Time};
use serde_json::{Value, json};

pub(crate) const SUN: Who<'static> = Who { label: "login:1", name: "sun", now: NOW };

/// A rule that has three findings on the stage: one of the lesson with a row of its log, one of a trainee in it, one of a device.
const RULE: &str = r#"-- id = "staged"
-- version = 3
-- severity = "high"
-- strength = "strong"
-- typology = "presence"
-- subject = "lesson"
-- scope = "class"
-- compares = ["attendance", "lessons", "trainees"]
--
-- [title]
-- zh = "试验"
-- en = "A trial"
--
-- [explanation.zh]
-- seen = "看到 {many} 行，风险 {money} 元。"
-- normal = "没有。"
-- matters = "试验。"
-- look = "看日志。"
--
-- [explanation.en]
-- seen = "Seen {many} rows, {money} yuan at risk."
-- normal = "None."
-- matters = "A trial."
-- look = "See the log."
--
-- [[innocent]]
-- zh = "这是试验。"
-- en = "It is a trial."
select 'lesson:' || l.lesson as subject, l.class, l.lesson, cast(null as varchar) as trainee, l.starts_at as at, cast(0.9 as double) as score,
    cast(1000 as bigint) as money_fen,
    '[{"id":"' || min(a.evidence) || '","row":2}]' as evidence, '{"many":' || cast(count(*) as varchar) || '}' as detail
from lessons l join attendance a on a.lesson = l.lesson where l.starts_at >= $since and l.starts_at < $until
group by l.lesson, l.class, l.starts_at
union all
select 'trainee:' || t.trainee, l.class, l.lesson, t.trainee, l.starts_at, cast(0.9 as double), cast(300 as bigint), '[]', '{"many":1}'
from lessons l join trainees t on t.class = l.class where l.starts_at >= $since and l.starts_at < $until
union all
select 'device:d', cast(null as varchar), cast(null as varchar), cast(null as varchar), min(l.starts_at), cast(0.9 as double), cast(400 as bigint), '[]', '{"many":2}'
from lessons l where l.starts_at >= $since and l.starts_at < $until
"#;

/// The stage with its findings: the lesson's, two trainees', the device's.
pub(crate) struct Desk {
    pub(crate) stage: Stage,
    pub(crate) rules: Rules,
    pub(crate) findings: Vec<Finding>,
}

impl Desk {
    pub(crate) async fn new(db: &crate::db::Db) -> Desk {
        let stage = Stage::new(db).await;
        let mut desk = Desk { stage, rules: Rules::builtin(), findings: Vec::new() };
        desk.write(RULE).await;
        desk.detect(NOW).await;
        desk
    }

    /// Puts a rule beside the built-in ones.
    async fn write(&mut self, rule: &str) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("staged.sql"), rule).unwrap();
        self.stage.world.lake.snapshot(NOW).await.unwrap();
        self.rules = Rules::load(&self.stage.world.lake, Some(folder.path())).await.unwrap();
        assert!(self.rules.get("staged").is_some(), "{:?}", self.rules.broken());
    }

    /// Runs the rule, and reads what it finds.
    async fn detect(&mut self, now: Time) {
        let world = &self.stage.world;
        world.lake.snapshot(now).await.unwrap();
        let window = Window { since: Time(NOW.0 - 10 * DAY), until: Time(NOW.0 + 10 * DAY) };
        let ran = detect::run(&world.db, &world.lake, &self.rules, Some("staged"), window, &world.ids, now).await.unwrap();
        assert!(ran.iter().all(|ran| ran.error.is_none()), "{ran:?}");
        let filter = detect::Filter { rule: Some("staged".into()), ..detect::Filter::default() };
        self.findings = detect::list(&world.db, &self.rules, &filter, now).await.unwrap().items;
    }

    fn thing(&self, finding: usize) -> Thing {
        Thing { kind: Kind::Finding, id: self.findings[finding].id.0 }
    }

    pub(crate) async fn open(&self, findings: &[usize]) -> CaseId {
        let things: Vec<Thing> = findings.iter().map(|finding| self.thing(*finding)).collect();
        let world = &self.stage.world;
        open(&world.db, &self.rules, &world.ids, Open { title: " 三家机构 ", things: &things, text: Some("先看日志") }, SUN).await.unwrap()
    }

    async fn add(&self, case: CaseId, things: &[Thing]) -> crate::error::Result<usize> {
        add(&self.stage.world.db, &self.rules, &self.stage.world.ids, case, things, None, SUN).await
    }

    async fn read(&self, case: CaseId) -> Whole {
        one(&self.stage.world.db, case, NOW).await.unwrap()
    }

    pub(crate) async fn judge(&self, finding: usize, status: Status) {
        let (world, decision) = (&self.stage.world, Decision { status, until: None, note: Some("看过了".into()) });
        detect::set_status(
            &world.db,
            &self.rules,
            &crate::jobs::Jobs::new(&[], world.ids.clone()),
            &world.ids,
            self.findings[finding].id,
            &decision,
            "login:1",
            NOW,
        )
        .await
        .unwrap();
    }

    /// Codes of what fsck finds.
    async fn wrong(&self) -> Vec<&'static str> {
        self.stage.log.turn().await.unwrap();
        let report = fsck::check(&self.stage.world.db, &self.stage.world.objects, &self.stage.log.trust()).await.unwrap();
        report.problems.iter().map(|problem| problem.code).collect()
    }
}

fn words(whole: &Whole) -> Vec<&str> {
    whole.history.iter().map(|line| line.step.as_str()).collect()
}

#[tokio::test]
async fn a_case_keeps_what_its_findings_said_and_counts_no_hour_twice() {
    each_engine(async |db| {
        let mut desk = Desk::new(&db).await;
        assert_eq!(desk.findings.iter().map(|finding| finding.money_fen).collect::<Vec<_>>(), [1000, 400, 300, 300]);
        let case = desk.open(&[0, 2, 3]).await;
        let whole = desk.read(case).await;
        assert_eq!((whole.case.title.as_str(), whole.case.status.as_str(), whole.case.item_count), ("三家机构", "open", 3));
        assert_eq!(whole.case.money_fen, 1000, "the trainees were in the lesson");
        assert_eq!(words(&whole), ["opened", "added", "added", "added", "noted"]);
        assert_eq!(whole.notes.iter().map(|note| (note.by_name.as_str(), note.text.as_str())).collect::<Vec<_>>(), [("sun", "先看日志")]);
        let said = &whole.items[0].said;
        assert_eq!(
            (&said["rule_version"], &said["seen"]["zh"], &said["money_fen"]),
            (&json!(3), &json!("看到 2 行，风险 10.00 元。"), &json!(1000))
        );
        let digest: storage::Digest = said["rule_digest"].as_str().unwrap().parse().unwrap();
        assert_eq!(detect::rule_text(&db, digest).await.unwrap().as_deref(), Some(RULE.trim()));

        desk.add(case, &[desk.thing(1)]).await.unwrap();
        assert_eq!(desk.read(case).await.case.money_fen, 1000, "the device may be the one in the lesson");
        desk.judge(0, Status::Dismissed).await;
        assert_eq!(
            desk.read(case).await.case.money_fen,
            600,
            "what was dismissed counts no more, and two trainees are more than the device"
        );
        assert_eq!(desk.read(case).await.items[0].now.as_ref().unwrap().status, "dismissed");
        let before = desk.read(case).await;
        // The rule gets another version, so the findings say something else; the case does not.
        desk.write(&RULE.replace("version = 3", "version = 4").replace("cast(1000 as", "cast(2000 as")).await;
        desk.detect(Time(NOW.0 + DAY)).await;
        let after = desk.read(case).await;
        assert_eq!((&after.items[0].said, after.case.money_fen), (&before.items[0].said, before.case.money_fen));
        let now = after.items[0].now.as_ref().unwrap();
        assert_eq!((now.rule_version, now.money_fen), (4, 2000));
        assert_eq!(desk.wrong().await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn things_are_put_in_once_taken_out_with_a_reason_and_may_come_again() {
    each_engine(async |db| {
        let desk = Desk::new(&db).await;
        let case = desk.open(&[0]).await;
        let stage = &desk.stage;
        let things = [
            desk.thing(0),
            Thing { kind: Kind::Evidence, id: stage.picture.0 },
            Thing { kind: Kind::Class, id: stage.class.0 },
            Thing { kind: Kind::Lesson, id: stage.lesson.0 },
            Thing { kind: Kind::Trainee, id: stage.trainees[0].0 },
            Thing { kind: Kind::Evidence, id: stage.picture.0 },
        ];
        assert_eq!(desk.add(case, &things).await.unwrap(), 4, "the finding is in already, and the picture comes once");
        assert_eq!(desk.add(case, &things).await.unwrap(), 0);
        let whole = desk.read(case).await;
        assert_eq!(words(&whole).len(), 7, "what changes nothing is no step");
        let picture = &whole.items[1];
        assert_eq!(
            (picture.kind, &picture.said["kind"], &picture.said["media_type"]),
            (Kind::Evidence, &json!("screenshot"), &json!("image/jpeg"))
        );
        let json = serde_json::to_value(&whole).unwrap();
        assert_eq!((&json["items"][1]["evidence"], &json["items"][0]["now"]["status"]), (&json!(stage.picture), &json!("open")));
        assert_eq!(json["title"], "三家机构");

        remove(&db, &stage.world.ids, case, picture.id, Some("不是这一节"), SUN).await.unwrap();
        assert_eq!(remove(&db, &stage.world.ids, case, picture.id, None, SUN).await.unwrap_err().code, "not_found");
        assert_eq!(of(&db, Kind::Evidence, stage.picture).await.unwrap(), []);
        assert_eq!(of(&db, Kind::Finding, desk.findings[0].id).await.unwrap().iter().map(|one| one.id).collect::<Vec<_>>(), [case]);
        assert_eq!(desk.add(case, &things[1..2]).await.unwrap(), 1, "it may come again");
        let whole = desk.read(case).await;
        assert_eq!(words(&whole)[7..], ["removed", "added"]);
        assert_eq!(whole.history[7].title, json!("log.csv"), "what was taken out still has its name");
        assert_eq!((whole.history[7].text.as_deref(), whole.case.item_count), (Some("不是这一节"), 5));
        let unknown = Thing { kind: Kind::Finding, id: uuid::Uuid::nil() };
        assert_eq!(desk.add(case, &[unknown]).await.unwrap_err().code, "not_found");
        let trail = trail::of(&db, "case", &case.to_string(), 100).await.unwrap();
        assert_eq!(trail.len(), 9, "a line for each step");
        assert!(trail.iter().all(|line| line.detail.as_ref().is_none_or(|detail| !detail.contains('不'))), "without what was written");
        assert_eq!(desk.wrong().await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn a_closed_case_takes_nothing_until_it_is_opened_again() {
    each_engine(async |db| {
        let desk = Desk::new(&db).await;
        let ids = &desk.stage.world.ids;
        let case = desk.open(&[0]).await;
        assert_eq!(reopen(&db, ids, case, "x", SUN).await.unwrap_err().code, "case_open");
        close(&db, ids, case, Outcome::HandedOver, Some("高公移〔2020〕3号"), SUN).await.unwrap();
        let whole = desk.read(case).await;
        assert_eq!((whole.case.status.as_str(), whole.case.outcome), ("closed", Some(Outcome::HandedOver)));
        assert_eq!(whole.history.last().unwrap().money_fen, Some(1000));
        assert_eq!(open_ones(&db, 10).await.unwrap(), []);
        for refused in [
            desk.add(case, &[desk.thing(1)]).await.map(drop),
            note(&db, ids, case, "late", SUN).await,
            remove(&db, ids, case, whole.items[0].id, None, SUN).await,
            close(&db, ids, case, Outcome::Proven, None, SUN).await,
        ] {
            assert_eq!(refused.unwrap_err().code, "case_closed");
        }
        assert_eq!(reopen(&db, ids, case, " ", SUN).await.unwrap_err().code, "invalid");
        reopen(&db, ids, case, "新的证据", SUN).await.unwrap();
        note(&db, ids, case, "late", SUN).await.unwrap();
        let whole = desk.read(case).await;
        assert_eq!((whole.case.status.as_str(), whole.case.outcome), ("open", None));
        assert_eq!(words(&whole), ["opened", "added", "noted", "closed", "reopened", "noted"]);
        let unknown: CaseId = ids.next();
        assert_eq!(note(&db, ids, unknown, "x", SUN).await.unwrap_err().code, "not_found");
        assert_eq!(one(&db, unknown, NOW).await.unwrap_err().code, "not_found");
        assert_eq!(desk.wrong().await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn the_list_is_read_page_by_page_the_newest_first() {
    each_engine(async |db| {
        let desk = Desk::new(&db).await;
        let ids = &desk.stage.world.ids;
        let mut cases = Vec::new();
        for number in 0..5 {
            let who = Who { now: Time(NOW.0 + number), ..SUN };
            let new = Open { title: &format!("案 {number}"), things: &[desk.thing(0)], text: None };
            cases.push(open(&db, &desk.rules, ids, new, who).await.unwrap());
        }
        close(&db, ids, cases[3], Outcome::Unfounded, None, SUN).await.unwrap();
        let read = async |status: Option<&str>| {
            let mut filter = Filter { status: status.map(str::to_owned), cursor: None, limit: 2 };
            let (mut seen, mut pages) = (Vec::new(), 0);
            loop {
                let page = list(&db, &filter).await.unwrap();
                seen.extend(page.items.iter().map(|case| cases.iter().position(|known| *known == case.id).unwrap()));
                pages += 1;
                match page.next {
                    Some(next) => filter.cursor = Some(next),
                    None => return (seen, pages),
                }
            }
        };
        assert_eq!(read(None).await, (vec![4, 3, 2, 1, 0], 3));
        assert_eq!(read(Some("open")).await, (vec![4, 2, 1, 0], 2));
        assert_eq!(read(Some("closed")).await, (vec![3], 1));
        for filter in
            [Filter { status: Some("lost".into()), ..Filter::default() }, Filter { cursor: Some("?".into()), ..Filter::default() }]
        {
            assert_eq!(list(&db, &filter).await.unwrap_err().code, "invalid");
        }
        for title in ["", " ", "a\nb", &"字".repeat(201)] {
            let new = Open { title, ..Open::default() };
            assert_eq!(open(&db, &desk.rules, ids, new, SUN).await.unwrap_err().code, "case_title");
        }
        let long = "字".repeat(4001);
        assert_eq!(note(&db, ids, cases[0], &long, SUN).await.unwrap_err().code, "invalid");
        assert_eq!(note(&db, ids, cases[0], "  ", SUN).await.unwrap_err().code, "invalid");
    })
    .await;
}

#[tokio::test]
async fn nothing_a_person_wrote_is_in_the_log_and_nobody_can_guess_it() {
    each_engine(async |db| {
        let desk = Desk::new(&db).await;
        let case = desk.open(&[2]).await;
        let trainee = desk.findings[2].trainee.unwrap();
        desk.add(case, &[Thing { kind: Kind::Trainee, id: trainee.0 }]).await.unwrap();
        close(&db, &desk.stage.world.ids, case, Outcome::Proven, Some("先看日志"), SUN).await.unwrap();
        let kept = steps(&db, case).await.unwrap();
        for step in &kept {
            let row = sqlx::query(crate::audit::fsck::sql::LEAF).bind(step.leaf.to_string()).fetch_one(db.read()).await.unwrap();
            let body = String::from_utf8(sqlx::Row::get::<Vec<u8>, _>(&row, "body")).unwrap();
            assert!(!body.contains("先看") && !body.contains("三家") && !body.contains(&trainee.to_string()), "{body}");
            let leaf: Value = serde_json::from_str(&body).unwrap();
            assert_eq!((&leaf["kind"], &leaf["digest"]), (&json!("case_step"), &json!(step.digest.to_string())));
        }
        // The same words twice are not the same bytes.
        let of = |step: &Kept| serde_json::from_str::<Value>(&step.document).unwrap();
        assert_ne!(of(&kept[0])["salt"], of(&kept[1])["salt"]);
        assert_eq!(of(&kept[1])["salt"].as_str().unwrap().len(), 32);
    })
    .await;
}

#[tokio::test]
async fn what_is_changed_in_the_database_contradicts_the_log() {
    each_engine(async |db| {
        let desk = Desk::new(&db).await;
        let case = desk.open(&[0, 1]).await;
        assert_eq!(desk.wrong().await, [""; 0]);
        let forge = async |statement| desk.stage.damage(statement, case, None).await;
        use crate::audit::bundle::tests::sql;
        forge(sql::FORGE_CASE_TITLE).await;
        assert_eq!(desk.wrong().await, ["case_differs"]);
        forge(sql::UNFORGE_CASE_TITLE).await;
        forge(sql::FORGE_CASE_MONEY).await;
        assert_eq!(desk.wrong().await, ["case_differs"]);
        forge(sql::UNFORGE_CASE_MONEY).await;
        assert_eq!(desk.wrong().await, [""; 0]);
        forge(sql::FORGE_CASE_NOTE).await;
        assert_eq!(desk.wrong().await, ["case_differs"; 2], "the document is another, and none");
    })
    .await;
}
