//! Deciding an opening application: what is applied for, what the notice has against it, its papers, by when, and the form.

use super::checks::{self, Check};
use super::frame::Frame;
use super::opening::Opening;
use super::reader::Reader;
use super::visit::{self, Visit};
use crate::audit::overview::{self, ClassHead};
use crate::error::{Error, Result, codes};
use crate::ids::ClassId;
use crate::pipeline;
use crate::receive::Right;
use crate::register::class::{self, Decision, Standards};
use crate::register::opening::NewDecision;
use askama::Template;
use axum::Form;
use axum::extract::Path;
use axum::response::Response;
use serde::Deserialize;

/// The page.
#[derive(Debug, Template)]
#[template(path = "decide.html")]
pub struct Decide {
    /// Surroundings.
    pub frame: Frame,
    /// What it is.
    pub class: ClassHead,
    /// The platform's name in the reader's language.
    pub platform: String,
    /// People on its roster, and lessons on its timetable.
    pub size: (i64, i64),
    /// The standards applied for: field of the form, word of the certificate, yuan.
    pub standards: Vec<(&'static str, &'static str, String)>,
    /// Papers, deadline, earlier decisions.
    pub opening: Opening,
    /// What the notice says against the plan.
    pub checks: Vec<Check>,
}

impl Decide {
    /// How many of the remarks have to be mended.
    pub fn to_mend(&self) -> usize {
        self.checks.iter().filter(|check| check.weight == "must").count()
    }

    /// A class's application.
    pub async fn read(reader: Reader<'_>, id: ClassId) -> Result<Decide> {
        let class = overview::class(reader.db, &reader.scope, id).await?.ok_or_else(|| Error::of(&codes::UNKNOWN_CLASS))?;
        let words = ["qualified", "skill_level", "vocational", "special_operation"];
        let standards = FIELDS.into_iter().zip(words).zip(class.standards_fen);
        Ok(Decide {
            standards: standards.map(|((field, word), fen)| (field, word, fen.map(plain).unwrap_or_default())).collect(),
            platform: reader.named(&class.platform.1).to_owned(),
            size: (overview::roster(reader.db, id).await?.len() as i64, overview::lessons(reader.db, id).await?.len() as i64),
            opening: Opening::read(&reader, id).await?,
            checks: checks::read(&reader, id).await?,
            class,
            frame: reader.frame,
        })
    }
}

/// The fields of the form in the order of the certificates.
const FIELDS: [&str; 4] = ["qualified", "skill_level", "vocational", "special_operation"];

/// Fen as a form has them: `900`, `900.50`.
fn plain(fen: i64) -> String {
    if fen % 100 == 0 { (fen / 100).to_string() } else { format!("{}.{:02}", fen / 100, fen % 100) }
}

/// Yuan of a form in fen; nothing for an empty field.
fn fen(text: &str) -> Result<Option<i64>> {
    let text: String = text.chars().filter(|letter| !letter.is_whitespace() && *letter != ',').collect();
    if text.is_empty() {
        return Ok(None);
    }
    let (yuan, part) = text.split_once('.').unwrap_or((&text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if yuan.is_empty() || yuan.len() > 7 || part.len() > 2 || !digits(yuan) || !digits(part) {
        return Err(Error::new(&codes::INVALID, "A standard is yuan with at most two decimals, such as 900 or 900.50."));
    }
    let part: i64 = format!("{part:0<2}").parse().map_err(Error::internal)?;
    Ok(Some(yuan.parse::<i64>().map_err(Error::internal)? * 100 + part))
}

/// `GET /classes/{id}/decide`
pub async fn show(visit: Visit, Path(id): Path<String>) -> Response {
    let page = match (visit.person.actor.require(Right::Decide), visit::id(&id)) {
        (Ok(()), Ok(class)) => Decide::read(visit.reader(), class).await,
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    visit.answer_named("class", &id, page).await
}

/// What the form sends.
#[derive(Debug, Deserialize)]
pub struct Sent {
    csrf: String,
    decision: Decision,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    qualified: String,
    #[serde(default)]
    skill_level: String,
    #[serde(default)]
    vocational: String,
    #[serde(default)]
    special_operation: String,
}

/// `POST /classes/{id}/decide`
pub async fn decide(visit: Visit, Path(id): Path<String>, Form(sent): Form<Sent>) -> Response {
    let done = take_down(&visit, &id, sent).await;
    visit.back(done, &format!("/applications?done={id}"))
}

async fn take_down(visit: &Visit, id: &str, sent: Sent) -> Result<()> {
    visit.check(&sent.csrf)?;
    let (app, actor) = (&visit.app, &visit.person.actor);
    actor.require(Right::Decide)?;
    let class = class::by_id(&app.db, visit::id(id)?).await?;
    let standards_fen = match sent.decision {
        Decision::Approve => Some(Standards {
            qualified: fen(&sent.qualified)?,
            skill_level: fen(&sent.skill_level)?,
            vocational: fen(&sent.vocational)?,
            special_operation: fen(&sent.special_operation)?,
        }),
        Decision::Return | Decision::Refuse => None,
    };
    pipeline::decide(app, actor, &class, &NewDecision { decision: sent.decision, reason: Some(sent.reason), standards_fen }).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yuan_of_a_form_are_fen_to_the_last() {
        let good = [("", None), ("900", Some(90_000)), (" 1,200.5 ", Some(120_050)), ("0.07", Some(7))];
        for (text, wanted) in good {
            assert_eq!(fen(text).expect("reads"), wanted, "{text}");
        }
        for bad in ["-1", "9.999", ".5", "九百", "1e3", "12345678"] {
            assert_eq!(fen(bad).expect_err("refused").code, "invalid", "{bad}");
        }
        assert_eq!((plain(90_000).as_str(), plain(120_050).as_str()), ("900", "1200.50"));
    }
}
