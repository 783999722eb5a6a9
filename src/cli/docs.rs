//! `keshi docs`: the documents that are made from the program.

use crate::config::config_manual;
use crate::detect::rule_manual;
use crate::error::{Result, codes};
use crate::lake::lake_manual;
use crate::register::policy::policy_manual;
use crate::web::api;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Writes the generated documents into a folder
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  keshi docs docs\n  keshi docs docs --check    only compares; exit 1 when one differs")]
pub(super) struct Args {
    /// The folder
    folder: PathBuf,
    /// Only compare
    #[arg(long)]
    check: bool,
}

/// Writes or compares.
pub(super) fn run(args: Args) -> Result<ExitCode> {
    let mut differ = 0;
    for (name, text) in documents()? {
        let path = args.folder.join(name);
        if std::fs::read_to_string(&path).ok().as_deref() == Some(text.as_str()) {
            continue;
        }
        differ += 1;
        if args.check {
            eprintln!("{} is not what the program says; run `make docs`.", path.display());
        } else {
            std::fs::write(&path, text)?;
            println!("{}", path.display());
        }
    }
    Ok(if args.check && differ > 0 { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn documents() -> Result<Vec<(&'static str, String)>> {
    let openapi = serde_json::to_string_pretty(&api::document())? + "\n";
    Ok(vec![
        ("CONFIG.md", config_manual()),
        ("ERRORS.md", error_catalogue()),
        ("LAKE.md", lake_manual()),
        ("POLICY.md", policy_manual()),
        ("RULES.md", rule_manual()),
        ("openapi.json", openapi),
    ])
}

fn error_catalogue() -> String {
    let mut text = String::from(
        "<!-- Made from src/error.rs by `make docs`; edit that file. -->\n# Errors\n\nEvery error is `application/problem+json` with one of these codes; they stay.\n\n| code | kind | what to do |\n|---|---|---|\n",
    );
    for code in codes::ALL {
        let _ = writeln!(text, "| `{}` | {:?} | {} |", code.name, code.kind, code.help.replace('|', "\\|"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `KESHI_DOCS=write` writes them, without the program being linked.
    #[test]
    fn every_generated_document_is_what_the_program_says() {
        let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/docs"));
        let check = std::env::var_os("KESHI_DOCS").is_none();
        assert_eq!(run(Args { folder, check }).expect("written or compared"), ExitCode::SUCCESS, "run make docs");
    }
}
