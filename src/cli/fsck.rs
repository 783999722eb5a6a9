//! `keshi fsck`: whether everything kept still is what it was.

use crate::app::App;
use crate::audit::fsck;
use crate::error::Result;
use std::process::ExitCode;

/// Checks that everything kept still is what it was, and changes nothing
///
/// Re-derives the log's root and tiles from its leaves, hashes every object again, holds every piece of evidence, credit run, key and signature against
/// its leaf, checks every signature again, opens every encrypted value, and counts the rows of the lake. A server may run meanwhile. Exit 0 only if all holds.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keshi fsck
  keshi fsck --data /var/lib/keshi --json | jq '.problems[].code'")]
pub(super) struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Checks.
pub(super) async fn run(args: Args, app: App) -> Result<ExitCode> {
    let mut report = fsck::check(&app.db, &app.objects, &app.log.trust()).await?;
    fsck::sealed(&app.db, &app.secrets, &mut report).await?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        for problem in &report.problems {
            println!("{problem}");
        }
        println!(
            "{} leaves, {} objects ({} bytes), {} pieces of evidence, {} segments in {} packs or alone ({} rows), {} credit runs, {} resolutions, {} policies, {} decisions, {} amendments, {} keys, {} signatures, {} certificates, {} payments and claims, {} steps of cases, {} encrypted values; {} objects are named by nothing",
            report.leaves,
            report.objects,
            report.bytes,
            report.evidence,
            report.segments,
            report.packs,
            report.rows,
            report.runs,
            report.resolutions,
            report.policies,
            report.decisions,
            report.amendments,
            report.keys,
            report.signatures,
            report.certificates,
            report.payments,
            report.case_steps,
            report.sealed,
            report.unreferenced
        );
        match report.problems_total {
            0 => println!("all holds"),
            some => println!("{some} problems"),
        }
    }
    Ok(if report.holds() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
