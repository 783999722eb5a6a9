//! Personal data as it is shown to whoever has no reason to see it whole.

pub use crate::register::roster::masked as id_number;

/// A phone as `138****0000`: the first three and the last four digits of at least eleven, of a shorter one the last two.
pub fn phone(text: &str) -> String {
    let length = text.chars().count();
    if length >= 11 { middle(text, 3, 4) } else { middle(text, 0, if length > 4 { 2 } else { 0 }) }
}

/// An e-mail address as `t***@example.com`: the first letter and the domain.
pub fn email(text: &str) -> String {
    let (local, domain) = text.split_once('@').unwrap_or((text, ""));
    let first: String = local.chars().take(usize::from(local.chars().count() > 1)).collect();
    if domain.is_empty() { format!("{first}***") } else { format!("{first}***@{domain}") }
}

/// An account by its last four digits; of fewer than eight nothing.
pub fn account(text: &str) -> String {
    middle(text, 0, if text.chars().count() >= 8 { 4 } else { 0 })
}

/// A text with what looks like an ID number, a phone, a card or an e-mail address in it masked; the rest, times and counts among it, as it is.
pub fn text(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = rest.find(|c: char| !in_word(c)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(if length == 0 { first.len_utf8() } else { length });
        masked.push_str(&self::word(word));
        rest = behind;
    }
    masked
}

/// What numbers and addresses are written with.
fn in_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || "@._%+-".contains(c)
}

fn word(word: &str) -> String {
    if word.contains('@') {
        return email(word);
    }
    let mut masked = String::with_capacity(word.len());
    let mut rest = word;
    while !rest.is_empty() {
        let other = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (between, from) = rest.split_at(other);
        masked.push_str(between);
        let mut length = from.find(|c: char| !c.is_ascii_digit()).unwrap_or(from.len());
        if length == 17 && from[17..].starts_with(['X', 'x']) {
            length = 18;
        }
        let (digits, behind) = from.split_at(length);
        masked.push_str(&number(digits));
        rest = behind;
    }
    masked
}

fn number(digits: &str) -> String {
    match digits.len() {
        15 | 18 => id_number(digits),
        16 | 17 | 19 => account(digits),
        11 if digits.starts_with('1') && !digits.starts_with("10") => phone(digits),
        _ => digits.to_owned(),
    }
}

/// Stars for all but the first and the last characters.
fn middle(text: &str, first: usize, last: usize) -> String {
    let length = text.chars().count();
    text.chars().enumerate().map(|(place, letter)| if place < first || place + last >= length { letter } else { '*' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_addresses_within_a_text_are_masked_and_times_are_not() {
        assert_eq!(text("王芳\t13800000000\t2020-03-03 09:00:00"), "王芳\t138****0000\t2020-03-03 09:00:00");
        assert_eq!(text("a.b@example.com，61000019900101123X(工号12)"), "a***@example.com，6***************3X(工号12)");
        assert_eq!(text("20200303090000 1583197200000 u13800000000"), "20200303090000 1583197200000 u138****0000");
        assert_eq!(text(""), "");
    }

    #[test]
    fn a_mask_shows_the_ends_and_no_more() {
        assert_eq!(id_number("61000019900101123X"), "6***************3X");
        assert_eq!((phone("13800000000").as_str(), phone("0915321").as_str(), phone("110").as_str()), ("138****0000", "*****21", "***"));
        assert_eq!(email("t0001@example.com"), "t***@example.com");
        assert_eq!((email("a@b.cn").as_str(), email("nonsense").as_str()), ("***@b.cn", "n***"));
        assert_eq!((account("6217000010001234567").as_str(), account("12345").as_str()), ("***************4567", "*****"));
        assert_eq!((phone("").as_str(), account("").as_str()), ("", ""));
    }
}
