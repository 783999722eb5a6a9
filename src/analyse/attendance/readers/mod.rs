//! The formats keshi reads. A reader is a file here and a line in [`READERS`].
//!
//! To add one: list the headings it goes by as `Aliases`; in `recognise` find them in the heads of the tables (or members in the first
//! lines) and say how sure that makes; in `read` pass over the rows with `values::read_tables`, which settles the order of day and
//! month, turn each into an `Event` or a `Fault`, and hand stated totals to `Totals`. For a JSON document find the list that is yours
//! (`members::list_of`), pass over it with `members::each_part`, and add the reader to `OF_DOCUMENTS`, so that its entries can be shown.
//! Encodings, delimiters, sheets, merged cells, dates, lengths of time, limits and row numbers are taken care of in [`crate::tables`] and
//! the folder above. Its samples go into a file under `tests/`, each with a line that says what it is modelled on.

mod bigbluebutton;
mod bigbluebutton_table;
mod cc_live;
mod cc_live_json;
mod chaoxing;
mod dingtalk;
mod google_meet;
pub(super) mod keshi_ndjson;
mod keshi_table;
mod live_zh;
mod moodle_attendance;
mod moodle_log;
mod profile;
mod teams;
mod tencent;
mod wecom;
pub(super) mod xapi;
mod zoom;

use super::reading::{Hints, Limits};
use super::source::{Probe, Source};
use super::tally::{Halt, Tally};
use crate::error::{Error, Result, codes};
use crate::register::Platform;
use crate::tables::Count;
use std::fs::File;

/// A format.
pub(crate) struct Reader {
    /// Its name in `format=` and in answers.
    pub(crate) name: &'static str,
    /// How sure it is that a file is its own, 0 to 100. See [`SURE_ENOUGH`].
    pub(crate) recognise: fn(&Probe, &Hints<'_>) -> u8,
    /// Reads a file that it recognises, or that somebody says is its own.
    pub(crate) read: fn(&mut Source, &Probe, &Hints<'_>, &mut Tally<'_>) -> Result<(), Halt>,
}

/// Every reader. Of readers that are equally sure the first is taken.
pub(crate) const READERS: &[Reader] = &[
    keshi_ndjson::READER,
    keshi_table::READER,
    tencent::READER,
    zoom::READER,
    teams::READER,
    google_meet::READER,
    cc_live::READER,
    live_zh::READER,
    profile::READER,
    moodle_log::READER,
    moodle_attendance::READER,
    chaoxing::READER,
    wecom::READER,
    bigbluebutton::READER,
    cc_live_json::READER,
    xapi::READER,
    xapi::LIVE,
    xapi::LINES,
    bigbluebutton_table::READER,
    dingtalk::READER,
];

/// Readers of JSON documents: their rows are entries.
const OF_DOCUMENTS: [Reader; 6] = [wecom::READER, bigbluebutton::READER, cc_live_json::READER, xapi::READER, xapi::LIVE, dingtalk::READER];

/// What the rows of events count that a reader of this name made; [`crate::tables::quote`] shows such a row.
pub fn counted(reader: Option<&str>) -> Count {
    match reader {
        Some(name) if name == keshi_ndjson::READER.name || name == xapi::LINES.name => Count::Lines,
        Some(name) if OF_DOCUMENTS.iter().any(|known| known.name == name) => Count::Entries,
        _ => Count::Rows,
    }
}

/// A file is read without being told its format by the surest reader, if it is at least this sure: 50 means the columns needed are
/// there under names others use too; 80 and more, that something only this format has was seen.
pub(crate) const SURE_ENOUGH: u8 = 50;

/// The reader for a file: the one named, or the surest.
pub(crate) fn choose(probe: &Probe, hints: &Hints<'_>) -> Result<&'static Reader> {
    let asked = hints.format.map(str::trim).filter(|format| !format.is_empty() && !format.eq_ignore_ascii_case("auto"));
    let candidates: Vec<&Reader> = READERS.iter().filter(|reader| asked.is_none_or(|asked| goes_by(reader.name, asked))).collect();
    if candidates.is_empty() {
        return Err(Error::new(&codes::UNKNOWN_FORMAT, format!("There is no format of that name; use auto or one of {}.", names())));
    }
    // The last of the greatest is what max_by_key gives, so the order is turned round.
    let sure = |reader: &&&Reader| (reader.recognise)(probe, hints);
    let surest = candidates.iter().rev().max_by_key(sure).expect("there is at least one candidate");
    let sure = sure(&surest);
    if probe.broken && sure < if asked.is_some() { 1 } else { SURE_ENOUGH } {
        return Err(Error::of(&codes::CORRUPT));
    }
    if sure == 0 && surest.name == profile::READER.name && asked.is_some() {
        return Err(profile::refusal(hints));
    }
    if sure == 0 && asked.is_some() {
        let name = surest.name;
        return Err(Error::new(
            &codes::UNKNOWN_FORMAT,
            format!(
                "The file was sent as {name} and has nothing that {name} has: its headings or fields were not found. Send it with format=auto."
            ),
        ));
    }
    if sure < SURE_ENOUGH && asked.is_none() {
        return Err(Error::new(
            &codes::UNKNOWN_FORMAT,
            format!(
                "No row of headings that keshi knows was found in the attendance log; export it as keshi CSV, or name its format with format= ({}).",
                names()
            ),
        ));
    }
    Ok(surest)
}

pub use profile::Heading;

/// What a profile takes the headings of a file's tables for, for whoever writes the profile. Blocking.
///
/// # Errors
/// As for reading the file, where it cannot be opened at all.
pub fn headings(file: File, profile: &Platform, limits: Limits) -> Result<Vec<Heading>> {
    Ok(profile::mapped(&Source::open(file, limits)?.probe()?, profile))
}

/// The list that a reader of documents was to read is not there.
fn no_list(what: &str) -> Error {
    Error::new(&codes::UNKNOWN_FORMAT, format!("No list of {what} was found in the file; export it again."))
}

/// Whether a reader answers to a name: its own, or the first words of it (`keshi` for `keshi-table`).
fn goes_by(name: &str, asked: &str) -> bool {
    let asked = asked.to_ascii_lowercase().replace('_', "-");
    name.strip_prefix(asked.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

fn names() -> String {
    READERS.iter().map(|reader| reader.name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_have_names_of_their_own() {
        let mut names: Vec<_> = READERS.iter().map(|reader| reader.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), READERS.len());
    }

    #[test]
    fn a_name_is_asked_for_whole_or_by_its_first_words() {
        assert!(goes_by("keshi-table", "keshi"));
        assert!(goes_by("tencent-meeting", "Tencent_Meeting"));
        assert!(!goes_by("zoom", "zo"));
        assert!(!goes_by("zoom", "zoom-x"));
    }
}
