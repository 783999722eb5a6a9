//! `keshi sql`: read-only questions to the lake.

use crate::error::{Error, Result, codes};
use crate::lake::Lake;
use crate::lake::query::{Format, Limits, Printer, tables};
use crate::time::{MINUTE, Time};
use futures::StreamExt;
use std::io::{ErrorKind, Read, Write};
use std::time::Duration;

/// Asks the lake a read-only question in SQL
///
/// The tables are attendance (every event of every accepted log) and copies of the plan, the evidence and the credits, brought up to date first
/// when they are older than a minute. Only select, with and explain are possible. keshi sql --tables lists tables and columns.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keshi sql --tables
  keshi sql \"select kind, count(*) from attendance group by kind\"
  keshi sql --format csv \"select * from credits where credited_ms > 0\" > credits.csv
  keshi sql --json \"select lesson, sum(worth_fen) as fen from credits group by lesson order by fen desc limit 20\"
  keshi sql - < question.sql")]
pub(super) struct Args {
    /// The question; - reads it from standard input
    #[arg(required_unless_present = "tables")]
    pub sql: Option<String>,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// List the tables and their columns
    #[arg(long, conflicts_with = "sql")]
    pub tables: bool,
    /// Do not bring the copies of the plan up to date
    #[arg(long)]
    pub stale: bool,
    /// Seconds it may take
    #[arg(long, default_value_t = 120, value_name = "SECONDS")]
    pub seconds: u64,
    /// Memory it may take, in MiB
    #[arg(long, default_value_t = 512, value_name = "MIB")]
    pub memory: usize,
    /// Rows it may give
    #[arg(long, default_value_t = 10_000_000, value_name = "ROWS")]
    pub rows: usize,
}

/// Runs it.
///
/// # Errors
/// `bad_query` and `query_limit`, with a sentence that says what to change.
pub(super) async fn run(args: Args, lake: &Lake, now: Time) -> Result<()> {
    if args.tables {
        return list_tables(args.json);
    }
    let text = match args.sql.as_deref() {
        Some("-") => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text)?;
            text
        }
        text => text.unwrap_or_default().to_owned(),
    };
    if !args.stale {
        lake.snapshot_since(now.plus(-MINUTE), now).await?;
    }
    let time = Duration::from_secs(args.seconds);
    let limits = Limits { time, memory_bytes: args.memory.saturating_mul(1 << 20), rows: args.rows, ..Limits::default() };
    let mut answer = lake.query(&text, Vec::new(), limits).await?;
    let format = if args.json { Format::Json } else { args.format };
    let mut printer = Printer::new(format, answer.schema.clone());
    let mut open = write(&printer.head()?)?;
    while open && let Some(batch) = answer.batches.next().await {
        open = write(&printer.rows(batch?)?)?;
    }
    if open {
        write(&printer.foot()?)?;
    }
    Ok(())
}

/// Writes to standard output; `false` when its reader has gone, which is no error.
fn write(bytes: &[u8]) -> Result<bool> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Error::new(&codes::INVALID, "The answer could not be written; see whether the disk is full.").because(error)),
    }
}

fn list_tables(json: bool) -> Result<()> {
    let mut text = String::new();
    if json {
        let tables: serde_json::Map<String, serde_json::Value> = tables()
            .map(|(name, schema)| (name.to_owned(), schema.fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>().into()))
            .collect();
        text = format!("{}\n", serde_json::Value::Object(tables));
    } else {
        for (name, schema) in tables() {
            let columns: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
            text.push_str(&format!("{name}: {}\n", columns.join(", ")));
        }
    }
    write(text.as_bytes()).map(drop)
}
