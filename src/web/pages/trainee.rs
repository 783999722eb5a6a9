//! A trainee: all hours.

use super::class::worth;
use super::findings::{FindingRow, standing};
use super::frame::Frame;
use super::personal::{self, CorrectionRow, LookRow, Personal};
use super::reader::Reader;
use super::state::State;
use super::visit::{self, Visit};
use crate::audit::overview::{self, LessonLine, TraineeHead};
use crate::error::{Error, Result, codes};
use crate::ids::{LessonId, TraineeId};
use crate::link::{self, Trace};
use crate::register::personal::correction::Field;
use crate::register::roster;
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use std::collections::{HashMap, HashSet};

/// An hour in the list.
#[derive(Clone, Debug)]
pub struct HourRow {
    /// The lesson.
    pub lesson: LessonLine,
    /// What became of it.
    pub state: State,
    /// Thousandths of a lesson hour credited.
    pub credited: i64,
    /// Milliseconds present.
    pub presence: i64,
    /// Milliseconds of the credited time that recording or pictures confirm.
    pub corroborated: i64,
    /// The reason that costs most, as a code, and its milliseconds.
    pub reason: Option<(String, i64)>,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "trainee.html")]
pub struct Trainee {
    /// Surroundings.
    pub frame: Frame,
    /// The trainee.
    pub head: TraineeHead,
    /// The name, as far as the reader may see it.
    pub name: String,
    /// What is kept of the person, masked unless it was asked for; none where the reader may not see even that.
    pub personal: Option<Personal>,
    /// Who has looked, the newest first; none where the reader may not see that.
    pub looks: Option<Vec<LookRow>>,
    /// What was asked to be corrected; none for who does not give access.
    pub corrections: Option<Vec<CorrectionRow>>,
    /// Hours in the order of time.
    pub hours: Vec<HourRow>,
    /// What the credited hours are worth in fen.
    pub fen: i64,
    /// Findings about the trainee.
    pub findings: Vec<FindingRow>,
}

impl Trainee {
    /// What may be asked to be corrected.
    pub fn fields(&self) -> [&'static str; 8] {
        Field::ALL.map(Field::as_str)
    }

    /// Thousandths of a lesson hour credited.
    pub fn credited(&self) -> i64 {
        self.hours.iter().map(|hour| hour.credited).sum()
    }

    /// Thousandths of a lesson hour possible so far.
    pub fn possible(&self) -> i64 {
        self.hours.iter().filter(|hour| hour.state != State::Pending).map(|hour| hour.lesson.planned).sum()
    }
}

impl Trainee {
    /// One trainee as the reader may see it.
    pub async fn read(reader: Reader<'_>, id: TraineeId) -> Result<Trainee> {
        let head = overview::trainee(reader.db, &reader.scope, id).await?.ok_or_else(|| Error::of(&codes::UNKNOWN_TRAINEE))?;
        let class = overview::class(reader.db, &reader.scope, head.class).await?.ok_or_else(|| Error::of(&codes::UNKNOWN_CLASS))?;
        let traces = link::trace_of_trainee(reader.db, id).await?;
        let traces: HashMap<LessonId, &Trace> = traces.iter().map(|trace| (trace.credit.lesson, trace)).collect();
        let disputed = overview::disputed(reader.db, head.class).await?;
        let disputed: HashSet<LessonId> = disputed.iter().filter(|one| one.trainee == id).map(|one| one.lesson).collect();
        let lessons = overview::lessons(reader.db, head.class).await?;
        let hours: Vec<HourRow> =
            lessons.into_iter().map(|lesson| hour(traces.get(&lesson.id).copied(), disputed.contains(&lesson.id), lesson)).collect();
        let kept = roster::by_id(reader.db, id).await?;
        Ok(Trainee {
            name: reader.person(&head.line.name),
            personal: if reader.personal { Some(Personal::masked(&kept, reader.secrets)?) } else { None },
            looks: if reader.trail { Some(personal::looks(&reader, &kept).await?) } else { None },
            corrections: if reader.gives { Some(personal::of_trainee(&reader, id).await?) } else { None },
            fen: worth(&reader, &class).await?.fen_for(hours.iter().map(|hour| hour.credited).sum()),
            findings: standing(&reader, None, Some(id), |_| true).await?,
            head,
            hours,
            frame: reader.frame,
        })
    }
}

fn hour(trace: Option<&Trace>, disputed: bool, lesson: LessonLine) -> HourRow {
    let Some(Trace { credit, .. }) = trace else {
        return HourRow { lesson, state: State::Pending, credited: 0, presence: 0, corroborated: 0, reason: None };
    };
    HourRow {
        state: State::of_hour(credit.hours_milli, lesson.planned, disputed),
        credited: credit.hours_milli,
        presence: credit.presence_ms,
        corroborated: credit.corroborated_ms,
        reason: credit.reasons.iter().max_by_key(|(_, millis)| **millis).map(|(reason, millis)| (reason.code().to_owned(), *millis)),
        lesson,
    }
}

/// `GET /trainees/{id}`
pub async fn show(visit: Visit, Path(id): Path<String>) -> Response {
    let page = match visit::id(&id) {
        Ok(trainee) => Trainee::read(visit.reader(), trainee).await,
        Err(error) => Err(error),
    };
    visit.answer_named("trainee", &id, page).await
}
