//! The job `detect`: the rules, over the time of a class or of a lesson.

use super::catalogue::Rules;
use super::rule::Window;
use super::run::{Ran, run as run_rules};
use super::sql;
use crate::db::Db;
use crate::error::Result;
use crate::ids::Ids;
use crate::lake::Lake;
use crate::time::{DAY, Time};
use sqlx::Row;

/// Its name in `pipeline.rs`; the key is the id of the class or the lesson that changed.
pub const NAME: &str = "detect";

/// Runs all rules from a day before the first lesson of the class (or the lesson) to a day after the last. It may run twice: the second time finds
/// the same.
pub async fn run(db: &Db, lake: &Lake, rules: &Rules, ids: &Ids, key: &str, now: Time) -> Result<Vec<Ran>> {
    let row = sqlx::query(sql::WINDOW).bind(key).fetch_one(db.read()).await?;
    match window(&row) {
        Some(window) => {
            let window = Window { since: window.since.plus(-DAY), until: window.until.plus(DAY) };
            run_rules(db, lake, rules, None, window, ids, now).await
        }
        None => Ok(Vec::new()),
    }
}

/// The time of all lessons there are, if there are any.
pub async fn whole_window(db: &Db) -> Result<Option<Window>> {
    Ok(window(&sqlx::query(sql::WHOLE_WINDOW).fetch_one(db.read()).await?))
}

fn window(row: &sqlx::any::AnyRow) -> Option<Window> {
    let since = Time(row.get::<Option<i64>, _>(0)?);
    let until = Time(row.get::<Option<i64>, _>(1)?).max(since).plus(1);
    Some(Window { since, until })
}
