//! What requests are signed with.

use crate::app::App;
use crate::error::{Error, Result, codes};
use crate::receive::signature::{self, Purpose, Request, Signed};
use crate::receive::{Actor, Claim, Query as ClaimQuery};
use axum::http::{HeaderMap, Uri};

/// The value of a field, its lines joined as RFC 9421 (2.1) joins them; `None` where it was not sent.
///
/// Errors: `invalid` where it is not ASCII.
pub(super) fn field(headers: &HeaderMap, name: &str) -> Result<Option<String>> {
    let mut lines = Vec::new();
    for value in headers.get_all(name) {
        let line =
            value.to_str().map_err(|cause| Error::new(&codes::INVALID, format!("The header {name} is not ASCII.")).because(cause))?;
        lines.push(line.trim());
    }
    Ok((!lines.is_empty()).then(|| lines.join(", ")))
}

/// The signature of a request that hands over a file, which must say the same as the request does.
///
/// Errors: those of [`signature::check`]; `invalid` where the signed claim is not that of the request.
pub(super) async fn signed(
    app: &App,
    (actor, claim): (&Actor, &Claim),
    query: &ClaimQuery,
    uri: &Uri,
    headers: &HeaderMap,
    purpose: Purpose,
) -> Result<Option<Signed>> {
    let origin = app.config.public_url();
    let field = |name: &str| field(headers, name);
    let request = Request { method: "POST", origin: &origin, path: uri.path(), query: uri.query(), field: &field };
    let from = signature::From {
        actor,
        platform: claim.platform.as_ref().map(|platform| platform.id.as_str()),
        tolerance_seconds: app.config.signatures.tolerance_seconds,
    };
    let signed = signature::check(&app.db, &request, purpose, from, app.clock.now()).await?;
    if signed.as_ref().is_some_and(|signed| signed.said.claim != *query) {
        return Err(Error::new(&codes::INVALID, "What was signed is another claim than the one the request makes; nothing was kept."));
    }
    Ok(signed)
}

/// Whether a request brings a signature.
pub(super) fn is_signed(headers: &HeaderMap) -> bool {
    headers.contains_key("signature") || headers.contains_key("signature-input")
}
