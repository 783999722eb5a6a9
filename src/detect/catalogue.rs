//! The rules in force: the built-in ones, which tests try, and those of an operator's folder, each tried against the lake before it is used.

use super::rule::{Rule, Window, bad};
use super::settings::{self, Settings};
use crate::error::{Error, Result, codes};
use crate::lake::Lake;
use crate::time::Time;
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use std::path::Path;
use std::sync::Arc;

/// Files of the folder by their names.
macro_rules! built_in {
    ($($id:literal),+ $(,)?) => {
        &[$((concat!($id, ".sql"), include_str!(concat!("rules/", $id, ".sql")))),+]
    };
}

/// Tests plan each of them and hold its columns, so that no start has to.
#[rustfmt::skip]
pub(super) const BUILTIN: &[(&str, &str)] = built_in![
    "amount-over-formula",
    "backdated-log",
    "bad-identity",
    "before-approval",
    "broken-promise",
    "burst",
    "copied-rows",
    "double-subsidy",
    "edited-picture",
    "edited-records",
    "fabricated-log",
    "foreign-code",
    "forged-code",
    "frozen-video",
    "ghost-trainee",
    "hours-over-evidence",
    "idle",
    "ineligible",
    "late-decision",
    "late-evidence",
    "lockstep",
    "long-day",
    "looped-video",
    "missing-media",
    "one-login-many-names",
    "outlier-provider",
    "overlap-person",
    "photo-from-recording",
    "photo-reuse",
    "placeholder-account",
    "screen-clock",
    "screen-meeting",
    "screen-time",
    "scripted-login",
    "shared-device",
    "shared-ip",
    "shell-network",
    "short-video",
    "shortened-class",
    "staff-viewing",
    "stale-picture",
    "teacher-overlap",
    "theory-share",
    "too-fast",
    "too-perfect",
    "video-reuse",
];

/// The columns a rule returns: name, and what it holds.
const COLUMNS: &[(&str, Holds)] = &[
    ("subject", Holds::Text),
    ("class", Holds::Text),
    ("lesson", Holds::Text),
    ("trainee", Holds::Text),
    ("at", Holds::Moment),
    ("score", Holds::Float),
    ("money_fen", Holds::Number),
    ("evidence", Holds::Text),
    ("detail", Holds::Text),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    Text,
    Number,
    Float,
    Moment,
}

/// Rules, by id. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Rules {
    rules: Arc<Vec<Rule>>,
    broken: Arc<Vec<Error>>,
    settings: Arc<Settings>,
}

impl Rules {
    /// The built-in rules.
    pub fn builtin() -> Rules {
        let parse = |(file, text): &(&str, &str)| Rule::parse(file, text).expect("a test parses every built-in rule");
        Rules { rules: Arc::new(BUILTIN.iter().map(parse).collect()), broken: Arc::default(), settings: Arc::default() }
    }

    /// The built-in rules and every `*.sql` of the operator's folder; one with a built-in id takes its place. Each of the folder is planned against
    /// the lake; one that cannot be used is left out and named by [`Rules::broken`]. Then what `settings.toml` of the folder says of them.
    pub async fn load(lake: &Lake, folder: Option<&Path>) -> Result<Rules> {
        let mut rules = Vec::clone(&Rules::builtin().rules);
        let mut broken = Vec::new();
        for (file, text) in files(folder)? {
            match try_out(lake, &file, &text).await {
                Ok(rule) => {
                    rules.retain(|other: &Rule| other.head.id != rule.head.id);
                    rules.push(rule);
                }
                Err(error) if error.code == codes::BAD_RULE.name => {
                    tracing::warn!(rule.file = %file, error = %error, "a rule is left out");
                    broken.push(error);
                }
                Err(error) => return Err(error),
            }
        }
        let mut settings = Settings::default();
        if let Some(text) = settings_of(folder)? {
            let (applied, wrong) = Settings::apply(&text, &mut rules);
            settings = applied;
            for error in &wrong {
                tracing::warn!(rule.file = settings::FILE, error = %error, "settings of a rule are left out");
            }
            broken.extend(wrong);
        }
        Ok(Rules { rules: Arc::new(rules), broken: Arc::new(broken), settings: Arc::new(settings) })
    }

    /// The rules.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter()
    }

    /// The rule with this id.
    pub fn get(&self, id: &str) -> Option<&Rule> {
        self.iter().find(|rule| rule.head.id == id)
    }

    /// Sets of a rule that is only tried what the operator set of the one in force with its id.
    pub(super) fn lend_settings(&self, rule: &mut Rule) {
        self.settings.lend(rule);
    }

    /// What is wrong with the rules that were left out.
    pub fn broken(&self) -> &[Error] {
        &self.broken
    }
}

fn unreadable(folder: &Path, cause: std::io::Error) -> Error {
    Error::new(&codes::CONFIG, format!("The folder of rules '{}' cannot be read; correct it.", folder.display())).because(cause)
}

fn settings_of(folder: Option<&Path>) -> Result<Option<String>> {
    let Some(folder) = folder else { return Ok(None) };
    match std::fs::read(folder.join(settings::FILE)) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(folder, error)),
    }
}

fn files(folder: Option<&Path>) -> Result<Vec<(String, String)>> {
    let Some(folder) = folder else { return Ok(Vec::new()) };
    let unreadable = |cause| unreadable(folder, cause);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|ending| ending == "sql") {
            // A file that is no text becomes a rule that cannot be parsed, and is named.
            let text = String::from_utf8_lossy(&std::fs::read(&path).map_err(unreadable)?).into_owned();
            files.push((path.display().to_string(), text));
        }
    }
    files.sort();
    Ok(files)
}

/// Parses a rule and plans it; reads nothing.
pub(super) async fn try_out(lake: &Lake, file: &str, text: &str) -> Result<Rule> {
    let rule = Rule::parse(file, text)?;
    let values = rule.values(Window { since: Time(0), until: Time(1) }, Time(1), Time(1))?;
    let schema = lake.plan(&rule.sql, values).await.map_err(|error| {
        let refused = error.code == codes::BAD_QUERY.name || error.code == codes::QUERY_LIMIT.name;
        if refused { bad(file, &error.message).because(error) } else { error }
    })?;
    columns(&schema).map_err(|what| bad(file, &what))?;
    Ok(rule)
}

fn columns(schema: &SchemaRef) -> Result<(), String> {
    for (name, holds) in COLUMNS {
        let field = schema.field_with_name(name).map_err(|_| format!("it returns no column '{name}'"))?;
        let fits = match holds {
            Holds::Text => matches!(field.data_type(), DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8 | DataType::Null),
            Holds::Number => matches!(field.data_type(), DataType::Int64),
            Holds::Float => matches!(field.data_type(), DataType::Float64),
            Holds::Moment => matches!(field.data_type(), DataType::Timestamp(_, Some(_))),
        };
        if !fits {
            return Err(format!("its column '{name}' is {}, not {}", field.data_type(), told(*holds)));
        }
    }
    match schema.fields().iter().find(|field| !COLUMNS.iter().any(|(name, _)| name == field.name())) {
        Some(stranger) => Err(format!("it returns a column '{}' that no finding has; put it into detail", stranger.name())),
        None => Ok(()),
    }
}

fn told(holds: Holds) -> &'static str {
    match holds {
        Holds::Text => "text",
        Holds::Number => "a whole number (bigint)",
        Holds::Float => "a number (double)",
        Holds::Moment => "a time with zone",
    }
}
