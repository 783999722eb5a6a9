//! The weekly report: a week's numbers, what was filed of it, and what differs by now.

use super::format;
use super::frame::Frame;
use super::reader::Reader;
use super::visit::Visit;
use crate::audit::overview;
use crate::audit::report::figures::Unit;
use crate::audit::report::filed::{Correction, Filed};
use crate::audit::report::weekly::PARTS;
use crate::audit::report::{Figure, Figures, Group, Report, Week};
use crate::error::Result;
use crate::pipeline::reports;
use crate::receive::Right;
use crate::time::Time;
use askama::Template;
use axum::Form;
use axum::extract::Query;
use axum::response::Response;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The figures that stand in the tables of the page; the downloads have all of them.
pub const COLUMNS: [Figure; 8] = [
    Figure::ClassesRunning,
    Figure::Trainees,
    Figure::HoursPlanned,
    Figure::HoursHeld,
    Figure::PersonHoursPlanned,
    Figure::PersonHoursCredited,
    Figure::Evidence,
    Figure::Certificates,
];
/// Corrections that are shown; the downloads have all of them.
const CORRECTIONS: usize = 100;
/// Rows of each table that are shown.
const ROWS: usize = 50;

/// A line of a table.
#[derive(Clone, Debug)]
pub struct Line {
    /// What it is about, in words.
    pub name: String,
    /// Its figures.
    pub figures: Figures,
}

/// One of the tables.
#[derive(Clone, Debug)]
pub struct Part {
    /// The code of its word.
    pub code: &'static str,
    /// Its lines.
    pub lines: Vec<Line>,
    /// How many more there are.
    pub more: i64,
}

/// A correction, in words.
#[derive(Clone, Debug)]
pub struct Corrected {
    /// What it is about.
    pub name: String,
    /// The figure's code.
    pub figure: Figure,
    /// As filed.
    pub filed: Option<i64>,
    /// As it is.
    pub now: Option<i64>,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "reports.html")]
pub struct Reports {
    /// Surroundings.
    pub frame: Frame,
    /// The week's Monday.
    pub monday: String,
    /// Its number.
    pub iso: String,
    /// Its first moment and the last of its days, for their weekdays.
    pub days: (Time, Time),
    /// The week before and the one after, where that has begun.
    pub beside: (String, Option<String>),
    /// Whether it is over.
    pub over: bool,
    /// Whether the reader may file it.
    pub files: bool,
    /// The whole.
    pub totals: Figures,
    /// The tables.
    pub parts: Vec<Part>,
    /// What was filed, the newest version first.
    pub versions: Vec<Filed>,
    /// What differs from the newest version.
    pub corrections: Vec<Corrected>,
    /// How many more differ.
    pub more: i64,
}

impl Reports {
    /// A week as a reader sees it.
    pub async fn read(reader: Reader<'_>, week: Week, over: bool, (report, versions): (Report, Vec<Filed>)) -> Result<Reports> {
        let mut platforms = BTreeMap::new();
        for group in report.lines.keys() {
            if let Group::Platform(id) = group {
                platforms.insert(id.clone(), reader.named(&overview::platform_name(reader.db, id).await?).to_owned());
            }
        }
        let frame = &reader.frame;
        let name = |group: &Group| named(frame, &report, &platforms, group);
        let part = |number: usize| {
            let of = || report.lines.iter().filter(move |(group, _)| group.part() == number);
            let lines: Vec<Line> = of().take(ROWS).map(|(group, figures)| Line { name: name(group), figures: *figures }).collect();
            Part { code: PARTS[number].1, more: of().count() as i64 - lines.len() as i64, lines }
        };
        let corrections: Vec<Correction> = versions.first().map(|last| last.corrections(&report)).transpose()?.unwrap_or_default();
        let (from, until) = week.span(report.zone)?;
        let next = week.moved(1);
        let begun = next.span(report.zone)?.0 <= frame.now;
        Ok(Reports {
            monday: week.monday().to_string(),
            iso: week.iso(),
            days: (from, until.plus(-1)),
            beside: (week.moved(-1).monday().to_string(), begun.then(|| next.monday().to_string())),
            over,
            files: over && reader.decides && (versions.is_empty() || !corrections.is_empty()),
            totals: report.of(&Group::Total),
            parts: (1..=5).map(part).collect(),
            more: corrections.len().saturating_sub(CORRECTIONS) as i64,
            corrections: corrections
                .iter()
                .take(CORRECTIONS)
                .map(|one| Corrected { name: name(&one.group), figure: one.figure, filed: one.filed, now: one.now })
                .collect(),
            versions,
            frame: reader.frame.clone(),
        })
    }

    /// The figures of the tables.
    pub fn columns(&self) -> &'static [Figure] {
        &COLUMNS
    }

    /// All figures.
    pub fn figures(&self) -> &'static [Figure] {
        Figure::ALL
    }

    /// Whether a column is left out on a phone.
    pub fn narrow(&self, figure: &Figure) -> &'static str {
        match figure {
            Figure::Trainees | Figure::PersonHoursCredited => "num",
            Figure::ClassesRunning | Figure::PersonHoursPlanned => "num mid",
            _ => "num wide",
        }
    }

    /// A figure as it is read.
    pub fn shown(&self, figure: &Figure, value: &Option<i64>) -> String {
        match (value, figure.unit()) {
            (None, _) => "–".to_owned(),
            (Some(count), Unit::Count) => format::grouped(*count),
            (Some(milli), Unit::Hours) => format::hours(*milli),
            (Some(fen), Unit::Fen) => format::yuan(*fen),
        }
    }

    /// One figure of some.
    pub fn of(&self, figures: &Figures, figure: &Figure) -> String {
        self.shown(figure, &figures.get(*figure))
    }

    /// How a correction differs, with its sign.
    pub fn difference(&self, one: &Corrected) -> String {
        let difference = one.now.unwrap_or(0) - one.filed.unwrap_or(0);
        format!("{}{}", if difference > 0 { "+" } else { "" }, self.shown(&one.figure, &Some(difference)))
    }
}

/// What a line is about, in the reader's words.
fn named(frame: &Frame, report: &Report, platforms: &BTreeMap<String, String>, group: &Group) -> String {
    let platform = |id: &str| platforms.get(id).cloned().unwrap_or_else(|| id.to_owned());
    match group {
        Group::Total => frame.t("report.part.total").to_owned(),
        Group::Region(Some(region)) => region.clone(),
        Group::Region(None) => frame.t("report.no_region").to_owned(),
        Group::Provider(id) => report.provider(id).name,
        Group::Platform(id) => platform(id),
        Group::Category(code) => frame.code("category", code).to_owned(),
        Group::Trade(code, name) => format!("{name} {code}"),
        Group::Row(id, on, _, name) => format!("{} · {} · {name}", report.provider(id).name, platform(on)),
    }
}

/// Which week is asked for.
#[derive(Debug, Deserialize)]
pub struct Asked {
    week: Option<String>,
}

/// What the form that files a week sends.
#[derive(Debug, Deserialize)]
pub struct ToFile {
    csrf: String,
    week: String,
}

/// `GET /reports`
pub async fn show(visit: Visit, Query(asked): Query<Asked>) -> Response {
    let page = async {
        may(&visit)?;
        let app = &visit.app;
        let asked = asked.week.as_deref().filter(|week| !week.is_empty());
        let week = asked.map_or_else(|| Ok(reports::last_week(app)), Week::parse)?;
        Reports::read(visit.reader(), week, reports::is_over(app, week), reports::weekly(app, week).await?).await
    };
    visit.answer(page.await)
}

/// `POST /reports`: files a week as it is now.
pub async fn file(visit: Visit, Form(sent): Form<ToFile>) -> Response {
    let done = async {
        may(&visit)?;
        visit.check(&sent.csrf)?;
        visit.person.actor.require(Right::Decide)?;
        let week = Week::parse(&sent.week)?;
        reports::file(&visit.app, &visit.person.actor.label, week).await?;
        Ok(week)
    };
    match done.await {
        Ok(week) => visit.back(Ok(()), &format!("/reports?week={}", week.monday())),
        Err(error) => visit.back(Err(error), "/reports"),
    }
}

/// Whoever sees every class; a bound login is told so by the right it lacks.
fn may(visit: &Visit) -> Result<()> {
    let actor = &visit.person.actor;
    actor.require(Right::Report)?;
    if actor.unbounded() { Ok(()) } else { Err(crate::error::Error::of(&crate::error::codes::FORBIDDEN)) }
}
