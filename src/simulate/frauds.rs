//! The frauds that are planted, their labels, and the honest look-alikes beside them.

use super::people::Person;
use super::plan::{Class, Content, Expected, Fraud, Sitting, Trainee, Visit};
use crate::time::{MINUTE, Time};

/// Class and lesson positions.
type Place = (usize, usize);

/// People on two rosters: position of the first class and its trainee, position of the second class.
const SHARED: &[(usize, usize, usize)] = &[(0, 2, 1), (2, 3, 5), (3, 4, 4)];

/// Lessons of two classes at the same time which one person attends both, by its login: (first, second, person's place in [`SHARED`]).
const OVERLAPPED: &[(Place, Place, usize)] = &[((0, 0), (1, 0), 0), ((0, 4), (1, 4), 0), ((2, 3), (5, 2), 1)];

/// Lessons at the same time of which the shared person attends the first alone: must raise nothing.
const HONEST: &[(Place, Place, usize)] =
    &[((0, 2), (1, 2), 0), ((0, 6), (1, 6), 0), ((2, 1), (5, 0), 1), ((2, 5), (5, 4), 1), ((2, 7), (5, 6), 1)];

/// Lessons for which nothing but the log is sent.
const WITHOUT_MEDIA: &[Place] = &[(0, 3), (3, 4), (4, 5)];

/// A picture sent again as that of another lesson: (original, place where it replaces one).
const REUSED: &[(Place, Place)] = &[((0, 1), (0, 2)), ((1, 1), (1, 3)), ((4, 2), (5, 3))];

/// Puts one person of the first class on the second's roster too, as the provider there would: with an account of its own.
pub(super) fn share_people(classes: &mut [Class]) {
    for &(first, trainee, second) in SHARED {
        if second >= classes.len() {
            continue;
        }
        let person = classes[first].trainees[trainee].person;
        let guest = &mut classes[second];
        let row = Trainee {
            external_id: format!("x{:02}", guest.trainees.len() + 1),
            person,
            category: guest.trainees[0].category,
            platform_user: format!("{}-u{person:04}", guest.platform),
        };
        // Before the last one, which is the no-show.
        let place = guest.trainees.len() - 1;
        guest.trainees.insert(place, row);
    }
}

fn trainee_of(class: &Class, person: usize) -> usize {
    class.trainees.iter().position(|trainee| trainee.person == person).expect("shared people are on both rosters")
}

fn there(classes: &[Class], (class, lesson): Place) -> bool {
    classes.get(class).is_some_and(|class| class.lessons.len() > lesson)
}

/// Decides for the people on two rosters where they are when both classes meet: in both at once, or honestly in one.
pub(super) fn settle_shared_lessons(classes: &mut [Class], people: &[Person]) {
    for (pairs, cheating) in [(OVERLAPPED, true), (HONEST, false)] {
        for &(one, other, shared) in pairs {
            if !there(classes, one) || !there(classes, other) {
                continue;
            }
            let (first, trainee, _) = SHARED[shared];
            let person = classes[first].trainees[trainee].person;
            attend(classes, one, person, people, true);
            attend(classes, other, person, people, cheating);
        }
    }
}

/// Makes the person attend the whole lesson, or not at all.
fn attend(classes: &mut [Class], (class, lesson): Place, person: usize, people: &[Person], present: bool) {
    let trainee = trainee_of(&classes[class], person);
    let lesson = &mut classes[class].lessons[lesson];
    lesson.sittings.retain(|sitting| sitting.trainee != trainee);
    if present {
        let visit = Visit { from: lesson.starts_at.plus(-MINUTE), until: lesson.ends_at.plus(MINUTE), leave_recorded: true };
        lesson.sittings.push(Sitting { trainee, shown: people[person].name.clone(), visits: vec![visit], waiting: None, face_check: None });
        lesson.sittings.sort_by_key(|sitting| sitting.trainee);
    }
}

/// The label of each overlap that was planted.
pub(super) fn overlaps(classes: &[Class]) -> Vec<Fraud> {
    let planted = OVERLAPPED.iter().filter(|(one, other, _)| there(classes, *one) && there(classes, *other));
    planted
        .map(|&(one, other, shared)| {
            let (first, trainee, _) = SHARED[shared];
            Fraud {
                rule: "overlap-person",
                places: vec![name(classes, one), name(classes, other)],
                person: Some(classes[first].trainees[trainee].person),
                note: format!("one person is signed in at two providers at {}", classes[other.0].lessons[other.1].starts_at),
            }
        })
        .collect()
}

/// Takes the media of some lessons away and replaces a picture of others by one already used; returns the labels.
pub(super) fn spoil_media(classes: &mut [Class]) -> Vec<Fraud> {
    let mut frauds = Vec::new();
    for &(class, lesson) in WITHOUT_MEDIA {
        if !there(classes, (class, lesson)) {
            continue;
        }
        classes[class].lessons[lesson].items.retain(|item| item.kind == "attendance");
        frauds.push(Fraud {
            rule: "missing-media",
            places: vec![name(classes, (class, lesson))],
            person: None,
            note: "the lesson has an attendance log and neither video nor pictures".to_owned(),
        });
    }
    for &(from, to) in REUSED {
        if !there(classes, from) || !there(classes, to) {
            continue;
        }
        let original =
            classes[from.0].lessons[from.1].items.iter().find(|item| item.kind == "screenshot").expect("has pictures").content.clone();
        let victim = classes[to.0].lessons[to.1].items.iter_mut().find(|item| item.kind == "screenshot").expect("has pictures");
        debug_assert!(matches!(original, Content::Picture(_)));
        victim.content = original;
        frauds.push(Fraud {
            rule: "photo-reuse",
            places: vec![name(classes, from), name(classes, to)],
            person: None,
            note: "the same picture is sent for two lessons".to_owned(),
        });
    }
    frauds
}

fn name(classes: &[Class], (class, lesson): Place) -> (String, String) {
    (classes[class].external_id.clone(), classes[class].lessons[lesson].external_id.clone())
}

/// Time claimed in two lessons at once can be credited in one of them at most; which one is the policy's choice, so both
/// readings are right. Widens the expectations of the shared person in the overlapped lessons accordingly.
pub(super) fn loosen(credits: &mut [Expected], frauds: &[Fraud], classes: &[Class]) {
    for fraud in frauds.iter().filter(|fraud| fraud.rule == "overlap-person") {
        let spans: Vec<(Time, Time)> = fraud.places.iter().filter_map(|(class, lesson)| window(classes, class, lesson)).collect();
        let [one, other] = spans[..] else { continue };
        let shared_ms = (one.1.min(other.1).0 - one.0.max(other.0).0).max(0) / 1_000;
        for (class_id, lesson) in &fraud.places {
            let Some(class) = classes.iter().find(|class| class.external_id == *class_id) else { continue };
            let Some(trainee) = class.trainees.iter().find(|trainee| Some(trainee.person) == fraud.person) else { continue };
            let row = credits.iter_mut().find(|row| row.class == *class_id && row.lesson == *lesson && row.trainee == trainee.external_id);
            let row = row.expect("every trainee has a row for every lesson");
            row.least_ms = (row.least_ms - shared_ms).max(0);
            row.because = "overlap";
        }
    }
}

fn window(classes: &[Class], class: &str, lesson: &str) -> Option<(Time, Time)> {
    let lesson = classes.iter().find(|candidate| candidate.external_id == class)?.lesson(lesson)?;
    Some((lesson.starts_at, lesson.ends_at))
}
