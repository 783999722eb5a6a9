//! `keshi person`: what is kept of one person, for them.

use crate::app::App;
use crate::audit::person::{self, Request, Tools, Whose};
use crate::error::{Error, Result, codes};
use std::io::Read;

/// Prints everything kept of one person as JSON, for them to see and copy; the look is in the trail
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Show(Show),
}

/// Prints it: rosters, hours, evidence, certificates, who looked, what was asked to be corrected
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keshi person show --trainee 0190a1b2-0004-7000-8000-000000000001 --requested-by 本人 --reason 查阅复制申请
  keshi person show --id-number-stdin --requested-by 本人 --reason 查阅复制申请 < number.txt")]
#[command(group = clap::ArgGroup::new("whose").required(true))]
struct Show {
    /// By a trainee of any roster
    #[arg(long, group = "whose")]
    trainee: Option<String>,
    /// By the ID number, read from standard input: on a command line others would see it
    #[arg(long, group = "whose")]
    id_number_stdin: bool,
    /// Who asked: the person, or who acts for them
    #[arg(long)]
    requested_by: String,
    /// Why, for the trail
    #[arg(long)]
    reason: String,
}

pub(super) async fn run(args: Args, app: App) -> Result<()> {
    let What::Show(Show { trainee, requested_by, reason, .. }) = args.what;
    let whose = match trainee {
        Some(id) => Whose::Trainee(id.parse().map_err(|_| Error::of(&codes::INVALID_ID))?),
        None => {
            let mut number = String::new();
            std::io::stdin().take(1000).read_to_string(&mut number)?;
            Whose::IdNumber(number.trim().to_owned())
        }
    };
    let tools = Tools { db: &app.db, ids: &app.ids, secrets: &app.secrets };
    let request = Request { actor: "keshi", provider: None, requested_by: &requested_by, reason: &reason, now: app.clock.now() };
    println!("{}", serde_json::to_string_pretty(&person::assemble(tools, &whose, request).await?)?);
    Ok(())
}
