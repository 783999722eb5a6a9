//! Any table whose headings the profile of its platform knows: the profile is data, this is what reads by it.
//!
//! Five shapes, told by the columns that are there: events (a time and a kind), stays (a coming and a going), people from their first
//! coming to their last going, totals, and marks. Of stays and totals the same holds as everywhere: a coming and a going of somebody who
//! came several times are a stay only where the total fills the time between, and what is stated without times earns nothing.

use super::super::calendar::Calendar;
use super::super::cell::{Cell, Row};
use super::super::duration::Unit;
use super::super::event::{Event, EventKind, Who};
use super::super::fault::Fault;
use super::super::fold;
use super::super::heading::{self, Columns};
use super::super::reading::Hints;
use super::super::source::{Probe, Source};
use super::super::stays::{self, Told, Watched};
use super::super::tally::{Halt, Tally};
use super::super::totals::Totals;
use super::super::values;
use super::{Reader, keshi_table};
use crate::error::{Error, codes};
use crate::register::Platform;
use crate::register::profile::{Basis, Counts, Field};
use crate::tables::SHEET_ROWS;
use crate::time::Time;
use serde_json::json;
use std::collections::{BTreeSet, HashMap};

pub(super) const READER: Reader = Reader { name: "profile", recognise, read };

/// Surer than readers of headings that many share, less sure than one that saw what only its format has.
const SURE: u8 = 93;
/// More headings of a field than any profile lists: those go before common ones.
const LISTED: usize = 1000;

/// The headings of a profile as they are compared, and the words of its kinds.
struct Words<'p> {
    profile: &'p Platform,
    headings: HashMap<String, (Field, usize)>,
    kinds: HashMap<String, EventKind>,
}

impl<'p> Words<'p> {
    fn of(profile: &'p Platform) -> Words<'p> {
        let headings = profile
            .columns
            .iter()
            .flat_map(|(field, names)| names.iter().enumerate().map(|(rank, name)| (fold::heading(name), (*field, rank))));
        let kinds = profile.values.kind.iter().filter_map(|(kind, words)| Some((EventKind::from_word(kind)?, words)));
        let kinds = kinds.flat_map(|(kind, words)| words.iter().map(move |word| (fold::fold(word).to_lowercase(), kind)));
        Words { profile, headings: headings.collect(), kinds: kinds.collect() }
    }

    fn columns(&self, row: &Row<'_>) -> Option<Columns<Field>> {
        if self.headings.is_empty() {
            return None;
        }
        // An export of a newer version may say more of a person than its profile knows.
        let common = |name: &str| keshi_table::who_and_where(name).map(|(field, rank)| (field, rank + LISTED));
        let columns = Columns::of(row, |name| self.headings.get(name).copied().or_else(|| common(name)));
        let person = Field::PERSON.into_iter().any(|field| columns.has(field));
        (person && shape(&columns).is_some()).then_some(columns)
    }

    fn kind(&self, word: &str) -> Option<EventKind> {
        self.kinds.get(&fold::fold(word).to_lowercase()).copied().or_else(|| keshi_table::kind(word))
    }

    fn unit(&self) -> Option<Unit> {
        self.profile.values.total_counts.map(|counts| match counts {
            Counts::Seconds => Unit::Seconds,
            Counts::Minutes => Unit::Minutes,
            Counts::Hours => Unit::Hours,
        })
    }
}

/// What the rows of a table are.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    Events,
    Stays,
    People,
    Totals,
    Marks,
}

fn shape(columns: &Columns<Field>) -> Option<Shape> {
    let all = |fields: &[Field]| fields.iter().all(|field| columns.has(*field));
    if all(&[Field::At, Field::Kind]) {
        Some(Shape::Events)
    } else if all(&[Field::Join, Field::Leave]) {
        Some(Shape::Stays)
    } else if all(&[Field::FirstJoin, Field::LastLeave]) {
        Some(Shape::People)
    } else if all(&[Field::Total]) {
        Some(Shape::Totals)
    } else if all(&[Field::Mark]) {
        Some(Shape::Marks)
    } else {
        None
    }
}

fn recognise(probe: &Probe, hints: &Hints<'_>) -> u8 {
    let Some(words) = hints.profile.map(Words::of) else { return 0 };
    if probe.tables.iter().any(|table| heading::find(&table.head, |row| words.columns(row)).is_some()) { SURE } else { 0 }
}

/// Why a file cannot be read by a profile that was asked for.
pub(super) fn refusal(hints: &Hints<'_>) -> Error {
    let why = match hints.profile {
        None => "The file was sent as profile, and no platform is named whose profile could read it; send it for a class.".to_owned(),
        Some(profile) if profile.columns.is_empty() => {
            format!("The file was sent as profile, and the profile of {} lists no headings; send it with format=auto.", profile.id)
        }
        Some(profile) => format!(
            "The file was sent as profile, and no row has enough of the headings that the profile of {} lists; send it with format=auto.",
            profile.id
        ),
    };
    Error::new(&codes::UNKNOWN_FORMAT, why)
}

/// What of a file had to be assumed.
#[derive(Default)]
struct Used {
    told: BTreeSet<Told>,
    lost_digits: bool,
}

fn read(source: &mut Source, probe: &Probe, hints: &Hints<'_>, tally: &mut Tally<'_>) -> Result<(), Halt> {
    const TIMES: [Field; 6] = [Field::At, Field::Join, Field::Leave, Field::FirstJoin, Field::LatestJoin, Field::LastLeave];
    let Some(profile) = hints.profile else { return Err(refusal(hints).into()) };
    let words = Words::of(profile);
    tally.fact("profile", json!({"id": profile.id, "sha256": profile.sha256, "headings": profile.headings}));
    if profile.headings == Basis::Assumed {
        let id = &profile.id;
        tally.assume(format!(
            "The headings are read by the profile of {id}, which assumes them: no description of the platform's is known."
        ));
    }
    let (mut totals, mut used) = (Totals::default(), Used::default());
    let read = values::read_tables(
        source,
        probe,
        hints,
        tally,
        &TIMES,
        |row| words.columns(row),
        |row, columns, calendar| {
            let mut at = At { row, columns, calendar, words: &words, hints, totals: &mut totals, used: &mut used };
            at.event()
        },
    );
    used.told.iter().filter_map(|told| told.assumption()).for_each(|sentence| tally.assume(sentence.to_owned()));
    if used.lost_digits {
        tally.assume(values::LOST_DIGITS.to_owned());
    }
    totals.state(tally);
    read
}

/// One row, and what is needed to read it.
struct At<'a, 'r> {
    row: &'a Row<'r>,
    columns: &'a Columns<Field>,
    calendar: &'a mut Calendar,
    words: &'a Words<'a>,
    hints: &'a Hints<'a>,
    totals: &'a mut Totals,
    used: &'a mut Used,
}

impl At<'_, '_> {
    fn event(&mut self) -> Result<Event, Fault> {
        let who = self.who();
        let event = match shape(self.columns) {
            Some(Shape::Events) => self.happened(who)?,
            Some(Shape::Stays) => {
                let (at, until) = (self.needed(Field::Join)?, self.moment(Field::Leave)?);
                let once = !self.columns.has(Field::Count) || self.text(Field::Count).is_some_and(|count| count == "1");
                let stated = if once || until.is_none() { self.stated_s().unwrap_or(None) } else { self.stated_s()? };
                if let (Some(stated), Some(until)) = (stated, until.filter(|until| *until >= at)) {
                    self.totals.row(self.row.number, stated, at, until);
                }
                self.stay(who, stays::met(at, until, once, stated)?)
            }
            Some(Shape::People) => {
                let (first, latest) = (self.needed(Field::FirstJoin)?, self.moment(Field::LatestJoin)?);
                let (last, stated) = (self.needed(Field::LastLeave)?, self.stated_s()?);
                let (stay, disagrees_from) = Watched { first, latest, last, stated }.stay();
                if let (Some(stated), Some(from)) = (stated, disagrees_from) {
                    self.totals.row(self.row.number, stated, from, last);
                }
                self.stay(who, stay?)
            }
            Some(Shape::Marks) => {
                let label = self.columns.label(Field::Mark);
                let mark = self.text(Field::Mark).ok_or_else(|| Fault::missing(label, "what is stated of the person"))?;
                stays::mark(who, mark, self.hints)?
            }
            Some(Shape::Totals) | None => {
                let label = self.columns.label(Field::Total);
                let stated = self.stated_s()?.ok_or_else(|| Fault::missing(label, "a length of time such as 1:02:03 or 62分钟"))?;
                stays::total(who, stated, self.hints)?
            }
        };
        let text = |field| self.text(field);
        Ok(Event {
            ip: text(Field::Ip),
            device: text(Field::Device),
            user_agent: text(Field::UserAgent),
            client: text(Field::Client),
            region: text(Field::Region),
            reference: text(Field::Reference),
            ..event
        })
    }

    fn happened(&mut self, who: Who) -> Result<Event, Fault> {
        let (at, until) = (self.needed(Field::At)?, self.moment(Field::Leave)?);
        let label = self.columns.label(Field::Kind);
        let word = self.text(Field::Kind).ok_or_else(|| Fault::missing(label, "what happened, as the platform calls it"))?;
        let kind = self.words.kind(&word).ok_or_else(|| Fault::unknown_word(label))?;
        Ok(Event { until, ..Event::new(0, who, kind, at) })
    }

    fn stay(&mut self, who: Who, stay: stays::Stay) -> Event {
        self.used.told.insert(stay.told);
        let kind = if stay.until.is_some() { EventKind::Interval } else { EventKind::Join };
        Event { until: stay.until, ..Event::new(0, who, kind, stay.at) }
    }

    fn who(&mut self) -> Who {
        let id_number = self.text(Field::IdNumber);
        let place = self.columns.get(Field::IdNumber);
        self.used.lost_digits |= id_number.is_none() && place.is_some_and(|place| matches!(self.row.cell(place), Cell::Number(_)));
        let name = match (self.text(Field::Nickname), self.text(Field::Name)) {
            (Some(nickname), Some(name)) if nickname != name => Some(format!("{nickname}({name})")),
            (nickname, name) => name.or(nickname),
        };
        Who {
            trainee: self.text(Field::ExternalId).map(|id| if id.starts_with("ext:") { id } else { format!("ext:{id}") }),
            platform_user: self.text(Field::Account),
            phone: self.text(Field::Phone),
            email: self.text(Field::Email),
            id_number,
            name,
        }
    }

    fn text(&self, field: Field) -> Option<String> {
        values::text(self.row, self.columns, field)
    }

    fn moment(&mut self, field: Field) -> Result<Option<Time>, Fault> {
        values::moment(self.row, self.columns, field, self.calendar)
    }

    fn needed(&mut self, field: Field) -> Result<Time, Fault> {
        values::needed(self.row, self.columns, field, self.calendar)
    }

    fn stated_s(&self) -> Result<Option<i64>, Fault> {
        values::stated_s(self.row, self.columns, Field::Total, self.words.unit())
    }
}

/// A heading of a table, and what a profile takes it for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// Name of the sheet, where there are sheets.
    pub sheet: Option<String>,
    /// The row of headings in the sheet, from 1.
    pub row: u64,
    /// The column, from 1.
    pub column: usize,
    /// The heading as the file writes it.
    pub label: String,
    /// The field it is read as; none where it is not read.
    pub field: Option<Field>,
}

/// What a profile takes the headings of a file's tables for. None where it does not know enough of them.
pub(crate) fn mapped(probe: &Probe, profile: &Platform) -> Vec<Heading> {
    let words = Words::of(profile);
    let mut headings = Vec::new();
    for table in &probe.tables {
        let Some((row, columns)) = table.head.iter().find_map(|kept| Some((kept, words.columns(&kept.row())?))) else { continue };
        let cells = row.row();
        for place in 0..cells.len().min(MOST_HEADINGS) {
            let cell = cells.cell(place);
            let Some(label) = cell.text().filter(|label| !label.trim().is_empty()) else { continue };
            let field = words.headings.get(&fold::heading(&label)).map(|(field, _)| *field);
            let field = field.filter(|field| columns.get(*field) == Some(place));
            let label = label.chars().take(60).collect();
            headings.push(Heading { sheet: table.name.clone(), row: row.number % SHEET_ROWS, column: place + 1, label, field });
        }
    }
    headings
}

/// A person reads no more of them.
const MOST_HEADINGS: usize = 200;
