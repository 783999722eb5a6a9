//! `keshi simulate`: a training month as files, and on request to a server.

use crate::error::{Error, Result, codes};
use crate::simulate::{self, Access, Answers, Client, Plan, Scale};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Writes a simulated class or month: export files, recordings, pictures, rosters, and the truth about them
///
/// The same seed gives the same files. truth.json says what each trainee must be credited for each lesson and which frauds were planted.
/// With --server the files are also sent over the HTTP API, and the server's answers are compared with the truth.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keshi simulate ./month                          six classes on six platforms
  keshi simulate ./class --scale class --seed 7   one class and a small neighbour
  keshi simulate ./province --province 3000       a whole lake of 3,000 classes with honest mess and planted frauds, to measure rules on:
                                                  keshi detect --lake ./province --now …, as its province.json says
  keshi simulate ./month --server http://127.0.0.1:8080 --access access.json

access.json holds tokens: {\"admin\":\"…\",\"reviewer\":\"…\",\"inspector\":\"…\",\"providers\":{\"qy-01\":\"…\"},\"platforms\":{\"px-class\":\"…\"}}")]
pub(super) struct Args {
    /// Folder to write to; recordings already in it are kept
    pub folder: PathBuf,
    /// What everything by chance follows from
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How much is simulated
    #[arg(long, value_enum, default_value_t = Scale::Month)]
    pub scale: Scale,
    /// Instead write the lake of a province of so many classes, as `keshi export lake` does, and lines that say what was planted where
    #[arg(long, value_name = "CLASSES", conflicts_with_all = ["scale", "server"])]
    pub province: Option<usize>,
    /// Also send everything to this server
    #[arg(long, requires = "access", value_name = "URL")]
    pub server: Option<String>,
    /// File with the tokens to send with
    #[arg(long, value_name = "FILE")]
    pub access: Option<PathBuf>,
}

/// Runs it.
///
/// # Errors
/// When a file cannot be written, ffmpeg is missing, or the server refuses something or answers otherwise than the truth.
pub(super) async fn run(args: Args) -> Result<()> {
    if let Some(classes) = args.province {
        return province(args.seed, classes, args.folder).await;
    }
    let plan = simulate::plan(args.seed, args.scale);
    write(&plan, &args.folder).await?;
    println!("{} credits and {} planted frauds in truth.json", plan.truth.credits.len(), plan.truth.frauds.len());
    let (Some(server), Some(access)) = (args.server, args.access) else { return Ok(()) };
    let access: Access = serde_json::from_slice(&std::fs::read(&access)?).map_err(|cause| {
        Error::new(&codes::CONFIG, format!("{} does not hold tokens as --help shows.", access.display())).because(cause)
    })?;
    let client = Client::new(&server, access)?;
    let agreement = send_and_check(&plan, &args.folder, &client).await?;
    println!("{agreement}");
    for line in agreement.wrong.iter().chain(&agreement.missed).chain(&agreement.unfounded) {
        println!("  {line}");
    }
    if agreement.holds() {
        Ok(())
    } else {
        Err(Error::new(&codes::INVALID, "The server's answers differ from the truth in the lines above."))
    }
}

/// Writes the plan with a progress bar, off the async threads.
pub(super) async fn write(plan: &Plan, folder: &Path) -> Result<()> {
    println!("Making {} export files, recordings and pictures …", plan.items().count());
    let place = folder.display().to_string();
    let (plan, folder, bar) = (plan.clone(), folder.to_owned(), bar("making"));
    let written = tokio::task::spawn_blocking(move || {
        let written = simulate::write(&plan, &folder, &bar);
        bar.finish_and_clear();
        written
    });
    let written = written.await.map_err(Error::internal)??;
    println!("{} files, {:.1} MB, in {place}", written.files, written.bytes as f64 / 1e6);
    Ok(())
}

/// Sends a written plan, waits until the server has worked it off, and compares.
pub(super) async fn send_and_check(plan: &Plan, folder: &Path, client: &Client) -> Result<simulate::Agreement> {
    println!("Sending {} files over the HTTP API …", plan.items().count());
    let progress = bar("sending");
    let sent = simulate::send(plan, folder, client, &progress).await;
    progress.finish_and_clear();
    let sent = sent?;
    println!(
        "{} files sent ({} known already), {:.1} MB; {} rows of logs read, {} refused",
        sent.new + sent.known,
        sent.known,
        sent.bytes as f64 / 1e6,
        sent.accepted_rows,
        sent.refused_rows
    );
    println!("Waiting until the server has read, measured, credited and judged it …");
    let progress = ProgressBar::new_spinner().with_message("the server is at work");
    progress.enable_steady_tick(Duration::from_millis(200));
    let dead = simulate::settle(client, Duration::from_secs(600), &progress).await?;
    progress.finish_and_clear();
    if dead > 0 {
        println!("The server gave up {dead} jobs; see GET /v1/jobs?state=dead.");
    }
    Ok(simulate::check(plan, &Answers::fetch(plan, client).await?))
}

fn bar(what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix:>10} {bar:30} {pos}/{len} files, {elapsed}").expect("the template is fixed");
    ProgressBar::new(0).with_style(style).with_prefix(what)
}

async fn province(seed: u64, classes: usize, folder: PathBuf) -> Result<()> {
    let province = province::Province::new(seed, classes);
    let written = tokio::task::spawn_blocking(move || province::write(&province, &folder)).await.map_err(Error::internal)??;
    let rows = written.rows.get("attendance").copied().unwrap_or_default();
    println!(
        "{rows} rows of attendance in {classes} classes at {} providers, frauds at {} of them; labels.ndjson has {} lines",
        written.providers, written.planted_providers, written.labels
    );
    println!("to be looked at as of {}", written.now);
    Ok(())
}
