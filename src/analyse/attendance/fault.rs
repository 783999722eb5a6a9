//! What can be wrong with one row, as a stable code and a sentence that names the column, the kind of value and the fix. Never the
//! value: it may be personal.

use crate::error::RowError;

/// Codes of rows at fault, with what each means; docs/ERRORS.md lists them.
pub const ROW_CODES: &[(&str, &str)] = &[
    (NO_PERSON, "The row names nobody."),
    (BAD_TRAINEE, "The trainee is neither an id, ext:<id> nor user:<account>."),
    (MISSING, "A value that is needed is empty."),
    (BAD_TIME, "A value is no date and time."),
    (DAY_OR_MONTH, "The order of day and month cannot be told."),
    (BAD_KIND, "The kind of event is unknown."),
    (BAD_VALUE, "A value is of the wrong kind or out of range."),
    (LEAVE_BEFORE_JOIN, "The end lies before the beginning."),
    (TOTALS_ONLY, "The row states a total without the stays it is made of."),
    (BAD_JSON, "The line, or the entry of a document, is not one JSON object."),
    (BAD_ENCODING, "Bytes of the row are no text in the file's encoding."),
    (TOO_LONG, "The row or one of its values is longer than allowed."),
    (REF_REUSED, "The ref was accepted before with other content; the first event stands."),
    (OPEN_QUOTE, "A quotation mark is opened and never closed."),
];

pub(crate) const NO_PERSON: &str = "no_person";
pub(crate) const BAD_TRAINEE: &str = "bad_trainee";
pub(crate) const MISSING: &str = "missing_value";
pub(crate) const BAD_TIME: &str = "bad_time";
pub(crate) const DAY_OR_MONTH: &str = "day_or_month";
pub(crate) const BAD_KIND: &str = "bad_kind";
pub(crate) const BAD_VALUE: &str = "bad_value";
pub(crate) const LEAVE_BEFORE_JOIN: &str = "leave_before_join";
pub(crate) const TOTALS_ONLY: &str = "totals_only";
pub(crate) const BAD_JSON: &str = "bad_json";
pub(crate) const BAD_ENCODING: &str = "bad_encoding";
pub(crate) const TOO_LONG: &str = "too_long";
pub(crate) const REF_REUSED: &str = "ref_reused";
pub(crate) const OPEN_QUOTE: &str = "open_quote";

/// What is wrong with one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Fault {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Fault {
        Fault { code, message: message.into() }
    }

    pub(crate) fn at(self, row: u64) -> RowError {
        RowError { row, code: self.code.to_owned(), message: self.message }
    }

    pub(crate) fn no_person() -> Fault {
        Fault::new(NO_PERSON, "the row names nobody; fill at least one of trainee, account, phone, e-mail, ID number or name")
    }

    pub(crate) fn bad_trainee(column: &str) -> Fault {
        Fault::new(
            BAD_TRAINEE,
            format!(
                "{column} is a text that is no reference; write the trainee's keshi id, ext:<your id> or user:<account on the platform>"
            ),
        )
    }

    pub(crate) fn missing(column: &str, wanted: &str) -> Fault {
        Fault::new(MISSING, format!("{column} is empty; write {wanted}"))
    }

    pub(crate) fn bad_time(column: &str, is: &str) -> Fault {
        Fault::new(BAD_TIME, format!("{column} is {is}; write a date and time such as 2020-03-03 09:00:00"))
    }

    pub(crate) fn not_rfc3339(column: &str) -> Fault {
        Fault::new(BAD_TIME, format!("{column} is a text that is no time with offset; write RFC 3339 such as 2020-03-03T09:00:00+08:00"))
    }

    pub(crate) fn far_off(column: &str) -> Fault {
        Fault::new(BAD_TIME, format!("{column} is a time outside the years 2000 to 2099; correct the date"))
    }

    pub(crate) fn day_or_month(column: &str, why: &str) -> Fault {
        Fault::new(
            DAY_OR_MONTH,
            format!(
                "{column} is a date whose day and month cannot be told apart ({why}); send the file for its lesson, or export it with dates as 2020-03-03"
            ),
        )
    }

    pub(crate) fn bad_kind(column: &str) -> Fault {
        Fault::new(
            BAD_KIND,
            format!(
                "{column} is no known kind of event; write join, leave, heartbeat, progress, answer, face_check, away, waiting_room or interval"
            ),
        )
    }

    /// A word for a kind of event that a profile does not list.
    pub(crate) fn unknown_word(column: &str) -> Fault {
        Fault::new(
            BAD_KIND,
            format!("{column} is a word that stands for no known kind of event; add it to values.kind of the platform's profile"),
        )
    }

    pub(crate) fn bad_value(column: &str, is: &str, wanted: &str) -> Fault {
        Fault::new(BAD_VALUE, format!("{column} is {is}; write {wanted}"))
    }

    pub(crate) fn leave_before_join() -> Fault {
        Fault::new(LEAVE_BEFORE_JOIN, "the end lies before the beginning; correct one of the two times")
    }

    pub(crate) fn totals_only(fix: &str) -> Fault {
        Fault::new(
            TOTALS_ONLY,
            format!("the row states a total without the stays it is made of, and a total earns nothing by itself; {fix}"),
        )
    }

    pub(crate) fn no_span() -> Fault {
        Fault::new(
            TOTALS_ONLY,
            "the row states something of a person without times; send the file for its lesson or class, so that it can be shown there",
        )
    }

    /// A row that tells when somebody first came and last went, and not whether they were there all the time between.
    pub(crate) fn first_to_last(fix: &str) -> Fault {
        Fault::new(
            TOTALS_ONLY,
            format!(
                "the row states the first coming and the last going, and no total that fills the time between, so that nobody can tell the stays from the gaps; {fix}"
            ),
        )
    }

    pub(crate) fn times_hidden(column: &str) -> Fault {
        Fault::new(
            MISSING,
            format!(
                "{column} is empty, as where a meeting policy of Teams or the person hides times; have 'Attendance information collection' set to 'All information' and download the report again, or send another record of the lesson"
            ),
        )
    }

    pub(crate) fn no_date(column: &str) -> Fault {
        Fault::new(
            BAD_TIME,
            format!(
                "{column} is a time of day without a date; send the file for its lesson, or write a date and time such as 2020-03-03 09:00:00"
            ),
        )
    }

    pub(crate) fn too_long_line(limit: usize) -> Fault {
        Fault::new(TOO_LONG, format!("the row is longer than {limit} bytes; split it or leave out what is no attendance"))
    }

    pub(crate) fn too_long_value(column: &str, limit: usize) -> Fault {
        Fault::new(TOO_LONG, format!("{column} is a text longer than {limit} bytes; shorten it"))
    }

    pub(crate) fn open_quote() -> Fault {
        Fault::new(OPEN_QUOTE, "a quotation mark is opened in this row and not closed; close it, or double it where it belongs to the text")
    }

    pub(crate) fn bad_encoding(encoding: &str) -> Fault {
        Fault::new(BAD_ENCODING, format!("the row holds bytes that are no {encoding} text; save the file as UTF-8 and send it again"))
    }
}
