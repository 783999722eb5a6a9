//! What the server still has to do and what it gave up, for administrators.

use super::frame::Frame;
use super::reader::Reader;
use super::visit::{Visit, id};
use crate::error::Result;
use crate::jobs::{Job, Jobs as Queue};
use crate::receive::identity::Right;
use crate::time::Time;
use askama::Template;
use axum::Form;
use axum::extract::Path;
use axum::response::Response;
use serde::Deserialize;

/// A job.
#[derive(Clone, Debug)]
pub struct JobRow {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// What it is about, an id.
    pub key: String,
    /// `waiting`, `running`, `dead`.
    pub state: String,
    /// Tries so far.
    pub attempts: i64,
    /// When it was asked for.
    pub asked: Time,
    /// When it is tried next.
    pub due: Option<Time>,
    /// The stable code and sentence of the last failure.
    pub error: Option<String>,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "jobs.html")]
pub struct Jobs {
    /// Surroundings.
    pub frame: Frame,
    /// Given up.
    pub dead: Vec<JobRow>,
    /// Still to do.
    pub open: Vec<JobRow>,
    /// How many are still to do in all.
    pub open_total: i64,
    /// How many were given up in all.
    pub dead_total: i64,
}

/// Jobs read, and of these listed.
const READ: i64 = 1000;
const LISTED: usize = 50;

impl Jobs {
    /// What is still to do and what was given up.
    pub async fn read(reader: Reader<'_>, queue: &Queue) -> Result<Jobs> {
        let dead = queue.list(reader.db, "dead", READ).await?;
        let open = queue.list(reader.db, "open", READ).await?;
        Ok(Jobs {
            dead_total: dead.len() as i64,
            open_total: open.len() as i64,
            dead: dead.into_iter().take(LISTED).map(row).collect(),
            open: open.into_iter().take(LISTED).map(row).collect(),
            frame: reader.frame,
        })
    }
}

fn row(job: Job) -> JobRow {
    JobRow {
        id: job.id.to_string(),
        due: (job.state == "waiting").then_some(job.run_at),
        kind: job.kind,
        key: job.key,
        state: job.state,
        attempts: job.attempts,
        asked: job.created_at,
        error: job.error,
    }
}

/// What the form of a job sends.
#[derive(Debug, Deserialize)]
pub struct Again {
    csrf: String,
}

/// `GET /jobs`
pub async fn show(visit: Visit) -> Response {
    let page = match visit.person.actor.require(Right::Operate) {
        Ok(()) => Jobs::read(visit.reader(), &visit.app.jobs).await,
        Err(error) => Err(error),
    };
    visit.answer(page)
}

/// `POST /jobs/{id}/retry`
pub async fn retry(visit: Visit, Path(job): Path<String>, Form(again): Form<Again>) -> Response {
    let done = revive(&visit, &job, &again.csrf).await;
    visit.back(done, "/jobs")
}

async fn revive(visit: &Visit, job: &str, csrf: &str) -> Result<()> {
    visit.check(csrf)?;
    visit.person.actor.require(Right::Operate)?;
    visit.app.jobs.retry(&visit.app.db, id(job)?, visit.app.clock.now()).await
}
