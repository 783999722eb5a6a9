//! The account that a class's subsidy goes to: encrypted, shown by its last four digits, and in the clear to who pays.

use super::{Tools, mask, may_look, phone, reason, sql};
use crate::db::Db;
use crate::error::{Error, Result, codes};
use crate::ids::ClassId;
use crate::register::{secrets::Secrets, trail};
use crate::time::Time;
use sqlx::Row;

/// Last digits that are looked at for a pattern: banks put up to nine zeros before or behind a customer's number.
const TAIL: usize = 10;

/// What is wrong with an account number: flagged, never refused, since banks number as they like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Other than digits, blanks and dashes.
    Characters,
    /// Fewer than 8 or more than 32 digits.
    Length,
    /// A bank card (62…, 16 to 19 digits) whose last digit is not what ISO/IEC 7812 (Luhn) makes it.
    Checksum,
    /// Its last digits are one digit, ten times or more.
    Repeated,
    /// Its last digits count up or down, ten or more of them.
    Sequence,
}

impl Fault {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Fault::Characters => "characters",
            Fault::Length => "length",
            Fault::Checksum => "checksum",
            Fault::Repeated => "repeated",
            Fault::Sequence => "sequence",
        }
    }
}

/// What is wrong with an account number, if anything. Accounts of enterprises have no check digit of their own; cards have.
pub fn fault(account: &str) -> Option<Fault> {
    if account.chars().any(|c| !c.is_ascii_digit() && !c.is_whitespace() && c != '-') {
        return Some(Fault::Characters);
    }
    let normal = normal(account);
    let digits: Vec<u32> = normal.chars().filter_map(|c| c.to_digit(10)).collect();
    if !(8..=32).contains(&digits.len()) {
        return Some(Fault::Length);
    }
    let card = digits.starts_with(&[6, 2]) && (16..=19).contains(&digits.len());
    if card && !luhn(&digits) {
        return Some(Fault::Checksum);
    }
    let tail = &normal.as_bytes()[normal.len().saturating_sub(TAIL)..];
    match phone::pattern(tail) {
        Some(phone::Fault::Repeated) => Some(Fault::Repeated),
        Some(_) => Some(Fault::Sequence),
        None => None,
    }
}

/// Accounts are compared by their digits.
pub fn normal(account: &str) -> String {
    account.chars().filter(char::is_ascii_digit).collect()
}

fn luhn(digits: &[u32]) -> bool {
    let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 = digits.iter().rev().enumerate().map(|(place, digit)| if place % 2 == 1 { doubled(*digit) } else { *digit }).sum();
    sum.is_multiple_of(10)
}

/// An account as it is shown without a reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Masked {
    /// Its last four digits.
    pub masked: String,
    /// What is wrong with it.
    pub fault: Option<Fault>,
}

async fn clear(db: &Db, secrets: &Secrets, class: ClassId) -> Result<Option<String>> {
    let row = sqlx::query(sql::ACCOUNT).bind(class.to_string()).fetch_optional(db.read()).await?;
    row.and_then(|row| row.get::<Option<Vec<u8>>, _>(0)).map(|sealed| secrets.open(&sealed)).transpose()
}

/// The account of a class, masked; none where none was given.
pub async fn masked(db: &Db, secrets: &Secrets, class: ClassId) -> Result<Option<Masked>> {
    let account = clear(db, secrets, class).await?;
    Ok(account.map(|account| Masked { masked: mask::account(&account), fault: fault(&account) }))
}

/// The account of a class in the clear; the look is in the trail before it is returned.
///
/// Errors: `not_found` where none was given, `invalid` for a reason that is none, `too_many_looks`.
pub async fn reveal(tools: Tools<'_>, actor: &str, class: ClassId, why: &str, now: Time) -> Result<String> {
    let why = reason(why)?;
    may_look(tools.db, actor, now).await?;
    let account = clear(tools.db, tools.secrets, class).await?;
    let account =
        account.ok_or_else(|| Error::new(&codes::NOT_FOUND, "The application names no bank account; ask the provider for it."))?;
    let subject = class.to_string();
    let line = trail::Note { actor, action: "account.seen", subject_kind: "class", subject_id: &subject, detail: Some(why) };
    trail::record(tools.db, tools.ids, now, line).await?;
    Ok(account)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_account_is_digits_and_a_card_has_its_check_digit() {
        // 7992739871-3 is the example of the algorithm's description; cards here begin with 62.
        assert!(luhn(&"79927398713".chars().filter_map(|c| c.to_digit(10)).collect::<Vec<_>>()));
        assert_eq!(fault("6228 4804 0256 4890 018"), None);
        assert_eq!(fault("6228 4804 0256 4890 019"), Some(Fault::Checksum));
        assert_eq!(fault("2606 0101 0902 4512 345"), None, "an enterprise's account has no check digit");
        assert_eq!((fault("1234567"), fault("6228-ABC")), (Some(Fault::Length), Some(Fault::Characters)));
        assert_eq!(fault("2606 0000 0000 0000"), Some(Fault::Repeated));
        assert_eq!((fault("12345678"), fault("261234567890")), (Some(Fault::Sequence), Some(Fault::Sequence)));
        assert_eq!(fault("2606 0101 0000 0000 0"), None, "nine zeros");
    }

    proptest! {
        #[test]
        fn one_wrong_digit_of_a_card_is_always_noticed(middle in prop::collection::vec(0u32..10, 13..17), place in 2usize..15, by in 1u32..10) {
            let mut card = [vec![6, 2], middle].concat();
            card.push(0);
            let last = card.len() - 1;
            card[last] = (0..10).find(|digit| luhn(&[&card[..last], &[*digit]].concat())).expect("one fits");
            let text = |digits: &[u32]| digits.iter().map(u32::to_string).collect::<String>();
            prop_assert_eq!(fault(&text(&card)), None);
            card[place] = (card[place] + by) % 10;
            prop_assert_eq!(fault(&text(&card)), Some(Fault::Checksum));
        }
    }
}
