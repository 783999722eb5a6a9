//! What was planted and what is honest: the lines beside the tables.

use serde::{Deserialize, Serialize};

/// A planted fraud: a line of `labels.ndjson`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Label {
    /// The pattern, which is the id of the rule that should see it.
    pub rule: String,
    /// How blatant: 0.25, 0.5 or 1.
    pub strength: f64,
    /// The provider.
    pub provider: String,
    /// The class.
    pub class: String,
    /// The lesson, where the pattern is one of a lesson.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lesson: Option<String>,
    /// The trainee, where it is one of a trainee.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub trainee: Option<String>,
    /// What else it is about, such as a device.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub subject: Option<String>,
    /// Money at risk, fen, where it can be said simply.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at_risk_fen: Option<i64>,
    /// Rules that should see the same deed as well.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub also: Vec<String>,
    /// The other side of the deed: a finding there is as good as one here.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub or: Option<Place>,
}

/// The other side of a deed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The class.
    pub class: String,
    /// The lesson.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lesson: Option<String>,
    /// The trainee.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub trainee: Option<String>,
}

/// An honest class with mess: a line of `honest.ndjson`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Honest {
    /// The class.
    pub class: String,
    /// What mess it has.
    pub mess: Vec<String>,
}

/// A line of `providers.ndjson`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Planted {
    /// The provider.
    pub provider: String,
    /// Whether anything was planted.
    pub planted: bool,
    /// How blatant; null where nothing was.
    pub strength: Option<f64>,
}

/// `province.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The seed.
    pub seed: u64,
    /// Classes.
    pub classes: usize,
    /// Providers.
    pub providers: usize,
    /// Of them with something planted.
    pub planted_providers: usize,
    /// Labels.
    pub labels: usize,
    /// First and last day of the classes.
    pub period: [String; 2],
    /// The moment at which the rules are to be run, RFC 3339.
    pub now: String,
    /// Rows of each table.
    pub rows: std::collections::BTreeMap<String, u64>,
}
