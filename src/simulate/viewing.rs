//! A recorded lesson and its viewers: most watch it honestly, in one evening or in several, and each known trick is played by one of them.

use super::chance::Chance;
use super::picture::Photo;
use super::plan::{Act, Class, Content, Item, Lesson, Viewing};
use crate::time::{DAY, MINUTE, SECOND, Time};

/// Seconds of the content.
pub(super) const CONTENT: i64 = 45 * 60;
/// The score that passes its test.
const PASS_PERCENT: i64 = 60;

/// Adds the recorded lesson to a class, after its other lessons: open from the first day of the class to its last.
pub(super) fn add(class: &mut Class, chance: &Chance) {
    let opens = |date| Time::day_start(date, chrono_tz::Asia::Shanghai).expect("Shanghai has no gap at midnight").plus(8 * 60 * MINUTE);
    let (starts_at, ends_at) = (opens(class.starts_on), opens(class.ends_on).plus(14 * 60 * MINUTE));
    let mut lesson = Lesson {
        external_id: "r01".to_owned(),
        title: "触电急救（录播）".to_owned(),
        kind: "safety",
        mode: "recorded",
        starts_at,
        ends_at,
        hours: 1,
        content_ms: Some(CONTENT * 1_000),
        quiz_percent: Some(PASS_PERCENT),
        teacher: class.lessons[0].teacher.clone(),
        meeting_ref: String::new(),
        sittings: Vec::new(),
        strangers: Vec::new(),
        viewings: Vec::new(),
        items: Vec::new(),
    };
    // The last one never comes, as in every class.
    for trainee in 0..class.trainees.len() - 1 {
        let mut chance = chance.branch(&format!("{} viewing {trainee}", class.external_id));
        let (because, acts) = acts(trainee, &mut chance);
        let evening = starts_at.plus(12 * 60 * MINUTE + chance.between(1, 14) * DAY + chance.between(0, 3_000) * SECOND);
        lesson.viewings.push(Viewing { trainee, because, from: evening, acts });
    }
    lesson.items = items(class, &lesson, chance);
    let [total, online, theory, practice] = class.hours;
    class.hours = [total + 1, online + 1, theory + 1, practice];
    class.lessons.push(lesson);
}

/// What a viewer does, from the first row on.
fn acts(trainee: usize, chance: &mut Chance) -> (&'static str, Vec<Act>) {
    use Act::{Answer, Break, Check, Play, Stay};
    let play = |from: i64, until: i64| Play { from, until, percent: 100 };
    let good = Check { percent: 93 };
    let (quiz, cut) = (Answer { percent: 80 }, chance.between(10, 30) * 60);
    match trainee {
        3 => ("too_fast", vec![good, Play { from: 0, until: CONTENT, percent: 200 }, quiz]),
        4 => ("content_repeated", vec![good, play(0, CONTENT / 2), play(0, CONTENT / 2), quiz]),
        5 => ("not_playing", vec![good, play(0, 600), Stay { seconds: 1_800 }, quiz]),
        6 => ("face_check_missed", vec![good, play(0, 1_200), Check { percent: 12 }, play(1_200, CONTENT), quiz]),
        7 => ("quiz_not_passed", vec![good, play(0, CONTENT), Answer { percent: 40 }]),
        8 => ("skipped", vec![good, play(0, 600), play(1_800, CONTENT), quiz]),
        9 => ("quiz_not_passed", vec![good, play(0, CONTENT)]),
        _ if trainee % 3 == 1 => ("watched", vec![good, play(0, cut), Break { seconds: 86_400 }, good, play(cut, CONTENT), quiz]),
        _ if trainee % 3 == 2 => ("watched", vec![good, play(0, cut), Stay { seconds: 240 }, play(cut, CONTENT), quiz]),
        _ => ("watched", vec![good, play(0, CONTENT), quiz]),
    }
}

/// The log, and a picture that the platform kept of the first viewer.
fn items(class: &Class, lesson: &Lesson, chance: &Chance) -> Vec<Item> {
    let folder = format!("{}/{}", class.external_id, lesson.external_id);
    let at = lesson.viewings[0].from.plus(5 * MINUTE);
    let seed = chance.branch(&format!("{folder} picture")).next();
    let item = |path: &str, filename: &str, kind, content| Item {
        path: format!("{folder}/{path}"),
        filename: filename.to_owned(),
        kind,
        trainee: None,
        from: None,
        until: None,
        timezone: None,
        live: false,
        content,
    };
    let photo = Photo { seed, at, faces: 1, code: "RECORDED".to_owned(), camera: None };
    vec![
        item("log.ndjson", "watching-r01.ndjson", "attendance", Content::Log { layout: 0, part: None }),
        Item {
            trainee: Some(lesson.viewings[0].trainee),
            from: Some(at),
            until: Some(at),
            ..item("face.jpg", "face_r01.jpg", "screenshot", Content::Picture(photo))
        },
    ]
}
