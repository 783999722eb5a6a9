//! `keshi export`: the lake as files for other tools.

use crate::error::Result;
use crate::lake::Lake;
use crate::time::{MINUTE, Time};
use serde_json::json;
use std::path::PathBuf;

/// Writes what keshi knows as files for other tools
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Writes the lake's tables as Parquet files, a folder a table, and schema.json
    ///
    /// DuckDB, pandas, Spark and the like open them; docs/LAKE.md says what the columns mean. A server may run meanwhile.
    #[command(
        after_help = "Examples:\n  keshi export lake /tmp/lake\n  duckdb -c \"select kind, count(*) from '/tmp/lake/attendance/*.parquet' group by kind\""
    )]
    Lake {
        /// A new or empty folder
        folder: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Exports.
pub(super) async fn run(args: Args, lake: &Lake, now: Time) -> Result<()> {
    let What::Lake { folder, json } = args.what;
    lake.snapshot_since(now.plus(-MINUTE), now).await?;
    let exported = lake.export(&folder).await?;
    if json {
        let tables: Vec<_> = exported.iter().map(|one| json!({"table": one.table, "rows": one.rows, "files": one.files})).collect();
        println!("{}", json!({"folder": folder, "tables": tables}));
    } else {
        for one in &exported {
            println!("{}: {} rows in {} files", one.table, one.rows, one.files);
        }
    }
    Ok(())
}
