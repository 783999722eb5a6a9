//! `keshi user`: people who log in on the pages.

use super::token::scope;
use crate::app::App;
use crate::error::{Error, Result, codes};
use crate::receive::identity::{self, Role};
use std::io::{BufRead, IsTerminal};

/// Makes logins for people
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Create(Create),
}

/// Makes a login, or gives a known one a new password and role; the password is one line on standard input
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keshi user create li --role inspector                      asks for the password
  openssl rand -base64 18 | tee pw | keshi user create li --role inspector")]
struct Create {
    /// Name to log in with
    name: String,
    /// What the person is
    #[arg(long, value_enum)]
    role: Role,
    /// The platform the person speaks for
    #[arg(long)]
    platform: Option<String>,
    /// The provider the person speaks for: an id, or ext:<external id>
    #[arg(long)]
    provider: Option<String>,
}

/// Makes it.
pub(super) async fn run(args: Args, app: App) -> Result<()> {
    let What::Create(create) = args.what;
    let scope = scope(&app, create.platform.as_deref(), create.provider.as_deref()).await?;
    if std::io::stdin().is_terminal() {
        eprint!("Password for {} (at least 12 characters, shown as you type): ", create.name);
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err(Error::new(&codes::INVALID, "Give the password as one line on standard input."));
    }
    identity::put_login(&app.db, &app.ids, app.clock.now(), &create.name, password, create.role, &scope).await?;
    eprintln!("{} can log in as {}.", create.name, create.role.as_str());
    Ok(())
}
