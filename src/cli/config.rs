//! `keshi config`: the effective configuration.

use crate::config::{Config, DEFAULTS};
use crate::error::Result;

/// Prints the effective configuration as TOML
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  keshi config\n  keshi config --defaults    every setting with what it does")]
pub(super) struct Args {
    /// Print the defaults, each with what it does
    #[arg(long)]
    defaults: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Prints.
pub(super) fn run(args: Args, config: Config) -> Result<()> {
    if args.defaults {
        print!("{DEFAULTS}");
    } else if args.json {
        println!("{}", serde_json::to_string_pretty(&config.without_secrets())?);
    } else {
        print!("{}", config.shown()?);
    }
    Ok(())
}
