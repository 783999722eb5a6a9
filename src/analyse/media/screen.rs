//! What a line of recognised text tells of the moment and the meeting: clock, date, meeting number, count of participants.
//!
//! Enters: words with their places, as a recogniser gave them, of the upper or lower edge of a picture. Leaves: typed readings with a confidence. All
//! other text is dropped here, for there are names of people in it. A time in a slide, a price or a telephone number must not become a reading: a
//! clock stands alone or beside a date, in a corner; a meeting number behind its name; a count behind the word for people.

use super::facts::ReadingKind;
use super::line::{Line, Word, pieces};

/// A reading and where it was.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sight {
    pub(super) kind: ReadingKind,
    pub(super) value: String,
    pub(super) sure: f64,
    /// Left, top, right, bottom.
    pub(super) place: [u32; 4],
    /// Whether it only backs or belies what another recogniser read in its place.
    pub(super) backs: bool,
}

/// A clock without a date beside it may be the time a meeting has lasted.
const ALONE: f64 = 0.8;

/// A meeting number is known by its groups of digits where its name cannot be read.
const UNNAMED: f64 = 0.8;

/// A number in brackets may be a count of people.
const BACKS: f64 = 0.6;

/// Clocks without a date that show an earlier hour are taken for how long a meeting lasts; no lesson is held then.
const FIRST_HOUR: u32 = 6;

/// What is told by the lines of one picture of this size.
pub(super) fn sights(lines: &[Vec<Word>], size: (u32, u32)) -> Vec<Sight> {
    let lines: Vec<Vec<Word>> = lines.iter().map(|words| words.iter().map(Word::bounded).collect()).collect();
    let lines: Vec<Line> = lines.iter().flat_map(|words| pieces(words)).map(Line::of).collect();
    let mut found: Vec<Sight> = lines.iter().flat_map(|line| moment(line, size)).collect();
    let dates: Vec<[u32; 4]> = found.iter().filter(|sight| sight.kind == ReadingKind::Date).map(|sight| sight.place).collect();
    found.retain_mut(|sight| {
        if sight.kind != ReadingKind::Clock || dates.iter().any(|date| beside(*date, sight.place)) {
            return true;
        }
        sight.sure *= ALONE;
        sight.value[..2].parse::<u32>().is_ok_and(|hour| hour >= FIRST_HOUR)
    });
    found.extend(lines.iter().filter_map(meeting));
    found.extend(lines.iter().filter_map(participants));
    found
}

/// A reading of these letters, as sure as the least sure of them.
fn sight(line: &Line, kind: ReadingKind, value: String, from: usize, until: usize) -> Sight {
    let sure = line.sure[from..until].iter().copied().fold(1.0, f64::min);
    let right = line.x.get(until).or(line.x.last()).copied().unwrap_or(0);
    Sight { kind, value, sure, backs: false, place: [line.x[from], line.rows.0, right.max(line.x[from]), line.rows.1] }
}

/// Clock and date of a line that tells nothing else and lies where systems show them.
fn moment(line: &Line, size: (u32, u32)) -> Vec<Sight> {
    let clocks: Vec<(Sight, usize, usize)> = (0..line.chars.len()).filter_map(|at| clock(line, at)).collect();
    let dates: Vec<(Sight, usize, usize)> = (0..line.chars.len()).filter_map(|at| date(line, at)).collect();
    if clocks.len() > 1 || dates.len() > 1 || clocks.len() + dates.len() == 0 {
        return Vec::new();
    }
    let told = |at: usize| clocks.iter().chain(&dates).any(|(_, from, until)| (*from..*until).contains(&at));
    let rest: String = (0..line.chars.len()).filter(|at| !told(*at)).map(|at| line.chars[at].to_ascii_lowercase()).collect();
    if !is_beside_clocks(&rest) {
        return Vec::new();
    }
    let mut found: Vec<Sight> = clocks.into_iter().chain(dates).map(|(sight, ..)| sight).collect();
    found.retain(|sight| in_a_corner(sight.place, size));
    found
}

/// Letters that signs of a bar are misread as: more make a sentence.
const LETTERS: usize = 2;

/// What may stand beside a clock: the day of the week, half of the day, language of the keyboard, network, charge.
fn is_beside_clocks(rest: &str) -> bool {
    const KNOWN: [&str; 34] = [
        "星期",
        "周",
        "上午",
        "下午",
        "中午",
        "晚上",
        "早上",
        "凌晨",
        "am",
        "pm",
        "eng",
        "5g",
        "4g",
        "3g",
        "wifi",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "mon",
        "tues",
        "tue",
        "wed",
        "thurs",
        "thu",
        "fri",
        "sat",
        "sun",
        "hd",
        "中",
        "英",
    ];
    let mut rest = rest.to_owned();
    for known in KNOWN {
        rest = rest.replace(known, " ");
    }
    let letters = rest.chars().filter(|c| c.is_alphabetic() && !"日二三四五六".contains(*c));
    let letters: usize = letters.map(|c| if c.is_ascii() { 1 } else { LETTERS + 1 }).sum();
    // A charge of 83 %.
    let digits = rest.chars().filter(char::is_ascii_digit).count();
    letters <= LETTERS && (digits == 0 || (digits <= 3 && rest.contains('%')))
}

/// Systems show the clock in the uppermost row, or at the right end of the lowest.
fn in_a_corner([left, top, right, bottom]: [u32; 4], (width, height): (u32, u32)) -> bool {
    let middle = (left + right) / 2;
    let upper = top * 100 <= height * 4;
    let lower = bottom * 100 >= height * 93 && middle * 100 >= width * 75;
    upper || lower
}

fn beside(one: [u32; 4], other: [u32; 4]) -> bool {
    let height = (one[3] - one[1].min(one[3])).max(other[3] - other[1].min(other[3])).max(8);
    let near = |a: (u32, u32), b: (u32, u32), gap: u32| a.0 <= b.1 + gap && b.0 <= a.1 + gap;
    near((one[0], one[2]), (other[0], other[2]), 6 * height) && near((one[1], one[3]), (other[1], other[3]), 2 * height)
}

fn clock(line: &Line, from: usize) -> Option<(Sight, usize, usize)> {
    let (hour, colon) = line.number(from, 2)?;
    let (minute, mut until) = line.is(colon, &[':']).then(|| line.number(colon + 1, 2)).flatten()?;
    let mut value_seconds = None;
    if line.is(until, &[':']) {
        let (second, end) = line.number(until + 1, 2)?;
        value_seconds = Some(second);
        until = end;
    }
    let two = until - if value_seconds.is_some() { 3 } else { 0 } - colon == 3;
    let before = from > 0 && line.is(from - 1, &['-', '~', '.', ',', ':', '+', '/']) && !line.apart[from];
    let behind = line.is(until, &['-', '~', '.', '%', '/']) && line.apart.get(until) == Some(&false);
    if hour > 23 || minute > 59 || value_seconds.is_some_and(|second| second > 59) || !two || before || behind {
        return None;
    }
    let small: String = line.chars.iter().map(char::to_ascii_lowercase).collect();
    let says = |words: &[&str]| words.iter().any(|word| small.contains(word));
    let hour = match hour {
        1..=11 if says(&["pm", "下午", "晚上"]) => hour + 12,
        12 if says(&["am", "凌晨"]) => 0,
        hour => hour,
    };
    let value = match value_seconds {
        Some(second) => format!("{hour:02}:{minute:02}:{second:02}"),
        None => format!("{hour:02}:{minute:02}"),
    };
    Some((sight(line, ReadingKind::Clock, value, from, until), from, until))
}

const MONTHS: [&str; 12] =
    ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];

/// `2020-03-03`, or `03-03` where the year is not shown.
fn date(line: &Line, from: usize) -> Option<(Sight, usize, usize)> {
    let (year, month, day, until) = with_numbers(line, from).or_else(|| with_a_name(line, from))?;
    let of = chrono::NaiveDate::from_ymd_opt(year.unwrap_or(2020), month, day)?;
    let value = of.format(if year.is_some() { "%Y-%m-%d" } else { "%m-%d" }).to_string();
    Some((sight(line, ReadingKind::Date, value, from, until), from, until))
}

type Day = (Option<i32>, u32, u32, usize);

/// 2020/3/3, 2020-03-03, 2020.3.3, 2020年3月3日, 3月3日.
fn with_numbers(line: &Line, from: usize) -> Option<Day> {
    let (first, sign) = line.number(from, 4)?;
    if line.is(sign, &['月']) && from.checked_sub(1).is_none_or(|before| !line.is(before, &['年'])) {
        let (day, until) = line.number(sign + 1, 2)?;
        return line.is(until, &['日']).then_some((None, first, day, until + 1));
    }
    let between = *line.chars.get(sign).filter(|c| matches!(c, '/' | '-' | '.' | '年'))?;
    let (month, sign) = line.number(sign + 1, 2)?;
    if !line.is(sign, &[if between == '年' { '月' } else { between }]) {
        return None;
    }
    let (day, until) = line.number(sign + 1, 2)?;
    let until = if between == '年' { line.is(until, &['日']).then_some(until + 1)? } else { until };
    ((2000..2100).contains(&first)).then_some((Some(first as i32), month, day, until))
}

/// Mar 3, March 3.
fn with_a_name(line: &Line, from: usize) -> Option<Day> {
    if from > 0 && line.chars[from - 1].is_ascii_alphabetic() && !line.apart[from] {
        return None;
    }
    let until = (from..line.chars.len()).find(|at| !line.chars[*at].is_ascii_alphabetic()).unwrap_or(line.chars.len());
    let name: String = line.chars[from..until].iter().map(char::to_ascii_lowercase).collect();
    let month = MONTHS.iter().position(|month| *month == name || month[..3] == name)? as u32 + 1;
    let (day, until) = line.number(until, 2)?;
    Some((None, month, day, until))
}

/// The digits of a number that is shown in groups, from `from` on.
fn groups(line: &Line, from: usize) -> Vec<(String, usize)> {
    let mut groups: Vec<(String, usize)> = Vec::new();
    for at in from..line.chars.len() {
        let c = line.chars[at];
        if c.is_ascii_digit() {
            match groups.last_mut() {
                Some((digits, until)) if *until == at && !line.apart[at] => (digits.push(c), *until = at + 1).1,
                Some((_, until)) if *until + 1 < at => break,
                _ => groups.push((c.to_string(), at + 1)),
            }
        } else if !(c == '-' && groups.last().is_some_and(|(_, until)| *until == at)) {
            break;
        }
    }
    groups
}

/// Nine digits as Tencent Meeting and DingTalk show them, ten or eleven as Zoom does; in groups, of which some may have been read as one.
fn meeting_number(line: &Line, from: usize) -> Option<(String, Vec<usize>, usize)> {
    let (mut digits, mut sizes, mut end) = (String::new(), Vec::new(), from);
    for (group, until) in groups(line, from) {
        if digits.len() + group.len() > 11 || (digits.len() >= 9 && group.len() < 3) {
            break;
        }
        sizes.push(group.len());
        digits.push_str(&group);
        end = until;
    }
    ((9..=11).contains(&digits.len()) && sizes.iter().all(|size| *size >= 3)).then_some((digits, sizes, end))
}

fn meeting(line: &Line) -> Option<Sight> {
    const NAMES: [&str; 9] = ["会议号码", "会议号", "会议id", "会议码", "入会号", "meetingid", "meetingld", "meeting1d", "meeting!d"];
    let skip = |mut at: usize| {
        while line.is(at, &[':', ';', '.', '(']) {
            at += 1;
        }
        at
    };
    if let Some((_, behind)) = line.find(&NAMES) {
        let from = skip(behind);
        let (digits, _, until) = meeting_number(line, from)?;
        return Some(sight(line, ReadingKind::Meeting, digits, from, until));
    }
    // Its name could not be read, but it has one, and its own groups. A telephone has them too, and begins with 13 to 19.
    let from = (1..line.chars.len()).find(|at| line.chars[*at].is_ascii_digit() && line.is(at - 1, &[':']))?;
    let (digits, sizes, until) = meeting_number(line, from)?;
    let telephone = digits.len() == 11 && digits.starts_with('1') && !digits.starts_with("10") && !digits.starts_with("11");
    let mut sight = sight(line, ReadingKind::Meeting, digits, from, until);
    sight.sure *= UNNAMED;
    let grouped = sizes.len() == 3 && sizes[0] == 3 && sizes[1..].iter().all(|size| matches!(size, 3 | 4));
    (grouped && !telephone).then_some(sight)
}

/// A count of people: behind their name, in brackets or not, or before 人正在参会.
fn participants(line: &Line) -> Option<Sight> {
    const NAMES: [&str; 11] =
        ["参会人员", "参会成员", "与会人员", "参会者", "与会者", "参会人", "管理成员", "成员", "participants", "attendees", "members"];
    const BEHIND: [&str; 4] = ["人正在参会", "人参会", "人在会议中", "人正在会议"];
    if let Some((at, _)) = line.find(&BEHIND) {
        let from = (0..at).rev().take_while(|before| line.chars[*before].is_ascii_digit()).last()?;
        let (count, until) = line.number(from, 4)?;
        return (until == at && count > 0).then(|| sight(line, ReadingKind::Participants, count.to_string(), from, until));
    }
    let Some((_, mut from)) = line.find(&NAMES) else {
        let open = line.chars.iter().position(|c| *c == '(')?;
        let (count, until) = line.number(open + 1, 4)?;
        let sight = sight(line, ReadingKind::Participants, count.to_string(), open + 1, until);
        return line.is(until, &[')']).then_some(Sight { sure: sight.sure * BACKS, backs: true, ..sight });
    };
    let mut closes = true;
    while line.is(from, &['(', ':', '[']) {
        closes = line.is(from, &[':']);
        from += 1;
    }
    let (count, until) = line.number(from, 4)?;
    if !closes && !line.is(until, &[')', ']', '}']) {
        return None;
    }
    let goes_on = line
        .chars
        .get(until)
        .is_some_and(|c| matches!(c, '.' | ',' | '%' | ':' | '/' | '-' | '年' | '月' | '日' | '个') || c.is_ascii_digit());
    (count > 0 && !goes_on).then(|| sight(line, ReadingKind::Participants, count.to_string(), from, until))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::agreement::agreed;
    use super::*;
    use ReadingKind::{Clock, Date, Meeting, Participants};

    /// Words of a line as wide as letters of 14 pixels are, between spaces.
    pub(in super::super) fn line(text: &str, left: u32, top: u32) -> Vec<Word> {
        let mut at = left;
        let mut words = Vec::new();
        for word in text.split(' ') {
            let width = word.chars().map(|c| if c.is_ascii() { 8 } else { 14 }).sum();
            words.push(Word { text: word.to_owned(), sure: 0.95, left: at, top, width, height: 14 });
            at += width + 8;
        }
        words
    }

    pub(in super::super) const SIZE: (u32, u32) = (1920, 1080);

    fn told(lines: &[Vec<Word>]) -> Vec<(ReadingKind, String)> {
        agreed(&[sights(lines, SIZE)], 0).into_iter().map(|reading| (reading.kind, reading.value)).collect()
    }

    fn one(text: &str, left: u32, top: u32) -> Vec<(ReadingKind, String)> {
        told(&[line(text, left, top)])
    }

    #[test]
    fn clock_and_date_are_read_where_systems_show_them() {
        let moment = |clock: &str, date: &str| vec![(Clock, clock.to_owned()), (Date, date.to_owned())];
        assert_eq!(told(&[line("09:12", 1800, 1044), line("2020/3/3", 1790, 1060)]), moment("09:12", "2020-03-03"));
        assert_eq!(told(&[line("下午 2:05:09", 1780, 1044), line("2020-03-03", 1790, 1060)]), moment("14:05:09", "2020-03-03"));
        assert_eq!(one("3 月 3 日 周 二 09:12", 1700, 4), moment("09:12", "03-03"));
        assert_eq!(one("Tue Mar 3 9:12 AM", 1700, 4), moment("09:12", "03-03"));
        assert_eq!(one("Tue Mar 3 12:05 AM", 1700, 4), moment("00:05", "03-03"));
        assert_eq!(one("2020年12月31日 星期四 23:59", 1600, 4), moment("23:59", "2020-12-31"));
        assert_eq!(one("9:41", 60, 8), [(Clock, "09:41".to_owned())]);
        assert_eq!(one("14:20 5G 83%", 40, 8), [(Clock, "14:20".to_owned())]);
        assert_eq!(one("０９：１２", 60, 8), [(Clock, "09:12".to_owned())], "full width");
    }

    #[test]
    fn times_of_slides_titles_and_timers_are_no_clock() {
        for (text, left, top) in [
            ("09:00-09:45", 900, 8),
            ("09:00 - 09:45 第一节", 900, 8),
            ("课程时间 09:00", 60, 8),
            ("钉钉会议 17:59", 60, 8),
            ("Lesson starts 09:00 sharp", 60, 8),
            ("09:12", 900, 500),
            ("09:12", 300, 1060),
            ("价格 12:50", 60, 8),
            ("1:09:12", 60, 8),
            ("109:12", 60, 8),
            ("09:1", 60, 8),
            ("09:123", 60, 8),
            ("24:10", 60, 8),
            ("09:60", 60, 8),
            ("¥9.12", 60, 8),
            ("16:9", 60, 8),
            ("00:35:12", 1700, 8),
            ("03:59", 1700, 8),
        ] {
            assert_eq!(one(text, left, top), [], "{text}");
        }
    }

    #[test]
    fn what_is_no_day_is_no_date() {
        for text in [
            "2020/13/3",
            "2020-02-30",
            "1920/3/3",
            "2020/3",
            "2020.3.3.4.5 版本说明书",
            "13月1日",
            "3月32日",
            "Mar 40",
            "Mayor 3",
            "编号 2020-1-1173 号",
        ] {
            assert_eq!(one(text, 1750, 8), [], "{text}");
        }
    }

    #[test]
    fn a_meeting_number_stands_behind_its_name() {
        let number = |digits: &str| vec![(Meeting, digits.to_owned())];
        assert_eq!(one("腾讯会议 会 议 号 ： 123 456 789", 60, 60), number("123456789"));
        assert_eq!(one("Meeting ID: 123 4567 8901", 60, 60), number("12345678901"));
        assert_eq!(one("Zoom Meeting Meeting lD: 123-456-7890", 60, 60), number("1234567890"));
        assert_eq!(one("会议号 123456 789", 60, 60), number("123456789"), "two groups read as one");
        assert_eq!(one("BMS: 123 456 789", 60, 60), [(Meeting, "123456789".to_owned())], "its name could not be read");
        for text in [
            "会议号 12345",
            "电话: 139 1234 5678",
            "139 1234 5678",
            "张伟 13912345678",
            "029-88123456",
            "会议号 1234 5678 9012 3456",
            "单号: 1234567890123",
        ] {
            assert_eq!(one(text, 60, 60), [], "{text}");
        }
    }

    #[test]
    fn a_count_of_people_stands_behind_the_word_for_them() {
        let count = |number: &str| vec![(Participants, number.to_owned())];
        for text in ["成员(36)", "管理 成 员 (36)", "参会人 36", "参会者（36）", "36人正在参会", "Participants (36)", "Members: 36"]
        {
            assert_eq!(one(text, 900, 1040), count("36"), "{text}");
        }
        for text in
            ["成员 13912345678", "(36)", "成员(3?)", "成员(0)", "成员 3.5", "参会人 2020年", "Participants 09:12", "36人", "成员 36%"]
        {
            assert_eq!(one(text, 900, 1040), [], "{text}");
        }
    }

    #[test]
    fn hostile_words_are_told_nothing_of() {
        let long = "9".repeat(100_000);
        let strange = [
            "",
            ":",
            "::::",
            "会议号",
            "成员(",
            "成员()",
            "：：",
            "٠٩:١٢",
            "𝟎𝟗:𝟏𝟐",
            "月日",
            "Mar",
            "2020//",
            "\u{202e}21:90",
            long.as_str(),
        ];
        for text in strange {
            for top in [0, 500, 1079, u32::MAX / 200] {
                assert_eq!(one(text, 0, top), [], "{text}");
            }
        }
        let edge = Word { text: "09:12".into(), sure: 1.0, left: u32::MAX, top: u32::MAX, width: u32::MAX, height: u32::MAX };
        assert_eq!(told(&[vec![edge.clone(), edge]]), []);
        assert_eq!(told(&[vec![]]), []);
    }
}
