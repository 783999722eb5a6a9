//! Where a reader puts what it finds: every row is counted, becomes an event or a row at fault, and nothing else.

use super::calendar::{self, Calendar};
use super::cell::{Damage, Row};
use super::event::{Event, EventKind};
use super::fault::Fault;
use super::names;
use super::reading::{Hints, Limits, Reading};
use crate::error::{Error, RowError, codes};
pub(crate) use crate::tables::Halt;
use crate::time::Time;
use serde_json::{Map, Value, json};
use std::ops::ControlFlow;

/// Receives events as they are read.
pub(crate) type Sink<'a> = &'a mut dyn FnMut(Event) -> ControlFlow<()>;

/// Longest text of an event, in bytes.
const LONGEST_VALUE: usize = 2_048;
/// What is said of totals and marks.
const STATED: &str = "Totals and marks without times are kept as what the platform states; they are shown and credit no time.";
/// Row numbers listed in one fact.
const LISTED_ROWS: usize = 100;

/// Counts, checks and passes on.
pub(crate) struct Tally<'a> {
    sink: Sink<'a>,
    limits: Limits,
    /// Read no more rows than these.
    most_rows: Option<u64>,
    window: Option<(Time, Time)>,
    rows: u64,
    accepted: u64,
    refused: Vec<RowError>,
    refused_total: u64,
    refused_codes: Vec<(&'static str, u64)>,
    outside: u64,
    stated: u64,
    several: Listed,
    assumptions: Vec<String>,
    facts: Map<String, Value>,
    /// A log without one event is no error, unless a row of it is at fault.
    may_say_nothing: bool,
}

/// How many rows, and which the first are.
#[derive(Default)]
struct Listed {
    count: u64,
    rows: Vec<u64>,
}

impl Listed {
    fn add(&mut self, row: u64) {
        self.count += 1;
        if self.rows.len() < LISTED_ROWS {
            self.rows.push(row);
        }
    }
}

impl<'a> Tally<'a> {
    pub(crate) fn new(sink: Sink<'a>, hints: &Hints<'_>, most_rows: Option<u64>) -> Tally<'a> {
        Tally {
            sink,
            limits: hints.limits,
            most_rows,
            window: hints.window,
            rows: 0,
            accepted: 0,
            refused: Vec::new(),
            refused_total: 0,
            refused_codes: Vec::new(),
            outside: 0,
            stated: 0,
            several: Listed::default(),
            assumptions: Vec::new(),
            facts: Map::new(),
            may_say_nothing: false,
        }
    }

    /// How many rows a look ahead may cost.
    pub(crate) fn most_rows(&self) -> u64 {
        self.most_rows.unwrap_or(u64::MAX).min(self.limits.rows)
    }

    /// Counts a data row before it is read.
    pub(crate) fn row(&mut self) -> Result<(), Halt> {
        if self.most_rows.is_some_and(|most| self.rows >= most) {
            return Err(Halt::Enough);
        }
        if self.rows >= self.limits.rows {
            let most = self.limits.rows;
            return Err(Error::new(&codes::TOO_LARGE, format!("The log has more than {most} rows; split it by day or by class.")).into());
        }
        self.rows += 1;
        Ok(())
    }

    /// Takes what became of a counted row.
    pub(crate) fn take(&mut self, row: u64, read: Result<Event, Fault>) -> Result<(), Halt> {
        match read.and_then(checked) {
            Ok(event) => self.accept(event),
            Err(fault) => {
                self.refuse(row, fault);
                Ok(())
            }
        }
    }

    fn accept(&mut self, event: Event) -> Result<(), Halt> {
        self.accepted += 1;
        self.stated += u64::from(event.kind.is_stated());
        if let Some((from, until)) = self.window {
            self.outside += u64::from(event.at > until || event.until.unwrap_or(event.at) < from);
        }
        if event.who.name.as_deref().is_some_and(|name| name.contains(['&', '＆', '、']) && !names::people(name).is_empty()) {
            self.several.add(event.row);
        }
        match (self.sink)(event) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Halt::Enough),
        }
    }

    fn refuse(&mut self, row: u64, fault: Fault) {
        self.refused_total += 1;
        match self.refused_codes.iter_mut().find(|(code, _)| *code == fault.code) {
            Some((_, count)) => *count += 1,
            None => self.refused_codes.push((fault.code, 1)),
        }
        if self.refused.len() < self.limits.refused_kept {
            self.refused.push(fault.at(row));
        }
    }

    /// Takes a log that holds no event for what it is.
    pub(crate) fn may_say_nothing(&mut self) {
        self.may_say_nothing = true;
    }

    /// States an assumption, once.
    pub(crate) fn assume(&mut self, sentence: String) {
        if !self.assumptions.contains(&sentence) {
            self.assumptions.push(sentence);
        }
    }

    /// States what had to be assumed of times.
    pub(crate) fn assume_calendar(&mut self, calendar: &Calendar) {
        calendar.assumptions().into_iter().for_each(|sentence| self.assume(sentence));
    }

    /// Keeps a fact the file states, unless it is known already.
    pub(crate) fn fact(&mut self, name: &str, value: impl Into<Value>) {
        self.facts.entry(name).or_insert_with(|| value.into());
    }

    /// What was read; an error when not one row became an event.
    pub(crate) fn finish(mut self, reader: &'static str, complete: bool) -> Result<Reading, Error> {
        if self.accepted == 0 && !(self.may_say_nothing && self.refused_total == 0) {
            return Err(self.nothing(reader));
        }
        if self.outside > 0 {
            self.facts.insert("rows_outside_lesson".into(), self.outside.into());
        }
        if self.stated > 0 {
            self.facts.insert("stated_without_times".into(), self.stated.into());
            self.assumptions.push(STATED.to_owned());
        }
        if self.several.count > 0 {
            self.facts.insert("several_people_on_one_login".into(), json!({"count": self.several.count, "rows": self.several.rows}));
        }
        if !self.refused_codes.is_empty() {
            let codes: Map<String, Value> = self.refused_codes.iter().map(|(code, count)| ((*code).to_owned(), (*count).into())).collect();
            self.facts.insert("refused".into(), codes.into());
        }
        Ok(Reading {
            reader,
            assumptions: self.assumptions,
            rows: self.rows,
            accepted: self.accepted,
            refused: self.refused,
            refused_total: self.refused_total,
            facts: self.facts,
            complete,
        })
    }

    fn nothing(self, reader: &str) -> Error {
        let message = match self.rows {
            0 => format!(
                "The log, read as {reader}, has no row below its headings; export it again after the lesson, or name the format with format=."
            ),
            rows => {
                format!("None of the {rows} rows read as {reader} could be used; correct the rows listed, or name the format with format=.")
            }
        };
        Error::new(&codes::UNREADABLE_LOG, message).with_rows(self.refused)
    }
}

/// What is wrong with a row before its cells are looked at.
pub(crate) fn undamaged(row: &Row<'_>, limits: &Limits, encoding: &str) -> Result<(), Fault> {
    match row.damage {
        None => Ok(()),
        Some(Damage::TooLong) => Err(Fault::too_long_line(limits.line_bytes)),
        Some(Damage::OpenQuote) => Err(Fault::open_quote()),
        Some(Damage::Encoding) => Err(Fault::bad_encoding(encoding)),
    }
}

/// What every event holds to, whichever reader made it.
pub(super) fn checked(event: Event) -> Result<Event, Fault> {
    if event.who.is_nobody() {
        return Err(Fault::no_person());
    }
    if !calendar::plausible(event.at) {
        return Err(Fault::far_off("the time"));
    }
    match event.kind {
        EventKind::Total if event.stated_ms.is_none_or(|stated| stated < 0) => {
            return Err(Fault::missing("the total", "the length of time that is stated"));
        }
        EventKind::Mark if event.mark.is_none() => return Err(Fault::missing("the mark", "what is stated of the person")),
        _ => {}
    }
    match event.until {
        Some(until) if !calendar::plausible(until) => return Err(Fault::far_off("the end")),
        Some(until) if until < event.at => return Err(Fault::leave_before_join()),
        None if event.kind == EventKind::Interval => {
            return Err(Fault::missing("the end", "the time the stay ended, or use the kind join"));
        }
        _ => {}
    }
    if event.position_ms.is_some_and(|position| position < 0) {
        return Err(Fault::bad_value("position_ms", "a number below zero", "milliseconds from the beginning of the content"));
    }
    if event.score.is_some_and(|score| !score.is_finite()) {
        return Err(Fault::bad_value("score", "no finite number", "a number such as 0.93"));
    }
    let too_long =
        event.texts().into_iter().find(|(_, text)| text.is_some_and(|text| text.len() > LONGEST_VALUE)).map(|(column, _)| column);
    match too_long {
        Some(column) => Err(Fault::too_long_value(column, LONGEST_VALUE)),
        None => Ok(event),
    }
}
