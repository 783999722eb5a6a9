//! Which files are sent for each lesson: its log, then a recording or three pictures spread over the lesson hour.

use super::chance::Chance;
use super::picture::Photo;
use super::plan::{Class, Content, Item, Lesson, Source};
use super::video::Recording;
use crate::time::{MINUTE, SECOND, Time};
use chrono_tz::Asia::Shanghai;

/// The zone of every simulated platform, sent where a format does not carry it.
const ZONE: &str = "Asia/Shanghai";

/// Adds the items of every class and lesson.
pub(super) fn fill(classes: &mut [Class], chance: &Chance) {
    for (place, class) in classes.iter_mut().enumerate() {
        let chance = chance.branch(&format!("media {}", class.external_id));
        class.items.push(plan_document(class));
        let (id, source, voice) = (class.external_id.clone(), class.source, chance.branch("voice").next());
        // A recorded lesson brought its own.
        for (number, lesson) in class.lessons.iter_mut().enumerate().filter(|(_, lesson)| lesson.mode == "live") {
            let chance = chance.branch(&lesson.external_id);
            let folder = format!("{id}/{}", lesson.external_id);
            lesson.items = logs(lesson, source, number as u64, &folder);
            // Every third lesson is recorded; the rest is proven by pictures, which the notice allows.
            if (number + 2 * place) % 3 == 0 {
                lesson.items.push(recording(lesson, source, voice, &chance, &folder));
                lesson.items.push(picture(lesson, 1, &id, &chance, &folder));
            } else {
                let pictures = [0, 1, 2].map(|third| picture(lesson, third, &id, &chance, &folder));
                lesson.items.extend(pictures);
            }
            if source == Source::Live {
                let faces = face_checks(lesson, &chance, &folder);
                lesson.items.extend(faces);
            }
        }
    }
}

fn plan_document(class: &Class) -> Item {
    let [total, online, theory, practice] = class.hours;
    let share = online * 100 / total.max(1);
    let text = format!(
        "线上培训方案\n\n班次：{}\n工种：{} {}\n平台：{}\n总课时：{total}（理论 {theory}，实训 {practice}）\n线上课时：{online}，占总课时 {share}%\n\
         学员：{} 人\n授课教师：{}\n\n（模拟数据，人物与单位均为虚构）\n",
        class.title,
        class.trade_code,
        class.trade_name,
        class.platform,
        class.trainees.len(),
        class.lessons[0].teacher,
    );
    Item {
        path: format!("{}/plan.txt", class.external_id),
        filename: "线上培训方案.txt".to_owned(),
        kind: "document",
        trainee: None,
        from: None,
        until: None,
        timezone: None,
        live: false,
        content: Content::Text(text),
    }
}

fn logs(lesson: &Lesson, source: Source, layout: u64, folder: &str) -> Vec<Item> {
    let stamp = lesson.starts_at.plus(-2 * MINUTE).utc().with_timezone(&Shanghai).format("%Y%m%d%H%M%S");
    let (extension, filename) = match source {
        Source::Tencent => ("xlsx", format!("TM-{stamp}-{}-成员参会明细.xlsx", lesson.meeting_ref)),
        Source::Zoom => ("csv", format!("participants_{}.csv", lesson.meeting_ref)),
        Source::Live | Source::Ndjson => ("ndjson", format!("events-{}.ndjson", lesson.external_id)),
        Source::Csv => ("csv", format!("attendance-{}.csv", lesson.external_id)),
        Source::CsvZh => ("csv", format!("签到记录-{}.csv", lesson.external_id)),
        Source::XlsxZh => ("xlsx", format!("签到记录-{}.xlsx", lesson.external_id)),
    };
    let says_zone = matches!(source, Source::Live | Source::Ndjson | Source::Csv | Source::CsvZh | Source::XlsxZh);
    let item = |name: String, part| Item {
        path: format!("{folder}/{name}.{extension}"),
        filename: filename.clone(),
        kind: "attendance",
        trainee: None,
        from: None,
        until: None,
        timezone: (!says_zone).then_some(ZONE),
        live: source == Source::Live,
        content: Content::Log { layout, part },
    };
    if source == Source::Live {
        // A live platform sends what it has: here in two parts, cut in the middle of the lesson.
        let (first, last) = (lesson.starts_at.plus(-60 * MINUTE), lesson.ends_at.plus(60 * MINUTE));
        let middle = lesson.starts_at.plus(20 * MINUTE + 30 * SECOND);
        return vec![item("log-1".to_owned(), Some((first, middle))), item("log-2".to_owned(), Some((middle, last)))];
    }
    vec![item("log".to_owned(), None)]
}

fn recording(lesson: &Lesson, source: Source, voice: u64, chance: &Chance, folder: &str) -> Item {
    let mut chance = chance.branch("recording");
    let from = lesson.starts_at.plus(-chance.between(30, 120) * SECOND);
    let until = lesson.ends_at.plus(chance.between(20, 90) * SECOND);
    let local = from.utc().with_timezone(&Shanghai);
    let filename = match source {
        Source::Tencent => format!("TM-{}-{}-1.mp4", local.format("%Y%m%d%H%M%S"), lesson.meeting_ref),
        Source::Zoom => format!("GMT{}_Recording.mp4", from.utc().format("%Y%m%d-%H%M%S")),
        _ => format!("直播回放_{}.mp4", local.format("%m%d_%H%M")),
    };
    let code = lesson.meeting_ref.clone();
    let recording =
        Recording { seed: chance.next(), voice, code, from, seconds: ((until.0 - from.0) / SECOND) as u32, frames_per_second: 1 };
    Item {
        path: format!("{folder}/recording.mp4"),
        filename,
        kind: "video",
        trainee: None,
        from: Some(from),
        until: Some(until),
        timezone: None,
        live: false,
        content: Content::Video(recording),
    }
}

/// The live platform compares two faces a lesson and keeps the pictures, each of one trainee alone.
fn face_checks(lesson: &mut Lesson, chance: &Chance, folder: &str) -> Vec<Item> {
    let mut chance = chance.branch("face checks");
    let at = lesson.starts_at.plus(chance.between(600, 900) * SECOND);
    let there = lesson.sittings.iter_mut().filter(|sitting| sitting.visits.iter().any(|visit| (visit.from..visit.until).contains(&at)));
    let local = at.utc().with_timezone(&Shanghai);
    there
        .take(2)
        .map(|sitting| {
            sitting.face_check = Some(at);
            let photo = Photo { seed: chance.next(), at, faces: 1, code: "FACE CHECK".to_owned(), camera: None };
            Item {
                path: format!("{folder}/face-{:02}.jpg", sitting.trainee + 1),
                filename: format!("face_{}_{:02}.jpg", local.format("%Y%m%d%H%M%S"), sitting.trainee + 1),
                kind: "screenshot",
                trainee: Some(sitting.trainee),
                from: Some(at),
                until: Some(at),
                timezone: None,
                live: false,
                content: Content::Picture(photo),
            }
        })
        .collect()
}

fn picture(lesson: &Lesson, third: i64, class: &str, chance: &Chance, folder: &str) -> Item {
    let mut chance = chance.branch(&format!("picture {third}"));
    let at: Time = lesson.starts_at.plus((third * 15 * 60 + chance.between(60, 780)) * SECOND);
    let local = at.utc().with_timezone(&Shanghai);
    let from_phone = chance.percent(40);
    let photo = Photo {
        seed: chance.next(),
        at,
        faces: lesson.sittings.len().min(20) as u32,
        code: format!("{} {}", class.to_uppercase(), lesson.external_id.to_uppercase()),
        camera: from_phone.then_some(("HUAWEI", "VOG-AL10")),
    };
    let filename = if from_phone {
        format!("IMG_{}.jpg", local.format("%Y%m%d_%H%M%S"))
    } else {
        format!("屏幕截图_{}.jpg", local.format("%Y%m%d%H%M%S"))
    };
    Item {
        path: format!("{folder}/picture-{}.jpg", third + 1),
        filename,
        kind: "screenshot",
        trainee: None,
        from: Some(at),
        until: Some(at),
        timezone: None,
        live: false,
        content: Content::Picture(photo),
    }
}
