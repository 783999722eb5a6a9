//! The job `detect`: the rules, over the time of what changed, or over all time once a day.

use super::catalogue::Rules;
use super::rule::Window;
use super::run::{Ran, over};
use super::sql;
use super::windows::Windows;
use crate::db::Db;
use crate::error::Result;
use crate::ids::Ids;
use crate::lake::Lake;
use crate::time::Time;
use std::time::Instant;
use uuid::Uuid;

/// Its name in `pipeline.rs`; the key is the id of the class or the lesson that changed, or [`ALL`].
pub const NAME: &str = "detect";

/// The key that means all time: some rules see with time alone that something did not come.
pub const ALL: &str = "all";

/// How long it is remembered that a run took place.
const REMEMBERED: i64 = 90 * crate::time::DAY;

/// Runs all rules around all lessons and classes with these ids. It may run twice: the second time finds the same.
pub async fn run(db: &Db, lake: &Lake, rules: &Rules, ids: &Ids, keys: &[&str], now: Time) -> Result<Vec<Ran>> {
    let daily = keys.contains(&ALL);
    let windows = if daily { Windows::of(Window::ALL) } else { Windows::around(db, keys).await? };
    if windows.is_empty() {
        return Ok(Vec::new());
    }
    let (id, begun): (Uuid, _) = (ids.next(), Instant::now());
    let mut tx = db.begin().await?;
    sqlx::query(sql::BEGIN_RUN)
        .bind(id.to_string())
        .bind(if daily { ALL } else { "change" })
        .bind(keys.len() as i64)
        .bind(now.0)
        .execute(tx.conn())
        .await?;
    sqlx::query(sql::FORGET_RUNS).bind(now.plus(-REMEMBERED).0).execute(tx.conn()).await?;
    tx.commit().await?;
    let ran = over(db, lake, rules, None, &windows, ids, now).await?;
    let sum = |of: fn(&Ran) -> u64| ran.iter().map(of).sum::<u64>() as i64;
    let broken = ran.iter().filter(|ran| ran.error.is_some()).count() as i64;
    let mut tx = db.begin().await?;
    let end = sqlx::query(sql::END_RUN)
        .bind(id.to_string())
        .bind(now.plus(begun.elapsed().as_micros() as i64).0)
        .bind(ran.len() as i64)
        .bind(broken);
    end.bind(sum(|ran| ran.found)).bind(sum(|ran| ran.new)).bind(sum(|ran| ran.ceased)).execute(tx.conn()).await?;
    tx.commit().await?;
    Ok(ran)
}

/// Whether a run over all time has begun since.
pub async fn looked_at_all_since(db: &Db, since: Time) -> Result<bool> {
    Ok(sqlx::query(sql::ALL_SINCE).bind(ALL).bind(since.0).fetch_optional(db.read()).await?.is_some())
}
