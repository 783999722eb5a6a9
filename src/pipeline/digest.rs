//! The daily digest: gathered from what is open, made once a day by whichever server is first, and brought by mail until it is taken.

use crate::app::App;
use crate::audit::deadline;
use crate::audit::overview::Scope;
use crate::error::Result;
use crate::tell::digest::{self, Recipients};
use chrono::{Days, Timelike};

/// Days for which a digest can be looked up; messages to webhooks are written from it long before.
const KEPT: u64 = 400;

/// Makes today's digest if its hour has come and nobody has, and sends the mails that are due.
pub(super) async fn daily(app: &App) -> Result<()> {
    let mail = &app.config.mail;
    let now = app.clock.now();
    let policy = app.policies.at(now);
    let today = policy.day_of(now);
    let hour = now.utc().with_timezone(&policy.tz()).hour();
    if hour >= mail.hour && !digest::made(&app.db, today).await? {
        let due = deadline::all(&app.db, app.deadline_rules(), &Scope::default(), now).await?;
        if digest::make(&app.db, &app.ids, today, &due, &Recipients::of_settings(mail)?, now).await? {
            app.jobs.news().notify_one();
            tracing::info!(day = %today, due = due.len(), "made the daily digest of deadlines");
        }
        if let Some(before) = today.checked_sub_days(Days::new(KEPT)) {
            digest::forget(&app.db, before).await?;
        }
    }
    let board = format!("{}/deadlines", app.config.public_url());
    let done = digest::send(&app.db, mail, &board, &app.config.log.origin, || app.clock.now()).await?;
    for (outcome, count) in [("sent", done.sent), ("failed", done.failed)] {
        if count > 0 {
            metrics::counter!("keshi_digest_mails_total", "outcome" => outcome).increment(count);
        }
    }
    Ok(())
}
