//! What the camera wrote into a picture: time, maker, orientation.

use super::facts::{Exif, clean};
use crate::time::{MINUTE, Time};
use chrono::{NaiveDate, NaiveDateTime};
use exif::{In, Tag, Value};
use image::metadata::Orientation;
use std::io::Cursor;

/// The EXIF of a file.
#[derive(Debug, PartialEq)]
pub(super) struct Written {
    pub(super) exif: Exif,
    /// The small picture that a camera puts beside the picture: a JPEG.
    pub(super) small: Option<Vec<u8>>,
}

impl Written {
    /// How the picture is turned to be upright.
    pub(super) fn turn(&self) -> Option<Orientation> {
        self.exif.orientation.and_then(|value| Orientation::from_exif(value as u8))
    }
}

/// Reads the EXIF of a JPEG, PNG, WebP, TIFF or HEIF file; what is damaged is left out. `None` if there is none.
pub(super) fn read(file: &[u8]) -> Option<Written> {
    let raw = exif::Reader::new()
        .continue_on_error(true)
        .read_from_container(&mut Cursor::new(file))
        .or_else(|error| error.distill_partial_result(|_| ()))
        .ok()?;
    let text = |tag| ascii(&raw, tag);
    let taken = text(Tag::DateTimeOriginal).and_then(|time| local(&time, text(Tag::SubSecTimeOriginal).as_deref()));
    let satellite = satellite(&raw);
    let said = text(Tag::OffsetTimeOriginal).or_else(|| text(Tag::OffsetTime)).and_then(|offset| offset_seconds(&offset));
    let shown = || offset_by_satellite(taken?, satellite?);
    let offset = said.or_else(shown);
    let exif = Exif {
        taken_local: taken.map(written),
        offset: offset.map(offset_text),
        taken_at: taken.zip(offset).map(|(taken, offset)| Time::from(taken.and_utc()).plus(-i64::from(offset) * 1_000_000)),
        changed_local: text(Tag::DateTime).and_then(|time| local(&time, None)).map(written),
        satellite_at: satellite,
        make: text(Tag::Make),
        model: text(Tag::Model),
        software: text(Tag::Software),
        orientation: raw.get_field(Tag::Orientation, In::PRIMARY).and_then(|field| field.value.get_uint(0)).and_then(orientation),
        has_position: raw.get_field(Tag::GPSLatitude, In::PRIMARY).is_some(),
    };
    Some(Written { exif, small: small(&raw) })
}

fn small(raw: &exif::Exif) -> Option<Vec<u8>> {
    let number = |tag| raw.get_field(tag, In::THUMBNAIL)?.value.get_uint(0).map(|number| number as usize);
    let from = number(Tag::JPEGInterchangeFormat)?;
    let until = from.checked_add(number(Tag::JPEGInterchangeFormatLength)?)?;
    raw.buf().get(from..until).map(<[u8]>::to_vec)
}

fn ascii(raw: &exif::Exif, tag: Tag) -> Option<String> {
    match &raw.get_field(tag, In::PRIMARY)?.value {
        Value::Ascii(lines) => clean(&String::from_utf8_lossy(lines.first()?)),
        _ => None,
    }
}

fn orientation(value: u32) -> Option<u16> {
    u16::try_from(value).ok().filter(|value| (1..=8).contains(value))
}

/// `2016:03:24 14:49:51` and a fraction such as `308`. Clocks that were never set (`0000:00:00 …`) give nothing.
fn local(text: &str, fraction: Option<&str>) -> Option<NaiveDateTime> {
    let time = NaiveDateTime::parse_from_str(text, "%Y:%m:%d %H:%M:%S").ok()?;
    let millis = fraction.and_then(|digits| format!("0.{}", digits.trim()).parse::<f64>().ok()).filter(|part| (0.0..1.0).contains(part));
    Some(time + chrono::TimeDelta::milliseconds(millis.map_or(0, |part| (part * 1000.0).round() as i64)))
}

fn written(time: NaiveDateTime) -> String {
    time.format("%Y-%m-%dT%H:%M:%S%.f").to_string()
}

/// `+08:00` as seconds east of Greenwich.
fn offset_seconds(text: &str) -> Option<i32> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes) = (hours.parse::<u8>().ok()?, minutes.parse::<u8>().ok()?);
    (hours <= 14 && minutes < 60).then(|| sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60))
}

fn offset_text(seconds: i32) -> String {
    let minutes = seconds.abs() / 60;
    format!("{}{:02}:{:02}", if seconds < 0 { '-' } else { '+' }, minutes / 60, minutes % 60)
}

/// GPS date and time stamps, which are UTC by definition.
fn satellite(raw: &exif::Exif) -> Option<Time> {
    let date = NaiveDate::parse_from_str(&ascii(raw, Tag::GPSDateStamp)?, "%Y:%m:%d").ok()?;
    let Value::Rational(parts) = &raw.get_field(Tag::GPSTimeStamp, In::PRIMARY)?.value else { return None };
    let [hours, minutes, seconds] = parts.as_slice() else { return None };
    let seconds = hours.to_f64() * 3600.0 + minutes.to_f64() * 60.0 + seconds.to_f64();
    let millis = (0.0..=86_400.0).contains(&seconds).then_some((seconds * 1000.0) as i64)?;
    Some(Time::from((date.and_hms_opt(0, 0, 0)? + chrono::TimeDelta::milliseconds(millis)).and_utc()))
}

/// Offsets are whole quarters of an hour, and a fix is seldom older than a minute or two when the shutter opens: if camera clock minus
/// satellite time lies that near to a quarter, it is the offset; else the clock or the fix is wrong and nothing is said.
fn offset_by_satellite(taken: NaiveDateTime, satellite: Time) -> Option<i32> {
    let apart = Time::from(taken.and_utc()).0 - satellite.0;
    let quarters = (apart as f64 / (15 * MINUTE) as f64).round() as i64;
    let near = (apart - quarters * 15 * MINUTE).abs() <= 2 * MINUTE;
    (near && quarters.abs() <= 14 * 4).then_some((quarters * 900) as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_time_keeps_its_fraction() {
        assert_eq!(local("2016:03:24 14:49:51", Some("308")).map(written).as_deref(), Some("2016-03-24T14:49:51.308"));
        assert_eq!(local("2016:03:24 14:49:51", None).map(written).as_deref(), Some("2016-03-24T14:49:51"));
    }

    #[test]
    fn a_clock_that_was_never_set_says_nothing() {
        assert_eq!(local("0000:00:00 00:00:00", None), None);
        assert_eq!(local("    :  :     :  :  ", None), None);
    }

    #[test]
    fn an_offset_is_read_and_written_back() {
        for text in ["+08:00", "-03:30", "+00:00"] {
            assert_eq!(offset_seconds(text).map(offset_text).as_deref(), Some(text));
        }
        assert_eq!(offset_seconds("+25:00"), None);
        assert_eq!(offset_seconds("   :  "), None);
    }

    #[test]
    fn satellite_time_shows_the_offset_only_when_it_is_near_a_quarter_of_an_hour() {
        let taken = local("2016:03:24 14:49:51", None).unwrap();
        assert_eq!(offset_by_satellite(taken, "2016-03-24T06:49:47Z".parse().unwrap()), Some(8 * 3600));
        assert_eq!(offset_by_satellite(taken, "2016-03-24T06:41:00Z".parse().unwrap()), None);
        assert_eq!(offset_by_satellite(taken, "2016-03-22T06:49:47Z".parse().unwrap()), None);
    }

    #[test]
    fn a_file_without_exif_has_none() {
        assert_eq!(read(b"\xFF\xD8\xFF\xD9"), None);
        assert_eq!(read(b""), None);
    }
}
