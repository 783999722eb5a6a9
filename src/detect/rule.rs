//! A rule: one SQL file whose leading comment is its head in TOML.
//!
//! The head ends at the first empty comment line followed by a line that is no TOML, that is, at the first sentence of prose, which must be
//! set off by a line `--`. What stands there is for readers of the SQL.

use crate::error::{Error, Result, codes};
use crate::lake::query::Parameters;
use crate::time::Time;
use datafusion::common::ScalarValue;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use storage::Digest;

/// Text for Chinese and for English readers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Both {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// How grave it is if it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Little money or a slip.
    Low,
    /// Hours in doubt.
    Medium,
    /// Hours that cannot be.
    High,
}

impl Severity {
    /// The word it is kept as.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
        }
    }
}

/// How much the sign alone proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// Raises nothing alone.
    Weak,
    /// Worth a look.
    Medium,
    /// Few innocent explanations.
    Strong,
}

impl Strength {
    /// The word it is kept as.
    pub fn as_str(self) -> &'static str {
        match self {
            Strength::Weak => "weak",
            Strength::Medium => "medium",
            Strength::Strong => "strong",
        }
    }
}

/// How far a finding may lie from what it rests on, and so which time is looked at again when something there changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// It lies at a lesson, within a day of all it rests on.
    #[default]
    Lesson,
    /// It lies within the lessons of a class, and may rest on anything that concerns the class.
    Class,
    /// The same, and it rests on what other classes left behind at any time: as much is read for a short time as for a long one, so a long one is not cut.
    Past,
    /// It compares with all that there is of its kind: looked at once a night, in one piece, and not after each change.
    All,
}

/// A value of a rule that an operator may set otherwise, and where it comes from.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// The value.
    pub value: toml::Value,
    /// Clause, study, or `policy:` and the reason.
    pub source: String,
}

/// What a finding of the rule tells; `{name}` stands for a detail of the finding, `{at}` and `{money}` for its time and money.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// What was seen, in one sentence.
    pub seen: String,
    /// What would be normal.
    pub normal: String,
    /// Why it matters, and how the money is counted.
    pub matters: String,
    /// Where to look.
    pub look: String,
}

/// Templates in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Templates {
    /// Chinese.
    pub zh: Template,
    /// English.
    pub en: Template,
}

/// The head of a rule.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Stable id: lower-case words with hyphens.
    pub id: String,
    /// Raised with every change of meaning.
    pub version: i64,
    /// How grave.
    pub severity: Severity,
    /// How telling.
    pub strength: Strength,
    /// The kind of fraud it belongs to.
    pub typology: String,
    /// What a finding is about: `person`, `lesson`, `evidence`, …
    pub subject: String,
    /// Which time is looked at again after a change.
    #[serde(default)]
    pub scope: Scope,
    /// The tables it compares.
    pub compares: Vec<String>,
    /// Its name.
    pub title: Both,
    /// Its values.
    #[serde(default)]
    pub parameters: BTreeMap<String, Parameter>,
    /// What a finding says.
    pub explanation: Templates,
    /// What else could explain what it sees.
    pub innocent: Vec<Both>,
}

/// A rule as it is run.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its head.
    pub head: Head,
    /// Its SQL.
    pub sql: String,
    /// Where it looks with other values.
    pub regions: Vec<Variant>,
}

/// The values with which a rule looks at the providers of a region.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// The region, as providers have it.
    pub region: String,
    /// All values.
    pub parameters: BTreeMap<String, Parameter>,
}

/// The moments a run looks at: `$since` is in, `$until` is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First moment.
    pub since: Time,
    /// First moment after.
    pub until: Time,
}

impl Window {
    /// All time there is to look at: every year that a training can be in.
    pub const ALL: Window = Window { since: Time(0), until: Time(7_258_118_400_000_000) };
}

impl Rule {
    /// The SHA-256 of its file, by which the log knows it.
    pub fn digest(&self) -> Digest {
        Digest::of(self.sql.as_bytes())
    }

    /// Its scope; what is about a provider compares its classes of all years, whatever the head says.
    pub(super) fn scope(&self) -> Scope {
        if self.head.subject == "provider" { Scope::All } else { self.head.scope }
    }

    /// Whether it is looked at once a night alone, and not after each change.
    pub fn is_nightly(&self) -> bool {
        self.scope() == Scope::All
    }

    /// Whether its SQL has the table's name in it, or what it finds is told apart by it.
    pub(super) fn may_read(&self, table: &str) -> bool {
        let by_region = !self.regions.is_empty() && ["classes", "providers"].contains(&table);
        by_region || self.sql.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word.eq_ignore_ascii_case(table))
    }

    /// Reads a rule file. `bad_rule` names the file and what is wrong with it.
    pub fn parse(file: &str, text: &str) -> Result<Rule> {
        let head: Head = toml::from_str(&head_of(text)).map_err(|error| bad(file, error.message()).because(error.clone()))?;
        let words = |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if !words(&head.id) {
            return Err(bad(file, "its id is not made of lower-case letters, digits and hyphens"));
        }
        if head.version < 1 {
            return Err(bad(file, "its version is not a number from 1 on"));
        }
        if head.innocent.is_empty() {
            return Err(bad(file, "it names no innocent explanation"));
        }
        let rule = Rule { head, sql: text.trim().trim_end_matches(';').to_owned(), regions: Vec::new() };
        for name in rule.head.parameters.keys() {
            if ["since", "until", "ends", "now"].contains(&name.as_str()) {
                return Err(bad(file, &format!("its parameter '{name}' has a name that every rule is given")));
            }
            if !rule.sql.contains(&format!("${name}")) {
                return Err(bad(file, &format!("its parameter '{name}' is not used")));
            }
        }
        rule.values(Window { since: Time(0), until: Time(0) }, Time(0), Time(0)).map_err(|error| bad(file, &error.message))?;
        Ok(rule)
    }

    /// Sets parameters; each must be one of the rule's, of its kind.
    pub(super) fn set(&mut self, values: &BTreeMap<String, toml::Value>) -> Result<()> {
        for (name, value) in values {
            let known: Vec<String> = self.head.parameters.keys().cloned().collect();
            let everywhere = std::iter::once(&mut self.head.parameters).chain(self.regions.iter_mut().map(|there| &mut there.parameters));
            for parameters in everywhere {
                let Some(parameter) = parameters.get_mut(name) else {
                    let sentence = format!("The rule has no parameter '{name}'; it has: {}.", known.join(", "));
                    return Err(Error::new(&codes::INVALID, sentence));
                };
                parameter.value = match (&parameter.value, value) {
                    (toml::Value::Float(_), toml::Value::Integer(whole)) => toml::Value::Float(*whole as f64),
                    (old, new) if std::mem::discriminant(old) == std::mem::discriminant(new) => new.clone(),
                    (old, new) => {
                        let sentence = format!("The parameter '{name}' is {}, not {}; send one.", old.type_str(), new.type_str());
                        return Err(Error::new(&codes::INVALID, sentence));
                    }
                };
            }
        }
        Ok(())
    }

    /// The values of its parameters for a run; `ends` is when the last lesson is over of the classes that begin in the window.
    pub fn values(&self, window: Window, ends: Time, now: Time) -> Result<Parameters> {
        values(&self.head.parameters, window, ends, now)
    }

    /// Whether it asks when the classes of a window are over.
    pub(super) fn asks_for_ends(&self) -> bool {
        self.sql.contains("$ends")
    }
}

/// Values for a run, beside those that every rule is given.
pub(super) fn values(parameters: &BTreeMap<String, Parameter>, window: Window, ends: Time, now: Time) -> Result<Parameters> {
    let given = [("since", window.since), ("until", window.until), ("ends", ends), ("now", now)];
    let moment = |time: Time| ScalarValue::TimestampMicrosecond(Some(time.0), Some("UTC".into()));
    let mut values: Parameters = given.map(|(name, time)| (name.to_owned(), moment(time))).into();
    for (name, parameter) in parameters {
        let value = match &parameter.value {
            toml::Value::Integer(value) => ScalarValue::from(*value),
            toml::Value::Float(value) => ScalarValue::from(*value),
            toml::Value::String(value) => ScalarValue::from(value.as_str()),
            toml::Value::Boolean(value) => ScalarValue::from(*value),
            _ => return Err(Error::new(&codes::BAD_RULE, format!("parameter '{name}' is neither number, text nor truth value"))),
        };
        values.push((name.clone(), value));
    }
    Ok(values)
}

/// The comment lines at the beginning, without their dashes, up to the prose.
fn head_of(text: &str) -> String {
    let comment: Vec<&str> =
        text.lines().map_while(|line| line.strip_prefix("--")).map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    let prose = (1..comment.len()).find(|index| comment[index - 1].trim().is_empty() && !toml_like(comment[*index]));
    comment[..prose.unwrap_or(comment.len())].join("\n")
}

fn toml_like(line: &str) -> bool {
    let key = line.split('=').next().unwrap_or_default().trim();
    line.trim().is_empty() || line.starts_with('[') || (line.contains('=') && !key.contains(' '))
}

/// Whether an error is a rule's own: then it is named, and the other rules run.
pub(super) fn is_its_own(error: &Error) -> bool {
    [codes::BAD_RULE.name, codes::BAD_QUERY.name, codes::QUERY_LIMIT.name].contains(&error.code)
}

pub(super) fn bad(file: &str, what: &str) -> Error {
    Error::new(&codes::BAD_RULE, format!("The rule {file} cannot be used: {}.", what.trim_end_matches('.').replace('\n', " ")))
}
