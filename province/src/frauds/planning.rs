//! Plans that are not kept: lessons not held, days too long, teachers in two places, training before it was allowed.

use super::{Deed, Layer, PATTERNS, Shared};
use crate::chance::Chance;
use crate::class::{Class, Ids, Lesson};
use crate::days::{DAY, HOUR, LESSON_HOUR, MINUTE, day, day_of, days_after, moment, working_days_after};
use crate::labels::{Label, Place};
use crate::plan::Plan;

/// Some lessons are not held; they stay on the timetable, or were never put there. The plan has them, and the claim.
pub(super) fn shortened_class(class: &mut Class, deed: &mut Deed) {
    let live: Vec<usize> = (0..class.lessons.len()).filter(|&lesson| class.lessons[lesson].is_live()).collect();
    let many = deed.by(live.len().div_ceil(7), live.len() * 2 / 5, live.len() * 7 / 10).max(1);
    // Towards the end of a class nobody looks any more.
    let later: Vec<usize> = live[live.len() / 4..].to_vec();
    let mut found: Vec<usize> = deed.dice.some_of(later.len(), many).into_iter().map(|place| later[place]).collect();
    // What was never put on the timetable is missing from the share of theory as well.
    let is_listed = deed.dice.one_in(0.6);
    if is_listed {
        for lesson in found {
            class.lessons[lesson].held = false;
        }
    } else {
        found.reverse();
        for lesson in found {
            class.lessons.remove(lesson);
        }
    }
    deed.of_class(class, if is_listed { &["hours-over-evidence"] } else { &["hours-over-evidence", "theory-share"] });
}

/// Lessons are pushed together into days from before dawn to midnight.
pub(super) fn long_day(class: &mut Class, deed: &mut Deed) {
    let live: Vec<usize> = (0..class.lessons.len()).filter(|&lesson| class.lessons[lesson].is_live()).collect();
    let most = deed.by(9 * HOUR + 30 * MINUTE, 12 * HOUR, 16 * HOUR);
    let begin = deed.by(8 * 3_600, 7 * 3_600, 5 * 3_600 + 1_800);
    let days = deed.by(1, 2, 9);
    // Everybody sits in all of it.
    class.lessons.iter_mut().for_each(|lesson| lesson.group = None);
    let mut place = live.len().min(deed.by(2, 1, 0));
    for _ in 0..days {
        let Some(&first) = live.get(place) else { break };
        let on = day_of(class.lessons[first].from);
        let mut at = moment(on, begin) + deed.dice.between(0, 20) * MINUTE;
        let last = at + most;
        while let Some(&lesson) = live.get(place) {
            let row = &mut class.lessons[lesson];
            row.hours = 3;
            let long = row.hours * LESSON_HOUR;
            if at + long > last + 40 * MINUTE {
                break;
            }
            (row.from, row.until) = (at, at + long);
            row.touched.insert(Layer::Lessons);
            at += long + deed.dice.between(5, 12) * MINUTE;
            place += 1;
        }
    }
    // What was to be on such a day and found no place there is dropped: nobody can be taught two lessons at once.
    let long: Vec<(i64, i64)> =
        class.lessons.iter().filter(|row| row.touched.contains(&Layer::Lessons)).map(|row| (row.from, row.until)).collect();
    let clashes = |row: &Lesson| long.iter().any(|&(from, until)| from < row.until && row.from < until);
    class.lessons.retain(|row| !row.is_live() || row.touched.contains(&Layer::Lessons) || !clashes(row));
    recount(class);
}

/// Labels those who sat through nearly all of a day that was made too long.
pub(super) fn label_long_days(class: &mut Class, deeds: Vec<Deed>) {
    let Some(deed) = deeds.into_iter().find(|deed| deed.rule == "long-day") else { return };
    let long: Vec<usize> = class.live().into_iter().filter(|&lesson| class.lessons[lesson].touched.contains(&Layer::Lessons)).collect();
    let mut days: Vec<i64> = long.iter().map(|&lesson| day_of(class.lessons[lesson].from)).collect();
    days.dedup();
    for place in 0..class.trainees.len() {
        let sat = |on: i64| {
            let lessons = long.iter().map(|&lesson| &class.lessons[lesson]).filter(|lesson| day_of(lesson.from) == on);
            let (mut planned, mut there) = (0, 0);
            for lesson in lessons {
                planned += lesson.until - lesson.from;
                let own = lesson.sittings.iter().filter(|sitting| sitting.trainee == Some(place)).flat_map(|sitting| &sitting.stays);
                there += own.map(|stay| (stay.until.min(lesson.until) - stay.from.max(lesson.from)).max(0)).sum::<i64>();
            }
            // More than the eight hours that are attested as a day's limit, and most of what was planned.
            there > 8 * HOUR && there * 100 >= planned * 85
        };
        if days.iter().any(|&on| sat(on)) {
            deed.of_trainee(class, place, &[]);
        }
    }
}

/// Hours follow from the timetable again.
fn recount(class: &mut Class) {
    let online: i64 = class.lessons.iter().filter(|lesson| lesson.counts() && lesson.group != Some(1)).map(|lesson| lesson.hours).sum();
    let practice = class.hours[3];
    class.hours = [online + practice, online, online, practice];
}

/// Too little theory in the plan, or more hours online than the plan that was approved.
pub(super) fn theory_share(class: &mut Class, deed: &mut Deed) {
    let online = class.hours[1];
    if deed.dice.one_in(0.5) {
        let percent = deed.by(27, 20, 9);
        let all = (online * 100 / percent).max(online + 1);
        class.hours = [all, online, online, all - online];
    } else {
        let planned = (online * deed.by(92, 75, 45) / 100).clamp(1, online - 1);
        class.hours = [planned + class.hours[3], planned, planned, class.hours[3]];
    }
    deed.of_class(class, &[]);
}

/// It begins before anybody allowed it: a day or two, half the class, or all of it.
pub(super) fn before_approval(class: &mut Class, deed: &mut Deed) {
    let length = class.ends_on - class.starts_on;
    let after = deed.by(deed.dice.clone().between(1, 2), length / 2, length + 4).max(1);
    let decided_on = working_days_after(class.starts_on + after - 1, 1);
    let application = &mut class.application;
    let filed_on = (decided_on - 2).min(class.starts_on + deed.by(-2, 2, length));
    application.applied_at = moment(filed_on.max(decided_on - 3), 10 * 3_600 + deed.dice.between(0, 9_000));
    application.decided_at = Some(moment(decided_on, 15 * 3_600 + deed.dice.between(0, 6_000)));
    application.prepaid_on = Some(days_after(decided_on, 2));
    if application.kind != "promise_first" {
        application.full_plan_at = Some(application.applied_at);
    }
    class.created_at = application.applied_at;
    deed.of_class(class, &[]);
}

/// The full plan is promised and comes days late, weeks late, or never.
pub(super) fn broken_promise(class: &mut Class, deed: &mut Deed) {
    let due = class.starts_on + deed.dice.between(8, 20);
    let late = deed.by(deed.dice.clone().between(3, 8), deed.dice.clone().between(25, 45), 0);
    class.application.kind = "promise_first";
    class.application.promise_due = Some(due);
    class.application.full_plan_at = (late > 0).then(|| moment(due + late, 11 * 3_600));
    deed.of_class(class, &[]);
}

/// The office decides late; what was to be paid in advance comes late as well.
pub(super) fn late_decision(class: &mut Class, deed: &mut Deed) {
    let late = deed.by(deed.dice.clone().between(1, 2), deed.dice.clone().between(4, 8), deed.dice.clone().between(12, 25));
    let filed_on = class.starts_on - 20 - late - deed.dice.between(0, 5);
    let application = &mut class.application;
    application.applied_at = moment(filed_on, 9 * 3_600 + deed.dice.between(0, 20_000));
    class.created_at = application.applied_at;
    let decided_on = working_days_after(working_days_after(filed_on, 3), late);
    application.decided_at = Some(moment(decided_on, 10 * 3_600));
    application.prepaid_on = Some(days_after(decided_on, 5) + deed.by(0, 4, 15));
    if application.kind != "promise_first" {
        application.full_plan_at = Some(application.applied_at);
    }
    deed.of_class(class, &[]);
}

/// Class after class in the last weeks before the money of the half-year ends.
pub(super) fn burst(class: &mut Class, deed: &mut Deed) {
    let length = class.ends_on - class.starts_on;
    let first = (day(2020, 6, 8) + deed.dice.between(0, 4)).min(day(2020, 6, 30) - length);
    hold_at(class, (first - class.starts_on) * DAY, &mut deed.dice);
}

/// Where no class of an earlier place meets with this one, it is held when the earlier one is: whoever signs in for others does it in one go.
pub(super) fn hold_beside(classes: &mut [Class], place: usize, dice: &mut Chance) {
    let live = |class: &Class| -> Vec<(i64, i64)> {
        class.lessons.iter().filter(|lesson| lesson.is_live()).map(|lesson| (lesson.from, lesson.until)).collect()
    };
    let own = live(&classes[place]);
    let meets = |other: &Class| {
        live(other).iter().any(|&(from, until)| own.iter().any(|row| from + 30 * MINUTE < row.1 && row.0 + 30 * MINUTE < until))
    };
    if classes[..place].iter().any(meets) {
        return;
    }
    let earlier = dice.below(place);
    let first = live(&classes[earlier]).first().map(|lesson| lesson.0);
    if let (Some(first), Some(begin)) = (first, own.first().map(|lesson| lesson.0)) {
        hold_at(&mut classes[place], first - begin, dice);
    }
}

/// Moves all of a class, its application too.
fn hold_at(class: &mut Class, by: i64, dice: &mut Chance) {
    for lesson in &mut class.lessons {
        // What is open all day stays so.
        let by = if lesson.mode == "recorded" { by.div_euclid(DAY) * DAY } else { by };
        lesson.from += by;
        lesson.until += by;
        lesson.cancelled_at = lesson.cancelled_at.map(|at| at + by);
    }
    let days = |class: &Class| {
        class.lessons.iter().filter(|lesson| lesson.mode != "recorded").map(|lesson| day_of(lesson.from)).collect::<Vec<_>>()
    };
    let before = class.starts_on;
    class.starts_on = days(class).into_iter().min().unwrap_or(before);
    class.ends_on = days(class).into_iter().max().unwrap_or(class.ends_on);
    let application = &mut class.application;
    let filed_on = class.starts_on - dice.between(8, 12);
    let decided_on = working_days_after(filed_on, 2);
    application.applied_at = moment(filed_on, 11 * 3_600);
    application.decided_at = Some(moment(decided_on, 11 * 3_600));
    application.prepaid_on = Some(days_after(decided_on, 3).min(decided_on + 5));
    application.promise_due = application.promise_due.map(|due| due + class.starts_on - before);
    application.full_plan_at = Some(application.promise_due.map_or(application.applied_at, |due| moment(due - 2, 10 * 3_600)));
    class.created_at = application.applied_at;
}

/// A recorded lesson for who watches too fast, where the plan has none.
pub(super) fn add_recorded(ids: Ids, class: &mut Class, deed: &mut Deed) {
    let has = class.lessons.iter().filter(|lesson| lesson.mode == "recorded").count();
    for _ in has..deed.by(1, 2, 3) {
        let mut row = crate::plan::lesson(ids, class.number, class.lessons.len());
        row.mode = "recorded";
        row.hours = 2;
        row.from = moment(class.starts_on, 8 * 3_600);
        row.until = moment(class.ends_on, 24 * 3_600 - 1);
        row.content_ms = Some(row.hours * LESSON_HOUR / 1_000);
        // The plan has them too, whatever else was done to it.
        (0..3).for_each(|of| class.hours[of] += row.hours);
        class.lessons.push(row);
    }
}

/// The one good teacher is named everywhere: in lessons that meet with others of the provider, moved there if they do not.
pub(super) fn teacher_overlap(classes: &mut [Class], place: usize, deed: &mut Deed) {
    let own: Vec<usize> = (0..classes[place].lessons.len()).filter(|&lesson| classes[place].lessons[lesson].is_live()).collect();
    let many = deed.by(1, own.len().div_ceil(3), own.len());
    let mut done = 0;
    for &lesson in &own {
        if done == many {
            break;
        }
        let found = meeting(classes, place, lesson).or_else(|| moved(classes, place, lesson, deed));
        if let Some((teacher, or)) = found {
            classes[place].lessons[lesson].teacher = Some(teacher);
            let (class, row) = (&mut classes[place], lesson);
            deed.of_lesson(class, row, &[]);
            if let Some(label) = class.labels.last_mut() {
                label.or = Some(or);
            }
            done += 1;
        }
    }
}

/// Lessons of other classes at the time of one, and who teaches there.
fn meeting(classes: &[Class], place: usize, lesson: usize) -> Option<(usize, Place)> {
    let own = &classes[place].lessons[lesson];
    let meets = |from: i64, until: i64| from + 15 * MINUTE < own.until && own.from + 15 * MINUTE < until;
    let others = classes.iter().enumerate().filter(|(number, _)| *number != place);
    let mut lessons = others.flat_map(|(_, class)| class.lessons.iter().map(move |lesson| (class, lesson)));
    lessons.find_map(|(class, other)| {
        let teacher = other.teacher.filter(|_| other.is_live() && meets(other.from, other.until))?;
        Some((teacher, side(class, other)))
    })
}

/// Moves a lesson into that of another class, on a day between the first and the last, where the class has nothing else.
fn moved(classes: &mut [Class], place: usize, lesson: usize, deed: &mut Deed) -> Option<(usize, Place)> {
    let own = &classes[place];
    let long = own.lessons[lesson].until - own.lessons[lesson].from;
    let late = deed.by(15 * MINUTE, 5 * MINUTE, 0);
    let is_free = |from: i64| {
        own.lessons.iter().enumerate().all(|(number, row)| {
            number == lesson || !row.is_live() || row.until + 10 * MINUTE <= from || from + long + 10 * MINUTE <= row.from
        })
    };
    let found = classes
        .iter()
        .enumerate()
        .filter(|(number, _)| *number != place)
        .flat_map(|(_, class)| class.lessons.iter().map(move |lesson| (class, lesson)))
        .filter(|(_, other)| other.is_live() && other.teacher.is_some())
        .filter(|(_, other)| (own.starts_on..=own.ends_on + 10).contains(&day_of(other.from)))
        .find(|(_, other)| is_free(other.from + late))
        .and_then(|(class, other)| Some((other.from + late, other.teacher?, side(class, other))));
    let (from, teacher, or) = found?;
    let class = &mut classes[place];
    (class.lessons[lesson].from, class.lessons[lesson].until) = (from, from + long);
    class.ends_on = class.ends_on.max(day_of(from));
    Some((teacher, or))
}

/// A lesson as the other side of a deed.
fn side(class: &Class, lesson: &Lesson) -> Place {
    Place { class: class.id.clone(), lesson: Some(lesson.id.clone()), trainee: None }
}

/// Labels what is of a provider as a whole, once.
pub(super) fn tell(plan: &Plan, class: &mut Class, shared: &mut Shared) {
    let provider = &plan.providers[class.provider];
    let Some(strength) = provider.strength else { return };
    // Both halves of a ring of shells are told of, whichever was dealt the card.
    let ring = provider.shell.map(|_| "shell-network");
    let dealt = class.patterns.iter().map(|&pattern| PATTERNS[pattern].id).filter(|rule| matches!(*rule, "burst" | "outlier-provider"));
    for rule in dealt.chain(ring).collect::<Vec<_>>() {
        if !shared.told.contains(&rule) {
            shared.told.push(rule);
            let deed = Deed { rule, strength, dice: plan.chance.clone() };
            let also: &[&str] = match rule {
                "shell-network" => &["placeholder-account", "shared-device"],
                _ => &[],
            };
            let also = also.iter().map(|word| (*word).to_owned()).collect();
            let label = Label { subject: Some(provider.id.clone()), also, ..deed.label(class) };
            class.labels.push(label);
        }
    }
}
