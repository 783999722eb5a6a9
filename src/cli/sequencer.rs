//! The log's sequencer beside whatever commits leaves and waits for them.

use crate::app::App;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A sequencer that runs until it is told to end.
///
/// Requests and jobs under way wait for their seals, however long: it is to be ended after the last of them, or they wait for ever.
pub(super) struct Sequencer {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Sequencer {
    /// Starts it. Servers and workers may each have one on the same log.
    pub(super) fn start(app: &App) -> Sequencer {
        let (log, stop) = (app.log.clone(), CancellationToken::new());
        let until = stop.clone();
        Sequencer { stop, task: tokio::spawn(async move { log.run(until).await }) }
    }

    /// Seals what is staged, and ends.
    pub(super) async fn end(self) {
        self.stop.cancel();
        if let Err(panic) = self.task.await {
            tracing::warn!(%panic, "the sequencer ended early; the next server seals what is left");
        }
    }
}
