//! docs/RULES.md, made from the heads of the built-in rules.

use super::catalogue::Rules;
use super::rule::Rule;
use std::fmt::Write as _;

/// The catalogue of the built-in rules as Markdown; docs/RULES.md holds it.
pub fn rule_manual() -> String {
    let mut text = String::from(
        "# Rules\n\nMade from the heads of `src/detect/rules/*.sql`; do not edit. A rule is one SQL file: copy one, change it, and put it into the \
         operator's folder of rules, where it adds to these or, with the same id, replaces one.\n\n\
         Beside its parameters every rule is given `$since` and `$until`, the window whose findings (by `at`) are wanted; `$ends`, when the last lesson is over \
         of the classes that begin in the window, so that a rule about classes reads no more of `attendance` than their time; and `$now`. \
         What several places of a rule ask for is worked out once where it says `with NAME as materialized (…)`.\n",
    );
    for rule in Rules::builtin().iter() {
        write(&mut text, rule).expect("writing into a string does not fail");
    }
    text
}

fn write(text: &mut String, rule: &Rule) -> std::fmt::Result {
    let head = &rule.head;
    writeln!(text, "\n## {} · {} · {}\n", head.id, head.title.en, head.title.zh)?;
    writeln!(
        text,
        "Version {}, severity {:?}, strength {:?}, typology {}. Compares {}.\n",
        head.version,
        head.severity,
        head.strength,
        head.typology,
        head.compares.join(", ")
    )?;
    let (en, zh) = (&head.explanation.en, &head.explanation.zh);
    for (name, en, zh) in [
        ("Seen", &en.seen, &zh.seen),
        ("Normal", &en.normal, &zh.normal),
        ("Why it matters", &en.matters, &zh.matters),
        ("Where to look", &en.look, &zh.look),
    ] {
        writeln!(text, "- **{name}**: {en} {zh}")?;
    }
    writeln!(text, "- **What else could explain it**")?;
    for innocent in &head.innocent {
        writeln!(text, "  - {} {}", innocent.en, innocent.zh)?;
    }
    for (name, parameter) in &head.parameters {
        writeln!(text, "- `{name}` = {}: {}", parameter.value, parameter.source)?;
    }
    Ok(())
}
