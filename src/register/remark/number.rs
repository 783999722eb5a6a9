//! Whether an ID number is one that GB 11643 allows.

use chrono::NaiveDate;

/// Eighteen places: region, a day of birth that there was by the given day, order, and the check digit of ISO 7064 MOD 11-2.
pub(super) fn holds(number: &str, today: NaiveDate) -> bool {
    let digits: Option<Vec<u32>> = number.chars().take(17).map(|place| place.to_digit(10)).collect();
    let (Some(digits), 18) = (digits, number.chars().count()) else { return false };
    let value = |from: usize, until: usize| digits[from..until].iter().fold(0, |value, digit| value * 10 + digit);
    let born = i32::try_from(value(6, 10)).ok().and_then(|year| NaiveDate::from_ymd_opt(year, value(10, 12), value(12, 14)));
    // Weights are powers of two modulo 11, from the right.
    let sum: u32 = digits.iter().enumerate().map(|(place, digit)| digit * (1 << (17 - place)) % 11).sum();
    let check = "10X98765432".chars().nth(sum as usize % 11);
    digits[0] != 0 && born.is_some_and(|born| born <= today) && number.chars().last() == check
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_and_the_day_of_birth_are_looked_at() {
        let on = |number: &str| holds(number, "2020-03-03".parse().expect("a date"));
        // The example of the standard, and one with X.
        assert!(on("11010519491231002X") && on("440524188001010014"));
        assert!(!on("110105194912310021"), "another check digit");
        assert!(!on("110105194902310026"), "no 31st of February");
        assert!(!on("110105204912310026"), "not born yet");
        assert!(!on("610000199001011") && !on("") && !on("护照12345678901234567"));
    }
}
