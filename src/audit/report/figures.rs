//! What a week is told in: named figures that add up, and what they are counted for. Pure.

use crate::link::hours_text;
use crate::tables::write::Cell;
use serde_json::{Map, Value};

/// How a figure is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A count.
    Count,
    /// Lesson hours, kept in thousandths.
    Hours,
    /// Money, kept in fen.
    Fen,
}

macro_rules! figures {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $unit:ident, $zh:literal;)*) => {
        /// A figure of the weekly report.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Figure { $($(#[$doc])* $name),* }

        impl Figure {
            /// All of them, in the order in which they are shown.
            pub const ALL: &[Figure] = &[$(Figure::$name),*];

            /// Its name in JSON and CSV.
            pub fn code(self) -> &'static str {
                match self { $(Figure::$name => $code),* }
            }

            /// Its heading in a workbook.
            pub fn zh(self) -> &'static str {
                match self { $(Figure::$name => $zh),* }
            }

            /// How it is written.
            pub fn unit(self) -> Unit {
                match self { $(Figure::$name => Unit::$unit),* }
            }
        }
    };
}

figures! {
    /// Opening applications filed in the week.
    ClassesOpened = "classes_opened", Count, "申报开班数";
    /// Applications approved in the week.
    ClassesApproved = "classes_approved", Count, "同意开班数";
    /// Approved classes with a day of training in the week.
    ClassesRunning = "classes_running", Count, "在训班数";
    /// Approved classes whose last day is in the week.
    ClassesFinished = "classes_finished", Count, "结业班数";
    /// People on the rosters of the running classes; each once, however many classes they are in.
    Trainees = "trainees", Count, "在训人数";
    /// Online lesson hours on the timetable that end in the week.
    HoursPlanned = "hours_planned", Hours, "计划线上课时";
    /// Those of them in which somebody was there by the logs.
    HoursHeld = "hours_held", Hours, "已开展线上课时";
    /// Planned online lesson hours, for each trainee.
    PersonHoursPlanned = "person_hours_planned", Hours, "计划线上人课时";
    /// Credited online lesson hours, of all trainees.
    PersonHoursCredited = "person_hours_credited", Hours, "认定线上人课时";
    /// Pieces of evidence received in the week.
    Evidence = "evidence", Count, "收到证明资料数";
    /// Certificates issued in the week.
    Certificates = "certificates", Count, "取得证书数";
    /// Prepayments paid in the week.
    Prepayments = "prepayments", Count, "预拨笔数";
    /// Their sum.
    PrepaidFen = "prepaid_fen", Fen, "预拨金额（元）";
    /// Claims filed in the week.
    Claims = "claims", Count, "补贴申报数";
    /// Their sum.
    ClaimedFen = "claimed_fen", Fen, "申报金额（元）";
}

/// Number of figures.
const COUNT: usize = Figure::ALL.len();

/// The figures of one line. One that cannot be told there, such as the money of a category of trainees, is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures([Option<i64>; COUNT]);

impl Figures {
    /// All of them nought.
    pub fn zero() -> Figures {
        Figures([Some(0); COUNT])
    }

    /// One of them.
    pub fn get(&self, figure: Figure) -> Option<i64> {
        self.0[figure as usize]
    }

    /// Adds to one.
    pub fn add(&mut self, figure: Figure, value: i64) {
        let place = &mut self.0[figure as usize];
        *place = Some(place.unwrap_or(0).saturating_add(value));
    }

    /// As JSON: counts and fen as whole numbers, hours as decimal strings.
    pub fn json(&self) -> Map<String, Value> {
        let told = |figure: &Figure| Some((figure.code().to_owned(), value(*figure, self.get(*figure)?)));
        Figure::ALL.iter().filter_map(told).collect()
    }

    /// From JSON that [`Figures::json`] wrote; what is not there is none.
    pub fn of_json(fields: &Value) -> Figures {
        let read = |figure: &Figure| match (figure.unit(), &fields[figure.code()]) {
            (Unit::Hours, Value::String(text)) => milli(text),
            (_, number) => number.as_i64(),
        };
        let mut figures = Figures::default();
        for figure in Figure::ALL {
            figures.0[*figure as usize] = read(figure);
        }
        figures
    }

    /// As cells of a table, in the order of [`Figure::ALL`].
    pub fn cells(&self) -> Vec<Cell> {
        let cell = |figure: &Figure| match (self.get(*figure), figure.unit()) {
            (None, _) => Cell::Empty,
            (Some(count), Unit::Count) => Cell::Whole(count),
            (Some(milli), Unit::Hours) => Cell::Milli(milli),
            (Some(fen), Unit::Fen) => Cell::Fen(fen),
        };
        Figure::ALL.iter().map(cell).collect()
    }
}

/// A figure's value as JSON.
pub fn value(figure: Figure, value: i64) -> Value {
    match figure.unit() {
        Unit::Hours => hours_text(value).into(),
        Unit::Count | Unit::Fen => value.into(),
    }
}

/// Thousandths from a decimal string that [`hours_text`] wrote.
fn milli(text: &str) -> Option<i64> {
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let part = format!("{part:0<3}");
    if part.len() != 3 {
        return None;
    }
    let whole = whole.parse::<i64>().ok()?.checked_mul(1000)?;
    Some(sign * whole.checked_add(part.parse().ok()?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_back_as_they_were_written() {
        let mut figures = Figures::zero();
        for (place, figure) in Figure::ALL.iter().enumerate() {
            figures.add(*figure, place as i64 * 1_234_567 - 3_000_001);
        }
        figures.0[Figure::Evidence as usize] = None;
        assert_eq!(Figures::of_json(&Value::Object(figures.json())), figures);
        assert!(!figures.json().contains_key("evidence"));
    }
}
