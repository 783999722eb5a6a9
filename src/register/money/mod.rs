//! Money of a class as it goes: what was paid in advance (notice, 五（三）), and the claim with what became of it (四).
//!
//! Here are the rows and their rules; what a claim consists of is put together by `audit::claim`, which knows hours. Free text that a person writes
//! beside money (a reason, a payment's reference) may speak of people: a leaf only commits to it, under random bytes kept with the row.

pub mod claim;
pub mod prepayment;
pub(crate) mod sql;

pub use claim::{Claim, Event, State};
pub use prepayment::Prepayment;

use crate::error::{Error, Result, codes};
use crate::ids::chance;
use storage::Digest;

/// Longest reason or reference, in characters.
const LONGEST: usize = 1000;

/// A text that a person wrote beside a sum, and what its leaf commits with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// What was written.
    pub text: String,
    /// Random bytes.
    pub salt: Vec<u8>,
}

impl Remark {
    /// A text as sent; `None` for nothing. Errors: `invalid` when it is too long.
    pub fn new(text: Option<&str>, what: &str) -> Result<Option<Remark>> {
        let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
        if text.chars().count() > LONGEST || text.chars().any(|letter| letter.is_control() && letter != '\n') {
            return Err(Error::new(&codes::INVALID, format!("{what} is at most {LONGEST} characters without control characters.")));
        }
        Ok(Some(Remark { text: text.to_owned(), salt: chance::<32>().to_vec() }))
    }

    /// What stands in the leaf in its place.
    pub fn commitment(&self) -> String {
        commitment(&self.salt, &self.text)
    }
}

/// SHA-256 of random bytes and a text.
fn commitment(salt: &[u8], text: &str) -> String {
    Digest::of(&[salt, text.as_bytes()].concat()).to_string()
}

/// Refuses a day of payment that has not come yet. Payments are recorded when they were made.
fn paid_by(paid_on: chrono::NaiveDate, today: chrono::NaiveDate) -> Result<()> {
    if paid_on > today {
        return Err(Error::new(
            &codes::INVALID,
            format!("paid_on lies in the future (today is {today}); record a payment once it was made."),
        ));
    }
    Ok(())
}
