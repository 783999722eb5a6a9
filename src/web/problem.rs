//! Errors as RFC 9457 `application/problem+json`; the only place that knows which kind is which HTTP status.

use crate::error::{Code, Error, Kind, codes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// An error on its way out.
#[derive(Debug)]
pub struct Problem(pub Error);

/// What a handler of the API returns.
pub type Answer<T> = Result<T, Problem>;

impl<E: Into<Error>> From<E> for Problem {
    fn from(error: E) -> Problem {
        Problem(error.into())
    }
}

/// The HTTP status of a kind of error.
pub fn status(kind: Kind) -> StatusCode {
    match kind {
        Kind::Invalid => StatusCode::BAD_REQUEST,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::Unprocessable => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::TooMany => StatusCode::TOO_MANY_REQUESTS,
        Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The HTTP status of an error: that of its kind, but for codes to which a protocol gives one of their own.
fn status_of(error: &Error) -> StatusCode {
    const OWN: [(&Code, u16); 4] =
        [(&codes::RANGE, 416), (&codes::TUS_VERSION, 412), (&codes::OFFSET_STREAM, 415), (&codes::CHECKSUM_MISMATCH, 460)];
    let own = OWN.iter().find(|(code, _)| code.name == error.code).and_then(|(_, status)| StatusCode::from_u16(*status).ok());
    own.unwrap_or_else(|| status(error.kind))
}

/// Logs what only the operator should know.
pub fn log(error: &Error) {
    if matches!(error.kind, Kind::Internal | Kind::Unavailable) {
        tracing::error!(error.code = error.code, error = %error.message, cause = ?error.cause, "a request failed");
    } else {
        tracing::debug!(error.code = error.code, cause = ?error.cause, "a request was refused");
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let error = self.0;
        log(&error);
        let status = status_of(&error);
        let title = status.canonical_reason().unwrap_or("Error");
        let mut body =
            json!({"type": "about:blank", "title": title, "status": status.as_u16(), "code": error.code, "detail": error.message});
        if !error.rows.is_empty() {
            body["rows"] = json!(error.rows);
        }
        for (name, value) in error.more {
            body[name] = value;
        }
        let mut response = (status, body.to_string()).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        response
    }
}
