//! A request that is refused before its body was read: the rest is read for a moment, so that the sender gets to see why. A connection
//! that is closed over unread bytes is reset, and a reset takes the answer with it.

use axum::body::{Body, BodyDataStream};
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use futures::StreamExt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// Most bytes that are read for nobody.
const BYTES: usize = 8 << 20;
/// Longest time they are waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// Reads what a refused request still sends, within bounds, and closes the connection where that is not all.
pub(super) async fn drain(request: Request, next: Next) -> Response {
    // Who asks first whether to send is not asked to.
    if request.headers().contains_key(header::EXPECT) {
        return next.run(request).await;
    }
    let (head, body) = request.into_parts();
    let body = Arc::new(Mutex::new(body.into_data_stream()));
    let read = futures::stream::unfold(body.clone(), |body| async move {
        let chunk = body.lock().await.next().await?;
        Some((chunk, body))
    });
    let mut response = next.run(Request::from_parts(head, Body::from_stream(read))).await;
    if response.status().is_client_error() && !tokio::time::timeout(PATIENCE, ends(&body)).await.unwrap_or(false) {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Reads to the end; whether it came within the bound.
async fn ends(body: &Mutex<BodyDataStream>) -> bool {
    let mut read = 0;
    let mut body = body.lock().await;
    while let Some(chunk) = body.next().await {
        let Ok(chunk) = chunk else { return false };
        read += chunk.len();
        if read > BYTES {
            return false;
        }
    }
    true
}
