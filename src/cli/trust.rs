//! `keshi trust`: the trust file.

use crate::app::App;
use crate::error::Result;

/// Prints the trust file that `keshi verify` takes
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  keshi trust > trust.json")]
pub(super) struct Args {}

/// Prints.
pub(super) fn run(_args: Args, app: App) -> Result<()> {
    println!("{}", serde_json::to_string_pretty(&app.log.trust())?);
    Ok(())
}
