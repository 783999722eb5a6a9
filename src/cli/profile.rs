//! `keshi profile`: how a platform's profile reads its exports, before anybody relies on it.

use crate::analyse::attendance::{self, Event, Heading, Hints, Limits, Reading, Who};
use crate::config::Config;
use crate::error::{Error, Result, RowError, codes};
use crate::register::Platform;
use crate::register::profile::{Basis, Profiles};
use crate::time::Time;
use serde_json::{Value, json};
use std::fs::File;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Tries and lists profiles of platforms
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Check(Check),
    List(List),
}

/// Shows how an export would be read by a profile: reader, headings, assumptions, the first events, the rows refused
///
/// Nothing is kept and no server or database is asked. People are shown by the first character of what names them. Ends with 0 when every
/// row was read, 1 when rows or the whole file were refused, 2 when the profile cannot be used.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keshi profile check platforms/px-class.toml 学习记录.xlsx
  keshi profile check own.toml export.csv --window 2020-03-03T09:00:00+08:00/2020-03-03T10:30:00+08:00 --json")]
struct Check {
    /// The profile (TOML)
    profile: PathBuf,
    /// An export of the platform
    sample: PathBuf,
    /// A reader by its name; auto picks by content, as an upload without format does
    #[arg(long, default_value = "auto")]
    format: String,
    /// Time zone of the file; the profile's where none is named
    #[arg(long)]
    timezone: Option<chrono_tz::Tz>,
    /// The lesson, FROM/UNTIL in RFC 3339: tells day from month, gives times of day their date and totals their place
    #[arg(long, value_name = "FROM/UNTIL", value_parser = window)]
    window: Option<(Time, Time)>,
    /// Rows shown of each kind
    #[arg(long, default_value_t = 10)]
    rows: usize,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Lists the profiles in force, and names files of the operator's folder that cannot be used
#[derive(Debug, clap::Args)]
struct List {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn window(text: &str) -> std::result::Result<(Time, Time), String> {
    let (from, until) = text.split_once('/').ok_or("write FROM/UNTIL")?;
    let time = |text: &str| text.trim().parse::<Time>().map_err(|_| format!("'{text}' is no time such as 2020-03-03T09:00:00+08:00"));
    let (from, until) = (time(from)?, time(until)?);
    if from < until { Ok((from, until)) } else { Err("the end lies before the beginning".to_owned()) }
}

/// Checks or lists; the exit code says whether all was well.
pub(super) async fn run(args: Args, config: impl FnOnce() -> Result<Config>) -> Result<ExitCode> {
    match args.what {
        What::Check(args) => tokio::task::spawn_blocking(move || check(&args)).await.map_err(Error::internal)?,
        What::List(args) => list(&args, &config()?),
    }
}

fn list(args: &List, config: &Config) -> Result<ExitCode> {
    let profiles = Profiles::load(config.platforms.path(), &attendance::vocabulary())?;
    if args.json {
        let broken: Vec<&str> = profiles.broken().iter().map(|error| error.message.as_str()).collect();
        println!("{}", serde_json::to_string_pretty(&json!({"items": profiles.iter().collect::<Vec<_>>(), "broken": broken}))?);
    } else {
        for profile in profiles.iter() {
            println!("{:<12} {:<10} {:>2} fields  {}", profile.id, basis(profile), profile.columns.len(), profile.name_zh);
        }
        profiles.broken().iter().for_each(|error| println!("FAIL {error}"));
    }
    Ok(if profiles.broken().is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn basis(profile: &Platform) -> &'static str {
    match profile.headings {
        Basis::Documented => "documented",
        Basis::Assumed => "assumed",
    }
}

/// What came of a check.
struct Checked {
    profile: Platform,
    headings: Vec<Heading>,
    read: Result<Reading>,
    events: Vec<Event>,
}

fn check(args: &Check) -> Result<ExitCode> {
    let profile = match Platform::read(&args.profile, &attendance::vocabulary()) {
        Ok(profile) => profile,
        Err(error) => {
            eprintln!("keshi: {error}");
            return Ok(ExitCode::from(2));
        }
    };
    let headings = attendance::headings(open(&args.sample)?, &profile, Limits::default()).unwrap_or_default();
    let mut events = Vec::new();
    let name = args.sample.file_name().map(|name| name.to_string_lossy().into_owned());
    let hints = Hints {
        filename: name.as_deref(),
        timezone: args.timezone,
        platform_timezone: profile.zone(),
        profile: Some(&profile),
        window: args.window,
        format: Some(&args.format),
        received_at: None,
        limits: Limits::default(),
    };
    let read = attendance::read(open(&args.sample)?, &hints, &mut |event| {
        if events.len() < args.rows {
            events.push(event);
        }
        ControlFlow::Continue(())
    });
    let checked = Checked { profile, headings, read, events };
    if args.json {
        println!("{}", serde_json::to_string_pretty(&checked.json(args.rows))?)
    } else {
        checked.print(args.rows)
    }
    Ok(if checked.read.is_ok_and(|reading| reading.refused_total == 0) { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn open(path: &Path) -> Result<File> {
    File::open(path).map_err(|cause| Error::new(&codes::INVALID, format!("{} cannot be read: {cause}", path.display())))
}

impl Checked {
    /// The rows at fault, the first of them, and how many there are.
    fn refused(&self) -> (&[RowError], u64) {
        match &self.read {
            Ok(reading) => (&reading.refused, reading.refused_total),
            Err(error) => (&error.rows, error.rows.len() as u64),
        }
    }

    fn print(&self, rows: usize) {
        let profile = &self.profile;
        println!("profile   {} ({}), headings {}: {}", profile.id, profile.name_zh, basis(profile), profile.source);
        println!("          sha256 {}", profile.sha256);
        match &self.read {
            Ok(reading) => {
                println!("reader    {}", reading.reader);
                println!("rows      {}, of which {} read and {} refused", reading.rows, reading.accepted, reading.refused_total);
                reading.assumptions.iter().for_each(|sentence| println!("assumes   {sentence}"));
                reading.facts.iter().for_each(|(name, value)| println!("states    {name}: {value}"));
            }
            Err(error) => println!("refused   {error}"),
        }
        if self.headings.is_empty() {
            println!("headings  no row has enough of the profile's headings");
        }
        for heading in &self.headings {
            let place = heading.sheet.as_ref().map(|sheet| format!("{sheet}, ")).unwrap_or_default();
            let field = heading.field.map_or("(not read)", |field| field.as_str());
            println!("heading   {place}row {}, column {}: {} -> {field}", heading.row, heading.column, heading.label);
        }
        for event in &self.events {
            let until = event.until.map(|until| format!(" to {}", until.in_zone(profile.zone()))).unwrap_or_default();
            let stated = event.stated_ms.map(|ms| format!(", {} s stated", ms / 1_000)).unwrap_or_default();
            let mark = event.mark.as_ref().map(|mark| format!(", {mark}")).unwrap_or_default();
            let (kind, at, who) = (event.kind.as_str(), event.at.in_zone(profile.zone()), masked(&event.who).join(", "));
            println!("row {:<5} {kind} {at}{until}{stated}{mark}  {who}", event.row);
        }
        let (refused, total) = self.refused();
        refused.iter().take(rows).for_each(|row| println!("row {:<5} refused: {}", row.row, row.message));
        if total > rows as u64 {
            println!("          and {} more", total - rows as u64);
        }
    }

    fn json(&self, rows: usize) -> Value {
        let headings: Vec<Value> = self
            .headings
            .iter()
            .map(|heading| json!({"sheet": heading.sheet, "row": heading.row, "column": heading.column, "heading": heading.label, "field": heading.field}))
            .collect();
        let events: Vec<Value> = self
            .events
            .iter()
            .map(|event| {
                json!({"row": event.row, "kind": event.kind.as_str(), "at": event.at, "until": event.until, "stated_ms": event.stated_ms, "mark": event.mark, "who": masked(&event.who)})
            })
            .collect();
        let (refused, total) = self.refused();
        let reading = self.read.as_ref().ok();
        json!({
            "profile": {"id": self.profile.id, "sha256": self.profile.sha256, "headings": self.profile.headings, "source": self.profile.source},
            "reader": reading.map(|reading| reading.reader),
            "rows": reading.map(|reading| reading.rows),
            "accepted": reading.map(|reading| reading.accepted),
            "assumptions": reading.map(|reading| &reading.assumptions),
            "facts": reading.map(|reading| &reading.facts),
            "headings": headings,
            "events": events,
            "refused_total": total,
            "refused": refused.iter().take(rows).collect::<Vec<_>>(),
            "error": self.read.as_ref().err().map(|error| json!({"code": error.code, "message": error.message})),
        })
    }
}

/// What names somebody, each by its first character alone.
fn masked(who: &Who) -> Vec<String> {
    let Who { trainee, platform_user, phone, email, id_number, name } = who;
    let named =
        [("trainee", trainee), ("account", platform_user), ("phone", phone), ("email", email), ("id_number", id_number), ("name", name)];
    let first = |text: &str| text.trim_start_matches("ext:").chars().next().map(|first| format!("{first}…")).unwrap_or_default();
    named.into_iter().filter_map(|(label, text)| Some(format!("{label} {}", first(text.as_deref()?)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_named_in_clear() {
        let who = Who {
            trainee: Some("ext:T-1".into()),
            id_number: Some("610102199001011234".into()),
            name: Some("王小红".into()),
            ..Who::default()
        };
        assert_eq!(masked(&who), ["trainee T…", "id_number 6…", "name 王…"]);
    }

    #[test]
    fn a_window_is_two_times() {
        assert!(window("2020-03-03T09:00:00+08:00/2020-03-03T10:30:00+08:00").is_ok());
        for wrong in ["2020-03-03T09:00:00+08:00", "a/b", "2020-03-03T10:00:00Z/2020-03-03T09:00:00Z"] {
            assert!(window(wrong).is_err(), "{wrong}");
        }
    }
}
