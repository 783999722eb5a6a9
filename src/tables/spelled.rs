//! Takes a written date and time apart, word by word. Takes folded, lower-case text.

use super::when::Moment;
use crate::time::Time;
use chrono::{NaiveDate, NaiveTime};

/// What the text says; `None` when any part of it has no place in a date and time.
pub(crate) fn moment(plain: &str) -> Option<Moment> {
    let tokens = tokens(plain)?;
    let mut parts = Parts::default();
    let mut rest = tokens.as_slice();
    while !rest.is_empty() {
        rest = parts.take(rest)?;
    }
    parts.moment()
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Token<'a> {
    /// A number of up to nine digits and how many they are.
    Number(u32, usize),
    /// A Latin word, or one Han word that matters.
    Word(&'a str),
    /// Anything else but a space.
    Mark(char),
}

/// Han words of more than one character; the rest are single characters.
const HAN_WORDS: [&str; 9] = ["上午", "下午", "中午", "晚上", "凌晨", "早上", "傍晚", "星期", "分钟"];

fn tokens(plain: &str) -> Option<Vec<Token<'_>>> {
    const MOST: usize = 40;
    let mut tokens = Vec::with_capacity(16);
    let mut rest = plain;
    while let Some(c) = rest.chars().next() {
        let length = if c.is_ascii_digit() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            tokens.push(Token::Number(rest[..digits].parse().ok().filter(|_| digits <= 9)?, digits));
            digits
        } else if c.is_ascii_alphabetic() {
            let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
            tokens.push(Token::Word(&rest[..letters]));
            letters
        } else if c.is_alphabetic() {
            let length = HAN_WORDS.into_iter().find(|word| rest.starts_with(word)).map_or(c.len_utf8(), str::len);
            tokens.push(Token::Word(&rest[..length]));
            length
        } else {
            if c != ' ' {
                tokens.push(Token::Mark(c));
            }
            c.len_utf8()
        };
        rest = &rest[length..];
        if tokens.len() > MOST {
            return None;
        }
    }
    Some(tokens)
}

#[derive(Default)]
struct Parts {
    date: Option<Date>,
    time: Option<NaiveTime>,
    half: Option<Half>,
    offset_s: Option<i32>,
}

#[derive(Clone, Copy)]
enum Date {
    Sure(NaiveDate),
    Either { month_first: Option<NaiveDate>, day_first: Option<NaiveDate> },
}

#[derive(Clone, Copy, PartialEq)]
enum Half {
    Morning,
    Afternoon,
    /// 中午: twelve is noon, one and two are afternoon, eleven stays.
    Noon,
    /// 晚上: twelve is midnight.
    Evening,
}

impl Parts {
    /// Takes what stands first; `None` when it has no place in a date and time.
    fn take<'t, 'a>(&mut self, rest: &'t [Token<'a>]) -> Option<&'t [Token<'a>]> {
        if let Some((time, taken)) = time(rest) {
            return self.time.replace(time).is_none().then(|| &rest[taken..]);
        }
        if let Some((date, taken)) = date(rest) {
            return self.date.replace(date).is_none().then(|| &rest[taken..]);
        }
        if self.time.is_some()
            && self.offset_s.is_none()
            && let Some((offset, taken)) = offset(rest)
        {
            self.offset_s = Some(offset);
            return Some(&rest[taken..]);
        }
        let half = match rest.first()? {
            Token::Word("am" | "上午" | "早上" | "凌晨") => Half::Morning,
            Token::Word("pm" | "下午" | "傍晚") => Half::Afternoon,
            Token::Word("中午") => Half::Noon,
            Token::Word("晚上") => Half::Evening,
            Token::Word("t" | "at" | "à") if self.date.is_some() => return Some(&rest[1..]),
            // 星期二, 周二
            Token::Word("星期" | "周") if matches!(rest.get(1), Some(Token::Word(_))) => return Some(&rest[2..]),
            Token::Word(word) if is_weekday(word) => return Some(&rest[1..]),
            Token::Mark(',' | '(' | ')' | '[' | ']' | '~') => return Some(&rest[1..]),
            // A dash or underscore between a date and a time.
            Token::Mark('-' | '_') if self.date.is_some() && self.time.is_none() => return Some(&rest[1..]),
            _ => return None,
        };
        self.half.replace(half).is_none().then(|| &rest[1..])
    }

    fn moment(self) -> Option<Moment> {
        let time = match (self.time, self.half) {
            (Some(time), Some(half)) => Some(halved(time, half)?),
            (time, None) => time,
            (None, Some(_)) => return None,
        };
        match (self.date, time, self.offset_s) {
            (Some(Date::Sure(date)), Some(time), Some(offset)) => {
                Some(Moment::Instant(Time(date.and_time(time).and_utc().timestamp_micros() - i64::from(offset) * 1_000_000)))
            }
            (Some(Date::Sure(date)), Some(time), None) => Some(Moment::Local(date.and_time(time))),
            (Some(Date::Either { month_first, day_first }), Some(time), None) => Some(Moment::Either {
                month_first: month_first.map(|date| date.and_time(time)),
                day_first: day_first.map(|date| date.and_time(time)),
            }),
            (None, Some(time), None) => Some(Moment::OfDay(time)),
            (Some(_), None, None) => Some(Moment::Day),
            _ => None,
        }
    }
}

fn is_weekday(word: &str) -> bool {
    const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    word.len() >= 3 && DAYS.iter().any(|day| day.starts_with(word))
}

/// The month a Latin word of three letters or more begins.
fn month_word(word: &str) -> Option<u32> {
    const MONTHS: [&str; 12] =
        ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];
    let place = MONTHS.iter().position(|month| word.len() >= 3 && (month.starts_with(word) || word == "sept" && *month == "september"))?;
    u32::try_from(place + 1).ok()
}

/// A time of day on the clock's twelve or twenty-four hours.
fn halved(time: NaiveTime, half: Half) -> Option<NaiveTime> {
    use chrono::Timelike;
    let hour = time.hour();
    let hour = match half {
        Half::Morning if hour == 12 => 0,
        Half::Morning if hour > 12 => return None,
        Half::Afternoon if hour < 12 => hour + 12,
        Half::Noon if hour < 3 => hour + 12,
        Half::Evening if hour == 12 => 0,
        Half::Evening if (5..12).contains(&hour) => hour + 12,
        _ => hour,
    };
    time.with_hour(hour)
}

/// `9:00`, `09:00:00.123`, `9时0分`, `9点00分03秒` at the front, and how many tokens it is.
fn time(rest: &[Token<'_>]) -> Option<(NaiveTime, usize)> {
    let [Token::Number(hour, 1..=2), first, Token::Number(minute, 1..=2), after @ ..] = rest else { return None };
    let han = match first {
        Token::Mark(':') => false,
        Token::Word("时" | "点") => true,
        _ => return None,
    };
    let (mut second, mut micros, mut taken) = (0, 0, 3);
    match after {
        [Token::Mark(':'), Token::Number(value, 1..=2), ..] if !han => {
            (second, taken) = (*value, 5);
            if let [Token::Mark('.' | ','), Token::Number(value, digits @ 1..=9), ..] = &after[2..] {
                micros = (u64::from(*value) * 1_000_000 / 10_u64.pow(u32::try_from(*digits).ok()?)) as u32;
                taken = 7;
            }
        }
        [Token::Word("分"), Token::Number(value, 1..=2), Token::Word("秒"), ..] if han => (second, taken) = (*value, 6),
        [Token::Word("分"), ..] if han => taken = 4,
        _ => {}
    }
    Some((NaiveTime::from_hms_micro_opt(*hour, *minute, second, micros)?, taken))
}

/// A date at the front, and how many tokens it is.
fn date(rest: &[Token<'_>]) -> Option<(Date, usize)> {
    match rest {
        [
            Token::Number(year, 4),
            Token::Word("年"),
            Token::Number(month, 1..=2),
            Token::Word("月"),
            Token::Number(day, 1..=2),
            after @ ..,
        ] => {
            let taken = if matches!(after.first(), Some(Token::Word("日" | "号"))) { 6 } else { 5 };
            Some((Date::Sure(ymd(*year, *month, *day)?), taken))
        }
        [
            Token::Number(a, a_digits),
            Token::Mark(mark @ ('-' | '/' | '.')),
            Token::Number(b, 1..=2),
            Token::Mark(again),
            Token::Number(c, c_digits),
            ..,
        ] if mark == again => Some((numbers(*a, *a_digits, *b, *c, *c_digits, *mark)?, 5)),
        // 3-Mar-2020, 3 Mar 2020, Mar 3, 2020
        [Token::Number(day, 1..=2), Token::Mark('-'), Token::Word(word), Token::Mark('-'), Token::Number(y, digits), ..] => {
            Some((Date::Sure(ymd(year(*y, *digits)?, month_word(word)?, *day)?), 5))
        }
        [Token::Number(day, 1..=2), Token::Word(word), Token::Number(y, digits), ..] => {
            Some((Date::Sure(ymd(year(*y, *digits)?, month_word(word)?, *day)?), 3))
        }
        [Token::Word(word), Token::Number(day, 1..=2), Token::Mark(','), Token::Number(y, digits), ..] => {
            Some((Date::Sure(ymd(year(*y, *digits)?, month_word(word)?, *day)?), 4))
        }
        [Token::Word(word), Token::Number(day, 1..=2), Token::Number(y, 4), ..] => Some((Date::Sure(ymd(*y, month_word(word)?, *day)?), 3)),
        _ => None,
    }
}

fn numbers(a: u32, a_digits: usize, b: u32, c: u32, c_digits: usize, mark: char) -> Option<Date> {
    if a_digits == 4 {
        return (c_digits <= 2).then_some(Date::Sure(ymd(a, b, c)?));
    }
    if a_digits > 2 || c_digits != 4 && mark != '/' {
        return None;
    }
    let year = year(c, c_digits)?;
    if mark == '.' {
        // Dots are written day first wherever they are written.
        return Some(Date::Sure(ymd(year, b, a)?));
    }
    match (ymd(year, a, b), ymd(year, b, a)) {
        (None, None) => None,
        (month_first, day_first) => Some(Date::Either { month_first, day_first }),
    }
}

fn year(value: u32, digits: usize) -> Option<u32> {
    match digits {
        4 => Some(value),
        2 => Some(2_000 + value),
        _ => None,
    }
}

fn ymd(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
}

/// `Z`, `UTC`, `GMT+8`, `+08:00`, `+0800` at the front: seconds east of UTC, and how many tokens it is.
fn offset(rest: &[Token<'_>]) -> Option<(i32, usize)> {
    let named = usize::from(matches!(rest.first(), Some(Token::Word("z" | "utc" | "gmt"))));
    let (sign, hours, digits, after) = match &rest[named..] {
        [Token::Mark('+'), Token::Number(hours, digits), after @ ..] => (1, *hours, *digits, after),
        // Without a name or four digits, `09:00-10:00` is a span of hours and no offset.
        [Token::Mark('-'), Token::Number(hours, digits), after @ ..] if named == 1 || *digits == 4 => (-1, *hours, *digits, after),
        _ => return (named == 1).then_some((0, 1)),
    };
    let (hours, minutes, taken) = match (digits, after) {
        (1..=2, [Token::Mark(':'), Token::Number(minutes, 2), ..]) => (hours, *minutes, 4),
        (1..=2, _) => (hours, 0, 2),
        (4, _) => (hours / 100, hours % 100, 2),
        _ => return None,
    };
    let seconds = i32::try_from(hours * 3_600 + minutes * 60).ok()?;
    (hours <= 14 && minutes < 60).then_some((sign * seconds, named + taken))
}
