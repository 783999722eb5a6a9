//! `keshi rebuild`: everything derived, derived again.

use crate::analyse::media::{self, Pass};
use crate::app::{App, Parts};
use crate::audit::rebuild::{self, Difference};
use crate::detect::reuse;
use crate::error::Result;
use crate::ids::{EvidenceId, LessonId};
use crate::lake::ingest::{self, Tools};
use crate::link;
use serde_json::json;
use std::process::ExitCode;
use std::sync::Mutex;

/// Derives everything derived again from evidence and plan, and prints what differs
///
/// Every log and every recording is analysed again and every lesson credited again. Nothing printed proves that what keshi shows follows from the
/// evidence. What was damaged is made again; former credit runs stay readable. Exit 0 if everything could be derived, 1 if something could not.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keshi rebuild
  keshi rebuild --data /var/lib/keshi --json")]
pub(super) struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Rebuilds.
pub(super) async fn run(args: Args, app: App) -> Result<ExitCode> {
    let Parts { db, objects, lake, jobs, ids, secrets, policies, clock, .. } = &*app;
    let limits = app.media_limits();
    let analyse = async |id: EvidenceId| {
        // Each of them does what is its own and leaves the rest alone.
        ingest::run(&Tools { db, objects, lake, jobs, ids, secrets }, id, clock.now()).await?;
        media::job::run(&app.watch_tools(&limits), id, Pass::Full, clock.now()).await?;
        reuse::run(&app.reuse_tools(&limits), id, clock.now()).await
    };
    let credit = async |id: LessonId| link::run(db, lake, jobs, ids, policies, id, clock.now()).await.map(drop);
    let told = Mutex::new(Vec::new());
    let tell = |difference: &Difference| {
        if args.json {
            told.lock().expect("nobody panics with it").push(difference.clone());
        } else {
            println!("{difference}");
        }
    };
    let report = rebuild::rebuild(db, objects, clock.now(), analyse, credit, tell).await?;
    // New runs are sealed now, whether or not a server is there to do it.
    while app.log.turn().await? > 0 {}
    if args.json {
        println!(
            "{}",
            serde_json::to_string_pretty(&json!({ "report": report, "differences": told.into_inner().expect("nobody panics with it") }))?
        );
    } else {
        let differ = if report.differences == 0 { "nothing differs".to_owned() } else { format!("{} differences", report.differences) };
        println!(
            "{} pieces of evidence and {} lessons derived again: {differ}, {} could not be",
            report.evidence, report.lessons, report.failed
        );
    }
    Ok(if report.failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
