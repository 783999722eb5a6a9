//! The command line: one file per subcommand.

mod backtest;
mod config;
mod data_key;
mod demo;
mod detect;
mod docs;
mod doctor;
mod export;
mod fsck;
mod key;
mod migrate;
mod person;
mod policy;
mod profile;
mod rebuild;
mod sequencer;
mod serve;
mod simulate;
mod sql;
mod submit;
mod threads;
mod token;
mod trust;
mod user;
mod verify;
mod work;

use crate::app::App;
use crate::config::{Config, Overrides};
use crate::error::{Error, Kind, Result};
use clap::{Parser, Subcommand};
use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// keshi (课时): evidence and verification server for publicly paid online training
///
/// Every lesson hour, proven or explained.
#[derive(Debug, Parser)]
#[command(name = "keshi", version, about, long_about, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    overrides: Overrides,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Args),
    Work(work::Args),
    Migrate(migrate::Args),
    Doctor(doctor::Args),
    Config(config::Args),
    Policy(policy::Args),
    Profile(profile::Args),
    Trust(trust::Args),
    Token(token::Args),
    Key(key::Args),
    User(user::Args),
    Person(person::Args),
    Submit(submit::Args),
    Verify(verify::Args),
    Fsck(fsck::Args),
    Detect(detect::Args),
    Backtest(backtest::Args),
    Sql(sql::Args),
    Export(export::Args),
    Rebuild(rebuild::Args),
    Simulate(simulate::Args),
    Demo(demo::Args),
    #[command(hide = true)]
    Docs(docs::Args),
}

/// Runs the command line to its end.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("keshi: the machine gives no threads: {error}");
            return ExitCode::from(1);
        }
    };
    match runtime.block_on(dispatch(cli)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("keshi: {error}");
            for row in error.rows.iter().take(20) {
                eprintln!("  row {}: {}", row.row, row.message);
            }
            // Whoever is asked for help has no other place to look it up: commands keep no log.
            if let (Kind::Internal, Some(cause)) = (error.kind, &error.cause) {
                eprintln!("  cause: {cause}");
            }
            ExitCode::from(if matches!(error.kind, Kind::Invalid) { 2 } else { 1 })
        }
    }
}

async fn dispatch(cli: Cli) -> Result<ExitCode> {
    let load = || Config::load(&cli.overrides);
    match cli.command {
        Command::Serve(args) => {
            let config = args.apply(load()?);
            tell(&config)?;
            serve::run(args, App::open(config).await?).await?;
        }
        Command::Work(args) => {
            let config = load()?;
            tell(&config)?;
            work::run(args, App::open(config).await?).await?;
        }
        Command::Migrate(args) => migrate::run(args, load()?).await?,
        Command::Doctor(args) => return doctor::run(args, App::open(load()?).await?).await,
        Command::Config(args) => config::run(args, load()?)?,
        Command::Policy(args) => policy::run(args, App::open(load()?).await?).await?,
        Command::Profile(args) => return profile::run(args, load).await,
        Command::Trust(args) => trust::run(args, App::open(load()?).await?)?,
        Command::Token(args) => token::run(args, App::open(load()?).await?).await?,
        Command::Key(args) => key::run(args, App::open(load()?).await?).await?,
        Command::Person(args) => person::run(args, App::open(load()?).await?).await?,
        Command::User(args) => user::run(args, App::open(load()?).await?).await?,
        Command::Submit(args) => submit::run(args).await?,
        Command::Verify(args) => return verify::run(args).await,
        Command::Fsck(args) => return fsck::run(args, App::open(load()?).await?).await,
        Command::Rebuild(args) => return rebuild::run(args, App::open(load()?).await?).await,
        Command::Sql(args) => {
            let app = App::open(load()?).await?;
            sql::run(args, &app.lake, app.clock.now()).await?;
        }
        Command::Export(args) => {
            let app = App::open(load()?).await?;
            export::run(args, app).await?;
        }
        Command::Backtest(args) => {
            let app = App::open(load()?).await?;
            backtest::run(args, &app.db, &app.lake, app.clock.now()).await?;
        }
        Command::Detect(args) if let Some(folder) = args.lake.clone() => detect::elsewhere(args, &folder).await?,
        Command::Detect(args) => {
            let app = App::open(load()?).await?;
            detect::run(args, &app.db, &app.lake, &app.ids, app.clock.now()).await?;
        }
        Command::Simulate(args) => simulate::run(args).await?,
        Command::Demo(args) => demo::run(args, cli.overrides.data.as_deref().unwrap_or(Path::new("./data"))).await?,
        Command::Docs(args) => return docs::run(args),
    }
    Ok(ExitCode::SUCCESS)
}

/// Starts logging, on standard error.
fn tell(config: &Config) -> Result<()> {
    let filter = EnvFilter::try_new(&config.telemetry.log).map_err(Error::internal)?;
    let layer = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr);
    let started = if config.telemetry.log_format == "json" { layer.json().try_init() } else { layer.try_init() };
    started.map_err(Error::internal)
}

/// Ends on Ctrl-C or SIGTERM.
async fn until_told() {
    let mut terminate = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(signal) => signal,
        Err(_) => return std::future::pending().await,
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
