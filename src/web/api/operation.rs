//! Health, readiness, metrics.

use crate::app::App;
use crate::error::{Error, codes};
use crate::web::problem::Answer;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The process runs
#[utoipa::path(get, path = "/healthz", tag = "operation", responses((status = 200, description = "ok")))]
pub(super) async fn health() -> &'static str {
    "ok\n"
}

/// Database and storage answer and the schema is this program's
#[utoipa::path(get, path = "/readyz", tag = "operation", responses((status = 200, description = "ready"), (status = 503, description = "not_ready, with what is missing")))]
pub(super) async fn ready(State(app): State<App>) -> Answer<&'static str> {
    let (known, applied) = app.db.versions().await?;
    if applied != Some(known) {
        return Err(Error::of(&codes::NOT_READY).into());
    }
    app.objects.ready().await?;
    Ok("ready\n")
}

/// The recorder of the process; a second caller gets the first one's.
fn recorder() -> Option<PrometheusHandle> {
    static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    RECORDER.get_or_init(|| PrometheusBuilder::new().install_recorder().ok()).clone()
}

/// Folds what was measured into the counts every few seconds, so that memory stays bounded where nobody asks for `/metrics`.
pub(in crate::web) async fn keep_up(stop: CancellationToken) {
    while let Some(handle) = recorder() {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(5)) => handle.run_upkeep(),
            () = stop.cancelled() => return,
        }
    }
}

/// `GET /metrics` in Prometheus text; counts only, never names.
pub(super) fn metrics() -> Router<App> {
    recorder();
    Router::new().route("/metrics", get(async || recorder().map(|handle| handle.render()).unwrap_or_default()))
}
