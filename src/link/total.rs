//! The hours of a whole class, and whether they are about to change.

use super::sql;
use crate::db::{Columns, Tx};
use crate::error::Result;
use crate::ids::ClassId;

/// Hours credited in a class to all its trainees, in thousandths.
pub async fn credited_hours(tx: &mut Tx, class: ClassId) -> Result<i64> {
    Ok(sqlx::query(sql::CREDITED_HOURS).bind(class.to_string()).fetch_one(tx.conn()).await?.int("hours"))
}

/// Whether a log of a class is still to be read or a lesson of it to be calculated; `reread` and `live` are the jobs that read by class.
pub async fn is_busy(tx: &mut Tx, class: ClassId, reread: &str, live: &str) -> Result<bool> {
    let query = sqlx::query(sql::BUSY).bind(class.to_string()).bind(reread).bind(live);
    Ok(query.fetch_optional(tx.conn()).await?.is_some())
}
