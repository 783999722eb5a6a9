//! `keshi detect`: the rules, now.

use crate::db::Db;
use crate::detect::{self, Ran, Rules, Window};
use crate::error::{Error, Result, codes};
use crate::ids::Ids;
use crate::lake::Lake;
use crate::time::Time;
use chrono::NaiveDate;
use std::path::PathBuf;

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
  keshi detect --rules ./rules                    with the rules of a folder added")]
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
    let window = Window { since: args.since.unwrap_or(Window::ALL.since), until: args.until.unwrap_or(Window::ALL.until) };
    if window.since > window.until {
        return Err(Error::new(&codes::INVALID, "--since lies behind --until; swap them."));
    }
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

fn tell(ran: &Ran) {
    match &ran.error {
        Some(error) => eprintln!("{error}"),
        None => println!(
            "{:<20} {:>6} found ({} new), {:>12} yuan at risk, {} ceased",
            ran.rule,
            ran.found,
            ran.new,
            format!("{}.{:02}", ran.money_fen / 100, ran.money_fen % 100),
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
