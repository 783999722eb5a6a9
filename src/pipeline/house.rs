//! What has to be seen to now and then, and follows no change: no job, since it would wait for days and be an open job all the while.

use super::{digest, finish};
use crate::app::App;
use crate::detect;
use crate::error::Result;
use crate::jobs::Change;
use crate::lake::snapshot;
use crate::receive::upload;
use crate::register::opening::decision;
use crate::register::personal::numbers;
use crate::store;
use crate::tell::delivery;
use crate::time::{DAY, MINUTE, Time};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// When the rules look at all time, after midnight.
const AT_NIGHT: i64 = 180 * MINUTE;
/// Letters asked for at once.
const LETTERS: i64 = 100;

/// Until `stop`: reads the keys again, looks at ID numbers that nobody has looked at, finishes resumable uploads that a crash left whole, throws away
/// those that expired, throws away what no longer counts in the lake, has the rules look at all time once a day, asks for its tables to be copied when they grow old, asks for written decisions that are still to be made, forgets live events taken in
/// long ago and messages to webhooks that were settled long ago, and tells once a day what is due.
pub async fn keep_house(app: App, stop: CancellationToken) {
    loop {
        if let Err(error) = tidy(&app).await {
            tracing::warn!(%error, cause = ?error.cause, "the house could not be kept; again in a minute");
        }
        if let Err(error) = digest::daily(&app).await {
            tracing::warn!(%error, cause = ?error.cause, "the daily digest could not be made or sent; again in a minute");
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(60)) => {}
            () = stop.cancelled() => return,
        }
    }
}

async fn tidy(app: &App) -> Result<()> {
    let now = app.clock.now();
    // A key that was added seals here from now on, and one that was taken away is let go of.
    app.secrets.reload()?;
    let looked_at = numbers::check(&app.db, &app.secrets, now).await?;
    if looked_at > 0 {
        tracing::info!(looked_at, "looked at ID numbers that were rostered before faults were kept");
    }
    for upload in upload::left_whole(&app.db, now.plus(-MINUTE)).await? {
        if let Err(error) = finish(app, &upload).await {
            tracing::warn!(upload = %upload.id, %error, cause = ?error.cause, "a whole upload could not be made evidence of");
        }
    }
    let (expired, orphans) = upload::sweep(&app.db, &app.objects, now).await?;
    if expired + orphans > 0 {
        tracing::info!(expired, orphans, "threw away uploads that nobody finished");
    }
    let swept = app.lake.sweep(now).await?;
    for evidence in &swept.again {
        let mut tx = app.db.begin().await?;
        app.jobs.after(&mut tx, Change::LogKept, &evidence.to_string(), now).await?;
        tx.commit().await?;
    }
    if swept.files > 0 {
        tracing::info!(files = swept.files, "threw away files of the lake that others took the place of");
    }
    if !app.lake.has_snapshots_since(now.plus(-snapshot::AGE)).await? {
        let mut tx = app.db.begin().await?;
        app.jobs.after(&mut tx, Change::LakeBehind, snapshot::KEY, now).await?;
        tx.commit().await?;
    }
    look_at_all(app).await?;
    ask_for_letters(app).await?;
    let days = i64::from(app.config.live.repeat_days.max(1));
    store::live::forget(&app.db, now.plus(-days * DAY)).await?;
    let (given_up, _) = delivery::tidy(&app.db, &app.config.webhooks, now).await?;
    if given_up > 0 {
        metrics::counter!("keshi_webhook_attempts_total", "outcome" => "given_up").increment(given_up);
        tracing::info!(given_up, "gave up messages to webhooks that could not be sent in time");
    }
    Ok(())
}

/// Has the rules look at all time once a day: that something did not come, no change tells.
async fn look_at_all(app: &App) -> Result<()> {
    let now = app.clock.now();
    let policy = app.policies.at(now);
    let three = Time::day_start(policy.day_of(now), policy.tz()).map_or(now, |midnight| midnight.plus(AT_NIGHT));
    let last = if three <= now { three } else { three.plus(-DAY) };
    if detect::job::looked_at_all_since(&app.db, last).await? {
        return Ok(());
    }
    let mut tx = app.db.begin().await?;
    app.jobs.enqueue(&mut tx, detect::job::NAME, detect::job::ALL, now).await?;
    tx.commit().await
}

/// Asks for the letters of decisions that were taken while there were no fonts, once there are.
async fn ask_for_letters(app: &App) -> Result<()> {
    let print = &app.config.print;
    if !(print.regular.exists() && print.bold.exists()) {
        return Ok(());
    }
    let now = app.clock.now();
    for id in decision::unwritten(&app.db, LETTERS).await? {
        let mut tx = app.db.begin().await?;
        app.jobs.after(&mut tx, Change::Decided, &id.to_string(), now).await?;
        tx.commit().await?;
    }
    Ok(())
}
