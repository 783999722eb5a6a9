//! What a plan and its files promise, whatever the seed.

use super::*;
use crate::time::Time;
use calamine::Reader as _;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// From, until, and the class and lesson it is in.
type Stay = (Time, Time, (String, String));

fn weight_sum_is_one(id_number: &str) -> bool {
    // ISO 7064 MOD 11-2, written the other way round than in people.rs: the weighted sum of all 18 places is 1 modulo 11.
    let value = |c: char| if c == 'X' { 10 } else { c.to_digit(10).expect("a digit") };
    id_number.chars().rev().enumerate().map(|(place, c)| (1_u64 << place) % 11 * u64::from(value(c))).sum::<u64>() % 11 == 1
}

#[test]
fn the_same_seed_gives_the_same_plan_and_another_seed_another() {
    let text = |seed, scale| serde_json::to_string(&plan(seed, scale)).expect("json");
    assert_eq!(text(1, Scale::Month), text(1, Scale::Month));
    assert_ne!(text(1, Scale::Month), text(2, Scale::Month));
    assert_ne!(text(1, Scale::Class), text(1, Scale::Month));
}

#[test]
fn a_month_stands_on_all_six_platforms_and_both_kinds_of_provider() {
    let plan = plan(1, Scale::Month);
    let platforms: BTreeSet<_> = plan.classes.iter().map(|class| class.platform).collect();
    assert_eq!(platforms, BTreeSet::from(["sx-zxpx", "px-class", "jc-mohrss", "xzy-mohrss", "chinanet", "edu-mohrss"]));
    assert_eq!(plan.providers.iter().map(|provider| provider.kind).collect::<BTreeSet<_>>(), BTreeSet::from(["enterprise", "institution"]));
    assert!(plan.classes.iter().all(|class| class.lessons.iter().filter(|lesson| lesson.mode == "live").count() == 8));
    assert!(plan.classes.iter().all(|class| class.trainees.len() >= 18));
    assert_eq!(plan.classes[0].lessons[8].mode, "recorded");
    for class in &plan.classes {
        let [total, online, theory, practice] = class.hours;
        assert_eq!((total, online), (theory + practice, class.lessons.iter().map(|lesson| lesson.hours).sum()), "{}", class.external_id);
        assert!(theory * 100 >= total * 30, "the notice asks for 30 % of theory");
        assert!(class.lessons.iter().any(|lesson| lesson.kind == "epidemic"));
        let enterprise = plan.providers[class.provider].kind == "enterprise";
        assert!(class.trainees.iter().all(|trainee| (trainee.category == "employee") == enterprise), "an enterprise trains its own staff");
    }
}

#[test]
fn every_person_has_a_valid_id_number_and_is_on_a_roster_once() {
    for seed in 0..5 {
        let plan = plan(seed, Scale::Month);
        assert!(plan.people.iter().all(|person| weight_sum_is_one(&person.id_number)));
        for class in &plan.classes {
            let people: HashSet<_> = class.trainees.iter().map(|trainee| trainee.person).collect();
            let ids: HashSet<_> = class.trainees.iter().map(|trainee| &trainee.external_id).collect();
            assert_eq!((people.len(), ids.len()), (class.trainees.len(), class.trainees.len()));
        }
    }
}

#[test]
fn only_the_planted_people_are_in_two_lessons_at_once() {
    for seed in 0..5 {
        let plan = plan(seed, Scale::Month);
        let mut stays: BTreeMap<usize, Vec<Stay>> = BTreeMap::new();
        for class in &plan.classes {
            for lesson in &class.lessons {
                for sitting in &lesson.sittings {
                    let place = (class.external_id.clone(), lesson.external_id.clone());
                    let stay = sitting.visits.iter().map(|visit| (visit.from, visit.until, place.clone()));
                    stays.entry(class.trainees[sitting.trainee].person).or_default().extend(stay);
                }
            }
        }
        let mut seen = BTreeSet::new();
        for (person, stays) in &stays {
            for (number, (from, until, place)) in stays.iter().enumerate() {
                for (other_from, other_until, other) in &stays[number + 1..] {
                    if place != other && from < other_until && other_from < until {
                        seen.insert((*person, BTreeSet::from([place.clone(), other.clone()])));
                    }
                }
            }
        }
        let label = |fraud: &Fraud| (fraud.person.expect("has one"), fraud.places.iter().cloned().collect());
        let planted: BTreeSet<_> = plan.truth.frauds.iter().filter(|fraud| fraud.rule == "overlap-person").map(label).collect();
        assert_eq!(seen, planted, "seed {seed}");
        assert!(planted.len() == 3);
    }
}

#[test]
fn only_the_planted_lessons_lack_media_and_only_the_planted_pictures_are_used_twice() {
    let plan = plan(1, Scale::Month);
    let of = |rule| plan.truth.frauds.iter().filter(move |fraud| fraud.rule == rule);
    let mut bare = BTreeSet::new();
    let mut pictures: BTreeMap<u64, BTreeSet<(String, String)>> = BTreeMap::new();
    for class in &plan.classes {
        for lesson in &class.lessons {
            let place = (class.external_id.clone(), lesson.external_id.clone());
            if lesson.items.iter().all(|item| item.kind == "attendance") {
                bare.insert(place.clone());
            }
            for item in &lesson.items {
                if let Content::Picture(photo) = &item.content {
                    pictures.entry(photo.seed).or_default().insert(place.clone());
                }
            }
        }
    }
    assert_eq!(bare, of("missing-media").flat_map(|fraud| fraud.places.clone()).collect());
    let reused: BTreeSet<_> = pictures.into_values().filter(|places| places.len() > 1).collect();
    assert_eq!(reused, of("photo-reuse").map(|fraud| fraud.places.iter().cloned().collect()).collect());
    assert_eq!(reused.len(), 3);
}

#[test]
fn there_is_mess_and_most_are_there_all_the_same() {
    let plan = plan(1, Scale::Month);
    let full = plan.truth.credits.iter().filter(|row| row.least_ms == 45 * 60_000).count();
    let share = full * 100 / plan.truth.credits.len();
    assert!((60..90).contains(&share), "{share} %");
    let because: BTreeSet<_> = plan.truth.credits.iter().map(|row| row.because).collect();
    let live = ["absent", "no_leave", "overlap", "present", "waiting_room"];
    let viewers = ["watched", "too_fast", "content_repeated", "not_playing", "face_check_missed", "quiz_not_passed", "skipped"];
    assert_eq!(because, live.into_iter().chain(viewers).collect());
    let lessons = || plan.classes.iter().flat_map(|class| &class.lessons);
    assert!(lessons().any(|lesson| lesson.sittings.iter().any(|sitting| sitting.visits.len() > 1)), "dropped connections");
    assert!(lessons().any(|lesson| !lesson.strangers.is_empty()), "strangers");
    assert!(
        lessons().any(|lesson| lesson.sittings.iter().any(|sitting| sitting.shown.ends_with('）'))),
        "nicknames in full-width brackets"
    );
}

#[test]
fn logs_are_the_same_each_time_and_open_as_what_they_are() {
    let plan = plan(3, Scale::Month);
    for (class, lesson, item) in plan.items() {
        let (Content::Log { layout, part }, Some(lesson)) = (&item.content, lesson) else { continue };
        let bytes = export(class, lesson, &plan.people, *layout, *part).expect("exports");
        assert_eq!(bytes, export(class, lesson, &plan.people, *layout, *part).expect("exports"), "{}", item.path);
        let people = lesson.sittings.iter().filter(|sitting| !sitting.visits.is_empty()).count();
        match item.path.rsplit('.').next().expect("has an ending") {
            "xlsx" => {
                let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(bytes)).expect("a workbook");
                let rows: usize = book.worksheets().iter().map(|(_, sheet)| sheet.rows().count()).sum();
                assert!(rows > people, "{rows} rows for {people} people in {}", item.path);
            }
            "csv" => {
                let text = encoding_rs::GB18030.decode(&bytes).0;
                let rows = csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(text.as_bytes()).into_records();
                assert!(rows.collect::<Result<Vec<_>, _>>().expect("rows").len() > people, "{}", item.path);
            }
            _ => {
                let lines = std::str::from_utf8(&bytes).expect("UTF-8").lines();
                assert!(
                    lines.map(serde_json::from_str::<serde_json::Value>).collect::<Result<Vec<_>, _>>().expect("json").len() >= people,
                    "{}",
                    item.path
                );
            }
        }
    }
}

#[test]
fn a_written_class_is_complete_and_writing_it_again_changes_nothing() {
    let dir = tempfile::tempdir().expect("dir");
    let mut plan = plan(1, Scale::Class);
    // Short recordings: their length is tested in video.rs, and minutes of encoding prove nothing here.
    for lesson in plan.classes.iter_mut().flat_map(|class| &mut class.lessons) {
        for item in &mut lesson.items {
            if let Content::Video(recording) = &mut item.content {
                recording.seconds = 20;
            }
        }
    }
    let progress = indicatif::ProgressBar::hidden();
    let digests = |plan: &Plan| -> BTreeMap<String, String> {
        plan.items().map(|(_, _, item)| (item.path.clone(), storage_digest(&dir.path().join(&item.path)))).collect()
    };
    let first = write(&plan, dir.path(), &progress).expect("writes");
    let before = digests(&plan);
    let second = write(&plan, dir.path(), &progress).expect("writes again");
    assert_eq!(digests(&plan), before);
    assert_eq!((first.files, first.bytes), (second.files, second.bytes));
    assert_eq!((first.encoded, second.encoded), (2, 0), "recordings are kept");
    let reused = plan.truth.frauds.iter().filter(|fraud| fraud.rule == "photo-reuse").count();
    assert_eq!(before.values().collect::<HashSet<_>>().len(), before.len() - reused, "only the reused picture has the bytes of another");
    assert!(dir.path().join("truth.json").exists() && dir.path().join("dg-2020-03/roster.json").exists());
}

fn storage_digest(path: &std::path::Path) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(std::fs::read(path).expect("was written")))
}
