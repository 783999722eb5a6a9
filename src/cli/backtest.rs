//! `keshi backtest`: a candidate rule over the past.

use super::detect::moment;
use crate::db::Db;
use crate::detect::{Backtest, Rules, Window, backtest};
use crate::error::{Error, Result, codes};
use crate::lake::Lake;
use crate::time::Time;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

/// Tries a rule on the past and writes nothing
///
/// Tells what the rule would raise beside what stands in the queue by the rule of the same id, how that agrees with what people confirmed and dismissed,
/// and what it took. A file of the built-in rules is printed with keshi backtest --print ID.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keshi backtest my-rule.sql
  keshi backtest my-rule.sql --since 2020-03-01 --until 2020-04-01
  keshi backtest --print shared-device > candidate.sql
  keshi backtest candidate.sql --set min_people=4 --json")]
pub(super) struct Args {
    /// The rule; - reads it from standard input
    #[arg(required_unless_present = "print")]
    pub rule: Option<String>,
    /// First day (Beijing time), or a moment in RFC 3339
    #[arg(long, value_name = "DATE", value_parser = moment)]
    pub since: Option<Time>,
    /// First day that is not looked at any more
    #[arg(long, value_name = "DATE", value_parser = moment)]
    pub until: Option<Time>,
    /// Another value for one of its parameters, as often as wanted
    #[arg(long, value_name = "NAME=VALUE", value_parser = setting)]
    pub set: Vec<(String, toml::Value)>,
    /// Print the rule in force with this id, and try nothing
    #[arg(long, value_name = "ID", conflicts_with = "rule")]
    pub print: Option<String>,
    /// Folder with the operator's rules
    #[arg(long, value_name = "FOLDER")]
    pub rules: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Runs it.
///
/// # Errors
/// `bad_rule` when the rule cannot be used, `query_limit` when it takes too much.
pub(super) async fn run(args: Args, db: &Db, lake: &Lake, now: Time) -> Result<()> {
    let rules = Rules::load(lake, args.rules.as_deref()).await?;
    if let Some(id) = &args.print {
        let unknown = || Error::new(&codes::NOT_FOUND, format!("There is no rule '{id}'; docs/RULES.md lists them."));
        println!("{}", rules.get(id).ok_or_else(unknown)?.sql);
        return Ok(());
    }
    let text = match args.rule.as_deref() {
        Some("-") | None => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text)?;
            text
        }
        Some(file) => std::fs::read_to_string(file)
            .map_err(|cause| Error::new(&codes::CONFIG, format!("{file} cannot be read; name the rule's file.")).because(cause))?,
    };
    let window = Window { since: args.since.unwrap_or(Window::ALL.since), until: args.until.unwrap_or(Window::ALL.until) };
    if window.since > window.until {
        return Err(Error::new(&codes::INVALID, "--since lies behind --until; swap them."));
    }
    let values: BTreeMap<String, toml::Value> = args.set.into_iter().collect();
    let told = backtest(db, lake, &rules, &text, &values, window, now).await?;
    match args.json {
        true => println!("{}", serde_json::to_string(&told)?),
        false => tell(&told),
    }
    Ok(())
}

fn tell(told: &Backtest) {
    let yuan = |fen: i64| format!("{}.{:02} yuan", fen / 100, fen % 100);
    let live = told.live_version.map_or("new".to_owned(), |version| format!("version {version} is in force"));
    println!("{} version {} ({live})", told.rule, told.version);
    println!("{} found, {} at risk; {} rows read in {} ms", told.found, yuan(told.money_fen), told.rows_read, told.took_ms);
    println!("{} are in the queue, {} are new, {} of the queue are not found", told.same, told.new, told.gone);
    match told.precision {
        Some(precision) => println!(
            "of those people judged: {} confirmed, {} dismissed (precision {precision:.3}); {} confirmed ones are missed",
            told.confirmed, told.dismissed, told.missed
        ),
        None => println!("nobody has judged any of those found; {} confirmed ones are missed", told.missed),
    }
    for one in &told.news {
        let place = [&one.class, &one.lesson, &one.trainee].map(|id| id.as_deref().unwrap_or("-").to_owned()).join(" ");
        println!("  new  {}  {}  {:.2}  {}  {place}", one.at, yuan(one.money_fen), one.score, one.subject);
    }
    for id in &told.goners {
        println!("  gone  finding {id}");
    }
}

/// `NAME=VALUE`; what is no number and no truth value is text.
fn setting(text: &str) -> Result<(String, toml::Value), String> {
    let (name, value) = text.split_once('=').ok_or("a setting is NAME=VALUE")?;
    Ok((name.trim().to_owned(), crate::detect::parameter(value.trim())))
}
