use super::testing::{sealed, world};
use super::*;
use crate::db::testing::each_engine;
use crate::ids::{ClassId, EvidenceId, LessonId, TraineeId};
use crate::time::Time;

const NOW: Time = Time(4500);

fn the<T: FromStr>(kind: u16, number: u64) -> T
where
    T::Err: std::fmt::Debug,
{
    format!("0190a1b2-{kind:04}-7000-8000-{number:012}").parse().expect("an id")
}

fn provider(number: u64) -> Scope {
    Scope { provider: Some(the::<crate::ids::ProviderId>(1, number).to_string()), platform: None }
}

#[tokio::test]
async fn a_class_is_listed_with_what_is_known_of_it_by_now() {
    each_engine(async |db| {
        world(&db).await;
        sealed(&db).await;
        let list = classes(&db, &Scope::default(), "", "", NOW).await.expect("lists");
        assert_eq!(list.rows.iter().map(|class| class.title.as_str()).collect::<Vec<_>>(), ["Welder", "电工 50%_班"], "the newest first");
        let class = &list.rows[1];
        assert_eq!(
            (class.trainees, class.lessons, class.bare),
            (2, 3, 0),
            "the lesson called off is none, the one to come lacks nothing yet"
        );
        assert_eq!((class.credited, class.possible), (500, 4000), "the run that was replaced does not count");
        assert_eq!((class.findings, class.at_risk), (1, 750), "the dismissed one does not count");
        assert!(list.next.is_none());
        assert_eq!(bare_lessons(&db, &Scope::default(), Time(9000)).await.expect("counts"), 1);
    })
    .await;
}

#[tokio::test]
async fn nobody_sees_more_than_the_scope_allows() {
    each_engine(async |db| {
        world(&db).await;
        sealed(&db).await;
        let (one, other, now) = (provider(1), provider(2), NOW);
        assert_eq!(class_count(&db, &one, "").await.expect("counts"), 1);
        assert_eq!(classes(&db, &one, "", "", now).await.expect("lists").rows.len(), 1);
        assert!(class(&db, &other, the(2, 1)).await.expect("reads").is_none());
        assert!(lesson(&db, &other, the(5, 1)).await.expect("reads").is_none());
        assert!(trainee(&db, &other, the(4, 1)).await.expect("reads").is_none());
        assert!(evidence(&db, &other, the(6, 1)).await.expect("reads").is_none());
        assert_eq!(evidence_count(&db, &other, &EvidenceFilter::default()).await.expect("counts"), 0);
        let here = trainee(&db, &one, the::<TraineeId>(4, 1)).await.expect("reads").expect("is there");
        assert!(here.elsewhere.is_empty(), "the other class of the same person is another provider's");
        let seen = trainee(&db, &Scope::default(), the::<TraineeId>(4, 1)).await.expect("reads").expect("is there");
        assert_eq!(seen.elsewhere, [(the(4, 3), "Welder".to_owned())]);
    })
    .await;
}

#[tokio::test]
async fn words_are_found_as_they_are_written_and_signs_mean_themselves() {
    each_engine(async |db| {
        world(&db).await;
        sealed(&db).await;
        for (words, found) in [("welder", 1), ("50%_", 1), ("5_", 0), ("第一学校", 1), ("C2", 1), ("\\", 0)] {
            assert_eq!(class_count(&db, &Scope::default(), words).await.expect("counts"), found, "{words}");
        }
        for (words, found) in [("log 1", 1), ("61626364", 1), ("6162", 2), ("616", 0), ("ffff", 0), ("", 2)] {
            let filter = EvidenceFilter { words: words.into(), ..Default::default() };
            let list = evidence_list(&db, &Scope::default(), &filter, "").await.expect("lists");
            assert_eq!(list.rows.len(), found, "{words}");
            assert_eq!(evidence_count(&db, &Scope::default(), &filter).await.expect("counts"), found as i64, "{words}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_log_of_the_class_is_found_at_every_lesson_it_speaks_of() {
    each_engine(async |db| {
        world(&db).await;
        sealed(&db).await;
        let timetable = lessons(&db, the::<ClassId>(2, 1)).await.expect("lists");
        let counts: Vec<_> = timetable.iter().map(|lesson| (lesson.number, lesson.logs, lesson.recordings, lesson.calculated)).collect();
        assert_eq!(counts, [(1, 1, 1, true), (2, 1, 0, false), (3, 0, 0, false)]);
        let of_first: Vec<_> = evidence_of_lesson(&db, the::<LessonId>(5, 1)).await.expect("lists");
        assert_eq!(of_first.iter().map(|line| line.state.as_str()).collect::<Vec<_>>(), ["analysed", "received"]);
        let middle = lesson(&db, &Scope::default(), the(5, 2)).await.expect("reads").expect("is there");
        assert_eq!((middle.before, middle.after, middle.class_title.as_str()), (Some(the(5, 1)), Some(the(5, 3)), "电工 50%_班"));
        let first = lesson(&db, &Scope::default(), the(5, 1)).await.expect("reads").expect("is there");
        assert_eq!(media(&db, &first).await.expect("lists").len(), 1);
        assert_eq!(disputed(&db, the(2, 1)).await.expect("lists").len(), 1);
    })
    .await;
}

#[tokio::test]
async fn evidence_tells_its_life_and_where_it_counts() {
    each_engine(async |db| {
        world(&db).await;
        sealed(&db).await;
        let log: EvidenceId = the(6, 1);
        let life: Vec<_> = steps(&db, log, 10).await.expect("reads").into_iter().map(|step| (step.at.0, step.what)).collect();
        let expected = [(11, "received"), (12, "sealed"), (15, "analysed"), (30, "seen")].map(|(at, what)| (at, what.to_owned()));
        assert_eq!(life, expected);
        let (places, total) = resting_on(&db, log, 10).await.expect("reads");
        assert_eq!((places.len(), total), (1, 1), "who is credited nothing rests on nothing, and an old run does not count");
        assert_eq!(places[0].name, "王一");
        let head = evidence(&db, &Scope::default(), log).await.expect("reads").expect("is there");
        assert_eq!((head.line.leaf, head.line.submitter.en.as_str()), (Some(0), "Platform"));
        let filmed = evidence(&db, &Scope::default(), the(6, 2)).await.expect("reads").expect("is there");
        assert_eq!(filmed.line.submitter.zh, "第一学校", "who sent it, whatever platform its class is on");
    })
    .await;
}

#[tokio::test]
async fn the_head_of_the_log_is_the_published_one() {
    each_engine(async |db| {
        assert!(log_head(&db).await.expect("reads").is_none());
        world(&db).await;
        sealed(&db).await;
        let head = log_head(&db).await.expect("reads").expect("is there");
        assert_eq!((head.size, head.staged, head.note.as_str()), (1, 1, "note"));
        let leaves = newest_leaves(&db, 10).await.expect("reads");
        assert_eq!((leaves.len(), leaves[0].evidence.is_some()), (1, true));
        let leaf = leaf_at(&db, 0).await.expect("reads").expect("is there");
        assert_eq!(leaf_index(&db, leaf).await.expect("reads"), Some(0));
        assert_eq!(leaf_index(&db, the(8, 2)).await.expect("reads"), None, "staged, not sealed");
    })
    .await;
}

#[test]
fn a_cursor_that_is_not_ours_begins_the_list_again() {
    assert_eq!(after("12~abc", i64::MAX), (12, "abc".to_owned()));
    assert_eq!(after("nonsense", i64::MAX), (i64::MAX, LAST_ID.to_owned()));
}

#[test]
fn a_list_pages_only_when_there_is_more() {
    let rows: Vec<i64> = (0..=PART).collect();
    let first = part(rows, |row| row.to_string());
    assert_eq!((first.rows.len() as i64, first.next), (PART, Some((PART - 1).to_string())));
    assert_eq!(part(vec![1, 2], |row| row.to_string()).next, None);
}
