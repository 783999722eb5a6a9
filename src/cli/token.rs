//! `keshi token`: tokens for programs.

use crate::app::App;
use crate::error::Result;
use crate::receive::identity::{self, Role, Scope};
use crate::register::{platform, provider};
use std::io::BufRead;

/// Makes tokens for programs
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Create(Create),
    /// Ends a token, given as one line on standard input
    Revoke,
}

/// Makes a token and prints it, once, alone on standard output
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keshi token create --role platform --platform px-class --name 'px-class upload'
  keshi token create --role provider --provider ext:P1
  TOKEN=$(keshi token create --role admin)")]
struct Create {
    /// What the holder is
    #[arg(long, value_enum)]
    role: Role,
    /// The platform it speaks for
    #[arg(long)]
    platform: Option<String>,
    /// The provider it speaks for: an id, or ext:<external id>
    #[arg(long)]
    provider: Option<String>,
    /// What people call it
    #[arg(long, default_value = "")]
    name: String,
}

/// Makes it.
pub(super) async fn run(args: Args, app: App) -> Result<()> {
    let create = match args.what {
        What::Create(create) => create,
        What::Revoke => {
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line)?;
            return identity::revoke_token(&app.db, app.clock.now(), line.trim()).await;
        }
    };
    let scope = scope(&app, create.platform.as_deref(), create.provider.as_deref()).await?;
    println!("{}", identity::create_token(&app.db, &app.ids, app.clock.now(), create.role, &scope, &create.name).await?);
    Ok(())
}

/// A scope whose platform and provider exist.
pub(super) async fn scope(app: &App, platform: Option<&str>, provider: Option<&str>) -> Result<Scope> {
    let platform = match platform {
        Some(id) => Some(platform::get(&app.db, id).await?.id),
        None => None,
    };
    let provider = match provider {
        Some(text) => Some(provider::get(&app.db, &text.parse()?).await?.id),
        None => None,
    };
    Ok(Scope { platform, provider })
}
