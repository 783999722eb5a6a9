//! The simulator's logs through readers, roster and credit, without a server between: what comes out is what was planned.

use keshi::analyse::attendance::{self, Hints, Match, Roster};
use keshi::ids::{EvidenceId, TraineeId};
use keshi::link::{self, Attended, Known, Span};
use keshi::register::policy::Policies;
use keshi::register::{class::NewClass, lesson, roster};
use keshi::simulate::{self, Class, Content, Lesson, ListFormat, Plan, Scale};
use std::collections::BTreeMap;
use std::io::{Seek, Write};
use std::ops::ControlFlow;
use uuid::Uuid;

fn trainee_id(place: usize) -> TraineeId {
    TraineeId(Uuid::from_u128(place as u128 + 1))
}

fn known_people(plan: &Plan, class: &Class) -> Roster {
    let row = |(place, trainee): (usize, &simulate::Trainee)| {
        let person = &plan.people[trainee.person];
        attendance::roster::Row {
            trainee: trainee_id(place),
            external_id: Some(trainee.external_id.clone()),
            name: person.name.clone(),
            platform_user: Some(trainee.platform_user.clone()),
            phone: Some(person.phone.clone()),
            email: Some(person.email.clone()),
            id_number: Some(person.id_number.clone()),
        }
    };
    Roster::new(class.trainees.iter().enumerate().map(row).collect())
}

/// The events of a lesson's logs by trainee, and the logs. Every row is read, and only the planned strangers match nobody.
fn read(plan: &Plan, class: &Class, lesson: &Lesson) -> (BTreeMap<TraineeId, Vec<Attended>>, Vec<EvidenceId>) {
    let roster = known_people(plan, class);
    let (mut attended, mut logs) = (BTreeMap::<_, Vec<_>>::new(), Vec::new());
    for item in &lesson.items {
        let Content::Log { layout, part } = &item.content else { continue };
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&simulate::export(class, lesson, &plan.people, *layout, *part).unwrap()).unwrap();
        file.rewind().unwrap();
        let evidence = EvidenceId(Uuid::from_u128(logs.len() as u128 + 1));
        logs.push(evidence);
        let hints = Hints {
            received_at: None,
            filename: Some(&item.filename),
            timezone: item.timezone.map(|zone| zone.parse().unwrap()),
            window: Some((lesson.starts_at, lesson.ends_at)),
            ..Hints::zone(chrono_tz::Tz::UTC)
        };
        let reading = attendance::read(file, &hints, &mut |event| {
            match roster.find(&event.who, None) {
                Match::Found { trainee, .. } => attended.entry(trainee).or_default().push(Attended {
                    evidence,
                    row: event.row,
                    platform: class.platform.to_owned(),
                    device: event.device,
                    kind: event.kind,
                    at: event.at,
                    until: event.until,
                    position_ms: event.position_ms,
                    score: event.score,
                    resolution: None,
                }),
                other => {
                    let name = event.who.name.as_deref();
                    assert!(lesson.strangers.iter().any(|stranger| Some(stranger.shown.as_str()) == name), "{other:?} in {}", item.path);
                }
            }
            ControlFlow::Continue(())
        });
        let reading = reading.unwrap_or_else(|error| panic!("{}: {error}", item.path));
        assert_eq!(reading.refused_total, 0, "{}: {:?}", item.path, reading.refused);
    }
    (attended, logs)
}

#[test]
fn every_simulated_log_is_credited_as_planned() {
    let (policies, nothing) = (Policies::builtin(), BTreeMap::new());
    for seed in 1..=3 {
        let plan = simulate::plan(seed, Scale::Month);
        let expected: BTreeMap<_, _> =
            plan.truth.credits.iter().map(|row| ((row.class.as_str(), row.lesson.as_str(), row.trainee.as_str()), row)).collect();
        for (class, lesson) in plan.classes.iter().flat_map(|class| class.lessons.iter().map(move |lesson| (class, lesson))) {
            let (attended, logs) = read(&plan, class, lesson);
            let beating = link::beating(attended.values().flatten());
            let window = Span::new(lesson.starts_at, lesson.ends_at);
            let linked = link::Lesson {
                window,
                mode: lesson.mode.to_owned(),
                planned_milli: lesson.hours * 1_000,
                content_ms: lesson.content_ms,
                quiz_percent: lesson.quiz_percent,
                logs,
                beating,
            };
            for (place, trainee) in class.trainees.iter().enumerate() {
                let attended = attended.get(&trainee_id(place)).map_or(&[][..], Vec::as_slice);
                let known = Known { attended, media: &[], elsewhere: &[], used_ms: &nothing };
                let credit = link::credit(&linked, known, policies.at(lesson.starts_at));
                let right = expected[&(class.external_id.as_str(), lesson.external_id.as_str(), trainee.external_id.as_str())];
                assert!((right.least_ms..=right.most_ms).contains(&credit.credited_ms), "{right:?}, credited {credit:?}");
            }
        }
    }
}

#[test]
fn every_simulated_application_roster_and_timetable_reads_as_what_it_was_written_from() {
    let mut plan = simulate::plan(1, Scale::Month);
    for format in [ListFormat::Json, ListFormat::Csv, ListFormat::Xlsx] {
        plan.classes.iter_mut().for_each(|class| (class.roster_as, class.lessons_as) = (format, format));
        for class in &plan.classes {
            serde_json::from_value::<NewClass>(simulate::application(&plan, class)).unwrap();
            let trainees = roster::read(&simulate::roster(class, &plan.people).unwrap().bytes).unwrap();
            let told: Vec<_> = trainees.iter().map(|row| (&row.external_id, &row.name, &row.id_number)).collect();
            let meant =
                class.trainees.iter().map(|row| (&row.external_id, &plan.people[row.person].name, &plan.people[row.person].id_number));
            assert_eq!(told, meant.collect::<Vec<_>>(), "{format:?}");
            let lessons = lesson::read(&simulate::timetable(class).unwrap().bytes, chrono_tz::Asia::Shanghai).unwrap();
            let told: Vec<_> = lessons.iter().map(|row| (&row.external_id, &row.title, row.starts_at, row.ends_at)).collect();
            let meant = class.lessons.iter().map(|row| (&row.external_id, &row.title, row.starts_at, row.ends_at));
            assert_eq!(told, meant.collect::<Vec<_>>(), "{format:?}");
        }
    }
}
