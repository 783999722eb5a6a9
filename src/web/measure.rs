//! Counts and durations of requests, by route: never by address, which names things and people.

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use std::time::Instant;

/// Counts a request and how long its answer took to begin.
pub(super) async fn measure(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().as_str().to_owned();
    let begun = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::histogram!("keshi_request_seconds", "method" => method.clone(), "route" => route.clone()).record(begun.elapsed());
    metrics::counter!("keshi_requests_total", "method" => method, "route" => route, "status" => status).increment(1);
    response
}
