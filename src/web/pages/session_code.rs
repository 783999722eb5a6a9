//! The page that a teacher shares in a lesson: its session code, as a QR code for machines and six digits for people, anew each minute.

use super::frame::Frame;
use super::visit::{self, Visit};
use crate::audit::overview::{self, LessonHead};
use crate::error::{Error, Result, codes};
use crate::ids::LessonId;
use crate::receive::Right;
use crate::register::lesson;
use crate::register::session_code::{self, BEFORE};
use crate::time::{MILLI, Time};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use qrcode::{Color, EcLevel, QrCode};

/// Modules that a QR code has around it, so that it is found.
const MARGIN: usize = 4;

/// How soon a page without a code is asked for again, milliseconds.
const AGAIN: i64 = 30_000;

/// The page.
#[derive(Debug, Template)]
#[template(path = "session_code.html")]
pub struct Page {
    /// Surroundings.
    pub frame: Frame,
    /// The lesson.
    pub head: LessonHead,
    /// The code.
    pub code: Option<Shown>,
    /// Where there is none: `early`, `over` or `recorded`.
    pub why: &'static str,
}

/// A code as it is drawn.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Modules of the picture on a side, its margin included.
    pub side: usize,
    /// What is dark in it, as a path.
    pub dark: String,
    /// The six digits in two groups.
    pub digits: String,
    /// The minute.
    pub minute: Time,
    /// Milliseconds until the next.
    pub left: i64,
}

impl Page {
    /// The page of a lesson as it is now.
    pub async fn read(visit: &Visit, id: LessonId) -> Result<Page> {
        visit.person.actor.require(Right::ShowCode)?;
        let reader = visit.reader();
        let head = overview::lesson(reader.db, &reader.scope, id).await?.ok_or_else(|| Error::of(&codes::UNKNOWN_LESSON))?;
        let lesson = lesson::by_id(reader.db, id).await?;
        let now = visit.app.clock.now();
        let code = match session_code::present(reader.db, &visit.app.code_key, &lesson, now).await {
            Ok(code) => Some(Shown::of(&code, now)?),
            Err(error) if error.code == codes::NO_SESSION_CODE.name => None,
            Err(error) => return Err(error),
        };
        let why = if head.line.mode == "recorded" {
            "recorded"
        } else if now < head.line.from {
            "early"
        } else {
            "over"
        };
        Ok(Page { frame: reader.frame, head, code, why })
    }

    /// When codes of the lesson begin.
    pub fn begins(&self) -> Time {
        self.head.line.from.plus(-BEFORE)
    }

    /// In how many milliseconds the page is another; `None`: it stays.
    pub fn left(&self) -> Option<i64> {
        match &self.code {
            Some(code) => Some(code.left),
            None => (self.why == "early").then_some(AGAIN),
        }
    }

    /// The same in whole seconds, for browsers without script.
    pub fn seconds(&self) -> Option<i64> {
        self.left().map(|left| left / 1000 + 1)
    }
}

impl Shown {
    fn of(code: &session_code::SessionCode, now: Time) -> Result<Shown> {
        // A fifth of the picture may be hidden by a window or lost to compression; more would make its modules smaller.
        let drawn = QrCode::with_error_correction_level(&code.text, EcLevel::M).map_err(|cause| Error::internal(cause.to_string()))?;
        let (three, more) = code.digits.split_at(3);
        Ok(Shown {
            side: drawn.width() + 2 * MARGIN,
            dark: path(&drawn.to_colors(), drawn.width()),
            digits: format!("{three} {more}"),
            minute: code.minute,
            left: (code.until.0 - now.0) / MILLI,
        })
    }
}

/// What is dark, row by row: each run of modules a bar one module high.
fn path(colors: &[Color], side: usize) -> String {
    let mut path = String::new();
    for (y, row) in colors.chunks(side).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|one, other| one == other) {
            if run[0] == Color::Dark {
                path.push_str(&format!("M{} {}h{}v1h-{}z", x + MARGIN, y + MARGIN, run.len(), run.len()));
            }
            x += run.len();
        }
    }
    path
}

/// `GET /lessons/{id}/code`
pub async fn show(visit: Visit, Path(id): Path<String>) -> Response {
    let page = match visit::id(&id) {
        Ok(lesson) => Page::read(&visit, lesson).await,
        Err(error) => Err(error),
    };
    visit.answer(page)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::secrets::Secrets;
    use crate::register::session_code::CodeKey;

    #[test]
    fn the_path_draws_every_dark_module_and_no_other() {
        let code = CodeKey::of(&Secrets::new([7; 32])).show("0190a1b2-0002-7000-8000-000000000001".parse().expect("an id"), Time(0));
        let drawn = QrCode::with_error_correction_level(&code.text, EcLevel::M).expect("fits");
        assert_eq!(drawn.width(), 33, "capital letters and figures: a small code, with large modules");
        let shown = Shown::of(&code, Time(0)).expect("drawn");
        let mut dark = vec![false; shown.side * shown.side];
        for bar in shown.dark.split('M').skip(1) {
            let (x, rest) = bar.split_once(' ').expect("a place");
            let (y, rest) = rest.split_once('h').expect("a row");
            let length: usize = rest.split_once('v').expect("a length").0.parse().expect("a number");
            let at = y.parse::<usize>().expect("a number") * shown.side + x.parse::<usize>().expect("a number");
            dark[at..at + length].fill(true);
        }
        for y in 0..33 {
            for x in 0..33 {
                assert_eq!(dark[(y + MARGIN) * shown.side + x + MARGIN], drawn[(x, y)] == Color::Dark, "{x} {y}");
            }
        }
        assert_eq!(dark.iter().filter(|dark| **dark).count(), drawn.to_colors().iter().filter(|color| **color == Color::Dark).count());
        assert_eq!((shown.digits.len(), shown.left), (7, 60_000));
    }
}
