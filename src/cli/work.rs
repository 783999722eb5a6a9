//! `keshi work`: workers only.

use super::sequencer::Sequencer;
use crate::app::App;
use crate::error::Result;
use crate::tell::deliver;
use crate::{jobs, pipeline};
use tokio_util::sync::CancellationToken;

/// Runs workers only, beside servers on the same database and storage
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  keshi work --count 4 --database postgres://keshi@db/keshi --objects 's3://evidence?region=cn-1'")]
pub(super) struct Args {
    /// Workers [default: server.workers of the configuration]
    #[arg(long)]
    count: Option<usize>,
}

/// Runs until told to stop.
pub(super) async fn run(args: Args, app: App) -> Result<()> {
    let stop = CancellationToken::new();
    let count = args.count.unwrap_or(app.config.server.workers).max(1);
    let told = stop.clone();
    tokio::spawn(async move {
        super::until_told().await;
        told.cancel();
    });
    tokio::spawn(pipeline::keep_house(app.clone(), stop.clone()));
    let sequencer = Sequencer::start(&app);
    let teller = tokio::spawn(deliver::run(app.teller(), app.jobs.news(), stop.clone()));
    tracing::info!(workers = count, "working");
    jobs::work(app.jobs.clone(), app.db.clone(), app.clock.clone(), pipeline::handler(app), count, stop).await;
    let _ = teller.await;
    sequencer.end().await;
    Ok(())
}
