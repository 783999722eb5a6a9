//! What the rules make of session codes in evidence, and what they leave alone.

use super::rules::{held, told};
use super::world::minute;
use crate::db::testing::{each_engine, sqlite};
use crate::detect::Finding;
use crate::ids::{EvidenceId, LessonId};
use crate::lake::testing::{World, sql};
use serde_json::json;

impl World {
    /// Says that a picture or recording shows codes: of which lesson, of which minute, and whether they are genuine.
    async fn shows_codes(&self, evidence: EvidenceId, codes: &[(LessonId, i64, bool)]) {
        let code = |(lesson, at, genuine): &(LessonId, i64, bool)| json!({"at_ms": 0, "lesson": lesson, "minute": minute(*at), "genuine": genuine});
        let codes: Vec<_> = codes.iter().map(code).collect();
        self.fact(evidence, "codes", &json!(codes).to_string()).await;
    }

    async fn change(&self, statement: &'static str, lesson: LessonId) {
        let mut tx = self.db.begin().await.unwrap();
        sqlx::query(statement).bind(lesson.to_string()).execute(tx.conn()).await.unwrap();
        tx.commit().await.unwrap();
    }
}

fn of(found: &[Finding], evidence: EvidenceId) -> &Finding {
    found.iter().find(|finding| finding.subject.id == evidence.to_string()).unwrap_or_else(|| panic!("{evidence} is not in {found:?}"))
}

#[tokio::test]
async fn a_code_of_another_lesson_or_another_time_is_found_at_the_lesson_it_is_to_prove() {
    each_engine(async |db| {
        let world = World::new(db);
        let (class, other) = (world.class().await, world.class().await);
        let (first, second, third, foreign) =
            (held(&world, class, 0).await, held(&world, class, 60).await, held(&world, class, 120).await, held(&world, other, 0).await);
        let of_first = world.video(class, second, b"first", 110).await;
        world.shows_codes(of_first, &[(first, 12, true), (first, 13, true)]).await;
        let of_foreign = world.picture(class, Some(third), b"foreign", 170).await;
        world.shows_codes(of_foreign, &[(foreign, 5, true)]).await;
        // The lesson was on another day when its code was shown.
        let moved = world.picture(class, Some(first), b"moved", 50).await;
        world.shows_codes(moved, &[(first, -24 * 60, true)]).await;
        let found = world.found("foreign-code").await;
        assert_eq!(found.len(), 3, "{found:?}");
        let finding = of(&found, of_first);
        assert_eq!((finding.class, finding.lesson, finding.at, finding.money_fen), (Some(class), Some(second), minute(60), 2 * 975));
        assert_eq!((&finding.detail["codes"], &finding.detail["other_lesson"]), (&json!(2), &json!(first)));
        assert!(
            finding.explanation.zh.seen.contains("出现另一个课节的课堂码，时间是 2020-03-03 09:12（共 2 个）"),
            "{}",
            finding.explanation.zh.seen
        );
        assert!(of(&found, of_foreign).explanation.en.seen.contains("a session code of another class, of 2020-03-03 09:05"));
        assert!(of(&found, moved).explanation.en.seen.contains("another time of this lesson, of 2020-03-02 09:00"));
        found.iter().for_each(told);
    })
    .await;
}

#[tokio::test]
async fn codes_that_fit_outweigh_those_that_do_not_and_evidence_without_any_is_left_alone() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    let class = world.class().await;
    let (first, second) = (held(&world, class, 0).await, held(&world, class, 60).await);
    let other = held(&world, world.class().await, 0).await;
    // From half an hour before until the end, one minute each way.
    let edges = world.picture(class, Some(first), b"edges", 50).await;
    world.shows_codes(edges, &[(first, -30, true)]).await;
    let last = world.picture(class, Some(first), b"last", 50).await;
    world.shows_codes(last, &[(first, 44, true)]).await;
    // Two classes are taught together, and both codes are on the screen.
    let both = world.video(class, first, b"both", 50).await;
    world.shows_codes(both, &[(other, 10, true), (first, 10, true)]).await;
    // A picture for the whole class shows the code of any of its lessons.
    let whole = world.picture(class, None, b"whole", 110).await;
    world.shows_codes(whole, &[(second, 70, true)]).await;
    // What a recorded lesson plays was recorded in another.
    let film = world.lesson(class, minute(200)).await;
    world.change(sql::RECORDED, film).await;
    let played = world.video(class, film, b"played", 260).await;
    world.shows_codes(played, &[(first, 10, true)]).await;
    world.picture(class, Some(second), b"none", 110).await;
    assert_eq!(world.found("foreign-code").await, []);
    // One minute more on either side is another time.
    for (bytes, at) in [(&b"before"[..], -31), (b"after", 45)] {
        let late = world.picture(class, Some(first), bytes, 50).await;
        world.shows_codes(late, &[(first, at, true)]).await;
    }
    assert_eq!(world.found("foreign-code").await.len(), 2);
}

#[tokio::test]
async fn a_code_that_somebody_made_up_is_a_weak_finding_without_money_and_accuses_no_lesson() {
    each_engine(async |db| {
        let world = World::new(db);
        let class = world.class().await;
        let (first, second) = (held(&world, class, 0).await, held(&world, class, 60).await);
        let forged = world.picture(class, Some(first), b"forged", 50).await;
        world.shows_codes(forged, &[(second, 70, false), (first, 10, false)]).await;
        let genuine = world.picture(class, Some(second), b"genuine", 110).await;
        world.shows_codes(genuine, &[(second, 70, true)]).await;
        let found = world.found("forged-code").await;
        let [finding] = &found[..] else { panic!("{found:?}") };
        assert_eq!((finding.subject.id.as_str(), finding.lesson), (forged.to_string().as_str(), Some(first)));
        assert_eq!((finding.strength.as_str(), finding.money_fen, &finding.detail["codes"]), ("weak", 0, &json!(2)));
        told(finding);
        assert_eq!(world.findings("foreign-code").await, []);
    })
    .await;
}
