//! What a reader is told ([`Hints`], [`Limits`]) and what it says of a file ([`Reading`]).

use crate::error::RowError;
use crate::register::Platform;
pub use crate::tables::Limits;
use crate::time::Time;
use chrono_tz::Tz;
use serde_json::{Map, Value};

/// What is known about a file besides its bytes.
#[derive(Clone, Debug)]
pub struct Hints<'a> {
    /// Its name, if any; kept for readers whose platform writes facts into names. The format is never taken from it.
    pub filename: Option<&'a str>,
    /// Time zone given with the upload.
    pub timezone: Option<Tz>,
    /// Time zone of the platform's profile, used when the upload gave none.
    pub platform_timezone: Tz,
    /// The profile of the platform it comes from: gives headings their meaning, and says how the platform names its files.
    pub profile: Option<&'a Platform>,
    /// The lesson's window: tells day from month, and gives times of day their date.
    pub window: Option<(Time, Time)>,
    /// Format asked for: `None` or `auto` picks by content; otherwise a reader's name, which is obeyed or refused.
    pub format: Option<&'a str>,
    /// When it was received, for what is sent as it happens: it stands in for a time that is not said.
    pub received_at: Option<Time>,
    /// What one file may cost.
    pub limits: Limits,
}

impl Hints<'_> {
    /// Hints that know the platform's zone and nothing else.
    pub fn zone(platform_timezone: Tz) -> Hints<'static> {
        Hints {
            filename: None,
            timezone: None,
            platform_timezone,
            profile: None,
            window: None,
            format: None,
            received_at: None,
            limits: Limits::default(),
        }
    }
}

/// What a reader says of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Which reader read it.
    pub reader: &'static str,
    /// What had to be assumed, one sentence each.
    pub assumptions: Vec<String>,
    /// Data rows seen. An entry of a JSON document counts once for each thing it tells.
    pub rows: u64,
    /// Rows that became events.
    pub accepted: u64,
    /// The first rows at fault ([`Limits::refused_kept`]), in order.
    pub refused: Vec<RowError>,
    /// All rows at fault.
    pub refused_total: u64,
    /// What the file says besides events: the meeting, totals that disagree with its spans … never names.
    pub facts: Map<String, Value>,
    /// False when reading stopped early because it was told to.
    pub complete: bool,
}
