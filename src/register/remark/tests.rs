//! A plan that the notice has nothing against, and every way in which it can be otherwise.

use super::*;
use crate::db::testing;
use crate::ids::Ids;
use crate::jobs::Jobs;
use crate::register::class::{self, Application, NewClass};
use crate::register::lesson::{LessonKind, Mode, NewLesson};
use crate::register::policy::Policies;
use crate::register::profile::Profiles;
use crate::register::provider::{NewProvider, ProviderKind};
use crate::register::roster::{Category, NewTrainee};
use crate::register::secrets::Secrets;
use crate::register::{lesson, platform, provider, roster};
use crate::time::{Clock, HOUR, Time};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

const NUMBERS: [&str; 3] = ["11010519491231002X", "440524188001010014", "110105194912310038"];

/// 2020-03-01T09:00:00+08:00, a Sunday: the day the application is filed.
fn filed() -> Time {
    "2020-03-01T09:00:00+08:00".parse().expect("a time")
}

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

/// What an application is made of, changed by a test before it is filed.
struct Plan {
    provider: ProviderKind,
    listed_from: Option<&'static str>,
    class: NewClass,
    roster: Vec<(&'static str, &'static str, Category)>,
    lessons: Vec<(&'static str, LessonKind, Mode, &'static str, i64)>,
    papers: Vec<&'static str>,
}

/// An institution's class of employees in the epidemic: 10 hours, 5 of theory online, one each of general, safety and epidemic prevention.
fn plan() -> Plan {
    let class = json!({"external_id": "C1", "provider": "ext:P1", "platform": "px-class", "title": "电工", "trade": {"code": "6-29-03-07", "name": "电工"},
        "application": "full", "starts_on": "2020-03-02", "ends_on": "2020-03-06", "hours": {"total": 10, "online": 6, "theory": 6, "practice": 4},
        "standards_fen": {"qualified": 90_000}, "epidemic": true});
    use LessonKind::{Epidemic, General, Practice, Safety, Theory};
    Plan {
        provider: ProviderKind::Institution,
        listed_from: Some("2019-01-01"),
        class: serde_json::from_value(class).expect("an application"),
        roster: vec![("T1", NUMBERS[0], Category::Employee), ("T2", NUMBERS[1], Category::Employee)],
        lessons: vec![
            ("L1", General, Mode::Live, "2020-03-02T09:00:00+08:00", 1),
            ("L2", Safety, Mode::Live, "2020-03-02T10:00:00+08:00", 1),
            ("L3", Epidemic, Mode::Live, "2020-03-02T11:00:00+08:00", 1),
            ("L4", Theory, Mode::Live, "2020-03-03T09:00:00+08:00", 3),
            ("L5", Practice, Mode::InPerson, "2020-03-05T09:00:00+08:00", 4),
        ],
        papers: vec!["online_plan"],
    }
}

fn enterprise() -> Plan {
    Plan { provider: ProviderKind::Enterprise, listed_from: None, papers: vec!["online_plan", "licence"], ..plan() }
}

impl Plan {
    /// Files it as clients do, and reads it as the checks do.
    async fn facts(self) -> Facts {
        let (db, _folder) = testing::sqlite().await;
        self.filed(&db).await
    }

    async fn filed(self, db: &crate::db::Db) -> Facts {
        let ids = Ids::new(Clock::Fixed(Arc::new(AtomicI64::new(filed().0))));
        let (jobs, secrets, now) = (Jobs::new(&[], ids.clone()), Secrets::new([7; 32]), filed());
        platform::preload(db, &Profiles::builtin(), now).await.expect("preloads");
        let provider = NewProvider {
            external_id: "P1".into(),
            name: "承训单位".into(),
            kind: self.provider,
            listed_from: self.listed_from.map(date),
            listed_until: None,
            region: None,
        };
        provider::add(db, &ids, now, "test", provider).await.expect("a provider");
        let (class, _) = class::add(db, &ids, &secrets, now, "test", self.class).await.expect("a class");
        let trainee = |(external_id, number, category): (&str, &str, Category)| NewTrainee {
            external_id: external_id.into(),
            name: external_id.into(),
            id_number: number.into(),
            category,
            phone: None,
            email: None,
            platform_user: None,
        };
        let list = self.roster.into_iter().map(trainee).collect();
        roster::replace(db, &jobs, &ids, &secrets, now, "test", &class, list).await.expect("a roster");
        let lesson = |(external_id, kind, mode, from, hours): (&str, LessonKind, Mode, &str, i64)| {
            let starts_at: Time = from.parse().expect("a time");
            NewLesson {
                external_id: external_id.into(),
                title: external_id.into(),
                kind,
                mode,
                starts_at,
                ends_at: starts_at.plus(hours * HOUR * 3 / 4),
                content_ms: None,
                quiz_percent: None,
                hours: crate::register::class::HoursMilli(hours * 1000),
                teacher: "王老师".into(),
                meeting_ref: None,
            }
        };
        let list = self.lessons.into_iter().map(lesson).collect();
        lesson::replace(db, &jobs, &ids, now, "test", &class, list).await.expect("a timetable");
        let mut facts = facts(db, &secrets, class, date("2020-03-01")).await.expect("facts");
        facts.papers = self.papers.into_iter().map(str::to_owned).collect();
        facts
    }

    /// The codes of what is said of it by the built-in policy, with what must be mended first.
    async fn codes(self) -> Vec<&'static str> {
        said(&self.facts().await, &listing("6-29-03-07,电工,2019-01-01,"))
    }
}

/// A list of trades with one row.
fn listing(row: &str) -> Lists {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("trades-test.csv"), format!("code,name,from,until\n{row}\n")).expect("written");
    Lists::of_folder(folder.path()).expect("reads")
}

fn said(facts: &Facts, lists: &Lists) -> Vec<&'static str> {
    remarks(facts, lists).iter().map(|remark| remark.code).collect()
}

fn remarks(facts: &Facts, lists: &Lists) -> Vec<Remark> {
    let remarks = of(facts, Policies::builtin().on(facts.class.starts_on), lists, date("2020-03-01"));
    for remark in &remarks {
        assert!(remark.clause.starts_with("31号 ") || remark.clause.starts_with("policy: "), "{remark:?}");
        assert!(remark.zh.ends_with('。') && remark.en.ends_with('.'), "says what to do: {remark:?}");
    }
    remarks
}

const NONE: [&str; 0] = [];

#[tokio::test]
async fn nothing_is_said_of_a_plan_that_the_notice_has_nothing_against() {
    assert_eq!(plan().codes().await, NONE);
    assert_eq!(enterprise().codes().await, NONE);
}

#[tokio::test]
async fn clause_1_2_key_groups_are_trained_by_listed_institutions_only() {
    let with = |plan: Plan, category| Plan { roster: vec![("T1", NUMBERS[0], Category::Employee), ("T2", NUMBERS[1], category)], ..plan };
    for category in [Category::KeyGroup, Category::PoorHousehold] {
        assert_eq!(with(plan(), category).codes().await, NONE, "by a listed institution");
        assert_eq!(with(Plan { listed_from: None, ..plan() }, category).codes().await, ["provider_not_listed"]);
        let facts = with(enterprise(), category).facts().await;
        let remarks = remarks(&facts, &listing("6-29-03-07,电工,,"));
        assert_eq!(remarks.iter().map(|remark| remark.code).collect::<Vec<_>>(), ["category_not_allowed"]);
        assert_eq!((remarks[0].clause, remarks[0].weight), ("31号 一（二）", Weight::Must));
        assert_eq!(remarks[0].rows.iter().map(|row| row.trainee_external_id.as_deref()).collect::<Vec<_>>(), [Some("T2")]);
    }
}

#[tokio::test]
async fn clause_1_2_in_the_epidemic_an_enterprise_needs_no_list_and_after_it_everybody_does() {
    let facts = enterprise().facts().await;
    let text = Policies::builtin()
        .on(facts.class.starts_on)
        .text()
        .replace("[eligibility]", "until = { value = 2020-03-01, source = \"policy: declared\" }\n[eligibility]");
    let over = Policy::parse("over.toml", &text).expect("a policy");
    let codes: Vec<_> = of(&facts, &over, &listing("6-29-03-07,电工,,"), date("2020-03-01")).iter().map(|remark| remark.code).collect();
    assert_eq!(codes, ["provider_not_listed", "epidemic_claimed"], "the epidemic was over the day before");
    let mut listed = facts;
    listed.provider.listed_from = Some(date("2020-01-01"));
    listed.provider.listed_until = Some(date("2020-03-04"));
    listed.class.epidemic = false;
    let codes: Vec<_> = of(&listed, &over, &listing("6-29-03-07,电工,,"), date("2020-03-01")).iter().map(|remark| remark.code).collect();
    assert_eq!(codes, ["provider_listing_ends"]);
}

#[tokio::test]
async fn clause_1_2_where_a_list_of_institutions_is_loaded_it_decides() {
    let facts = plan().facts().await;
    let folder = tempfile::tempdir().expect("a folder");
    let put = |row: &str| {
        std::fs::write(folder.path().join("institutions-ak.csv"), format!("external_id,name,from,until\n{row}\n")).expect("written");
        Lists::of_folder(folder.path()).expect("reads")
    };
    assert_eq!(said(&facts, &put("P2,别家,,")), ["provider_not_listed"], "whatever days were entered with it");
    assert_eq!(said(&facts, &put("P1,承训单位,2020-03-03,")), ["provider_not_listed"], "a day too late");
    assert_eq!(said(&facts, &put("P1,承训单位,2020-03-02,")), NONE);
}

#[tokio::test]
async fn clause_1_3_in_the_epidemic_employees_are_trained_in_classes_4_to_6_or_from_the_list() {
    let trade = |plan: Plan, code: &str| {
        let mut plan = plan;
        plan.class.trade.code = code.into();
        plan
    };
    for code in ["4-14-01-02", "5-01-02-03", "6-31-01-03"] {
        assert_eq!(trade(enterprise(), code).codes().await, NONE, "{code} is on no list and needs none");
    }
    for code in ["2-02-10-03", "电工", ""] {
        assert_eq!(trade(enterprise(), code).codes().await, ["trade_class"], "{code}");
    }
    let listed = trade(enterprise(), "2-02-10-03").facts().await;
    assert_eq!(said(&listed, &listing("2-02-10-03,电工,,")), NONE, "on the list");
}

#[tokio::test]
async fn clause_1_3_key_groups_are_trained_in_trades_of_the_list_or_in_entrepreneurship() {
    let mut facts = Plan { roster: vec![("T1", NUMBERS[0], Category::KeyGroup)], ..plan() }.facts().await;
    assert_eq!(said(&facts, &Lists::default()), ["trade_list_missing"], "it cannot be checked, and that is said");
    assert_eq!(said(&facts, &listing("6-29-03-07,电工,,")), NONE);
    assert_eq!(said(&facts, &listing("6-29-03-07,电工作业,,")), ["trade_name"]);
    assert_eq!(said(&facts, &listing("6-29-03-07,电工,2020-03-03,")), ["trade_not_listed"], "from the day after on");
    assert_eq!(said(&facts, &listing("4-14-01-02,育婴员,,")), ["trade_not_listed"]);
    facts.class.trade.name = "网络创业培训".into();
    assert_eq!(said(&facts, &Lists::default()), NONE);
}

#[tokio::test]
async fn clause_2_general_safety_and_in_the_epidemic_prevention_courses_are_set() {
    let facts = plan().facts().await;
    for (place, code) in [(0, "course_general_missing"), (1, "course_safety_missing"), (2, "course_epidemic_missing")] {
        let mut facts = facts.clone();
        facts.lessons[place].kind = LessonKind::Theory;
        assert_eq!(said(&facts, &listing("6-29-03-07,电工,,")), [code]);
    }
    let mut before = facts;
    before.lessons.clear();
    assert_eq!(said(&before, &listing("6-29-03-07,电工,,")), NONE, "while there is no timetable nothing is missing on it");
}

#[tokio::test]
async fn clause_2_theory_is_at_least_thirty_percent_where_there_is_practice() {
    use crate::register::class::HoursMilli;
    let mut facts = plan().facts().await;
    facts.lessons.clear();
    let mut planned = |theory: i64, practice: i64| {
        facts.class.hours.theory = HoursMilli(theory);
        facts.class.hours.practice = HoursMilli(practice);
        said(&facts, &listing("6-29-03-07,电工,,"))
    };
    assert_eq!(planned(3_000, 7_000), NONE, "exactly 30 % of 10");
    assert_eq!(planned(2_999, 7_001), ["theory_share"]);
    assert_eq!(planned(2_000, 0), NONE, "without practice there is no share");
    // Theory that is not online is none of the online theory the clause asks for.
    let mut facts = plan().facts().await;
    facts.lessons[3].mode = Mode::InPerson;
    facts.lessons[2].mode = Mode::InPerson;
    let codes = said(&facts, &listing("6-29-03-07,电工,,"));
    assert!(codes.contains(&"theory_share"), "{codes:?}");
}

#[tokio::test]
async fn clause_4_hours_that_do_not_add_up_are_named() {
    use crate::register::class::HoursMilli;
    let facts = plan().facts().await;
    let lists = listing("6-29-03-07,电工,,");
    let with = |change: &dyn Fn(&mut Facts)| {
        let mut facts = facts.clone();
        change(&mut facts);
        said(&facts, &lists)
    };
    assert_eq!(with(&|facts| facts.class.hours.practice = HoursMilli(5_000)), ["hours_exceed_total", "hours_by_kind_differ"]);
    assert_eq!(with(&|facts| facts.class.hours.online = HoursMilli(5_500)), ["hours_online_differ"]);
    assert_eq!(with(&|facts| facts.class.hours.total = HoursMilli(12_000)), ["hours_total_differ"]);
    assert_eq!(with(&|facts| facts.class.hours.theory = HoursMilli(3_000)), NONE, "theory counted without the other courses");
    assert_eq!(with(&|facts| drop(facts.lessons.pop())), ["in_person_not_timetabled"]);
}

#[tokio::test]
async fn clause_4_lessons_lie_within_the_class_and_not_over_each_other() {
    let facts = plan().facts().await;
    let lists = listing("6-29-03-07,电工,,");
    let moved = |place: usize, from: &str| {
        let mut facts = facts.clone();
        let lesson = &mut facts.lessons[place];
        let length = lesson.ends_at.0 - lesson.starts_at.0;
        lesson.starts_at = from.parse().expect("a time");
        lesson.ends_at = lesson.starts_at.plus(length);
        facts.lessons.sort_by_key(|lesson| lesson.starts_at);
        let found = remarks(&facts, &lists);
        found
            .into_iter()
            .map(|remark| (remark.code, remark.rows.into_iter().filter_map(|row| row.lesson_external_id).collect::<Vec<_>>()))
            .collect::<Vec<_>>()
    };
    assert!(moved(4, "2020-03-06T20:00:00+08:00").is_empty(), "the last evening");
    assert_eq!(moved(4, "2020-03-06T22:00:00+08:00"), [("lesson_outside_class", vec!["L5".to_owned()])], "goes on after midnight");
    assert_eq!(moved(0, "2020-03-01T23:00:00+08:00"), [("lesson_outside_class", vec!["L1".to_owned()])]);
    assert_eq!(moved(1, "2020-03-02T09:44:59+08:00"), [("lessons_overlap", vec!["L2".to_owned()])], "by a second");
    assert!(moved(1, "2020-03-02T09:45:00+08:00").is_empty(), "one after the other");
    // A long lesson with two in it: both are named.
    let mut long = facts.clone();
    long.lessons[0].ends_at = long.lessons[2].ends_at;
    let overlap = remarks(&long, &lists).into_iter().find(|remark| remark.code == "lessons_overlap").expect("they overlap");
    assert_eq!(overlap.rows.len(), 2);
}

#[tokio::test]
async fn clause_1_1_a_person_is_on_the_roster_once_with_a_number_that_can_be() {
    let twice = Plan {
        roster: vec![("T1", NUMBERS[0], Category::Employee), ("T2", "１１０１０５１９４９１２３１００２x", Category::Employee)],
        ..plan()
    };
    assert_eq!(twice.codes().await, ["trainee_twice"], "the same number in other letters");
    let wrong = Plan { roster: vec![("T1", "110105194912310021", Category::Employee)], ..plan() }.facts().await;
    let found = remarks(&wrong, &listing("6-29-03-07,电工,,"));
    assert_eq!(found.iter().map(|remark| remark.code).collect::<Vec<_>>(), ["id_number_wrong"]);
    let written = serde_json::to_string(&found).expect("writes");
    assert!(!written.contains("110105"), "no number in a remark: {written}");
}

#[tokio::test]
async fn clause_4_each_kind_of_application_has_its_papers() {
    let papers = |plan: Plan| Plan { papers: Vec::new(), ..plan };
    assert_eq!(papers(plan()).codes().await, ["online_plan_missing"]);
    assert_eq!(papers(enterprise()).codes().await, ["online_plan_missing", "licence_missing"]);
    let mut first = papers(plan());
    first.class.application = Application::PromiseFirst;
    first.class.promise_due = Some(date("2020-03-05"));
    assert_eq!(first.codes().await, ["online_plan_missing", "promise_missing"]);
}

#[tokio::test]
async fn clause_4_a_promise_is_kept_by_its_day() {
    let mut first = Plan { papers: vec!["online_plan", "promise"], ..plan() };
    first.class.application = Application::PromiseFirst;
    first.class.promise_due = Some(date("2020-03-05"));
    let mut facts = first.facts().await;
    let on = |facts: &Facts, day: &str| {
        let found = of(facts, Policies::builtin().on(facts.class.starts_on), &listing("6-29-03-07,电工,,"), date(day));
        found.iter().map(|remark| remark.code).collect::<Vec<_>>()
    };
    assert_eq!((on(&facts, "2020-03-05"), on(&facts, "2020-03-06")), (vec![], vec!["promise_overdue"]));
    facts.papers.insert("full_plan".into());
    assert_eq!(on(&facts, "2020-03-06"), NONE);
    facts.class.promise_due = Some(date("2020-02-28"));
    assert_eq!(on(&facts, "2020-03-01"), ["promise_past"]);
    facts.class.promise_due = Some(date("2020-04-01"));
    assert_eq!(on(&facts, "2020-03-01"), ["promise_after_end"]);
}

#[tokio::test]
async fn clause_4_in_a_class_already_running_only_the_remaining_theory_goes_online() {
    let mut running = plan();
    running.class.application = Application::RemainingTheory;
    running.class.starts_on = date("2020-02-17");
    let mut facts = running.facts().await;
    let lists = listing("6-29-03-07,电工,,");
    assert_eq!(said(&facts, &lists), NONE, "no course is missed, and no hours in person");
    facts.lessons[4].mode = Mode::Live;
    assert_eq!(said(&facts, &lists), ["hours_online_differ", "online_practice"]);
    facts.lessons.clear();
    facts.class.hours.online = crate::register::class::HoursMilli(7_000);
    facts.class.starts_on = date("2020-03-02");
    assert_eq!(said(&facts, &lists), ["not_running_yet", "online_beyond_theory"]);
}

#[tokio::test]
async fn clause_4_training_is_applied_for_before_it_begins_and_a_standard_is_named() {
    let mut facts = plan().facts().await;
    facts.class.created_at = "2020-03-03T08:00:00+08:00".parse().expect("a time");
    facts.class.standards_fen = Default::default();
    assert_eq!(said(&facts, &listing("6-29-03-07,电工,,")), ["filed_after_start", "standard_missing"]);
}

#[tokio::test]
async fn clause_5_1_the_epidemics_rate_is_for_classes_that_begin_in_it() {
    let mut facts = plan().facts().await;
    let lists = listing("6-29-03-07,电工,,");
    facts.class.epidemic = false;
    assert_eq!(said(&facts, &lists), ["epidemic_not_claimed"]);
    facts.class.epidemic = true;
    facts.class.starts_on = date("2020-02-15");
    facts.class.created_at = "2020-02-14T08:00:00+08:00".parse().expect("a time");
    assert_eq!(said(&facts, &lists), ["epidemic_claimed"], "the day before the notice");
}

#[tokio::test]
async fn days_with_more_than_a_person_can_be_credited_are_named() {
    let mut facts = plan().facts().await;
    facts.lessons[3].hours = crate::register::class::HoursMilli(11_000);
    let codes = said(&facts, &listing("6-29-03-07,电工,,"));
    assert!(codes.contains(&"day_too_long"), "480 minutes are 10.6 hours: {codes:?}");
}

#[tokio::test]
async fn people_and_teachers_in_two_classes_at_once_are_noted_on_both_engines() {
    testing::each_engine(async |db| {
        plan().filed(&db).await;
        let mut other = plan();
        other.class.external_id = "C2".into();
        other.roster.truncate(1);
        let facts = other.filed(&db).await;
        let found = remarks(&facts, &listing("6-29-03-07,电工,,"));
        assert_eq!(
            found.iter().map(|remark| (remark.code, remark.weight)).collect::<Vec<_>>(),
            [("teacher_in_two_lessons", Weight::Note), ("trainee_in_two_classes", Weight::Note)]
        );
        assert_eq!((found[0].rows.len(), found[1].rows.len()), (5, 1));
    })
    .await;
}

#[test]
fn a_remark_is_written_with_its_clause_and_both_sentences() {
    let remark = Remark::must("theory_share", "31号 二", "中文。", "English.");
    let written = serde_json::to_value(&remark).expect("writes");
    let expected = json!({"code": "theory_share", "clause": "31号 二", "weight": "must", "message": {"zh": "中文。", "en": "English."}});
    assert_eq!(written, expected);
}
