//! When a file was made, as the program that made it writes it into its name: `names.toml`.

use crate::time::{MILLI, Time};
use chrono::{NaiveDate, TimeZone};
use chrono_tz::Tz;
use regex::{Captures, Regex};
use serde::Deserialize;
use std::sync::LazyLock;

#[derive(Deserialize)]
struct File {
    name: Vec<Name>,
}

/// How a program names its files.
#[derive(Deserialize)]
#[cfg_attr(test, serde(deny_unknown_fields))]
struct Name {
    #[cfg(test)]
    of: String,
    #[cfg(test)]
    source: String,
    #[serde(deserialize_with = "pattern")]
    pattern: Regex,
    zone: Zone,
    /// Names, and the moment each tells; nothing where it tells none.
    #[cfg(test)]
    examples: std::collections::BTreeMap<String, String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Zone {
    Utc,
    Local,
}

fn pattern<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Regex, D::Error> {
    Regex::new(&String::deserialize(from)?).map_err(serde::de::Error::custom)
}

static NAMES: LazyLock<Vec<Name>> =
    LazyLock::new(|| toml::from_str::<File>(include_str!("names.toml")).expect("names.toml is held by a test").name);

/// The moment that a name tells, read in `zone` where it is told by local clocks.
pub(super) fn moment(name: &str, zone: Tz) -> Option<Time> {
    NAMES.iter().find_map(|known| read(&known.pattern.captures(name)?, known.zone, zone))
}

fn read(groups: &Captures<'_>, by: Zone, zone: Tz) -> Option<Time> {
    if let Some(ms) = groups.name("ms") {
        return ms.as_str().parse::<i64>().ok().map(|ms| Time(ms * MILLI));
    }
    let number = |name: &str| groups.name(name)?.as_str().parse::<u32>().ok();
    let hour = match (number("h")?, groups.name("pm").or_else(|| groups.name("pm2")).is_some()) {
        (hour @ 1..=11, true) => hour + 12,
        (hour, _) => hour,
    };
    let day = NaiveDate::from_ymd_opt(i32::try_from(number("y")?).ok()?, number("mo")?, number("d")?)?;
    let local = day.and_hms_opt(hour, number("mi")?, number("s")?)?;
    Some(match by {
        Zone::Utc => Time::from(local.and_utc()),
        Zone::Local => Time::from(zone.from_local_datetime(&local).earliest()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_tells_its_moment_and_by_its_own_pattern() {
        for known in NAMES.iter() {
            assert!(known.source.starts_with("documented") || known.source.starts_with("assumed"), "{}", known.of);
            for (name, expected) in &known.examples {
                let own = known.pattern.captures(name).and_then(|groups| read(&groups, known.zone, chrono_tz::Asia::Shanghai));
                let expected: Option<Time> = (!expected.is_empty()).then(|| expected.parse().unwrap());
                assert_eq!((own, moment(name, chrono_tz::Asia::Shanghai)), (expected, expected), "{name}");
            }
        }
    }

    #[test]
    fn a_name_without_a_moment_or_with_one_that_cannot_be_tells_none() {
        for name in [
            "",
            "zoom_0.mp4",
            "IMG_20209903_091230.jpg",
            "屏幕截图 2020-03-03 256199.png",
            "GMT20200303-011200.txt",
            "第3课 2020-03-03.mp4",
        ] {
            assert_eq!(moment(name, chrono_tz::Asia::Shanghai), None, "{name}");
        }
    }
}
