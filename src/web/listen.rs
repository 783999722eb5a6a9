//! Connections: how many at once, how long a request may take to say what it wants, and how they end when the server does.

use crate::app::App;
use axum::body::{Body, HttpBody};
use axum::extract::{ConnectInfo, Request};
use axum::{BoxError, Router};
use bytes::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// How long requests under way may take to end once the server is told to stop.
const LAST: Duration = Duration::from_secs(30);
/// The pause after the system refused a connection, for want of descriptors as a rule.
const BREATH: Duration = Duration::from_millis(100);

/// Serves until `stop`; requests under way then have half a minute to end. A connection that does not finish the head of a request in
/// `server.idle_seconds` is closed; more than `server.connections` wait to be accepted.
pub(super) async fn serve(app: &App, router: Router, listener: TcpListener, stop: CancellationToken) {
    let patience = Duration::from_secs(app.config.server.idle_seconds.max(1));
    let places = Arc::new(Semaphore::new(app.config.server.connections.max(1)));
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(patience);
    let open = GracefulShutdown::new();
    let accept = async || {
        let place = places.clone().acquire_owned().await.expect("the places are never closed");
        listener.accept().await.map(|(socket, peer)| (place, socket, peer))
    };
    loop {
        let accepted = tokio::select! {
            accepted = accept() => accepted,
            () = stop.cancelled() => break,
        };
        let (place, socket, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(cause) => {
                tracing::warn!(%cause, "a connection cannot be accepted");
                tokio::time::sleep(BREATH).await;
                continue;
            }
        };
        // An answer is written as a whole; there is nothing to wait for.
        let _ = socket.set_nodelay(true);
        let service = TowerToHyperService::new(router.clone().map_request(move |request: Request<_>| from(request, peer)));
        let connection = open.watch(builder.serve_connection(TokioIo::new(socket), service).into_owned());
        tokio::spawn(async move {
            if let Err(cause) = connection.await {
                tracing::debug!(cause, "a connection broke off");
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(LAST, open.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in {} s and are cut off", LAST.as_secs());
    }
}

/// A request with where it comes from.
fn from<B>(request: Request<B>, peer: SocketAddr) -> Request
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    request
}
