//! How a platform names its files, as a pattern: `TM-<yyyymmddHHMMSS>-<meeting_id>-`, `GMT<yyyymmdd>-<HHMMSS>_Recording`.
//!
//! A pattern is text with places in angle brackets, held against the beginning of a name. What a name says is a claim of whoever named
//! the file; it is kept as it is written and decides nothing.

use std::collections::BTreeMap;
use std::str::FromStr;

/// A pattern for file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Place(Place),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Date and time of day, fourteen digits.
    Moment,
    /// Date, eight digits.
    Date,
    /// Time of day, six digits.
    Clock,
    /// Number of a meeting: digits.
    Meeting,
    /// Anything, up to the text that follows.
    Any,
}

const PLACES: [(&str, Place); 5] = [
    ("yyyymmddHHMMSS", Place::Moment),
    ("yyyymmdd", Place::Date),
    ("HHMMSS", Place::Clock),
    ("meeting_id", Place::Meeting),
    ("any", Place::Any),
];

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Pattern, String> {
        let (mut pieces, mut rest) = (Vec::new(), text);
        while let Some((before, tail)) = rest.split_once('<') {
            let (name, after) = tail.split_once('>').ok_or("a place is opened by < and not closed by >")?;
            let (_, place) = PLACES.iter().find(|(known, _)| *known == name).ok_or_else(|| {
                let known: Vec<String> = PLACES.iter().map(|(name, _)| format!("<{name}>")).collect();
                format!("<{name}> is no place; write {}", known.join(", "))
            })?;
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            if matches!((pieces.last(), place), (Some(Piece::Place(Place::Meeting | Place::Any)), _)) {
                return Err("two places stand beside each other and cannot be told apart; put text between them".to_owned());
            }
            pieces.push(Piece::Place(*place));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        if pieces.is_empty() || text.len() > 200 {
            return Err("a pattern has between 1 and 200 bytes".to_owned());
        }
        Ok(Pattern(pieces))
    }
}

impl Pattern {
    /// What a name says, by place; `None` when it does not begin like the pattern.
    pub(super) fn read(&self, name: &str) -> Option<BTreeMap<&'static str, String>> {
        let (mut said, mut rest) = (BTreeMap::new(), name);
        for (nth, piece) in self.0.iter().enumerate() {
            let place = match piece {
                Piece::Text(text) => {
                    rest = rest.strip_prefix(text.as_str())?;
                    continue;
                }
                Piece::Place(place) => *place,
            };
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let length = match place {
                Place::Moment => 14,
                Place::Date => 8,
                Place::Clock => 6,
                Place::Meeting => digits,
                Place::Any => match self.0.get(nth + 1) {
                    Some(Piece::Text(text)) => rest.find(text.as_str())?,
                    _ => rest.len(),
                },
            };
            if length == 0 || place != Place::Any && length > digits {
                return None;
            }
            let (text, after) = rest.split_at(length);
            match place {
                Place::Moment => {
                    said.insert("date", text[..8].to_owned());
                    said.insert("clock", text[8..].to_owned());
                }
                Place::Date => drop(said.insert("date", text.to_owned())),
                Place::Clock => drop(said.insert("clock", text.to_owned())),
                Place::Meeting => drop(said.insert("meeting_id", text.to_owned())),
                Place::Any => {}
            }
            rest = after;
        }
        Some(said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(pattern: &str, name: &str) -> Option<String> {
        let said = pattern.parse::<Pattern>().expect("a pattern").read(name)?;
        Some(said.into_iter().map(|(key, value)| format!("{key} {value}")).collect::<Vec<_>>().join(", "))
    }

    #[test]
    fn names_of_two_vendors_say_when_and_which_meeting() {
        let tencent = "TM-<yyyymmddHHMMSS>-<meeting_id>-";
        assert_eq!(
            said(tencent, "TM-20200303114500-123456789-成员参会明细.xlsx").as_deref(),
            Some("clock 114500, date 20200303, meeting_id 123456789")
        );
        assert_eq!(said(tencent, "TM-2020-123456789-x.xlsx"), None);
        let zoom = "GMT<yyyymmdd>-<HHMMSS>_Recording";
        assert_eq!(said(zoom, "GMT20260304-010203_Recording_1920x1080.mp4").as_deref(), Some("clock 010203, date 20260304"));
        assert_eq!(said("<any>_<yyyymmdd>", "课程一_20200303.csv").as_deref(), Some("date 20200303"));
        assert_eq!(said("<any>_<yyyymmdd>", "课程一.csv"), None);
    }

    #[test]
    fn a_pattern_that_cannot_be_read_is_refused() {
        for wrong in ["", "TM-<when>", "TM-<yyyymmdd", "<meeting_id><yyyymmdd>", "<any><any>"] {
            assert!(wrong.parse::<Pattern>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn no_name_breaks_a_pattern() {
        let pattern: Pattern = "汉<any>字<HHMMSS>".parse().expect("a pattern");
        for name in ["", "汉", "汉字", "汉é字12345é", "汉x字123456", "字汉"] {
            let _ = pattern.read(name);
        }
    }
}
