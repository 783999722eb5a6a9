//! The job `detect`: the rules, over the time of what changed, or over all time once a day.

use super::catalogue::Rules;
use super::rule::Window;
use super::run::{Ran, over};
use super::sql;
use super::watch::Watch;
use super::windows::Windows;
use crate::db::Db;
use crate::error::Result;
use crate::ids::Ids;
use crate::lake::Lake;
use crate::time::Time;

/// Its name in `pipeline.rs`; the key is the id of the class or the lesson that changed, or [`ALL`].
pub const NAME: &str = "detect";

/// The key that means all time: some rules see with time alone that something did not come.
pub const ALL: &str = "all";

/// Runs all rules around all lessons and classes with these ids. It may run twice: the second time finds the same.
pub async fn run(db: &Db, lake: &Lake, rules: &Rules, ids: &Ids, keys: &[&str], now: Time) -> Result<Vec<Ran>> {
    let daily = keys.contains(&ALL);
    let windows = if daily { Windows::of(db, Window::ALL).await? } else { Windows::around(db, keys).await? };
    if windows.is_empty() {
        return Ok(Vec::new());
    }
    let why = if daily { ALL } else { "change" };
    // Where nothing was planned yet there is nothing to look at; that it was looked at is noted all the same.
    let nothing = daily && sqlx::query(sql::ANY_LESSON).fetch_optional(db.read()).await?.is_none();
    let watch = Watch::begin(db, ids, why, keys.len(), rules.iter().count(), now).await?;
    if nothing {
        watch.note(&[], true).await?;
        return Ok(Vec::new());
    }
    over(db, lake, rules, None, &windows, ids, &watch, now).await
}

/// Whether a run over all time has begun since.
pub async fn looked_at_all_since(db: &Db, since: Time) -> Result<bool> {
    Ok(sqlx::query(sql::ALL_SINCE).bind(ALL).bind(since.0).fetch_optional(db.read()).await?.is_some())
}
