//! Moodle's attendance activity: the sheet it exports has a row for each student and a column for each session, with the acronym of a
//! status and its points.
//!
//! A mark says that somebody was there, late, excused or absent in a session, and not from when to when; it earns nothing. A session's
//! heading holds its date and time; where it cannot be read, the mark is said of the span the file was sent for.

use super::super::calendar::Calendar;
use super::super::cell::{Cell, Row};
use super::super::event::{Event, EventKind, Who};
use super::super::fault::Fault;
use super::super::fold;
use super::super::heading::{self, Aliases, Columns};
use super::super::reading::Hints;
use super::super::source::{Probe, Source};
use super::super::stays;
use super::super::tally::{self, Halt, Tally};
use super::super::values;
use super::super::when;
use super::Reader;
use crate::error::{Error, codes};
use crate::time::Time;

pub(super) const READER: Reader = Reader { name: "moodle-attendance", recognise, read };

#[derive(Clone, Copy, Debug, PartialEq)]
enum Field {
    Surname,
    Given,
    FullName,
    Number,
    User,
    Email,
    Department,
    Institution,
    Sessions,
    Points,
    Percentage,
}

/// The Chinese names follow Moodle's language packs.
const ALIASES: Aliases<Field> = &[
    (Field::Surname, &["lastname", "surname", "姓氏", "姓"]),
    (Field::Given, &["firstname", "名字", "名"]),
    (Field::FullName, &["fullname", "userfullname", "用户全名", "姓名"]),
    (Field::Number, &["idnumber", "studentid", "学号", "身份编号", "id号码", "编号"]),
    (Field::User, &["username", "用户名"]),
    (Field::Email, &["emailaddress", "email", "电子邮件地址", "邮箱"]),
    (Field::Department, &["department", "院系", "部门"]),
    (Field::Institution, &["institution", "机构"]),
    (Field::Sessions, &["takensessions", "sessionstaken", "已考勤次数"]),
    (Field::Points, &["points", "分数", "积分"]),
    (Field::Percentage, &["percentage", "百分比"]),
];

/// Acronyms of the statuses that the activity comes with, and what they stand for. A site may have others; they are kept as written.
const STATUSES: [(&str, &str); 4] = [("p", "present"), ("l", "late"), ("e", "excused"), ("a", "absent")];
/// Sessions of a course.
const MOST_SESSIONS: usize = 1_000;

/// A row of headings: the columns of people, and those of sessions.
struct Sheet {
    columns: Columns<Field>,
    sessions: Vec<(usize, Option<when::Moment>, String)>,
}

fn columns(row: &Row<'_>) -> Option<Columns<Field>> {
    let columns = Columns::of(row, |name| heading::lookup(ALIASES, name));
    let person = [Field::Surname, Field::Given, Field::FullName].into_iter().any(|field| columns.has(field));
    let sums = [Field::Sessions, Field::Points, Field::Percentage].into_iter().filter(|field| columns.has(*field)).count();
    (person && sums >= 2 && !sessions(row).is_empty()).then_some(columns)
}

/// Columns whose heading begins with a date and time: `3 Mar 2020 9.00AM All students`, `2020-03-03 09:00 全部学生`.
fn sessions(row: &Row<'_>) -> Vec<(usize, Option<when::Moment>, String)> {
    let mut found = Vec::new();
    for place in 0..row.len() {
        let cell = row.cell(place);
        let Some(text) = cell.text() else { continue };
        if let Some(moment) = session(&text) {
            found.push((place, Some(moment), fold::fold(&text).chars().take(60).collect()));
        }
        if found.len() >= MOST_SESSIONS {
            break;
        }
    }
    found
}

/// The moment at the beginning of a session's heading.
fn session(text: &str) -> Option<when::Moment> {
    let text = fold::fold(text);
    let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).take(6).collect();
    if words.len() < 2 || !words[0].starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    (2..=words.len()).rev().find_map(|count| {
        let plain = dated(&words[..count])?;
        match when::parse(&plain)? {
            when::Moment::Day | when::Moment::OfDay(_) => None,
            moment => Some(moment),
        }
    })
}

/// Words as a date is written elsewhere: `3 Mar 2020 9.00AM` is `2020-03-03 9:00 AM`.
fn dated(words: &[&str]) -> Option<String> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let clock = |word: &str| word.replace('.', ":").replace("AM", " AM").replace("PM", " PM").replace("am", " AM").replace("pm", " PM");
    let [day, month, year, rest @ ..] = words else { return Some(words.join(" ")) };
    let number = month.get(..3).and_then(|month| MONTHS.iter().position(|known| *known == month.to_ascii_lowercase()));
    match number {
        Some(month) => {
            let (day, year): (u32, u32) = (day.parse().ok()?, year.trim_end_matches(',').parse().ok()?);
            let time = rest.iter().map(|word| clock(word)).collect::<Vec<_>>().join(" ");
            Some(format!("{year}-{:02}-{day:02} {}", month + 1, time.replace("  ", " ").trim()))
        }
        None => Some(words.join(" ")),
    }
}

fn recognise(probe: &Probe, _: &Hints<'_>) -> u8 {
    if probe.tables.iter().any(|table| heading::find(&table.head, columns).is_some()) { 92 } else { 0 }
}

fn read(source: &mut Source, probe: &Probe, hints: &Hints<'_>, tally: &mut Tally<'_>) -> Result<(), Halt> {
    let found = probe.tables.iter().enumerate().find_map(|(table, seen)| {
        seen.head.iter().find_map(|kept| {
            let row = kept.row();
            Some((table, Sheet { columns: columns(&row)?, sessions: sessions(&row) }))
        })
    });
    let Some((table, sheet)) = found else {
        return Err(
            Error::new(&codes::UNKNOWN_FORMAT, "No row with the headings of Moodle's attendance was found; export it again.").into()
        );
    };
    let (mut calendar, encoding) = (Calendar::new(hints), source.encoding());
    let times: Vec<(usize, Option<Time>, String)> = sheet
        .sessions
        .into_iter()
        .map(|(place, moment, label)| (place, moment.and_then(|moment| calendar.resolve(moment, &label).ok()), label))
        .collect();
    let undated = times.iter().filter(|(_, at, _)| at.is_none()).count();
    let read = source.each_row(table, &mut |row| {
        if row.number <= sheet.columns.row || row.is_blank() {
            return Ok(());
        }
        let who = tally::undamaged(row, &hints.limits, encoding).map(|()| who(row, &sheet.columns));
        let mut marked = false;
        for (place, at, _) in &times {
            let cell = row.cell(*place);
            // Nothing, or a question mark where attendance was not taken for this student.
            let Some(text) = cell.text().filter(|text| !matches!(cell, Cell::Empty) && !["", "?", "-"].contains(&text.trim())) else {
                continue;
            };
            marked = true;
            tally.row()?;
            let event = who.clone().and_then(|who| mark(who, &status(&text), *at, hints));
            tally.take(row.number, event.map(|event| Event { row: row.number, bytes: row.bytes.clone(), ..event }))?;
        }
        if marked {
            return Ok(());
        }
        tally.row()?;
        let fault = who.clone().map(|_| Fault::missing("every session", "the status of the student in it")).unwrap_or_else(|fault| fault);
        tally.take(row.number, Err(fault))
    });
    tally.assume_calendar(&calendar);
    if undated > 0 {
        tally.assume("Sessions whose heading holds no date that can be read are marks of the span the file was sent for.".to_owned());
    }
    read
}

/// `P (2/2)` is present, `A (0/2)` absent; another acronym stays as it is.
fn status(text: &str) -> String {
    let folded = fold::fold(text);
    let acronym = folded.split('(').next().unwrap_or_default().trim();
    let known = STATUSES.iter().find(|(short, _)| short.eq_ignore_ascii_case(acronym)).map(|(_, status)| *status);
    known.unwrap_or(acronym).chars().take(40).collect()
}

fn mark(who: Who, status: &str, at: Option<Time>, hints: &Hints<'_>) -> Result<Event, Fault> {
    if status.is_empty() {
        return Err(Fault::missing("a session", "the acronym of a status such as P, L, E or A"));
    }
    match at {
        Some(at) => Ok(Event { mark: Some(status.to_owned()), until: Some(at), ..Event::new(0, who, EventKind::Mark, at) }),
        None => stays::mark(who, status.to_owned(), hints),
    }
}

fn who(row: &Row<'_>, columns: &Columns<Field>) -> Who {
    let text = |field| values::text(row, columns, field);
    let name = text(Field::FullName).or_else(|| match (text(Field::Surname), text(Field::Given)) {
        (Some(surname), Some(given)) if surname.is_ascii() && given.is_ascii() => Some(format!("{given} {surname}")),
        (Some(surname), Some(given)) => Some(format!("{surname}{given}")),
        (surname, given) => surname.or(given),
    });
    Who {
        trainee: text(Field::Number).map(|number| format!("ext:{number}")),
        platform_user: text(Field::User),
        email: text(Field::Email),
        name,
        ..Who::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_written_as_they_are_compared() {
        heading::assert_tidy(ALIASES);
    }

    #[test]
    fn a_session_is_told_by_the_date_it_begins_with() {
        for dated in ["3 Mar 2020 9.00AM All students", "3 March 2020 9:00 AM", "2020-03-03 09:00 全部学生", "2020/3/3 9:00"] {
            assert!(session(dated).is_some(), "{dated}");
        }
        for other in ["Points", "3", "2020", "3 of 4", "3 Mar 2020", "100 %"] {
            assert!(session(other).is_none(), "{other}");
        }
    }
}
