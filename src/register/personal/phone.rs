//! What is wrong with a phone number that nobody answers: flagged, never refused, since who has sat in the lessons is to be credited all the same.

/// Last digits that are looked at for a pattern: as many as a number has behind the three of its network.
const TAIL: usize = 8;

/// Why a phone number cannot be real, or is likely made up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No network has numbers of so many digits.
    Length,
    /// Its last eight digits, or all where it has fewer, are one digit.
    Repeated,
    /// Its last eight digits, or all where it has fewer, count up or down.
    Sequence,
}

impl Fault {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Fault::Length => "length",
            Fault::Repeated => "repeated",
            Fault::Sequence => "sequence",
        }
    }
}

/// What is wrong with a number that is normal already (digits alone), if anything. Seven digits are the fewest of a town, fifteen the most of the
/// world (ITU-T E.164). What begins like a mobile number of China has eleven; a foreign one that begins so (+1) has eleven too.
pub fn fault(digits: &str) -> Option<Fault> {
    let mobile = digits.starts_with('1') && digits.as_bytes().get(1).is_some_and(|second| *second >= b'3');
    let length = digits.len();
    if !(7..=15).contains(&length) || mobile && length > 8 && length != 11 {
        return Some(Fault::Length);
    }
    let tail = &digits.as_bytes()[length.saturating_sub(TAIL)..];
    pattern(tail)
}

/// Whether digits are all the same, or count up or down by one.
pub(super) fn pattern(digits: &[u8]) -> Option<Fault> {
    let all = |by: u8| digits.windows(2).all(|pair| (pair[0] - b'0' + by) % 10 == pair[1] - b'0');
    if all(0) {
        return Some(Fault::Repeated);
    }
    (all(1) || all(9)).then_some(Fault::Sequence)
}

/// The code as the column holds it: empty where nothing is wrong, and where there is no number.
pub fn column(digits: Option<&str>) -> &'static str {
    digits.and_then(fault).map_or("", Fault::code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_cannot_be_real_is_told_from_one_that_can() {
        for real in [
            "13891500421",
            "19200000017",
            "0915321789",
            "3217890",
            "091532178901",
            "02988776655",
            "4008123321",
            "12025550143",
            "447911123456",
            "13888888881",
        ] {
            assert_eq!(fault(real), None, "{real}");
        }
        for (made_up, as_what) in [
            ("1389150042", Fault::Length),
            ("138915004211", Fault::Length),
            ("123456", Fault::Length),
            ("", Fault::Length),
            ("1234567890123456", Fault::Length),
            ("13800000000", Fault::Repeated),
            ("11111111111", Fault::Repeated),
            ("8888888", Fault::Repeated),
            ("13812345678", Fault::Sequence),
            ("13887654321", Fault::Sequence),
            ("13834567890", Fault::Sequence),
            ("1234567", Fault::Sequence),
        ] {
            assert_eq!(fault(made_up), Some(as_what), "{made_up}");
        }
    }

    #[test]
    fn no_number_has_no_fault() {
        assert_eq!((column(None), column(Some("13891500421")), column(Some("110"))), ("", "", "length"));
    }
}
