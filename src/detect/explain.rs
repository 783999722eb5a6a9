//! What a finding says to a person, from the rule's templates and the finding's details.

use super::rule::{Head, Template};
use crate::time::Time;
use serde::Serialize;
use serde_json::{Map, Value};

/// A finding told in one language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Told {
    /// What was seen, in one sentence.
    pub seen: String,
    /// What would be normal.
    pub normal: String,
    /// Why it matters, and how the money is counted.
    pub matters: String,
    /// What else could explain it.
    pub otherwise: Vec<String>,
    /// Where to look.
    pub look: String,
}

/// Both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// Chinese.
    pub zh: Told,
    /// English.
    pub en: Told,
}

impl Told {
    /// All of it as one text, a line each.
    pub fn text(&self) -> String {
        let mut lines = vec![self.seen.as_str(), self.normal.as_str(), self.matters.as_str()];
        lines.extend(self.otherwise.iter().map(String::as_str));
        lines.push(&self.look);
        lines.retain(|line| !line.is_empty());
        lines.join("\n")
    }
}

/// Fills the rule's templates.
pub fn explain(head: &Head, detail: &Map<String, Value>, at: Time, money_fen: i64) -> Explanation {
    let filled = |template: &Template, otherwise: Vec<String>| Told {
        seen: fill(&template.seen, detail, at, money_fen),
        normal: fill(&template.normal, detail, at, money_fen),
        matters: fill(&template.matters, detail, at, money_fen),
        otherwise,
        look: fill(&template.look, detail, at, money_fen),
    };
    Explanation {
        zh: filled(&head.explanation.zh, head.innocent.iter().map(|both| both.zh.clone()).collect()),
        en: filled(&head.explanation.en, head.innocent.iter().map(|both| both.en.clone()).collect()),
    }
}

/// `{name}` replaced by the detail of that name; one that is not there stays, so that it is noticed.
fn fill(template: &str, detail: &Map<String, Value>, at: Time, money_fen: i64) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((name, behind)) = after.split_once('}') else {
            text.push('{');
            rest = after;
            continue;
        };
        match (name, detail.get(name)) {
            ("at", _) => text.push_str(&at.utc().with_timezone(&chrono_tz::Asia::Shanghai).format("%Y-%m-%d %H:%M").to_string()),
            ("money", _) => text.push_str(&format!("{}.{:02}", money_fen / 100, money_fen % 100)),
            (_, Some(Value::String(value))) => text.push_str(value),
            (_, Some(value)) => text.push_str(&value.to_string()),
            (_, None) => text.push_str(&format!("{{{name}}}")),
        }
        rest = behind;
    }
    text.push_str(rest);
    text
}
