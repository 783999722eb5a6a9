//! The manual of the built-in policies, and what other rules attest.

use super::{BUILTIN, Policy};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

const ATTESTED: &str = include_str!("../../../policies/attested.toml");

/// A value that another rule sets, for an operator to choose from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attested {
    /// The setting it could be used for.
    pub setting: String,
    /// The value.
    pub value: String,
    /// Where it is set.
    pub source: String,
    /// `text` when its wording was read, `brief` when it still has to be looked up.
    pub checked: String,
}

/// What other rules set where the built-in policy is silent.
pub fn attested() -> Vec<Attested> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        attested: Vec<Attested>,
    }
    toml::from_str::<File>(ATTESTED).expect("a test parses the built-in file").attested
}

/// The built-in policies and the attested values as Markdown tables: docs/POLICY.md is this text.
pub fn policy_manual() -> String {
    let mut manual = String::from(
        "# Policy\n\nMade from `policies/*.toml`. Put a changed copy with the same `id`, or a new one with a later `valid_from`, into the operator's policy folder.\n",
    );
    for (file, text) in BUILTIN {
        let policy = Policy::parse(file, text).expect("a test parses every built-in policy");
        let table: toml::Table = text.parse().expect("it was just parsed");
        write!(manual, "\n## {} · {}\n\n", policy.title_zh, policy.title_en).expect("a String takes any text");
        write!(manual, "`{}`, in force from {}.\n\n", policy.id, policy.valid_from).expect("a String takes any text");
        manual.push_str("| setting | value | source |\n|---|---|---|\n");
        list(&mut manual, "", &table);
    }
    manual.push_str(
        "\n## Attested elsewhere\n\nNever applied by itself. `brief`: its text still has to be looked up before anybody relies on it.\n\n",
    );
    manual.push_str("| setting | value | source | checked |\n|---|---|---|---|\n");
    for row in attested() {
        writeln!(manual, "| {} | {} | {} | {} |", row.setting, row.value, row.source, row.checked).expect("a String takes any text");
    }
    manual
}

fn list(manual: &mut String, prefix: &str, table: &toml::Table) {
    // Sorted, whatever order the parser keeps.
    for (key, value) in table.iter().collect::<BTreeMap<_, _>>() {
        let Some(inner) = value.as_table() else { continue };
        match (inner.get("value"), inner.get("source").and_then(|source| source.as_str())) {
            (Some(value), Some(source)) => writeln!(manual, "| `{prefix}{key}` | {value} | {source} |").expect("a String takes any text"),
            _ => list(manual, &format!("{prefix}{key}."), inner),
        }
    }
}
