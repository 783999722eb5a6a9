//! Signatures of platforms over what they hand over ([RFC 9421](https://www.rfc-editor.org/rfc/rfc9421), Ed25519).
//!
//! Enters: a request's method, address and fields, before a byte of its body is taken. Leaves: a [`Signed`] with the digest that the body must
//! have, and the [`Document`] that is kept and sealed with the evidence, or the reason why the request is refused. The same
//! [`Document::check`] judges a request, a row of the database and a file of a bundle.

mod base;
mod document;
mod fields;
mod params;
mod sign;
#[cfg(test)]
mod tests;

pub use base::Request;
pub use document::{Document, Said};
pub use fields::sha256;
pub use sign::Signer;

use super::claim::Query;
use super::identity::Actor;
use crate::db::Db;
use crate::error::{Error, Result, codes};
use crate::register::platform_key::{self, Required};
use crate::time::{SECOND, Time};
use fields::wrong;
use serde_json::{Map, Value};
use storage::Digest;
use url::form_urlencoded;

/// What a request hands over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// `POST /v1/evidence`: the body, at the place that the query names.
    Content,
    /// `POST /v1/uploads`: a file that comes in parts, at the place that the metadata names.
    Upload,
}

impl Purpose {
    fn of(path: &str) -> Option<Purpose> {
        [Purpose::Content, Purpose::Upload].into_iter().find(|purpose| path.ends_with(purpose.path()))
    }

    /// The path of its address.
    pub fn path(self) -> &'static str {
        match self {
            Purpose::Content => "/v1/evidence",
            Purpose::Upload => "/v1/uploads",
        }
    }

    /// The field with the digest of the bytes.
    pub fn digest(self) -> &'static str {
        match self {
            Purpose::Content => "content-digest",
            Purpose::Upload => "repr-digest",
        }
    }

    /// What a signature must cover beside the target.
    pub fn must(self) -> &'static [&'static str] {
        match self {
            Purpose::Content => &["@method", "content-digest"],
            Purpose::Upload => &["@method", "repr-digest", "upload-metadata"],
        }
    }
}

/// A signature that holds.
#[derive(Clone, Debug)]
pub struct Signed {
    /// What is kept of it.
    pub document: Document,
    /// What it says.
    pub said: Said,
    /// SHA-256 of the document's bytes: what is sealed.
    pub digest: Digest,
}

impl Signed {
    /// A signature that holds by what it says itself. Errors: those of [`Document::check`].
    pub fn of(document: Document) -> Result<Signed> {
        let (said, digest) = (document.check()?, Digest::of(document.text()?.as_bytes()));
        Ok(Signed { document, said, digest })
    }
}

/// Checks the signature of a request by the platform that the evidence comes from; `None` where the request has none and needs none.
///
/// Errors: `signature_malformed`, `signature_covers_too_little`, `unknown_key`, `foreign_key`, `key_revoked`, `signature_stale`,
/// `signature_wrong`, `signature_required`.
pub async fn check(db: &Db, request: &Request<'_>, purpose: Purpose, from: From<'_>, now: Time) -> Result<Option<Signed>> {
    let (input, signature) = match ((request.field)("signature-input")?, (request.field)("signature")?) {
        (None, None) => return unsigned(db, from.actor, Handed::File, now).await.map(|()| None),
        (Some(input), Some(signature)) => (input, signature),
        _ => return Err(wrong("has only one of the fields Signature-Input and Signature")),
    };
    let sent = fields::signature(&input, &signature)?;
    document::enough(&sent.params, purpose)?;
    let key = platform_key::by_name(db, sent.params.key()).await?.ok_or_else(|| Error::of(&codes::UNKNOWN_KEY))?;
    if Some(key.platform.as_str()) != from.platform {
        return Err(Error::of(&codes::FOREIGN_KEY));
    }
    if let Some(since) = platform_key::revoked_from(db, key.id).await?.filter(|since| now >= *since || sent.params.created() >= *since) {
        let sentence = format!("The key was revoked from {since} on; sign with one that is live. Nothing was kept.");
        return Err(Error::new(&codes::KEY_REVOKED, sentence));
    }
    in_time(sent.params.created(), sent.params.expires(), from.tolerance_seconds, now)?;
    let document = Document::of_request(request, &key, &input, &signature, now)?;
    let signed = Signed::of(document).map_err(|error| match error.code == codes::SIGNATURE_WRONG.name {
        true => {
            Error::new(&codes::SIGNATURE_WRONG, format!("{} This server's address is {}.", codes::SIGNATURE_WRONG.help, request.origin))
        }
        false => error,
    })?;
    Ok(Some(signed))
}

/// Who hands over, and what they may.
#[derive(Clone, Copy, Debug)]
pub struct From<'a> {
    /// Who asks.
    pub actor: &'a Actor,
    /// The platform that the evidence comes from.
    pub platform: Option<&'a str>,
    /// How far the signer's clock may be off, in seconds.
    pub tolerance_seconds: u32,
}

fn in_time(created: Time, expires: Option<Time>, tolerance_seconds: u32, now: Time) -> Result<()> {
    let off = (now.0 - created.0).saturating_abs();
    if off > i64::from(tolerance_seconds) * SECOND {
        let side = if created < now { "before" } else { "after" };
        let sentence = format!(
            "The signature was created {} s {side} this server's time ({now}); {tolerance_seconds} s are allowed. Set the clock, and sign each request anew.",
            off / SECOND
        );
        return Err(Error::new(&codes::SIGNATURE_STALE, sentence));
    }
    match expires.filter(|expires| *expires < now) {
        Some(expires) => {
            Err(Error::new(&codes::SIGNATURE_STALE, format!("The signature expired at {expires}; it is {now}. Sign the request anew.")))
        }
        None => Ok(()),
    }
}

/// What comes without a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handed {
    /// A file.
    File,
    /// Live events: gathered with others, so that no signature could be kept with them.
    Live,
}

/// Refuses what comes unsigned from a platform that has said it signs.
///
/// Errors: `signature_required`.
pub async fn unsigned(db: &Db, actor: &Actor, handed: Handed, now: Time) -> Result<()> {
    let Some(platform) = &actor.platform else { return Ok(()) };
    let sentence = match (platform_key::required(db, platform, now).await?, handed) {
        (Required::No, _) | (Required::Files, Handed::Live) => return Ok(()),
        (Required::Files | Required::All, Handed::File) => codes::SIGNATURE_REQUIRED.help,
        (Required::All, Handed::Live) => {
            "This platform has said that all it hands over is signed, and live events cannot be. Hand the log over as a signed file (POST /v1/evidence), or register a key that requires signatures of files alone."
        }
    };
    Err(Error::new(&codes::SIGNATURE_REQUIRED, sentence))
}

/// Refuses a signature where none can be kept, so that nobody believes it was.
///
/// Errors: `signature_not_taken`.
pub fn not_taken(has: bool) -> Result<()> {
    if has { Err(Error::of(&codes::SIGNATURE_NOT_TAKEN)) } else { Ok(()) }
}

/// The claim in the query of an address. Errors: `invalid` where something is said twice.
fn claim_in_query(query: &str) -> Result<Query> {
    let mut keys: Map<String, Value> = Map::new();
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        if keys.insert(key.into_owned(), value.into_owned().into()).is_some() {
            return Err(Error::new(&codes::INVALID, "The query says something twice."));
        }
    }
    Ok(serde_json::from_value(Value::Object(keys))?)
}
