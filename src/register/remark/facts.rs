//! What the checks look at, read from the database.

use super::sql;
use crate::db::{Columns, Db};
use crate::error::Result;
use crate::ids::{LessonId, PersonId, TraineeId};
use crate::register::class::Class;
use crate::register::lesson::{self, Lesson};
use crate::register::provider::{self, Provider};
use crate::register::roster::{self, Category};
use crate::register::secrets::Secrets;
use crate::register::{Reference, id_number};
use chrono::NaiveDate;
use std::collections::{BTreeSet, HashSet};

/// A plan, as far as the checks are concerned.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The application.
    pub class: Class,
    /// Who trains.
    pub provider: Provider,
    /// Who is trained.
    pub roster: Vec<OnRoster>,
    /// The timetable, by time.
    pub lessons: Vec<Lesson>,
    /// Kinds of the papers handed in.
    pub papers: BTreeSet<String>,
    /// Lessons whose teacher is in another class of the provider at the time.
    pub busy: Vec<TeacherBusy>,
}

/// A trainee, without anything personal.
#[derive(Clone, Debug)]
pub struct OnRoster {
    /// keshi's id.
    pub id: TraineeId,
    /// The human.
    pub person: PersonId,
    /// The sender's id.
    pub external_id: String,
    /// Category.
    pub category: Category,
    /// What GB 11643 says against the ID number.
    pub number_fault: Option<id_number::Fault>,
    /// Whether the same human is on the roster of another class that runs in the same days.
    pub elsewhere: bool,
}

/// A teacher who is in two rooms at once.
#[derive(Clone, Debug)]
pub struct TeacherBusy {
    /// The lesson of this class.
    pub lesson: LessonId,
    /// The sender's id of the other class, of the same provider.
    pub class_external_id: String,
    /// The sender's id of the lesson there.
    pub lesson_external_id: String,
}

/// Reads the plan of a class. ID numbers are decrypted here, looked at, and forgotten.
pub async fn facts(db: &Db, secrets: &Secrets, class: Class, today: NaiveDate) -> Result<Facts> {
    let id = class.id.to_string();
    let provider = provider::get(db, &Reference::Id(class.provider.0)).await?;
    let rows = sqlx::query(sql::ALSO_ELSEWHERE).bind(&id).fetch_all(db.read()).await?;
    let elsewhere: HashSet<TraineeId> = rows.iter().map(|row| row.id("id")).collect::<Result<_>>()?;
    let mut on_roster = Vec::new();
    for trainee in roster::of_class(db, class.id).await? {
        let number = trainee.reveal(secrets)?.id_number;
        on_roster.push(OnRoster {
            id: trainee.id,
            person: trainee.person,
            elsewhere: elsewhere.contains(&trainee.id),
            external_id: trainee.external_id,
            category: trainee.category,
            number_fault: id_number::fault(&number, today),
        });
    }
    let papers = sqlx::query(sql::PAPERS).bind(&id).fetch_all(db.read()).await?;
    let busy = sqlx::query(sql::TEACHER_BUSY).bind(&id).fetch_all(db.read()).await?;
    let busy = busy.iter().map(|row| {
        let (class_external_id, lesson_external_id) = (row.text("class_external_id"), row.text("lesson_external_id"));
        Ok(TeacherBusy { lesson: row.id("id")?, class_external_id, lesson_external_id })
    });
    Ok(Facts {
        provider,
        roster: on_roster,
        lessons: lesson::of_class(db, class.id).await?,
        papers: papers.iter().map(|row| row.text("kind")).collect(),
        busy: busy.collect::<Result<_>>()?,
        class,
    })
}
