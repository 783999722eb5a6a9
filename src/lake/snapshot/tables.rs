//! The tables that are snapshotted: their columns, and how a row of the database becomes rows of theirs.

use super::sheet::{Cell, Kind};
use super::{Terms, sql};
use crate::analyse::media::{CodeSeen, Reading};
use crate::error::{Error, Result};
use crate::register::calendar::Due;
use crate::register::office::Network;
use crate::register::policy::Policy;
use crate::register::subsidy::{self, Rate, Regime};
use crate::time::Time;
use serde_json::{Map, Value};
use sqlx::Row;
use sqlx::any::AnyRow;

/// A table of the lake that is copied from the database.
pub(crate) struct Table {
    /// Its name in queries.
    pub(crate) name: &'static str,
    /// Its columns.
    pub(crate) columns: &'static [(&'static str, Kind)],
    /// What gives its rows.
    pub(super) statement: &'static str,
    /// How.
    pub(super) rows: Rows,
}

/// Makes rows of one and hands them over.
type Expand = fn(&AnyRow, &mut dyn FnMut(&[Cell])) -> Result<()>;

/// How rows of the database become rows of a table.
#[derive(Clone, Copy)]
pub(super) enum Rows {
    /// Column by column.
    Plain,
    /// The same, and some columns computed.
    With(fn(&AnyRow, &Terms, &mut Vec<Cell>) -> Result<()>),
    /// Each makes any number of rows.
    Many(Expand),
    /// Several that begin alike make one: media and their facts.
    Facts,
}

use Kind::{Float, Moment, Number, Text};

/// All of them.
pub(crate) const TABLES: &[Table] = &[
    Table {
        name: "classes",
        columns: &[
            ("class", Text),
            ("external_id", Text),
            ("provider", Text),
            ("platform", Text),
            ("title", Text),
            ("trade_code", Text),
            ("trade_name", Text),
            ("application", Text),
            ("promise_due", Text),
            ("starts_on", Text),
            ("ends_on", Text),
            ("hours_total_milli", Number),
            ("hours_online_milli", Number),
            ("hours_theory_milli", Number),
            ("hours_practice_milli", Number),
            ("epidemic", Number),
            ("created_at", Moment),
            ("fen_per_hour", Number),
            ("account_key", Text),
            ("account_fault", Text),
        ],
        statement: sql::CLASSES,
        rows: Rows::With(|row, terms, cells| {
            cells.push(Cell::number(price(row, terms).fen_for(1000)));
            let (key, fault) = terms.account(row.get("bank_account_sealed"));
            cells.extend([Cell::Text(key), Cell::Text(fault)]);
            Ok(())
        }),
    },
    Table {
        name: "lessons",
        columns: &[
            ("lesson", Text),
            ("class", Text),
            ("provider", Text),
            ("platform", Text),
            ("external_id", Text),
            ("title", Text),
            ("kind", Text),
            ("mode", Text),
            ("starts_at", Moment),
            ("ends_at", Moment),
            ("content_ms", Number),
            ("hours_milli", Number),
            ("meeting_ref", Text),
            ("cancelled_at", Moment),
            ("created_at", Moment),
            ("teacher", Text),
            // What its hours are worth for one trainee.
            ("worth_fen", Number),
        ],
        statement: sql::LESSONS,
        rows: Rows::With(|row, terms, cells| {
            cells.push(Cell::Text(terms.teacher(row.get("provider_id"), row.get("teacher"))));
            cells.push(Cell::number(price(row, terms).fen_for(row.get("hours_milli"))));
            Ok(())
        }),
    },
    Table {
        name: "roster",
        columns: &[
            ("class", Text),
            ("trainee", Text),
            ("person", Text),
            ("category", Text),
            ("withdrawn_at", Moment),
            ("created_at", Moment),
            ("id_number_fault", Text),
            ("age_years", Number),
            ("sex", Text),
            ("id_region", Text),
        ],
        statement: sql::ROSTER,
        rows: Rows::Plain,
    },
    Table {
        name: "trainees",
        columns: &[
            ("trainee", Text),
            ("person", Text),
            ("class", Text),
            ("provider", Text),
            ("phone_key", Text),
            ("email_key", Text),
            ("phone_fault", Text),
        ],
        statement: sql::TRAINEES,
        rows: Rows::Plain,
    },
    Table {
        name: "teachers",
        columns: &[("provider", Text), ("teacher", Text), ("lessons", Number)],
        statement: sql::TEACHERS,
        rows: Rows::With(|row, terms, cells| {
            cells.push(Cell::Text(terms.teacher(row.get(0), row.get(1))));
            cells.push(Cell::Number(row.get(2)));
            Ok(())
        }),
    },
    Table {
        name: "evidence",
        columns: &[
            ("evidence", Text),
            ("kind", Text),
            ("digest", Text),
            ("size", Number),
            ("media_type", Text),
            ("platform", Text),
            ("provider", Text),
            ("class", Text),
            ("lesson", Text),
            ("trainee", Text),
            ("claimed_from", Moment),
            ("claimed_until", Moment),
            ("received_at", Moment),
            ("submitter", Text),
            ("reader", Text),
            ("accepted_rows", Number),
            ("analysed_at", Moment),
            ("failed_at", Moment),
        ],
        statement: sql::EVIDENCE,
        rows: Rows::Plain,
    },
    Table {
        name: "media",
        columns: &[
            ("evidence", Text),
            ("kind", Text),
            ("class", Text),
            ("lesson", Text),
            ("trainee", Text),
            ("digest", Text),
            ("media_type", Text),
            ("received_at", Moment),
            ("duration_ms", Number),
            ("effective_ms", Number),
            ("black_ms", Number),
            ("dead_ms", Number),
            ("looped_ms", Number),
            ("pass", Text),
            ("width", Number),
            ("height", Number),
            ("container", Text),
            // When the container, and when the camera, says it was made: claims.
            ("created_at", Text),
            ("taken_at", Text),
            // The most faces in any still of it, and how many stills were looked at.
            ("faces", Number),
            ("faces_looks", Number),
            // The editor that wrote a picture, and whether the small picture inside shows something else.
            ("editor", Text),
            ("other_thumbnail", Number),
            // All facts as JSON.
            ("facts", Text),
        ],
        statement: sql::MEDIA,
        rows: Rows::Facts,
    },
    Table {
        name: "screen",
        columns: &[
            ("evidence", Text),
            ("kind", Text),
            ("class", Text),
            ("lesson", Text),
            ("trainee", Text),
            ("reading", Text),
            ("at_ms", Number),
            ("value", Text),
            ("confidence", Float),
            ("clock_s", Number),
        ],
        statement: sql::SCREEN,
        rows: Rows::Many(readings),
    },
    Table {
        name: "media_matches",
        columns: &[
            ("evidence", Text),
            ("other", Text),
            ("kind", Text),
            ("tier", Text),
            ("score", Float),
            ("distance", Number),
            ("changed_milli", Number),
            ("because", Text),
            ("aligned_ms", Number),
            // Stretches as JSON.
            ("runs", Text),
            ("at_ms", Number),
            ("until_ms", Number),
        ],
        statement: sql::MEDIA_MATCHES,
        rows: Rows::Plain,
    },
    Table {
        name: "session_codes",
        columns: &[("evidence", Text), ("lesson", Text), ("minute", Moment), ("at_ms", Number), ("genuine", Number)],
        statement: sql::SESSION_CODES,
        rows: Rows::Many(codes),
    },
    Table {
        name: "presence",
        columns: &[
            ("class", Text),
            ("lesson", Text),
            ("trainee", Text),
            ("person", Text),
            ("kind", Text),
            ("reason", Text),
            ("from_at", Moment),
            ("until_at", Moment),
            ("evidence", Text),
        ],
        statement: sql::PRESENCE,
        rows: Rows::Many(spans),
    },
    Table {
        name: "credits",
        columns: &[
            ("class", Text),
            ("lesson", Text),
            ("trainee", Text),
            ("run", Text),
            ("credited_ms", Number),
            ("hours_milli", Number),
            ("presence_ms", Number),
            ("corroborated_ms", Number),
            ("reasons", Text),
            ("policy", Text),
            ("at", Moment),
            ("worth_fen", Number),
        ],
        statement: sql::CREDITS,
        rows: Rows::With(|row, terms, cells| {
            cells.push(Cell::number(price(row, terms).fen_for(row.get("hours_milli"))));
            Ok(())
        }),
    },
    Table {
        name: "providers",
        columns: &[
            ("provider", Text),
            ("external_id", Text),
            ("name", Text),
            ("kind", Text),
            ("listed_from", Text),
            ("listed_until", Text),
            ("created_at", Moment),
            ("region", Text),
        ],
        statement: sql::PROVIDERS,
        rows: Rows::Plain,
    },
    Table {
        name: "platforms",
        columns: &[("platform", Text), ("name_zh", Text), ("name_en", Text), ("host", Text), ("timezone", Text), ("created_at", Moment)],
        statement: sql::PLATFORMS,
        rows: Rows::Plain,
    },
    Table {
        name: "applications",
        columns: &[
            ("class", Text),
            ("provider", Text),
            ("platform", Text),
            ("application", Text),
            ("promise_due", Text),
            ("applied_at", Moment),
            ("decision", Text),
            ("decided_at", Moment),
            ("policy", Text),
            ("qualified_fen", Number),
            ("skill_level_fen", Number),
            ("vocational_fen", Number),
            ("special_operation_fen", Number),
            ("prepaid_on", Text),
            ("decision_due_at", Moment),
            ("prepay_due_at", Moment),
            ("online_percent", Number),
        ],
        statement: sql::APPLICATIONS,
        rows: Rows::With(|row, terms, cells| {
            let regime = if row.get::<i64, _>("epidemic") == 1 { Regime::Epidemic } else { Regime::Ordinary };
            let percent = with_policy(row, terms, |policy| regime.percent(policy));
            cells.extend([decision_due(row, terms), prepay_due(row, terms), Cell::number(percent)]);
            Ok(())
        }),
    },
    Table {
        name: "certificates",
        columns: &[
            ("certificate", Text),
            ("class", Text),
            ("trainee", Text),
            ("person", Text),
            ("kind", Text),
            ("number_key", Text),
            ("issued_on", Text),
            ("evidence", Text),
            ("entered_at", Moment),
            ("replaced_at", Moment),
        ],
        statement: sql::CERTIFICATES,
        rows: Rows::Plain,
    },
    Table {
        name: "papers",
        columns: &[("class", Text), ("kind", Text), ("evidence", Text), ("filed_at", Moment)],
        statement: sql::PAPERS,
        rows: Rows::Plain,
    },
    Table {
        name: "claims",
        columns: &[
            ("claim", Text),
            ("class", Text),
            ("provider", Text),
            ("state", Text),
            ("amount_fen", Number),
            ("granted_fen", Number),
            ("prepaid_fen", Number),
            ("prepaid_on", Text),
            ("settled_on", Text),
            // The gaps stated, as JSON.
            ("gaps", Text),
            ("filed_at", Moment),
            ("replaced_at", Moment),
            ("prepay_due_at", Moment),
        ],
        statement: sql::CLAIMS,
        rows: Rows::With(|row, terms, cells| {
            cells.push(prepay_due(row, terms));
            Ok(())
        }),
    },
    Table {
        name: "listed",
        columns: &[
            ("list", Text),
            ("person", Text),
            ("value", Text),
            ("provider", Text),
            ("from_on", Text),
            ("until_on", Text),
            ("evidence", Text),
            ("row", Number),
            ("source", Text),
            ("as_of", Text),
            ("ip_from", Number),
            ("ip_until", Number),
        ],
        statement: sql::LISTED,
        rows: Rows::With(|row, _, cells| {
            cells.extend(addresses(row));
            Ok(())
        }),
    },
];

/// The first and the last address of a network as numbers, so that a rule can tell what lies in it.
fn addresses(row: &AnyRow) -> [Cell; 2] {
    let value = row.get::<Option<String>, _>("value").filter(|_| row.get::<String, _>("kind") == "provider_network");
    let range = value.and_then(|value| value.parse::<Network>().ok()?.v4_range());
    [Cell::Number(range.map(|range| range.0)), Cell::Number(range.map(|range| range.1))]
}

/// What hours of the row's class are worth.
fn price(row: &AnyRow, terms: &Terms) -> Rate {
    let standards = ["qualified", "skill_level", "vocational", "special_operation"];
    let standards = standards.map(|kind| row.get::<Option<i64>, _>(format!("standard_{kind}_fen").as_str()));
    let epidemic = if row.get::<i64, _>("epidemic") == 1 { Regime::Epidemic } else { Regime::Ordinary };
    let of_class = subsidy::Terms { hours_total_milli: row.get("hours_total_milli"), epidemic, standard_fen: subsidy::highest(standards) };
    with_policy(row, terms, |policy| subsidy::rate(&of_class, policy))
}

/// By the policy of the row's class.
fn with_policy<T>(row: &AnyRow, terms: &Terms, then: impl FnOnce(&Policy) -> T) -> T {
    let day = row.get::<String, _>("starts_on").parse().unwrap_or_default();
    // One that was fixed and is lost is told by fsck; an hour keeps a price meanwhile.
    let fixed = row.get::<Option<String>, _>("class_policy").and_then(|name| terms.policies.known(&name));
    then(fixed.as_deref().unwrap_or_else(|| terms.policies.on(day)))
}

/// From when on the decision on the row's application is late. A day that the calendar does not know for certain is none.
fn decision_due(row: &AnyRow, terms: &Terms) -> Cell {
    let filed = Time(row.get("filed_at"));
    late_from(row, terms, |policy| policy.decision_due(policy.day_of(filed), &terms.calendar))
}

/// From when on the prepayment to the row's class is late; none where there is none to be made.
fn prepay_due(row: &AnyRow, terms: &Terms) -> Cell {
    let approved = row.get::<Option<String>, _>("decision").as_deref() == Some("approve") && row.get::<i64, _>("epidemic") == 1;
    match row.get::<Option<i64>, _>("decided_at").filter(|_| approved) {
        Some(at) => late_from(row, terms, |policy| policy.prepayment_due(policy.day_of(Time(at)), &terms.calendar)),
        None => Cell::Number(None),
    }
}

fn late_from(row: &AnyRow, terms: &Terms, due: impl FnOnce(&Policy) -> Due) -> Cell {
    let late = |policy: &Policy| Some(due(policy)).filter(|due| due.certain).and_then(|due| policy.late_from(due));
    Cell::Number(with_policy(row, terms, late).map(|at| at.0))
}

/// The session codes that a video or picture shows, one row each.
fn codes(row: &AnyRow, push: &mut dyn FnMut(&[Cell])) -> Result<()> {
    let seen: Vec<CodeSeen> = serde_json::from_str(&row.get::<String, _>("value"))?;
    for code in seen {
        let at_ms = i64::try_from(code.at_ms).unwrap_or(i64::MAX);
        let cells =
            [Cell::text(code.lesson.to_string()), Cell::number(code.minute.0), Cell::number(at_ms), Cell::number(code.genuine.into())];
        push(&[&[Cell::Text(row.get(0))], &cells[..]].concat());
    }
    Ok(())
}

/// The spans of a credit, one row each.
fn spans(row: &AnyRow, push: &mut dyn FnMut(&[Cell])) -> Result<()> {
    let spans: Vec<Map<String, Value>> = serde_json::from_str(&row.get::<String, _>("spans"))?;
    let whose: Vec<Cell> = (0..4).map(|index| Cell::Text(row.get(index))).collect();
    for span in &spans {
        let text = |name: &str| Cell::Text(span.get(name).and_then(Value::as_str).map(str::to_owned));
        let time = |name: &str| {
            let time: Time = span.get(name).and_then(Value::as_str).unwrap_or_default().parse().map_err(Error::internal)?;
            Ok::<_, Error>(Cell::number(time.0))
        };
        let mut cells = whose.clone();
        cells.extend([text("kind"), text("reason"), time("from")?, time("until")?]);
        cells.push(Cell::Text(span.get("evidence").map(Value::to_string)));
        push(&cells);
    }
    Ok(())
}

/// What was read on the screen, one row each. Facts of an analysis that had other readings are passed over.
fn readings(row: &AnyRow, push: &mut dyn FnMut(&[Cell])) -> Result<()> {
    let readings: Vec<Reading> = serde_json::from_str(&row.get::<String, _>("value")).unwrap_or_default();
    let whose: Vec<Cell> = (0..5).map(|index| Cell::Text(row.get(index))).collect();
    for reading in &readings {
        let kind = serde_json::to_value(reading.kind)?.as_str().map(str::to_owned);
        let mut cells = whose.clone();
        cells.extend([Cell::Text(kind), Cell::number(i64::try_from(reading.at_ms).unwrap_or(i64::MAX)), Cell::text(reading.value.clone())]);
        cells.extend([Cell::Float(Some(reading.confidence)), Cell::Number(reading.seconds())]);
        push(&cells);
    }
    Ok(())
}

/// One video or picture, and what its facts said so far.
pub(super) struct Medium {
    pub(super) id: String,
    cells: Vec<Cell>,
    facts: Map<String, Value>,
}

impl Medium {
    pub(super) fn of(row: &AnyRow) -> Medium {
        let text = |index: usize| Cell::Text(row.get(index));
        let digest = Cell::text(hex::encode(row.get::<Vec<u8>, _>(5)));
        let cells = vec![text(0), text(1), text(2), text(3), text(4), digest, text(6), Cell::Number(row.get(7))];
        Medium { id: row.get(0), cells, facts: Map::new() }
    }

    /// A fact is JSON or plain text; the parts of an object are facts of their own.
    pub(super) fn add(&mut self, row: &AnyRow) {
        let (Some(name), Some(value)) = (row.get::<Option<String>, _>("name"), row.get::<Option<String>, _>("value")) else { return };
        match serde_json::from_str(&value) {
            Ok(Value::Object(parts)) => self.facts.extend(parts),
            Ok(value) => drop(self.facts.insert(name, value)),
            Err(_) => drop(self.facts.insert(name, Value::String(value))),
        }
    }

    pub(super) fn into_cells(self) -> Vec<Cell> {
        let facts = &self.facts;
        let number = |name: &str| Cell::Number(facts.get(name).and_then(Value::as_i64));
        let text = |value: Option<&Value>| Cell::Text(value.and_then(Value::as_str).map(str::to_owned));
        let exif = facts.get("exif").and_then(|exif| exif.get("taken_at"));
        let faces = facts.get("faces").and_then(Value::as_array);
        let edits = facts.get("edits").and_then(Value::as_array);
        let edit = |trace: &str| edits.and_then(|edits| edits.iter().find(|edit| edit["trace"] == trace));
        let more = [
            number("duration_ms"),
            number("effective_ms"),
            number("black_ms"),
            number("dead_ms"),
            number("looped_ms"),
            text(facts.get("pass")),
            number("width"),
            number("height"),
            text(facts.get("container")),
            text(facts.get("created_at")),
            text(exif.or_else(|| facts.get("taken_at"))),
            Cell::Number(faces.and_then(|faces| faces.iter().filter_map(|one| one["count"].as_i64()).max())),
            Cell::Number(faces.and_then(|faces| i64::try_from(faces.len()).ok())),
            text(edit("program").and_then(|edit| edit.get("name"))),
            Cell::Number(Some(i64::from(edit("other_thumbnail").is_some()))),
            Cell::text(Value::Object(facts.clone()).to_string()),
        ];
        let mut cells = self.cells;
        cells.extend(more);
        cells
    }
}
