//! What is kept of a trainee's ID number and phone number beside the numbers: what is wrong with them, and the age, sex and province that an ID
//! number tells. Read when a roster is entered; those that were rostered before, and those of a class whose first day has changed, are looked at a
//! few at a time.

use super::{phone, sql};
use crate::db::{Columns, Db};
use crate::error::Result;
use crate::register::id_number::{Fault, IdNumber};
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

/// What the columns of a trainee hold of an ID number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The code of what is wrong; empty where nothing is.
    pub fault: &'static str,
    /// Whole years on the first day of the class.
    pub age_years: Option<i64>,
    /// `f` or `m`.
    pub sex: Option<&'static str>,
    /// The province; empty where the number is at fault.
    pub region: String,
}

/// What a number that is normal already tells, as it is on `today`, of a trainee of a class that begins on a day.
pub fn told(number: &str, first_day: NaiveDate, today: NaiveDate) -> Told {
    match IdNumber::parse(number, today) {
        Ok(read) => {
            Told { fault: "", age_years: Some(read.years_on(first_day).into()), sex: Some(read.sex()), region: read.province().to_owned() }
        }
        Err(fault) => Told { fault: Fault::code(fault), ..Told::default() },
    }
}

/// Looks at some that nobody has looked at; how many those were.
pub async fn check(db: &Db, secrets: &Secrets, now: Time) -> Result<usize> {
    let rows = sqlx::query(sql::UNREAD).bind(TOGETHER).fetch_all(db.read()).await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let mut tx = db.begin().await?;
    for row in &rows {
        // What no key opens cannot be judged; fsck tells of it.
        let first_day = row.text("starts_on");
        let number = secrets.open(&row.get::<Vec<u8>, _>("id_number_sealed")).ok();
        let told = number.zip(first_day.parse().ok()).map(|(number, first_day)| told(&number, first_day, today(now))).unwrap_or_default();
        let phone = row.get::<Option<Vec<u8>>, _>("phone_sealed").and_then(|sealed| secrets.open(&sealed).ok());
        sqlx::query(sql::READ)
            .bind(row.text("id"))
            .bind(told.fault)
            .bind(told.age_years)
            .bind(told.sex)
            .bind(told.region)
            .bind(phone::column(phone.as_deref()))
            .bind(first_day)
            .execute(tx.conn())
            .await?;
    }
    tx.commit().await?;
    Ok(rows.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::id_number::with_checksum;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn a_number_at_fault_tells_nothing_but_its_fault() {
        let told = |number: &str| told(number, day("2020-03-01"), day("2020-02-20"));
        assert_eq!(told("610902199001011234"), Told { fault: "checksum", ..Told::default() });
        let sound = told(&with_checksum("61090219900302002"));
        assert_eq!(sound, Told { fault: "", age_years: Some(29), sex: Some("f"), region: "61".into() }, "a day short of thirty");
    }
}
