//! `keshi export`: the lake as files for other tools, and the notice's reports.

use crate::app::App;
use crate::audit::report::mapping::Mapping;
use crate::audit::report::{Week, table};
use crate::error::{Error, Result, codes};
use crate::pipeline::reports::{self, Backfill};
use crate::register::class;
use crate::tables::write::Format;
use crate::time::MINUTE;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufWriter, Cursor, Write};
use std::path::{Path, PathBuf};

/// What the trail calls whoever exports on the server itself.
const ACTOR: &str = "keshi";

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
    /// Writes the statistics of a week (31号 六（一）), as they are now, with corrections to what was filed
    #[command(after_help = "Examples:\n  keshi export weekly week.xlsx\n  keshi export weekly --week 2020-W10 --format csv -")]
    Weekly {
        /// The file; - for standard output
        file: PathBuf,
        /// Its Monday, such as 2020-03-02, or its number, such as 2020-W10 [default: last week]
        #[arg(long)]
        week: Option<String>,
        /// How it is written [default: by the file's ending, else json]
        #[arg(long, value_enum)]
        format: Option<Format>,
    },
    /// Writes what is to be back-filled into the provincial system (补录, 31号 六（五）): a row for each trainee and lesson, names included
    ///
    /// Material that came late is marked as late. The provincial system's column names are not published, so the built-in ones are assumed.
    #[command(
        after_help = "Examples:\n  keshi export backfill class.xlsx --class ext:2020-03-01\n  keshi export backfill all.csv --mapping provincial.toml"
    )]
    Backfill {
        /// The file; - for standard output
        file: PathBuf,
        /// The class, by its id or ext:<id> [default: all classes]
        #[arg(long)]
        class: Option<String>,
        /// A file with the columns [default: backfill.mapping of the configuration, else the built-in ones]
        #[arg(long)]
        mapping: Option<PathBuf>,
        /// How it is written [default: by the file's ending, else json]
        #[arg(long, value_enum)]
        format: Option<Format>,
    },
}

/// Exports.
pub(super) async fn run(args: Args, app: App) -> Result<()> {
    match args.what {
        What::Lake { folder, json } => lake(&app, &folder, json).await,
        What::Weekly { file, week, format } => {
            let format = format.unwrap_or_else(|| by_ending(&file));
            let week = week.map_or_else(|| Ok(reports::last_week(&app)), |text| Week::parse(&text))?;
            let (report, versions) = reports::weekly(&app, week).await?;
            let corrections = versions.first().map(|last| last.corrections(&report)).transpose()?.unwrap_or_default();
            let bytes = match format {
                Format::Json => format!("{}\n", Value::Object(report.document())).into_bytes(),
                Format::Csv => table::csv(&report, &corrections)?,
                Format::Xlsx => {
                    let mut bytes = Cursor::new(Vec::new());
                    table::xlsx(&report, &corrections, &mut bytes)?;
                    bytes.into_inner()
                }
            };
            let mut out = open(&file)?;
            out.write_all(&bytes).and_then(|()| out.flush()).map_err(|cause| unwritten(&file, cause))
        }
        What::Backfill { file, class, mapping, format } => {
            let format = format.unwrap_or_else(|| by_ending(&file));
            let mapping = Mapping::load(mapping.as_deref().or(app.config.backfill.path()))?;
            let class = match class {
                Some(class) => Some(class::get(&app.db, &class.parse()?).await?.id),
                None => None,
            };
            let asked = Backfill { class, format, mapping, actor: ACTOR.to_owned(), names: true };
            backfill(app, asked, &file).await
        }
    }
}

async fn lake(app: &App, folder: &Path, json: bool) -> Result<()> {
    let now = app.clock.now();
    app.lake.snapshot_since(now.plus(-MINUTE), now).await?;
    let exported = app.lake.export(folder).await?;
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

async fn backfill(app: App, asked: Backfill, file: &Path) -> Result<()> {
    let (out, mut pieces) = tokio::sync::mpsc::channel(4);
    let export = tokio::spawn(async move { reports::backfill(&app, asked, &out).await });
    let mut into = open(file)?;
    while let Some(piece) = pieces.recv().await {
        into.write_all(&piece?).map_err(|cause| unwritten(file, cause))?;
    }
    into.flush().map_err(|cause| unwritten(file, cause))?;
    export.await.map_err(Error::internal)?
}

fn by_ending(file: &Path) -> Format {
    file.extension().and_then(|ending| ending.to_str()).and_then(Format::named).unwrap_or(Format::Json)
}

fn open(file: &Path) -> Result<Box<dyn Write + Send>> {
    if file == Path::new("-") {
        return Ok(Box::new(std::io::stdout()));
    }
    Ok(Box::new(BufWriter::new(File::create(file).map_err(|cause| unwritten(file, cause))?)))
}

fn unwritten(file: &Path, cause: std::io::Error) -> Error {
    Error::new(&codes::INVALID, format!("'{}' cannot be written ({cause}); name another file.", file.display()))
}
