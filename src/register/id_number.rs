//! The citizen identification number (公民身份号码) of GB 11643-1999, and what is wrong with one that is none.
//!
//! Eighteen characters: six digits of the region (GB/T 2260), eight of the birth date, three of the order within region and day, one check
//! character (ISO 7064 MOD 11-2). Before 1999 it was fifteen: a year of two digits, no check. The permit of a foreigner with permanent
//! residence has the same shape behind a leading 9. A number at fault is said to be so, never refused: it may be another document's, or a
//! slip of the pen, and who has sat in the lessons is to be credited all the same.

use chrono::NaiveDate;
use std::fmt;
use std::str::FromStr;

/// What is wrong with a number; the first thing found, from left to right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Neither 18 nor 15 characters.
    Length,
    /// Something other than digits, but for an X at the very end of 18.
    Characters,
    /// The first two digits are no province.
    Region,
    /// The birth date is no day of the calendar.
    BirthDate,
    /// The birth date is still to come.
    BirthToCome,
    /// The last character is not what the others make it.
    Checksum,
}

impl Fault {
    /// All of them.
    pub const ALL: [Fault; 6] = [Fault::Length, Fault::Characters, Fault::Region, Fault::BirthDate, Fault::BirthToCome, Fault::Checksum];

    /// The stable code, as in answers and in the database.
    pub fn code(self) -> &'static str {
        match self {
            Fault::Length => "length",
            Fault::Characters => "characters",
            Fault::Region => "region",
            Fault::BirthDate => "birth_date",
            Fault::BirthToCome => "birth_to_come",
            Fault::Checksum => "checksum",
        }
    }

    /// What it means and what to do, in Chinese and English.
    pub fn sentence(self) -> (&'static str, &'static str) {
        match self {
            Fault::Length => (
                "公民身份号码为18位（旧号15位），这个号码不是；请对照证件核对，如为其他证件则无需更正。",
                "An ID number has 18 characters (15 before 1999), and this has not; compare it with the card, or leave it if it is another document's.",
            ),
            Fault::Characters => (
                "公民身份号码只含数字，末位可为X，这个号码含有其他字符；请对照证件核对，如为其他证件则无需更正。",
                "An ID number is digits, with an X at most at its end, and this has others; compare it with the card, or leave it if it is another document's.",
            ),
            Fault::Region => (
                "前两位不是任何省级行政区划代码；请对照证件核对。",
                "The first two digits are no province; compare the number with the card.",
            ),
            Fault::BirthDate => (
                "出生日期码不是真实存在的日期；请对照证件核对。",
                "The birth date in it is no day of the calendar; compare the number with the card.",
            ),
            Fault::BirthToCome => {
                ("出生日期码在今天之后；请对照证件核对。", "The birth date in it is still to come; compare the number with the card.")
            }
            Fault::Checksum => (
                "校验码不符，号码中至少有一位有误；请对照证件核对。",
                "The check character does not fit: at least one character is wrong; compare the number with the card.",
            ),
        }
    }
}

/// A code of the database again.
impl FromStr for Fault {
    type Err = ();

    fn from_str(code: &str) -> Result<Fault, ()> {
        Fault::ALL.into_iter().find(|fault| fault.code() == code).ok_or(())
    }
}

/// A number without fault.
#[derive(Clone, PartialEq, Eq)]
pub struct IdNumber {
    /// As it is written today: 18 characters.
    full: String,
    /// The day of birth.
    birth: NaiveDate,
    /// Whether it came with 15.
    legacy: bool,
}

/// Without the number: it may stand in a log.
impl fmt::Debug for IdNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdNumber")
    }
}

impl IdNumber {
    /// Reads a number that is normal already (half-width, upper case, no blanks), as it is on `today`.
    pub fn parse(text: &str, today: NaiveDate) -> Result<IdNumber, Fault> {
        let legacy = match text.chars().count() {
            18 => false,
            15 => true,
            _ => return Err(Fault::Length),
        };
        let bytes = text.as_bytes();
        let (digits, last) = if legacy { (bytes, None) } else { bytes.split_at_checked(17).map_or((bytes, None), |(a, b)| (a, b.first())) };
        if !digits.iter().all(u8::is_ascii_digit) || !last.is_none_or(|last| last.is_ascii_digit() || *last == b'X') {
            return Err(Fault::Characters);
        }
        if !region(text) {
            return Err(Fault::Region);
        }
        // Whoever was born in this century got 18 digits from the start.
        let first_17 = if legacy { format!("{}19{}", &text[..6], &text[6..]) } else { text[..17].to_owned() };
        let birth = day(&first_17[6..14]).ok_or(Fault::BirthDate)?;
        if birth > today {
            return Err(Fault::BirthToCome);
        }
        let full = with_checksum(&first_17);
        if !legacy && full != text { Err(Fault::Checksum) } else { Ok(IdNumber { full, birth, legacy }) }
    }

    /// The number with 18 characters, also where it came with 15: both name one person.
    pub fn full(&self) -> &str {
        &self.full
    }

    /// The day of birth.
    pub fn birth(&self) -> NaiveDate {
        self.birth
    }

    /// Whether it came in the shape of before 1999.
    pub fn legacy(&self) -> bool {
        self.legacy
    }

    /// The whole years on a day; 0 on a day before the birth.
    pub fn years_on(&self, day: NaiveDate) -> u32 {
        day.years_since(self.birth).unwrap_or(0)
    }

    /// `f` or `m`: the last digit of the order is even for women, odd for men.
    pub fn sex(&self) -> &'static str {
        if (self.full.as_bytes()[16] - b'0').is_multiple_of(2) { "f" } else { "m" }
    }

    /// The province: the first two digits, or those behind the 9 of a foreigner's permit.
    pub fn province(&self) -> &str {
        if self.full.starts_with('9') { &self.full[1..3] } else { &self.full[..2] }
    }
}

/// What is wrong with a number that is normal already, as it is on `today`; `None` where nothing is.
pub fn fault(text: &str, today: NaiveDate) -> Option<Fault> {
    IdNumber::parse(text, today).err()
}

/// The first 17 digits of an ID number with the check character of GB 11643 (ISO 7064 MOD 11-2) behind them.
pub fn with_checksum(first_17: &str) -> String {
    /// 2^(18 - place) modulo 11.
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: &[u8; 11] = b"10X98765432";
    let sum: u32 = first_17.bytes().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit.wrapping_sub(b'0')) * weight).sum();
    format!("{first_17}{}", CHECKS[(sum % 11) as usize] as char)
}

/// Whether the number begins with a province of GB/T 2260, or with 9 and one: a foreigner's permit. 83 stands on the residence permits of
/// people from Taiwan, 81 and 82 on those of people from Hong Kong and Macao.
fn region(text: &str) -> bool {
    let province = |text: &str| matches!(text.parse::<u8>(), Ok(11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81..=83));
    province(&text[..2]) || text.starts_with('9') && province(&text[1..3])
}

/// A day written `YYYYMMDD`, of a century in which anybody with a number can have been born.
fn day(text: &str) -> Option<NaiveDate> {
    let part = |from: usize, until: usize| text[from..until].parse::<u32>().ok();
    let year = part(0, 4).filter(|year| *year >= 1800)?;
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, part(4, 6)?, part(6, 8)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Days;
    use proptest::prelude::*;

    fn on(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).expect("a day")
    }

    fn found(text: &str) -> Option<Fault> {
        fault(text, on(2020, 3, 3))
    }

    #[test]
    fn the_examples_of_the_standard_hold() {
        assert_eq!(with_checksum("11010519491231002"), "11010519491231002X");
        assert_eq!(with_checksum("44052418800101001"), "440524188001010014");
        assert_eq!((found("11010519491231002X"), found("440524188001010014")), (None, None));
    }

    #[test]
    fn what_is_wrong_is_said_from_left_to_right() {
        assert_eq!(found("61000019900101123"), Some(Fault::Length));
        assert_eq!(found(""), Some(Fault::Length));
        assert_eq!(found("E12345678"), Some(Fault::Length), "a passport");
        assert_eq!(found("6109021990O1011234"), Some(Fault::Characters), "a letter O");
        assert_eq!(found("61090219900101X234"), Some(Fault::Characters), "an X in the middle");
        assert_eq!(found("六10902199001011234"), Some(Fault::Characters));
        assert_eq!(found("991090219900101123"), Some(Fault::Region));
        assert_eq!(found("160902199001011234"), Some(Fault::Region));
        assert_eq!(found(&with_checksum("61090219900229001")), Some(Fault::BirthDate), "1990 was no leap year");
        assert_eq!(found(&with_checksum("61090220200229001")), None, "2020 was one");
        assert_eq!(found(&with_checksum("61090200000101001")), Some(Fault::BirthDate));
        assert_eq!(found(&with_checksum("61090220200304001")), Some(Fault::BirthToCome));
        assert_eq!(found(&with_checksum("61090220200303001")), None, "born today");
        assert_eq!(found("110105194912310021"), Some(Fault::Checksum));
    }

    #[test]
    fn a_number_of_fifteen_is_the_same_as_its_eighteen() {
        let old = IdNumber::parse("110105491231002", on(2020, 3, 3)).expect("reads");
        assert_eq!((old.full(), old.legacy(), old.birth()), ("11010519491231002X", true, on(1949, 12, 31)));
        assert_eq!(found("110105490231002"), Some(Fault::BirthDate));
        assert_eq!(found("11010549123100X"), Some(Fault::Characters), "it has no check character");
    }

    #[test]
    fn a_number_tells_years_sex_and_province() {
        let read = |number: &str| IdNumber::parse(number, on(2020, 3, 3)).expect("reads");
        let one = read("11010519491231002X");
        assert_eq!((one.sex(), one.province()), ("f", "11"));
        assert_eq!((one.years_on(on(2019, 12, 30)), one.years_on(on(2019, 12, 31)), one.years_on(on(1949, 12, 30))), (69, 70, 0));
        assert_eq!(read(&with_checksum("61090220040303001")).years_on(on(2020, 3, 3)), 16, "on the birthday");
        assert_eq!(read(&with_checksum("61090220040304003")).sex(), "m");
        assert_eq!(read(&with_checksum("93115619840102001")).province(), "31", "behind the 9 of a permit");
        assert_eq!(read("110105491231002").sex(), "f", "of fifteen, the last digit");
    }

    #[test]
    fn a_foreigners_permit_has_its_province_behind_the_nine() {
        assert_eq!(found(&with_checksum("93115619840102001")), None);
        assert_eq!(found(&with_checksum("90115619840102001")), Some(Fault::Region));
    }

    #[test]
    fn every_fault_has_a_code_of_its_own_and_sentences_in_both_languages() {
        for fault in Fault::ALL {
            assert_eq!(fault.code().parse(), Ok(fault));
            let (zh, en) = fault.sentence();
            assert!(zh.ends_with('。') && en.ends_with('.'), "{fault:?}");
        }
        assert!("".parse::<Fault>().is_err());
    }

    #[test]
    fn a_number_is_not_in_what_is_printed_of_it() {
        let number = IdNumber::parse("11010519491231002X", on(2020, 3, 3)).expect("reads");
        assert_eq!(format!("{number:?}"), "IdNumber");
    }

    prop_compose! {
        fn numbers()(province in prop::sample::select(vec!["11", "31", "50", "61", "65", "82"]), county in 0u32..10_000,
                     days in 0u64..40_000, order in 0u32..1000) -> String {
            let birth = on(1900, 1, 1) + Days::new(days);
            with_checksum(&format!("{province}{county:04}{}{order:03}", birth.format("%Y%m%d")))
        }
    }

    proptest! {
        #[test]
        fn every_number_made_by_the_rule_holds_and_gives_its_day(number in numbers()) {
            let read = IdNumber::parse(&number, on(2020, 3, 3)).expect("holds");
            prop_assert_eq!(read.full(), &number);
            prop_assert_eq!(read.birth().format("%Y%m%d").to_string(), &number[6..14]);
        }

        // What MOD 11-2 is there for: every single wrong digit, and every two neighbours that changed places.
        #[test]
        fn one_wrong_digit_is_always_noticed(number in numbers(), place in 0usize..17, by in 1u8..10) {
            let mut wrong = number.into_bytes();
            wrong[place] = b'0' + (wrong[place] - b'0' + by) % 10;
            prop_assert!(found(std::str::from_utf8(&wrong).expect("ASCII")).is_some());
        }

        #[test]
        fn neighbours_that_changed_places_are_always_noticed(number in numbers(), place in 0usize..16) {
            let mut wrong = number.clone().into_bytes();
            wrong.swap(place, place + 1);
            let wrong = String::from_utf8(wrong).expect("ASCII");
            prop_assert!(wrong == number || found(&wrong).is_some());
        }

        #[test]
        fn no_text_makes_it_stumble(text in "\\PC{0,20}") {
            let _ = found(&text);
        }

        #[test]
        fn no_text_of_the_right_length_makes_it_stumble(text in "[0-9X六]{15,18}") {
            let _ = found(&text);
        }

        #[test]
        fn the_day_decides_only_what_is_still_to_come(number in numbers(), days in 0u64..60_000) {
            let today = on(1900, 1, 1) + Days::new(days);
            let born = IdNumber::parse(&number, on(2100, 1, 1)).expect("holds").birth();
            prop_assert_eq!(fault(&number, today), (born > today).then_some(Fault::BirthToCome));
        }
    }
}
