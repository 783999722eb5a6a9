//! `keshi detect`: the rules, now.

use super::demo::yuan;
use crate::db::Db;
use crate::detect::{self, Ran, Rules, Window};
use crate::error::{Error, Result, codes};
use crate::ids::Ids;
use crate::lake::Lake;
use crate::time::{Clock, Time};
use chrono::NaiveDate;
use futures::StreamExt;
use std::path::{Path, PathBuf};
use std::pin::pin;

/// Runs the rules over the lake and keeps what they find
///
/// Rules run by themselves when something changes; this runs them at once, over all lessons or over some days. A finding that was known stays the
/// same one; one that holds no longer is marked as ceased.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keshi detect                                    every rule over all lessons
  keshi detect --since 2020-03-01 --until 2020-04-01
  keshi detect --rule overlap-person --json
  keshi detect --rules ./rules                    with the rules of a folder added
  keshi detect --lake ./export --json             over what keshi export lake wrote, wherever it came from; nothing is kept")]
pub(super) struct Args {
    /// First day (Beijing time), or a moment in RFC 3339
    #[arg(long, value_name = "DATE", value_parser = moment)]
    pub since: Option<Time>,
    /// First day that is not looked at any more
    #[arg(long, value_name = "DATE", value_parser = moment)]
    pub until: Option<Time>,
    /// Only this rule
    #[arg(long, value_name = "ID")]
    pub rule: Option<String>,
    /// Folder with more rules; one with the id of a built-in rule takes its place
    #[arg(long, value_name = "FOLDER")]
    pub rules: Option<PathBuf>,
    /// A folder that `keshi export lake` wrote: its tables are looked at instead of the server's, and nothing is kept
    #[arg(long, value_name = "FOLDER")]
    pub lake: Option<PathBuf>,
    /// The moment at which an export is looked at; now where it is left out
    #[arg(long, value_name = "DATE", value_parser = moment, requires = "lake")]
    pub now: Option<Time>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Runs it.
///
/// # Errors
/// When a rule could not run; the others have run all the same.
pub(super) async fn run(args: Args, db: &Db, lake: &Lake, ids: &Ids, now: Time) -> Result<()> {
    let rules = Rules::load(lake, args.rules.as_deref()).await?;
    for broken in rules.broken() {
        eprintln!("{broken}");
    }
    let window = window(&args)?;
    let ran = detect::run(db, lake, &rules, args.rule.as_deref(), window, ids, now).await?;
    if args.json {
        println!("{}", serde_json::to_string(&ran)?);
    } else {
        ran.iter().for_each(tell);
    }
    match rules.broken().len() + ran.iter().filter(|ran| ran.error.is_some()).count() {
        0 => Ok(()),
        count => Err(Error::new(&codes::BAD_RULE, format!("{count} rules could not run; correct them as said above."))),
    }
}

fn window(args: &Args) -> Result<Window> {
    let window = Window { since: args.since.unwrap_or(Window::ALL.since), until: args.until.unwrap_or(Window::ALL.until) };
    if window.since > window.until {
        return Err(Error::new(&codes::INVALID, "--since lies behind --until; swap them."));
    }
    Ok(window)
}

/// Runs the rules over an export, a line for each as it is done; with `--json` its findings, too, and the scores of providers at the end.
///
/// # Errors
/// When the folder is not what an export writes, or a rule could not run; the others have run all the same.
pub(super) async fn elsewhere(args: Args, folder: &Path) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let lake = Lake::of_export(folder, scratch.path()).await?;
    let rules = Rules::load(&lake, args.rules.as_deref()).await?;
    let (extent, window) = (detect::extent_of_export(&lake).await?, window(&args)?);
    let (mut all, now) = (Vec::new(), args.now.unwrap_or_else(|| Clock::System.now()));
    let asked = rules.iter().filter(|rule| args.rule.as_ref().is_none_or(|only| rule.head.id == *only)).collect();
    let mut looking = pin!(detect::look_at(&lake, asked, extent, window, now));
    while let Some(looked) = looking.next().await {
        let looked = looked?;
        match &looked.error {
            _ if args.json => println!("{}", serde_json::to_string(&looked)?),
            Some(error) => eprintln!("{}: {error}", looked.rule),
            None => println!(
                "{:<20} {:>6} found, {:>14} yuan at risk, {:>7} ms, {:>11} rows read",
                looked.rule,
                looked.findings.len(),
                yuan(looked.money_fen),
                looked.took_ms,
                looked.rows_read
            ),
        }
        all.push(looked);
    }
    if args.json {
        println!("{}", serde_json::to_string(&serde_json::json!({"providers": detect::provider_scores(&lake, &rules, &all, now).await?}))?);
    }
    match rules.broken().len() + all.iter().filter(|looked| looked.error.is_some()).count() {
        0 if all.is_empty() => Err(Error::new(&codes::NOT_FOUND, "There is no such rule; docs/RULES.md lists them.")),
        0 => Ok(()),
        count => Err(Error::new(&codes::BAD_RULE, format!("{count} rules could not run; correct them as said above."))),
    }
}

fn tell(ran: &Ran) {
    match &ran.error {
        Some(error) => eprintln!("{}: {error}", ran.rule),
        None => println!(
            "{:<20} {:>6} found ({} new), {:>12} yuan at risk, {} ceased",
            ran.rule,
            ran.found,
            ran.new,
            yuan(ran.money_fen),
            ran.ceased
        ),
    }
}

/// A day in Beijing, where the lessons are, or an exact moment.
pub(super) fn moment(text: &str) -> Result<Time, String> {
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    let day: Option<NaiveDate> = text.parse().ok();
    day.and_then(|day| Time::day_start(day, chrono_tz::Asia::Shanghai))
        .ok_or_else(|| "a date is YYYY-MM-DD, or a time RFC 3339 with offset".to_owned())
}
