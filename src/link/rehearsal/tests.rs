use super::stage::Stage;
use crate::db::testing::{each_engine, sqlite};
use crate::ids::{LessonId, TraineeId};
use crate::jobs::{Change, Job, Jobs};
use crate::lake::testing::{MORNING, World};
use crate::link::{
    Outcome, Pointer, check, credits_of_class, live_runs, run, run_document, runs_of_lesson, trace_of_lesson, trace_of_trainee,
    traces_of_run,
};
use crate::register::policy::Policies;
use crate::time::{DAY, MINUTE};
use std::collections::{BTreeSet, VecDeque};
use storage::Digest;

async fn open_jobs(stage: &Stage) -> Vec<Job> {
    stage.jobs.list(&stage.db, "open", 100).await.expect("lists")
}

fn concerned(outcome: Outcome) -> BTreeSet<LessonId> {
    match outcome {
        Outcome::Kept { concerned, .. } => concerned,
        Outcome::Unchanged => panic!("nothing was kept"),
    }
}

#[tokio::test]
async fn the_same_evidence_again_changes_nothing_and_asks_for_nothing() {
    each_engine(async |db| {
        let stage = Stage::on(db);
        let class = stage.class().await;
        let zhang = stage.trainee(class, stage.person().await).await;
        let lesson = stage.lesson(class, 0, 45).await;
        let first = stage.credit(lesson, &[(zhang, 5, 45)]).await;
        assert!(matches!(first, Outcome::Kept { .. }));
        assert_eq!(
            open_jobs(&stage).await.iter().map(|job| (job.kind.as_str(), job.key.clone())).collect::<Vec<_>>(),
            [("detect", lesson.to_string())]
        );
        assert_eq!(stage.credit(lesson, &[(zhang, 5, 45)]).await, Outcome::Unchanged);
        assert_eq!(runs_of_lesson(&stage.db, lesson).await.expect("reads").len(), 1);
        let credits = credits_of_class(&stage.db, class).await.expect("reads");
        assert_eq!(
            credits.iter().map(|credit| (credit.trainee, credit.hours.as_str(), credit.credited_ms)).collect::<Vec<_>>(),
            [(zhang, "0.8", 2_400_000)]
        );
    })
    .await;
}

#[tokio::test]
async fn late_evidence_reopens_the_lesson_and_the_earlier_credit_stays_readable() {
    each_engine(async |db| {
        let stage = Stage::on(db);
        let class = stage.class().await;
        let zhang = stage.trainee(class, stage.person().await).await;
        let lesson = stage.lesson(class, 0, 45).await;
        stage.credit(lesson, &[(zhang, 5, 45)]).await;
        stage.credit(lesson, &[(zhang, 5, 45), (zhang, 0, 6)]).await;
        assert_eq!(stage.told(lesson, zhang).await, ["0-45 credited"]);
        let runs = runs_of_lesson(&stage.db, lesson).await.expect("reads");
        assert_eq!((runs.len(), runs[0].replaced_at), (2, None));
        assert_eq!(runs[1].replaced_at, Some(runs[0].at));
        let earlier = traces_of_run(&stage.db, runs[1].id).await.expect("reads");
        assert_eq!((earlier[0].credit.hours.as_str(), earlier[0].spans.len()), ("0.8", 2));
        assert_ne!(runs[0].leaf, runs[1].leaf);
        for run in runs {
            let document = run_document(&stage.db, run.id).await.expect("reads");
            assert_eq!(Digest::of(&document), run.digest, "what is kept is what was sealed");
        }
    })
    .await;
}

#[tokio::test]
async fn the_lesson_that_starts_first_keeps_the_time_of_a_person_in_two_classes() {
    each_engine(async |db| {
        let stage = Stage::on(db);
        let (morning, evening, person) = (stage.class().await, stage.class().await, stage.person().await);
        let (here, there) = (stage.trainee(morning, person).await, stage.trainee(evening, person).await);
        let later = stage.lesson(evening, 30, 90).await;
        let first = stage.lesson(morning, 0, 45).await;
        stage.credit(later, &[(there, 30, 90)]).await;
        assert_eq!(stage.told(later, there).await, ["30-90 credited"]);
        let touched = concerned(stage.credit(first, &[(here, 0, 45)]).await);
        assert_eq!(touched, BTreeSet::from([later]));
        assert!(open_jobs(&stage).await.iter().any(|job| job.kind == "link" && job.key == later.to_string()));
        assert_eq!(concerned(stage.credit(later, &[(there, 30, 90)]).await), BTreeSet::new());
        assert_eq!(stage.told(first, here).await, ["0-45 credited"]);
        assert_eq!(stage.told(later, there).await, ["30-45 elsewhere", "45-90 credited"]);
        assert_eq!(stage.trace(later, there).await.spans[0].lesson, Some(first));
    })
    .await;
}

#[tokio::test]
async fn a_person_enrolled_twice_in_a_class_is_credited_once() {
    each_engine(async |db| {
        let stage = Stage::on(db);
        let (class, person) = (stage.class().await, stage.person().await);
        let (one, two) = (stage.trainee(class, person).await, stage.trainee(class, person).await);
        let lesson = stage.lesson(class, 0, 45).await;
        stage.credit(lesson, &[(one, 0, 30), (two, 0, 45)]).await;
        assert_eq!(stage.told(lesson, one).await, ["0-30 credited", "30-45 left_early"]);
        assert_eq!(stage.told(lesson, two).await, ["0-30 elsewhere", "30-45 credited"]);
    })
    .await;
}

#[tokio::test]
async fn a_full_day_cuts_the_last_lesson_and_a_cancelled_one_gives_the_time_back() {
    each_engine(async |db| {
        let stage = Stage::on(db);
        let class = stage.class().await;
        let zhang = stage.trainee(class, stage.person().await).await;
        let morning = stage.lesson(class, 0, 300).await;
        let evening = stage.lesson(class, 400, 700).await;
        stage.credit(morning, &[(zhang, 0, 300)]).await;
        stage.credit(evening, &[(zhang, 400, 700)]).await;
        assert_eq!(stage.told(evening, zhang).await, ["400-580 credited", "580-700 over_daily_cap"]);
        stage.cancel(morning).await;
        assert_eq!(concerned(stage.credit(morning, &[]).await), BTreeSet::from([evening]));
        stage.credit(evening, &[(zhang, 400, 700)]).await;
        assert_eq!(stage.told(evening, zhang).await, ["400-700 credited"]);
        assert_eq!(trace_of_trainee(&stage.db, zhang).await.expect("reads").len(), 1, "a cancelled lesson credits nobody");
    })
    .await;
}

#[tokio::test]
async fn a_moved_lesson_frees_the_time_where_it_was() {
    each_engine(async |db| {
        let stage = Stage::on(db);
        let class = stage.class().await;
        let zhang = stage.trainee(class, stage.person().await).await;
        let (moved, stays) = (stage.lesson(class, 0, 60).await, stage.lesson(class, 30, 90).await);
        stage.credit(moved, &[(zhang, 0, 60)]).await;
        stage.credit(stays, &[(zhang, 30, 90)]).await;
        assert_eq!(stage.told(stays, zhang).await, ["30-60 elsewhere", "60-90 credited"]);
        stage.move_lesson(moved, 200, 260).await;
        assert_eq!(concerned(stage.credit(moved, &[(zhang, 0, 60)]).await), BTreeSet::from([stays]));
        stage.credit(stays, &[(zhang, 30, 90)]).await;
        assert_eq!(stage.told(stays, zhang).await, ["30-90 credited"]);
        assert_eq!(stage.told(moved, zhang).await, ["200-260 not_joined"]);
    })
    .await;
}

#[tokio::test]
async fn media_of_the_lesson_corroborate_and_logs_are_named_to_who_is_in_none() {
    each_engine(async |db| {
        let stage = Stage::on(db);
        let class = stage.class().await;
        let (zhang, li) = (stage.trainee(class, stage.person().await).await, stage.trainee(class, stage.person().await).await);
        let lesson = stage.lesson(class, 0, 45).await;
        let video = stage.evidence("video", class, lesson, 10).await;
        stage.fact(video, "duration_ms", "600000").await;
        let log = stage.evidence("attendance", class, lesson, 0).await;
        stage.segment(log, lesson).await;
        stage.credit(lesson, &[(zhang, 0, 45)]).await;
        let trace = stage.trace(lesson, zhang).await;
        assert_eq!(trace.credit.corroborated_ms, 600_000);
        assert!(trace.spans[0].evidence.iter().any(|pointer| pointer.id == video && pointer.row.is_none()));
        let absent = stage.trace(lesson, li).await;
        assert_eq!(stage.told(lesson, li).await, ["0-45 not_joined"]);
        assert_eq!(absent.spans[0].evidence.iter().map(|pointer| pointer.id).collect::<Vec<_>>(), [log]);
    })
    .await;
}

#[tokio::test]
async fn a_forged_credit_is_noticed_even_with_a_digest_to_match() {
    each_engine(async |db| {
        let stage = Stage::on(db);
        let class = stage.class().await;
        let zhang = stage.trainee(class, stage.person().await).await;
        let lesson = stage.lesson(class, 0, 45).await;
        stage.credit(lesson, &[(zhang, 5, 45)]).await;
        stage.credit(lesson, &[(zhang, 5, 44)]).await;
        let sound = check(&stage.db).await.expect("looks");
        assert_eq!((sound.runs, sound.credits, sound.faults), (2, 2, vec![]));
        let run = runs_of_lesson(&stage.db, lesson).await.expect("reads")[0].id;
        stage.forge_credit(run).await;
        let whats = async || check(&stage.db).await.expect("looks").faults.into_iter().map(|fault| fault.what).collect::<Vec<_>>();
        let contradiction = format!("The credit of trainee {zhang} contradicts itself: its sums are not those of its spans.");
        assert_eq!(whats().await, ["Its credits are not what was sealed.", &contradiction]);
        let forged = Digest::of(&run_document(&stage.db, run).await.expect("reads"));
        stage.forge_digest(run, forged).await;
        assert_eq!(whats().await, [&contradiction, "The leaf that seals it speaks of something else."]);
    })
    .await;
}

#[tokio::test]
async fn the_job_credits_from_what_the_lake_has_and_leaves_a_leaf_to_seal() {
    each_engine(async |db| {
        let world = World::new(db);
        let class = world.class().await;
        let person = world.ids.next();
        let zhang = world.trainee(class, person).await;
        let lesson = world.lesson(class, MORNING).await;
        let log = world.attended(class, lesson, &[(zhang, MORNING.plus(5 * MINUTE), MORNING.plus(60 * MINUTE))]).await;
        let jobs = Jobs::new(&[(Change::HoursCredited, "detect", 0)], world.ids.clone());
        let policies = Policies::builtin();
        let credit = async || run(&world.db, &world.lake, &jobs, &world.ids, &policies, lesson, MORNING.plus(DAY)).await.expect("runs");
        let Outcome::Kept { run, .. } = credit().await else { panic!("nothing was kept") };
        let trace = &trace_of_lesson(&world.db, lesson, Some(zhang)).await.expect("reads")[0];
        assert_eq!((trace.run, trace.credit.hours.as_str(), trace.credit.credited_ms), (run, "0.8", 40 * 60_000));
        assert_eq!(trace.spans[1].evidence, [Pointer { id: log, row: Some(1), resolution: None }]);
        assert_eq!(check(&world.db).await.expect("looks").faults, []);
        assert_eq!(credit().await, Outcome::Unchanged);
    })
    .await;
}

#[tokio::test]
async fn a_lesson_nobody_sent_anything_for_says_so() {
    each_engine(async |db| {
        let stage = Stage::on(db);
        let class = stage.class().await;
        let lesson = stage.lesson(class, 0, 45).await;
        assert_eq!(stage.credit(lesson, &[]).await, Outcome::Unchanged, "without trainees there is nothing to credit");
        let zhang = stage.trainee(class, stage.person().await).await;
        stage.credit(lesson, &[]).await;
        assert_eq!(stage.told(lesson, zhang).await, ["0-45 no_log"]);
    })
    .await;
}

/// Who was there from which minute to which.
type Stays = Vec<(TraineeId, i64, i64)>;

/// A small stream of numbers, the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Whatever the order in which lessons are credited, following "concerned" ends, and ends in the same credits.
#[tokio::test]
async fn the_order_of_the_jobs_does_not_matter() {
    let (db, _folder) = sqlite().await;
    let stage = Stage::on(db);
    let mut dice = Dice(20_200_303);
    let mut plan: Vec<(LessonId, Stays)> = Vec::new();
    let people = [stage.person().await, stage.person().await];
    for _ in 0..3 {
        let class = stage.class().await;
        let trainees = [stage.trainee(class, people[0]).await, stage.trainee(class, people[1]).await];
        for _ in 0..4 {
            let from = dice.below(600) as i64;
            let until = from + 30 + dice.below(200) as i64;
            let lesson = stage.lesson(class, from, until).await;
            plan.push((lesson, trainees.iter().map(|&trainee| (trainee, from + dice.below(20) as i64, until)).collect()));
        }
    }
    let mut results = Vec::new();
    for _ in 0..6 {
        for at in (1..plan.len()).rev() {
            plan.swap(at, dice.below(at as u64 + 1) as usize);
        }
        // First nobody was anywhere, then everybody came: each time until nothing is concerned any more.
        for came in [false, true] {
            let mut queue: VecDeque<LessonId> = plan.iter().map(|(lesson, _)| *lesson).collect();
            let mut steps = 0;
            while let Some(lesson) = queue.pop_front() {
                steps += 1;
                assert!(steps < 1000, "it does not end");
                let (_, stays) = plan.iter().find(|(id, _)| *id == lesson).expect("planned");
                if let Outcome::Kept { concerned, .. } = stage.credit(lesson, if came { stays } else { &[] }).await {
                    queue.extend(concerned);
                }
            }
        }
        results
            .push(live_runs(&stage.db).await.expect("reads").into_iter().map(|(_, lesson, digest)| (lesson, digest)).collect::<Vec<_>>());
    }
    assert_eq!(results[0].len(), 12);
    assert!(results.windows(2).all(|pair| pair[0] == pair[1]));
}
