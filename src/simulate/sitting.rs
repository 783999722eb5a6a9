//! Who came, when, and under what name: mostly on time, with the honest mess of every real meeting.

use super::chance::Chance;
use super::people::Person;
use super::plan::{Class, Lesson, Sitting, Source, Stranger, Visit};
use crate::time::{MINUTE, SECOND, Time};

/// Fills a lesson of the class with sittings and strangers.
pub(super) fn fill(class: &mut Class, number: usize, people: &[Person], chance: &Chance) {
    let source = class.source;
    let roster: Vec<(usize, usize)> = class.trainees.iter().enumerate().map(|(trainee, row)| (trainee, row.person)).collect();
    let lesson = &mut class.lessons[number];
    for (trainee, person) in roster {
        let mut chance = chance.branch(&format!("{} {trainee}", lesson.external_id));
        // The last trainee of a roster never comes: the no-show whose hours must be refused with a reason.
        let no_show = trainee + 1 == class.trainees.len();
        if no_show || chance.percent(4) {
            continue;
        }
        let shown = shown_name(&people[person], source, &mut chance);
        let sitting = sit(lesson, trainee, shown, source, &mut chance);
        lesson.sittings.push(sitting);
    }
    let mut chance = chance.branch(&format!("{} strangers", lesson.external_id));
    if number.is_multiple_of(2) && has_names(source) {
        let from = lesson.starts_at.plus(chance.between(30, 300) * SECOND);
        let until = from.plus(chance.between(60, 900) * SECOND);
        lesson
            .strangers
            .push(Stranger { shown: (chance.pick(&["iPhone", "HUAWEI P30", "访客", "家长代听"])).to_owned(), from, until });
    }
}

/// Whether the export knows people by the name they show, so that strangers can appear in it.
fn has_names(source: Source) -> bool {
    matches!(source, Source::Tencent | Source::Zoom)
}

fn shown_name(person: &Person, source: Source, chance: &mut Chance) -> String {
    let (name, nickname) = (&person.name, &person.nickname);
    match source {
        Source::Tencent if chance.percent(25) => format!("{nickname}({name})"),
        Source::Tencent if chance.percent(15) => format!("{nickname}（{name}）"),
        Source::Zoom if chance.percent(30) => format!("{nickname} ({name})"),
        _ => name.clone(),
    }
}

fn sit(lesson: &Lesson, trainee: usize, shown: String, source: Source, chance: &mut Chance) -> Sitting {
    let mut from = lesson.starts_at.plus(-chance.between(0, 480) * SECOND);
    let mut until = lesson.ends_at.plus(chance.between(0, 300) * SECOND);
    if chance.percent(8) {
        from = lesson.starts_at.plus(chance.between(120, 720) * SECOND);
    }
    if chance.percent(8) {
        until = lesson.ends_at.plus(-chance.between(120, 900) * SECOND);
    }
    let waiting = (source == Source::Zoom && chance.percent(20)).then(|| (from.plus(-chance.between(20, 240) * SECOND), from));
    if waiting.is_some() && trainee == 1 {
        // Never let in.
        return Sitting { trainee, shown, visits: Vec::new(), waiting: waiting.map(|(since, _)| (since, until)), face_check: None };
    }
    let mut visits = vec![Visit { from, until, leave_recorded: true }];
    if chance.percent(12) {
        visits = dropped(from, until, chance);
    }
    if matches!(source, Source::Tencent | Source::CsvZh) && chance.percent(3) {
        visits.last_mut().expect("at least one visit").leave_recorded = false;
    }
    Sitting { trainee, shown, visits, waiting, face_check: None }
}

/// A connection that broke once and came back after one to six minutes.
fn dropped(from: Time, until: Time, chance: &mut Chance) -> Vec<Visit> {
    let length = (until.0 - from.0) / SECOND;
    let lost = from.plus(chance.between(length / 4, length / 2) * SECOND);
    let back = lost.plus(chance.between(60, 360) * SECOND);
    vec![Visit { from, until: lost, leave_recorded: true }, Visit { from: back, until: until.max(back.plus(MINUTE)), leave_recorded: true }]
}
