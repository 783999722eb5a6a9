//! Requests per token, or per address without one.

use super::problem::Problem;
use crate::error::{Error, codes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use sha2::{Digest as _, Sha256};
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;

/// Who is counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Token([u8; 32]),
    Address(IpAddr),
}

/// Counts; `None` without a limit.
#[derive(Clone)]
pub(super) struct Limits(Option<Arc<DefaultKeyedRateLimiter<Key>>>);

/// Keys held before those that are quiet again are forgotten.
const MANY: usize = 100_000;

impl Limits {
    pub(super) fn new(per_minute: u32) -> Limits {
        Limits(NonZeroU32::new(per_minute).map(|quota| Arc::new(RateLimiter::keyed(Quota::per_minute(quota)))))
    }
}

pub(super) async fn check(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    if let Some(limiter) = &limits.0 {
        let token = request.headers().get(AUTHORIZATION).map(|value| Sha256::digest(value.as_bytes()).into());
        let address = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let key = token.map(Key::Token).or(address.map(Key::Address));
        if limiter.len() > MANY {
            limiter.retain_recent();
        }
        if key.is_some_and(|key| limiter.check_key(&key).is_err()) {
            return Problem(Error::of(&codes::BUSY)).into_response();
        }
    }
    next.run(request).await
}
