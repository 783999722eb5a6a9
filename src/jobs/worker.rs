//! Workers: lease a job, run it, renew while it runs, take it out or put it back.

use super::{Job, Jobs, LEASE};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::time::{Clock, SECOND};
use futures::future::BoxFuture;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Does one job; `pipeline.rs` provides it.
pub type Handler = Arc<dyn Fn(Job) -> BoxFuture<'static, Result<()>> + Send + Sync>;

/// How long an idle worker sleeps unless woken.
const IDLE: Duration = Duration::from_millis(250);
/// How often jobs of dead workers are looked for.
const RECLAIM: Duration = Duration::from_secs(5);

/// Runs `count` workers until `stop`; a job that runs then is finished first.
pub async fn work(jobs: Jobs, db: Db, clock: Clock, handler: Handler, count: usize, stop: CancellationToken) {
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..count {
        tasks.spawn(one(jobs.clone(), db.clone(), clock.clone(), handler.clone(), stop.clone()));
    }
    if count > 0 {
        tasks.spawn(reclaim(jobs, db, clock, stop));
    }
    while tasks.join_next().await.is_some() {}
}

async fn one(jobs: Jobs, db: Db, clock: Clock, handler: Handler, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let place = jobs.place.try_acquire().ok();
        match jobs.claim(&db, if place.is_some() { "" } else { jobs.long }, clock.now()).await {
            Ok(Some(job)) => {
                let place = place.filter(|_| job.kind == jobs.long);
                jobs.woken.notify_one(); // there may be more for an idle colleague
                let more = if job.kind == jobs.together { jobs.claim_more(&db, &job.kind, clock.now()).await } else { Ok(Vec::new()) };
                let more = more.unwrap_or_else(|error| {
                    tracing::warn!(error = %error, cause = ?error.cause, "the jobs of the same kind could not be taken along");
                    Vec::new()
                });
                run(&jobs, &db, &clock, &handler, job, &more).await;
                drop(place);
            }
            Ok(None) => {
                tokio::select! {
                    () = jobs.woken.notified() => {}
                    () = tokio::time::sleep(IDLE) => {}
                    () = stop.cancelled() => {}
                }
            }
            Err(error) => {
                tracing::warn!(error = %error, cause = ?error.cause, "the job queue does not answer");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

/// Runs a job, with `more` of its kind in one: all of them end as it ends.
async fn run(jobs: &Jobs, db: &Db, clock: &Clock, handler: &Handler, job: Job, more: &[Job]) {
    let begun = Instant::now();
    let job = Job { with: more.iter().map(|other| other.key.clone()).collect(), ..job };
    let all: Vec<&Job> = std::iter::once(&job).chain(more).collect();
    let mut task = tokio::spawn(handler(job.clone()));
    let mut renew = tokio::time::interval(Duration::from_micros((LEASE / 3) as u64));
    renew.tick().await;
    let outcome = loop {
        tokio::select! {
            done = &mut task => break done.unwrap_or_else(|panic| Err(Error::internal(panic))),
            _ = renew.tick() => for Job { id, .. } in &all {
                if let Err(error) = jobs.renew(db, *id, clock.now()).await {
                    tracing::warn!(job.id = %id, error = %error, "the lease could not be renewed");
                }
            }
        }
    };
    jobs.pace.took(&job.kind, begun.elapsed(), clock.now());
    let how = if outcome.is_ok() { "done" } else { "failed" };
    metrics::counter!("keshi_jobs_total", "kind" => job.kind.clone(), "outcome" => how).increment(1);
    if let Err(error) = &outcome {
        tracing::warn!(job.id = %job.id, job.kind = %job.kind, job.key = %job.key, job.with = more.len(), job.attempts = job.attempts, error = %error, cause = ?error.cause, "a job failed");
    }
    for ended in all {
        let recorded = match &outcome {
            Ok(()) => jobs.finish(db, ended.id).await,
            Err(error) => jobs.fail(db, ended, &error.message, clock.now()).await,
        };
        if let Err(error) = recorded {
            // The lease runs out and the job runs again: it may run twice.
            tracing::warn!(job.id = %ended.id, error = %error, cause = ?error.cause, "a job's end could not be recorded");
            tokio::time::sleep(Duration::from_micros(SECOND as u64)).await;
        }
    }
}

async fn reclaim(jobs: Jobs, db: Db, clock: Clock, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = jobs.reclaim(&db, clock.now()).await {
            tracing::warn!(error = %error, "jobs of dead workers could not be looked for");
        }
        tokio::select! {
            () = tokio::time::sleep(RECLAIM) => {}
            () = stop.cancelled() => {}
        }
    }
}
