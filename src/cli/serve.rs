//! `keshi serve`: the server, with workers inside.

use super::sequencer::Sequencer;
use super::threads::Threads;
use crate::app::App;
use crate::config::Config;
use crate::error::{Error, Result, codes};
use crate::tell::deliver;
use crate::{jobs, pipeline, web};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Serves the API and the pages, with workers inside
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keshi serve                                         SQLite and files in ./data, on 127.0.0.1:8080
  keshi serve --listen 0.0.0.0:8080 --workers 4
  keshi serve --database postgres://keshi@db/keshi --objects 's3://evidence?region=cn-1&lock=1'")]
pub(super) struct Args {
    /// Address and port [default: 127.0.0.1:8080]
    #[arg(long)]
    listen: Option<String>,
    /// Workers inside; 0 for none [default: 2]
    #[arg(long)]
    workers: Option<usize>,
}

impl Args {
    /// The configuration with what the command line says.
    pub(super) fn apply(&self, mut config: Config) -> Config {
        if let Some(listen) = &self.listen {
            config.server.listen.clone_from(listen);
        }
        if let Some(workers) = self.workers {
            config.server.workers = workers;
        }
        config
    }
}

/// As many open files as the system lets this process have: each connection is one, and the usual limit of a shell is 1024.
fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum
        && let Err(cause) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })
    {
        tracing::warn!(%cause, "the limit on open files stays as it is");
    }
}

/// Runs until told to stop.
pub(super) async fn run(_args: Args, app: App) -> Result<()> {
    raise_file_limit();
    let stop = CancellationToken::new();
    let listener = TcpListener::bind(&app.config.server.listen).await.map_err(|cause| {
        Error::new(
            &codes::CONFIG,
            format!("{} cannot be listened on ({cause}); choose another address with --listen.", app.config.server.listen),
        )
    })?;
    let sequencer = Sequencer::start(&app);
    let (requests, work) = (Threads::new("keshi-web")?, Threads::new("keshi-work")?);
    let workers = work.spawn(jobs::work(
        app.jobs.clone(),
        app.db.clone(),
        app.clock.clone(),
        pipeline::handler(app.clone()),
        app.config.server.workers,
        stop.clone(),
    ));
    let teller = tokio::spawn(deliver::run(app.teller(), app.jobs.news(), stop.clone()));
    tokio::spawn(pipeline::keep_house(app.clone(), stop.clone()));
    tracing::info!(address = %app.config.server.listen, workers = app.config.server.workers, "serving");
    let told = stop.clone();
    tokio::spawn(async move {
        super::until_told().await;
        tracing::info!("stopping: requests and jobs under way are finished first");
        told.cancel();
    });
    // A socket belongs to the runtime that waits for it.
    let listener = listener.into_std()?;
    let ended = stop.clone();
    let served = requests.spawn(async move { web::serve(app, TcpListener::from_std(listener)?, ended).await });
    let served = served.await.unwrap_or_else(|panic| Err(Error::internal(panic)));
    stop.cancel();
    let _ = tokio::join!(workers, teller);
    sequencer.end().await;
    served
}
