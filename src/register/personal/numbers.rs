//! ID numbers that were rostered before faults were kept: looked at once, a few at a time, so that rules see the faults of all.

use super::sql;
use crate::db::{Columns, Db};
use crate::error::Result;
use crate::register::id_number::{self, Fault};
use crate::register::secrets::Secrets;
use crate::time::Time;
use chrono::NaiveDate;
use sqlx::Row;

/// Looked at in one go.
const TOGETHER: i64 = 500;

/// The day on which a number is judged: birth dates are days of China.
pub fn today(now: Time) -> NaiveDate {
    now.utc().with_timezone(&chrono_tz::Asia::Shanghai).date_naive()
}

/// The code as the column holds it: empty where nothing is wrong.
pub fn column(fault: Option<Fault>) -> &'static str {
    fault.map_or("", Fault::code)
}

/// Looks at some that nobody has looked at; how many those were.
pub async fn check(db: &Db, secrets: &Secrets, now: Time) -> Result<usize> {
    let rows = sqlx::query(sql::UNCHECKED).bind(TOGETHER).fetch_all(db.read()).await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let mut tx = db.begin().await?;
    for row in &rows {
        // What no key opens cannot be judged; fsck tells of it.
        let fault = secrets.open(&row.get::<Vec<u8>, _>("id_number_sealed")).ok().and_then(|number| id_number::fault(&number, today(now)));
        sqlx::query(sql::CHECKED).bind(row.text("id")).bind(column(fault)).execute(tx.conn()).await?;
    }
    tx.commit().await?;
    Ok(rows.len())
}
