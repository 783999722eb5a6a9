//! `keshi verify`: a bundle held against a trust file, offline.

use crate::audit::bundle::{Report, Status, verify};
use crate::error::{Error, Result, codes};
use crate::seal::Trust;
use serde_json::json;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Verifies a bundle offline: without a server, a database, a configuration or a network
///
/// A line per item. proven: its bytes are what a trusted log sealed. integrity-only: its bytes are what they were when the bundle was made, and
/// no log speaks for them. missing: it is not there. mismatch: it is not what it should be, or nobody trusted says that it is.
/// Every byte of the zip is checked, so a single flipped bit is named. Exit 0 only if every item is proven or integrity-only, 1 if not,
/// 2 if a file cannot be read.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keshi verify keshi-lesson-0190.zip --trust trust.json
  keshi verify keshi-lesson-0190.zip --trust trust.json --json | jq '.items[] | select(.status != \"proven\")'

Get trust.json from the log's operator by another way than the bundle: `keshi trust`, or /log/trust.json of the server.")]
pub(super) struct Args {
    /// The bundle
    bundle: PathBuf,
    /// The trust file: whose signatures count
    #[arg(long, value_name = "TRUST.json")]
    trust: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Verifies.
pub(super) async fn run(args: Args) -> Result<ExitCode> {
    let trust = trust(&args.trust)?;
    let mut file = File::open(&args.bundle).map_err(|cause| {
        Error::new(&codes::INVALID, format!("The bundle {} cannot be opened; check the path.", args.bundle.display())).because(cause)
    })?;
    let report = tokio::task::spawn_blocking(move || verify(&mut file, &trust)).await.map_err(Error::internal)??;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&json!({ "about": report.about, "holds": report.holds(), "items": report.items }))?);
    } else {
        print(&report);
    }
    Ok(if report.holds() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn trust(path: &Path) -> Result<Trust> {
    let bad = |what: &str| Error::new(&codes::CONFIG, format!("The trust file {} {what}.", path.display()));
    let text = std::fs::read(path).map_err(|cause| bad("cannot be read; check the path").because(cause))?;
    serde_json::from_slice(&text).map_err(|cause| bad("is no trust file; get it with keshi trust or from /log/trust.json").because(cause))
}

fn print(report: &Report) {
    for item in &report.items {
        println!("{item}");
    }
    let count = |status| report.count(status);
    let verdict = if report.holds() { "holds" } else { "DOES NOT HOLD" };
    println!(
        "{} {verdict}: {} proven, {} integrity-only, {} missing, {} mismatch",
        if report.about.is_empty() { "the bundle" } else { &report.about },
        count(Status::Proven),
        count(Status::IntegrityOnly),
        count(Status::Missing),
        count(Status::Mismatch)
    );
}
