//! `keshi migrate`: brings the database up.

use crate::config::Config;
use crate::db::Db;
use crate::error::Result;

/// Brings the database up to this program's schema
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  keshi migrate --database postgres://keshi@db/keshi")]
pub(super) struct Args {}

/// Migrates.
pub(super) async fn run(_args: Args, config: Config) -> Result<()> {
    let db = Db::open(&config.database_url(), 2).await?;
    db.migrate().await?;
    let (known, _) = db.versions().await?;
    println!("The database is at step {known}.");
    Ok(())
}
