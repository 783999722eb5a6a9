//! `keshi policy`: which policies there are, what they say, and what a changed one would do.

use crate::app::App;
use crate::audit::policy_diff::{self, ClassDiff, Pair, Tools, Total};
use crate::error::{Error, Result, codes};
use crate::ids::ClassId;
use crate::link::hours_text;
use crate::register::class;
use crate::register::policy::{Policies, Policy, settings};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Lists, shows and compares policies
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    List(List),
    Show(Show),
    Diff(Diff),
}

/// Lists the policies in force by date and those that govern classes, the lists that are loaded, and the years of the calendar
#[derive(Debug, clap::Args)]
struct List {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Shows the values of a policy, each with its source
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keshi policy show
  keshi policy show shaanxi-2020-31
  keshi policy show shaanxi-2020-31@1a2b3c4d
  keshi policy show /etc/keshi/policies/mine.toml --json")]
struct Show {
    /// An id, a name as classes have it (id@fingerprint), or a file; the one in force today where none is named
    policy: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Shows what a changed policy would do to the classes that are open, and changes nothing
///
/// For each class: hours credited now and then, what they are worth, what the hours held and not credited are worth, and the remarks on its
/// plan that would appear or vanish. An approved class keeps the policy fixed for it: it is told with 'keeps', and the figures say what the change
/// would have meant. A server may run meanwhile.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keshi policy diff new.toml
  keshi policy diff new.toml --class ext:AK-2020-003
  keshi policy diff new.toml --json | jq '.totals.applies'")]
struct Diff {
    /// The changed policy (TOML)
    file: PathBuf,
    /// One class alone, by its id or ext:<id>
    #[arg(long)]
    class: Option<String>,
    /// Print classes without a difference, too
    #[arg(long)]
    all: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Lists, shows or compares.
pub(super) async fn run(args: Args, app: App) -> Result<()> {
    match args.what {
        What::List(args) => list(&args, &app).await,
        What::Show(args) => show(&args, &app).await,
        What::Diff(args) => diff(args, &app).await,
    }
}

async fn list(args: &List, app: &App) -> Result<()> {
    let governing = policy_diff::governing(&app.db).await?;
    let dated: Vec<_> = app.policies.iter().map(|policy| (policy.name(), policy.starts_on(), policy.title_zh.as_str())).collect();
    let files = |list: &Option<std::sync::Arc<crate::register::lists::DatedList>>| {
        list.as_ref().map(|list| json!({"files": list.files, "entries": list.iter().count()}))
    };
    let (trades, institutions) = (files(&app.lists.trades), files(&app.lists.institutions));
    let years: Vec<_> = app.calendar.years().collect();
    if args.json {
        let items: Vec<_> = dated.iter().map(|(name, from, title)| json!({"policy": name, "valid_from": from, "title": title})).collect();
        let years: Vec<_> = years.iter().map(|(year, source)| json!({"year": year, "source": source})).collect();
        let answer = json!({"items": items, "classes": governing, "trades": trades, "institutions": institutions, "calendar": years});
        println!("{}", serde_json::to_string_pretty(&answer)?);
        return Ok(());
    }
    for (name, from, title) in &dated {
        println!("from {from}  {name}  {title}  ({} classes)", governing.get(name).copied().unwrap_or(0));
    }
    for (name, classes) in governing.iter().filter(|(name, _)| dated.iter().all(|(known, ..)| known != *name)) {
        println!("fixed            {name}  no file any more  ({classes} classes)");
    }
    for (what, list, name) in
        [("trades", &app.lists.trades, "trades-*.csv"), ("institutions", &app.lists.institutions, "institutions-*.csv")]
    {
        match list {
            Some(list) => println!("{what}: {} entries from {}", list.iter().count(), list.files.join(", ")),
            None => println!("{what}: no list; put one into the policy folder as {name}"),
        }
    }
    if let (Some((first, _)), Some((last, source))) = (years.first(), years.last()) {
        println!("calendar: {first} to {last}, the last by {source}");
    }
    Ok(())
}

async fn show(args: &Show, app: &App) -> Result<()> {
    let policy = match &args.policy {
        None => std::sync::Arc::new(app.policies.at(app.clock.now()).clone()),
        Some(file) if file.ends_with(".toml") => std::sync::Arc::new(read(Path::new(file))?),
        Some(name) => match app.policies.iter().find(|policy| policy.id == *name) {
            Some(policy) => std::sync::Arc::new(policy.clone()),
            None => app.policies.named(&app.db, name).await.map_err(|_| unknown(name, &app.policies))?,
        },
    };
    if args.json {
        println!("{}", serde_json::to_string_pretty(&json!({"name": policy.name(), "policy": &*policy}))?);
        return Ok(());
    }
    println!("{}  in force from {}\n{}\n{}\n", policy.name(), policy.starts_on(), policy.title_zh, policy.title_en);
    for (key, value, source) in settings(policy.text()) {
        println!("{key} = {value}\n    {source}");
    }
    Ok(())
}

fn unknown(name: &str, policies: &Policies) -> Error {
    let ids: Vec<&str> = policies.iter().map(|policy| policy.id.as_str()).collect();
    Error::new(&codes::INVALID, format!("There is no policy {name}; there are {}, and those that keshi policy list names.", ids.join(", ")))
}

fn read(file: &Path) -> Result<Policy> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|cause| Error::new(&codes::INVALID, format!("{name} cannot be read: {cause}")))?;
    Policy::parse(&name, &text)
}

async fn diff(args: Diff, app: &App) -> Result<()> {
    let changed = read(&args.file)?;
    let only: Option<ClassId> = match &args.class {
        Some(class) => Some(class::get(&app.db, &class.parse()?).await?.id),
        None => None,
    };
    let (db, lake, secrets) = (app.db.clone(), app.lake.clone(), app.secrets.clone());
    let tools = Tools { db, lake, secrets, policies: app.policies.clone(), lists: app.lists.clone() };
    let name = changed.name();
    let mut items = Vec::new();
    let tell = |diff: ClassDiff| {
        if !args.all && !diff.differs() {
            return Ok(());
        }
        if args.json {
            items.push(diff)
        } else {
            print(&diff)
        }
        Ok(())
    };
    let totals = policy_diff::compare(&tools, &args.file.display().to_string(), changed, only, app.clock.now(), tell).await?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&json!({"policy": name, "items": items, "totals": totals}))?);
        return Ok(());
    }
    sum("would follow it", &totals.applies);
    sum("keep the policy fixed for them", &totals.keeps);
    if totals.untouched > 0 {
        println!("{} open classes begin where another policy is in force", totals.untouched);
    }
    Ok(())
}

fn print(diff: &ClassDiff) {
    let follows = if diff.applies { "follows" } else { "keeps" };
    println!(
        "{:<20} {:<7} {}  {}",
        diff.class_external_id,
        follows,
        figures(diff.hours_milli, diff.worth_fen, diff.at_risk_fen),
        diff.title
    );
    for (sign, codes) in [("+", &diff.appear), ("-", &diff.vanish)] {
        codes.iter().for_each(|code| println!("    {sign} {code}"));
    }
}

fn sum(what: &str, total: &Total) {
    let figures = figures(total.hours_milli, total.worth_fen, total.at_risk_fen);
    println!("{} classes {what}, {} with a difference: {figures}", total.classes, total.differ);
    for (sign, remarks) in [("+", &total.appear), ("-", &total.vanish)] {
        remarks.iter().for_each(|(code, classes)| println!("    {sign} {code} in {classes} classes"));
    }
}

fn figures(hours: Pair, worth: Pair, at_risk: Pair) -> String {
    let yuan = |fen: i64| format!("{}.{:02}", fen / 100, fen % 100);
    let pair = |pair: Pair, show: &dyn Fn(i64) -> String| {
        if pair.is_still() { show(pair.now) } else { format!("{} -> {}", show(pair.now), show(pair.then)) }
    };
    format!("{} h, {} yuan, at risk {} yuan", pair(hours, &hours_text), pair(worth, &yuan), pair(at_risk, &yuan))
}
