//! A class: its plan, its matrix, its lessons.

use super::checks::{self, Check};
use super::format;
use super::frame::Frame;
use super::matrix::{Cell, Column, Matrix, Row};
use super::money::Money;
use super::opening::Opening;
use super::reader::Reader;
use super::state::State;
use super::visit::{self, Visit};
use super::words::Lang;
use crate::audit::overview::{self, ClassHead, LessonLine, TraineeLine};
use crate::error::{Error, Result, codes};
use crate::ids::{ClassId, LessonId, TraineeId};
use crate::lake;
use crate::link::{self, ClassCredit};
use crate::register;
use crate::register::policy::Policy;
use crate::register::subsidy::{Rate, Regime, Terms, highest, rate};
use crate::time::Time;
use askama::Template;
use axum::extract::{Path, Query};
use axum::response::Response;
use serde::Deserialize;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A lesson in the class's list.
#[derive(Clone, Debug)]
pub struct LessonRow {
    /// What is known of it.
    pub line: LessonLine,
    /// Thousandths of a lesson hour credited to all.
    pub credited: i64,
    /// Thousandths of a lesson hour that could be credited to all.
    pub possible: i64,
}

/// How the rows of the matrix are sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// As on the roster.
    #[default]
    Roster,
    /// Fewest credited hours first.
    Hours,
    /// By name.
    Name,
}

impl Sort {
    /// The order of a `?sort=` value.
    pub fn named(name: &str) -> Sort {
        match name {
            "hours" => Sort::Hours,
            "name" => Sort::Name,
            _ => Sort::Roster,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Sort::Roster => "roster",
            Sort::Hours => "hours",
            Sort::Name => "name",
        }
    }
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "class.html")]
pub struct Class {
    /// Surroundings.
    pub frame: Frame,
    /// What it is.
    pub class: ClassHead,
    /// The platform's name in the reader's language.
    pub platform: String,
    /// Trainees by lessons.
    pub matrix: Matrix,
    /// `roster`, `hours` or `name`.
    pub sort: &'static str,
    /// Thousandths of a lesson hour that could have been credited by now.
    pub possible: i64,
    /// What one lesson hour is worth in fen and how that comes about.
    pub rate: (i64, String),
    /// Standards, what trainees bring, and what a claim would lack.
    pub money: Money,
    /// The lessons.
    pub lessons: Vec<LessonRow>,
    /// Whether the reader may hand over evidence.
    pub submits: bool,
    /// People whom the logs name and the roster does not tell, and their rows.
    pub waiting: (i64, i64),
    /// Whether the reader may see who they are.
    pub names: bool,
    /// The policy that governs it: name and title.
    pub policy: (String, String),
    /// What the notice says against the plan.
    pub checks: Vec<Check>,
    /// Its application, papers and amendments.
    pub opening: Opening,
    /// Trainees whose ID numbers are at fault: id, the provider's number, the code of the fault.
    pub faults: Vec<(String, String, String)>,
}

impl Class {
    /// The states of the legend.
    pub fn states(&self) -> [State; 4] {
        State::FOUR
    }

    /// How many of the remarks have to be mended.
    pub fn to_mend(&self) -> usize {
        self.checks.iter().filter(|check| check.weight == "must").count()
    }

    /// One class as the reader may see it.
    pub async fn read(reader: Reader<'_>, id: ClassId, sort: Sort) -> Result<Class> {
        let mut class = overview::class(reader.db, &reader.scope, id).await?.ok_or_else(|| Error::of(&codes::UNKNOWN_CLASS))?;
        if !reader.findings {
            (class.findings, class.at_risk) = (0, 0);
        }
        let lessons = overview::lessons(reader.db, id).await?;
        let disputed = overview::disputed(reader.db, id).await?;
        let roster = overview::roster(reader.db, id).await?;
        let credits = link::credits_of_class(reader.db, id).await?;
        let policy = policy(&reader, &class).await?;
        let worth = rate(&terms(&class), &policy);
        let hours = Hours {
            credits: credits.iter().map(|credit| ((credit.trainee, credit.lesson), credit)).collect(),
            disputed: disputed.iter().map(|disputed| (disputed.trainee, disputed.lesson)).collect(),
        };
        let matrix = matrix(&reader, &lessons, &roster, &hours, worth, sort);
        let held = lessons.iter().filter(|lesson| lesson.until < reader.frame.now).map(|lesson| lesson.planned).sum::<i64>();
        let people = matrix.rows.len() as i64;
        let lessons = lessons.into_iter().zip(&matrix.columns);
        let lessons =
            lessons.map(|(line, column)| LessonRow { credited: column.credited, possible: line.planned * people, line }).collect();
        Ok(Class {
            platform: reader.named(&class.platform.1).to_owned(),
            possible: held * people,
            rate: (worth.fen_per_hour(), rate_in_words(&reader, &class, &policy)),
            sort: sort.name(),
            money: Money::read(&reader, id).await?,
            submits: reader.submits,
            waiting: lake::unmatched_count(reader.db, id).await?,
            names: reader.names,
            policy: (policy.name(), title(&reader, &policy)),
            opening: Opening::read(&reader, id).await?,
            checks: if reader.names { checks::read(&reader, id).await? } else { Vec::new() },
            faults: faults(&reader, id).await?,
            class,
            matrix,
            lessons,
            frame: reader.frame,
        })
    }
}

/// Whose ID numbers are at fault.
async fn faults(reader: &Reader<'_>, class: ClassId) -> Result<Vec<(String, String, String)>> {
    let roster = register::roster::of_class(reader.db, class).await?;
    Ok(roster.into_iter().filter_map(|one| Some((one.id.to_string(), one.external_id, one.fault?))).collect())
}

/// What a credited hour of a class is worth.
pub(super) async fn worth(reader: &Reader<'_>, class: &ClassHead) -> Result<Rate> {
    Ok(rate(&terms(class), &*policy(reader, class).await?))
}

fn title(reader: &Reader<'_>, policy: &Policy) -> String {
    let title = if reader.frame.lang == Lang::Zh { &policy.title_zh } else { &policy.title_en };
    title.clone()
}

fn terms(class: &ClassHead) -> Terms {
    Terms {
        hours_total_milli: class.hours_total,
        epidemic: if class.epidemic { Regime::Epidemic } else { Regime::Ordinary },
        standard_fen: highest(class.standards_fen),
    }
}

/// The policy that governs a class.
async fn policy(reader: &Reader<'_>, class: &ClassHead) -> Result<Arc<Policy>> {
    let day = class.starts_on.parse().unwrap_or_default();
    reader.policies.of_class(reader.db, class.policy.as_deref(), day).await
}

/// How the worth of an hour comes about: from the standard of the trade, or from the budget of the notice.
fn rate_in_words(reader: &Reader<'_>, class: &ClassHead, policy: &Policy) -> String {
    let terms = terms(class);
    let percent = match terms.epidemic {
        Regime::Epidemic => policy.subsidy.epidemic_percent.value,
        Regime::Ordinary => policy.subsidy.ordinary_percent.value,
    };
    match terms.standard_fen {
        Some(standard) if standard > 0 && terms.hours_total_milli > 0 => {
            reader.frame.say3("class.rate_by_standard", format::yuan(standard), percent, format::hours(terms.hours_total_milli))
        }
        _ => reader.frame.say1("class.rate_by_budget", &policy.subsidy.fen_per_online_lesson_hour.source),
    }
}

struct Hours<'a> {
    credits: HashMap<(TraineeId, LessonId), &'a ClassCredit>,
    disputed: HashSet<(TraineeId, LessonId)>,
}

impl Hours<'_> {
    fn cell(&self, trainee: TraineeId, lesson: &LessonLine) -> Cell {
        match self.credits.get(&(trainee, lesson.id)) {
            Some(credit) => {
                let state = State::of_hour(credit.hours_milli, lesson.planned, self.disputed.contains(&(trainee, lesson.id)));
                Cell { state, credited: credit.hours_milli }
            }
            None => Cell { state: State::Pending, credited: 0 },
        }
    }
}

fn matrix(reader: &Reader<'_>, lessons: &[LessonLine], roster: &[TraineeLine], hours: &Hours<'_>, worth: Rate, sort: Sort) -> Matrix {
    let mut rows: Vec<Row> = roster
        .iter()
        .map(|trainee| {
            let cells: Vec<Cell> = lessons.iter().map(|lesson| hours.cell(trainee.id, lesson)).collect();
            let credited = cells.iter().map(|cell| cell.credited).sum();
            Row {
                trainee: trainee.id.to_string(),
                name: reader.person(&trainee.name),
                number: trainee.external_id.clone(),
                fen: worth.fen_for(credited),
                cells,
                credited,
            }
        })
        .collect();
    match sort {
        Sort::Roster => {}
        Sort::Hours => rows.sort_by(|a, b| (a.credited, &a.number).cmp(&(b.credited, &b.number))),
        Sort::Name => rows.sort_by(|a, b| (&a.name, &a.number).cmp(&(&b.name, &b.number))),
    }
    let zone = reader.frame.zone;
    let mut before: Option<Time> = None;
    let columns = lessons.iter().enumerate().map(|(place, lesson)| {
        let day = format::month_day(lesson.from, zone);
        let new_day = before.replace(lesson.from).is_none_or(|before| format::month_day(before, zone) != day);
        let credited = rows.iter().map(|row| row.cells[place].credited).sum();
        Column {
            lesson: lesson.id.to_string(),
            number: lesson.number,
            title: lesson.title.clone(),
            clock: format::clock(lesson.from, zone),
            fen: worth.fen_for(credited),
            planned: lesson.planned,
            day,
            new_day,
            credited,
        }
    });
    Matrix { columns: columns.collect(), rows }
}

/// What the page is asked for.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    sort: String,
}

/// `GET /classes/{id}`
pub async fn show(visit: Visit, Path(id): Path<String>, Query(asked): Query<Asked>) -> Response {
    let page = match visit::id(&id) {
        Ok(class) => Class::read(visit.reader(), class, Sort::named(&asked.sort)).await,
        Err(error) => Err(error),
    };
    visit.answer_named("class", &id, page).await
}
