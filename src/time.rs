//! Moments and where they come from.
//!
//! Three times are always kept apart: when it happened (`at`), when the source claims (`claimed_at`), when we received it
//! (`received_at`). All of them are [`Time`]: microseconds since the Unix epoch, UTC.

use chrono::{DateTime, FixedOffset, SecondsFormat, TimeZone, Utc};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Microseconds in one second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds in one minute.
pub const MINUTE: i64 = 60 * SECOND;
/// Microseconds in an hour.
pub const HOUR: i64 = 60 * MINUTE;
/// Microseconds in one day.
pub const DAY: i64 = 24 * HOUR;
/// Microseconds in one millisecond.
pub const MILLI: i64 = 1_000;

/// A moment: microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl Time {
    /// The moment as chrono knows it. Out of chrono's range: the epoch (such a time cannot enter through [`FromStr`]).
    pub fn utc(self) -> DateTime<Utc> {
        Utc.timestamp_micros(self.0).single().unwrap_or_default()
    }

    /// The moment some microseconds later (earlier when negative), saturating.
    pub fn plus(self, micros: i64) -> Time {
        Time(self.0.saturating_add(micros))
    }

    /// Milliseconds from `earlier` to this moment.
    pub fn millis_since(self, earlier: Time) -> i64 {
        (self.0 - earlier.0) / MILLI
    }

    /// RFC 3339 in the given zone, to the second when the fraction is zero.
    pub fn in_zone(self, zone: chrono_tz::Tz) -> String {
        self.utc().with_timezone(&zone).to_rfc3339_opts(SecondsFormat::AutoSi, true)
    }

    /// The first moment of a calendar day (`2020-03-03`) in the given zone.
    pub fn day_start(day: chrono::NaiveDate, zone: chrono_tz::Tz) -> Option<Time> {
        let midnight = day.and_hms_opt(0, 0, 0)?;
        zone.from_local_datetime(&midnight).earliest().map(Time::from)
    }
}

impl From<DateTime<Utc>> for Time {
    fn from(value: DateTime<Utc>) -> Time {
        Time(value.timestamp_micros())
    }
}

impl From<DateTime<FixedOffset>> for Time {
    fn from(value: DateTime<FixedOffset>) -> Time {
        Time(value.timestamp_micros())
    }
}

impl From<DateTime<chrono_tz::Tz>> for Time {
    fn from(value: DateTime<chrono_tz::Tz>) -> Time {
        Time(value.timestamp_micros())
    }
}

/// RFC 3339 in UTC.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.utc().to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

/// RFC 3339 with an offset; nothing else is accepted, so that no zone is ever guessed here.
impl FromStr for Time {
    type Err = chrono::ParseError;

    fn from_str(text: &str) -> Result<Time, Self::Err> {
        DateTime::parse_from_rfc3339(text.trim()).map(Time::from)
    }
}

impl serde::Serialize for Time {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Time {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| {
            serde::de::Error::custom(format!("'{text}' is not an RFC 3339 time with offset such as 2020-03-03T09:00:00+08:00"))
        })
    }
}

/// Where the present comes from. Only `App` makes one; everything else is handed a [`Time`] or a `&Clock`.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that tests set by hand.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// The present.
    pub fn now(&self) -> Time {
        match self {
            #[allow(clippy::disallowed_methods, reason = "the one place that asks the machine")]
            Clock::System => Time(Utc::now().timestamp_micros()),
            Clock::Fixed(micros) => Time(micros.load(Ordering::SeqCst)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_and_read_back_to_the_microsecond() {
        let time: Time = "2020-03-03T09:00:00.123456+08:00".parse().expect("valid");
        assert_eq!(time.to_string(), "2020-03-03T01:00:00.123456Z");
        assert_eq!(time.to_string().parse::<Time>().expect("valid"), time);
        assert_eq!(time.in_zone(chrono_tz::Asia::Shanghai), "2020-03-03T09:00:00.123456+08:00");
    }

    #[test]
    fn a_time_without_offset_is_refused() {
        assert!("2020-03-03T09:00:00".parse::<Time>().is_err());
        assert!("2020-03-03 09:00".parse::<Time>().is_err());
    }
}
