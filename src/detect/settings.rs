//! What an operator sets of rules without writing one: `settings.toml` in the folder of rules turns a rule off, and sets its parameters everywhere or for the
//! providers of one region.
//!
//! ```toml
//! [screen-meeting]
//! off = true
//!
//! [missing-media]
//! parameters = { grace_hours = 72 }
//! region."610100" = { grace_hours = 24 }
//! ```

use super::rule::{Rule, Variant, bad};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The file's name.
pub(super) const FILE: &str = "settings.toml";

type Values = BTreeMap<String, toml::Value>;

/// What is set of one rule.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Setting {
    /// The rule does not run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    off: bool,
    /// Parameters everywhere.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    parameters: Values,
    /// Parameters for the providers of a region, which has what is set everywhere where it does not say otherwise.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    region: BTreeMap<String, Values>,
}

/// What is set of rules, by their ids.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings(BTreeMap<String, Setting>);

impl Settings {
    /// Applies the file's text to the rules. What cannot be applied is named, and the rule runs as it is.
    pub(super) fn apply(text: &str, rules: &mut Vec<Rule>) -> (Settings, Vec<Error>) {
        let settings: BTreeMap<String, toml::Value> = match toml::from_str(text) {
            Ok(settings) => settings,
            Err(error) => return (Settings::default(), vec![bad(FILE, error.message()).because(error)]),
        };
        let (mut applied, mut broken) = (Settings::default(), Vec::new());
        for (id, setting) in settings {
            let read = setting.try_into().map_err(|error: toml::de::Error| bad(&place(&id), error.message()));
            match read.and_then(|setting| one(&id, &setting, rules).map(|()| setting)) {
                Ok(setting) => drop(applied.0.insert(id, setting)),
                Err(error) => broken.push(error),
            }
        }
        (applied, broken)
    }

    /// Sets of a rule that is only tried what is set of the one in force with its id, as far as it has such parameters.
    pub(super) fn lend(&self, rule: &mut Rule) {
        let Some(setting) = self.0.get(&rule.head.id) else { return };
        let lend = |rule: &mut Rule, values: &Values| {
            for (name, value) in values {
                let _ = rule.set(&BTreeMap::from([(name.clone(), value.clone())])); // a candidate may have done away with it
            }
        };
        lend(rule, &setting.parameters);
        let there = |(region, values): (&String, &Values)| {
            let mut there = rule.clone();
            lend(&mut there, values);
            Variant { region: region.clone(), parameters: there.head.parameters }
        };
        rule.regions = setting.region.iter().map(there).collect();
    }
}

fn place(id: &str) -> String {
    format!("settings of '{id}' in {FILE}")
}

fn one(id: &str, setting: &Setting, rules: &mut Vec<Rule>) -> Result<()> {
    let place = place(id);
    let Some(index) = rules.iter().position(|rule| rule.head.id == id) else {
        return Err(bad(&place, "there is no rule of this name; docs/RULES.md lists the built-in ones"));
    };
    if setting.off {
        rules.remove(index);
        return Ok(());
    }
    let mut rule = rules[index].clone();
    set(&mut rule, &setting.parameters).map_err(|error| bad(&place, &error.message))?;
    let mut regions = Vec::new();
    for (region, values) in &setting.region {
        let mut there = rule.clone();
        set(&mut there, values).map_err(|error| bad(&place, &error.message))?;
        regions.push(Variant { region: region.clone(), parameters: there.head.parameters });
    }
    rule.regions = regions;
    // A comment behind the text, so that what is sealed of the rule says with which values it looked.
    rule.sql = format!("{}\n-- {FILE}: {}", rule.sql, serde_json::to_string(setting)?);
    rules[index] = rule;
    Ok(())
}

fn set(rule: &mut Rule, values: &Values) -> Result<()> {
    rule.set(values)?;
    for name in values.keys() {
        if let Some(parameter) = rule.head.parameters.get_mut(name) {
            parameter.source = format!("{FILE}; before: {}", parameter.source);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Rules;

    fn applied(text: &str) -> (Vec<Rule>, Vec<String>) {
        let mut rules: Vec<Rule> = Rules::builtin().iter().cloned().collect();
        let (_, broken) = Settings::apply(text, &mut rules);
        (rules, broken.into_iter().map(|error| error.message).collect())
    }

    #[test]
    fn a_rule_is_turned_off_or_has_other_values_everywhere_and_in_a_region() {
        let (rules, broken) = applied(
            "[screen-meeting]\noff = true\n[missing-media]\nparameters = { grace_hours = 71 }\nregion.\"610100\" = { grace_hours = 23 }\nregion.\"610400\" = {}",
        );
        assert_eq!(broken, [] as [&str; 0]);
        assert_eq!(rules.len(), Rules::builtin().iter().count() - 1);
        assert!(rules.iter().all(|rule| rule.head.id != "screen-meeting"));
        let rule = rules.iter().find(|rule| rule.head.id == "missing-media").unwrap();
        assert_eq!(rule.head.parameters["grace_hours"].value, toml::Value::from(71));
        assert!(rule.head.parameters["grace_hours"].source.starts_with("settings.toml; before: "));
        let there: Vec<(&str, &toml::Value)> =
            rule.regions.iter().map(|one| (one.region.as_str(), &one.parameters["grace_hours"].value)).collect();
        assert_eq!(there, [("610100", &toml::Value::from(23)), ("610400", &toml::Value::from(71))]);
        let before = Rules::builtin().get("missing-media").unwrap().digest();
        assert_ne!(rule.digest(), before, "what is sealed says that it had other values");
        assert!(rule.sql.ends_with(
            "\n-- settings.toml: {\"parameters\":{\"grace_hours\":71},\"region\":{\"610100\":{\"grace_hours\":23},\"610400\":{}}}"
        ));
    }

    #[test]
    fn what_cannot_be_set_is_named_and_the_rest_is_set() {
        let (rules, broken) = applied(
            "[nothing]\noff = true\n[short-video]\nparametres = {}\n[missing-media]\nparameters = { grace_hours = \"long\" }\n[too-perfect]\noff = true\n[photo-reuse]\nregion.x = { none = 1 }",
        );
        assert_eq!(broken.len(), 4, "{broken:?}");
        for (sentence, word) in
            broken.iter().zip(["is integer, not string", "docs/RULES.md", "has no parameter 'none'", "unknown field `parametres`"])
        {
            assert!(sentence.contains("settings.toml") && sentence.contains(word), "{sentence}");
        }
        let built_in = Rules::builtin();
        assert!(rules.iter().all(|rule| rule.head.id != "too-perfect" && Some(rule) == built_in.get(&rule.head.id)));
        assert_eq!(rules.len(), built_in.iter().count() - 1);
        assert_eq!(applied("[").1.len(), 1);
    }
}
