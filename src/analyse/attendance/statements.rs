//! Statements of xAPI as a client sends them: whether they are statements, what they are called, and what they say.

use super::readers::xapi;
use crate::error::{Error, Result, codes};
use serde_json::{Map, Value};
use std::collections::HashSet;
use uuid::Uuid;

/// Name of the format of statements that were sent one by one.
pub const LIVE_FORMAT: &str = xapi::LIVE.name;

/// Most statements of one request.
const MOST: usize = 10_000;

/// A statement as sent.
pub type Statement = Map<String, Value>;

/// The statements of a body: one, or a list of them.
///
/// Errors: `invalid` with what is wrong with the first that is none, by its number; nothing of what it says.
pub fn of_body(body: &[u8]) -> Result<Vec<Statement>> {
    let invalid = |sentence: String| Error::new(&codes::INVALID, sentence);
    let value: Value = serde_json::from_slice(body)
        .map_err(|cause| invalid("The body is no JSON; send one statement, or a list of statements.".to_owned()).because(cause))?;
    let list = match value {
        Value::Array(list) => list,
        one => vec![one],
    };
    if list.is_empty() || list.len() > MOST {
        return Err(invalid(format!("Send 1 to {MOST} statements at once.")));
    }
    let mut ids = HashSet::new();
    let mut statements = Vec::with_capacity(list.len());
    for (place, value) in list.into_iter().enumerate() {
        let Value::Object(statement) = value else {
            return Err(invalid(format!("Entry {} is no object; a statement is a JSON object.", place + 1)));
        };
        let id = fault(&statement).map_err(|what| invalid(format!("Statement {}: {what}.", place + 1)))?;
        if id.is_some_and(|id| !ids.insert(id)) {
            return Err(invalid(format!("Statement {}: another one of the same request has its id.", place + 1)));
        }
        statements.push(statement);
    }
    Ok(statements)
}

/// The id of a statement, if it has one; or what keeps it from being one.
fn fault(statement: &Statement) -> Result<Option<Uuid>, &'static str> {
    let object = |name: &str| statement.get(name).and_then(Value::as_object);
    if object("actor").is_none() {
        return Err("actor is missing or no object; it says who did it");
    }
    let verb = object("verb").and_then(|verb| verb.get("id")).and_then(Value::as_str);
    if !verb.is_some_and(|id| id.contains(':')) {
        return Err("verb.id is missing or no IRI; write one such as http://adlnet.gov/expapi/verbs/completed");
    }
    if object("object").is_none() {
        return Err("object is missing or no object; it says what was done");
    }
    if let Some(value) = statement.get("timestamp")
        && !value.as_str().is_some_and(|text| chrono::DateTime::parse_from_rfc3339(&text.replace(' ', "T")).is_ok() || is_short(text))
    {
        return Err("timestamp is no date and time with offset such as 2020-03-03T09:00:00+08:00");
    }
    match statement.get("id") {
        None => Ok(None),
        Some(Value::String(text)) => Uuid::try_parse(text).map(Some).map_err(|_| "id is no UUID"),
        Some(_) => Err("id is no UUID"),
    }
}

/// ISO 8601 without seconds, or with an offset of hours alone, as some clients write it.
fn is_short(text: &str) -> bool {
    ["%Y-%m-%dT%H:%MZ", "%Y-%m-%dT%H:%M:%SZ"].iter().any(|format| chrono::NaiveDateTime::parse_from_str(text, format).is_ok())
        || ["%Y-%m-%dT%H:%M%z", "%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%dT%H:%M:%S%.f%#z"]
            .iter()
            .any(|format| chrono::DateTime::parse_from_str(text, format).is_ok())
}

/// The id a statement was sent with.
pub fn id(statement: &Statement) -> Option<Uuid> {
    statement.get("id").and_then(Value::as_str).and_then(|text| Uuid::try_parse(text).ok())
}

/// Whether it says when what it tells of happened.
pub fn is_timed(statement: &Statement) -> bool {
    statement.contains_key("timestamp")
}

/// What it says, in one way whatever the order of its members; without what a store adds.
pub fn says(statement: &Statement) -> String {
    let mut said = statement.clone();
    for added in ["id", "stored", "authority", "version"] {
        said.remove(added);
    }
    let mut out = String::new();
    write(&Value::Object(said), &mut out);
    out
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => {
            let mut names: Vec<&String> = members.keys().collect();
            names.sort_unstable();
            out.push('{');
            for name in names {
                out.push_str(&Value::String(name.clone()).to_string());
                out.push(':');
                write(&members[name], out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Array(list) => {
            out.push('[');
            for value in list {
                write(value, out);
                out.push(',');
            }
            out.push(']');
        }
        plain => out.push_str(&plain.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = r#"{"actor":{"mbox":"mailto:a@example.com"},"verb":{"id":"http://adlnet.gov/expapi/verbs/initialized"},"object":{"id":"http://example.com/1"}}"#;

    #[test]
    fn a_body_is_one_statement_or_a_list_and_anything_else_is_told_what_it_lacks() {
        assert_eq!(of_body(ONE.as_bytes()).expect("one").len(), 1);
        assert_eq!(of_body(format!("[{ONE},{ONE}]").as_bytes()).expect("two without ids").len(), 2);
        let wrong = |body: &str| of_body(body.as_bytes()).expect_err(body).message;
        assert!(wrong("{").contains("no JSON"));
        assert!(wrong("[]").contains("1 to"));
        assert!(wrong(&format!("[{ONE},7]")).contains("Entry 2"));
        assert!(wrong(&ONE.replace("actor", "who")).contains("actor is missing"));
        assert!(wrong(&ONE.replace("http://adlnet.gov/expapi/verbs/", "")).contains("verb.id"));
        let with = |member: &str| ONE.replacen('{', &format!("{{{member},"), 1);
        assert!(wrong(&with(r#""id":"7""#)).contains("id is no UUID"));
        assert!(wrong(&with(r#""timestamp":"yesterday""#)).contains("timestamp"));
        let same = with(r#""id":"7d2f0a5e-3c1b-4f6e-9a2d-0c1b2a3d4e5f""#);
        assert!(wrong(&format!("[{same},{}]", same.replace("7d2f0a5e", "7D2F0A5E"))).contains("another one"));
        for time in [
            "2015-01-01T01:00Z",
            "2020-03-03T09:00:00+08:00",
            "2020-03-03T09:00:00.123Z",
            "2020-03-03T09:00:00+0800",
            "2020-03-03T09:00:00+08",
        ] {
            assert!(of_body(with(&format!(r#""timestamp":"{time}""#)).as_bytes()).is_ok(), "{time}");
        }
    }

    #[test]
    fn a_statement_says_the_same_whatever_a_store_added_and_in_whatever_order() {
        let of = |text: &str| says(&of_body(text.as_bytes()).expect(text)[0]);
        let stored = r#"{"stored":"2020-03-03T09:00:00Z","version":"1.0.3","object":{"id":"http://example.com/1"},"verb":{"id":"http://adlnet.gov/expapi/verbs/initialized"},"actor":{"mbox":"mailto:a@example.com"}}"#;
        assert_eq!(of(ONE), of(stored));
        assert_ne!(of(ONE), of(&ONE.replace("/1", "/2")));
    }
}
