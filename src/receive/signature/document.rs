//! What is kept of a signature: all that is needed to check it again without this server, as canonical JSON whose digest is sealed.

use super::base::{Covered, Request, base};
use super::fields::{self, wrong};
use super::params::Params;
use super::{Purpose, claim_in_query};
use crate::error::{Error, Result, codes};
use crate::ids::PlatformKeyId;
use crate::receive::Query;
use crate::receive::upload::metadata;
use crate::register::PlatformKey;
use crate::time::Time;
use base64::prelude::{BASE64_STANDARD, Engine};
use ed25519_dalek::{Signature, VerifyingKey};
use serde::{Deserialize, Serialize};
use storage::Digest;

/// A signature as kept. Fields stand in the order of their names, so that it is canonical as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// When this server took it.
    pub at: Time,
    /// The signature base, as it was signed.
    pub base: String,
    /// The key's name, as the platform calls it.
    pub key: String,
    /// The platform that signed.
    pub platform: String,
    /// The public key, base64.
    pub public_key: String,
    /// The registration of the key.
    pub registration: PlatformKeyId,
    /// The signature, base64.
    pub signature: String,
    /// The field `Signature-Input`, as it was sent.
    pub signature_input: String,
    /// Version of this shape.
    pub v: u32,
}

/// What a signature that holds says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// SHA-256 of the bytes handed over.
    pub body: Digest,
    /// What they are said to be.
    pub claim: Query,
    /// When it was signed, as the signer says.
    pub created: Time,
}

impl Document {
    /// The document of a signed request by a key. Nothing is checked yet.
    ///
    /// Errors: `signature_malformed`.
    pub fn of_request(request: &Request<'_>, key: &PlatformKey, input: &str, signature: &str, at: Time) -> Result<Document> {
        let sent = fields::signature(input, signature)?;
        Ok(Document::of(key, base(request, &sent.params)?, &sent.signature, input.to_owned(), at))
    }

    fn of(key: &PlatformKey, base: String, signature: &[u8; 64], signature_input: String, at: Time) -> Document {
        Document {
            at,
            base,
            key: key.name.clone(),
            platform: key.platform.clone(),
            public_key: BASE64_STANDARD.encode(key.public_key),
            registration: key.id,
            signature: BASE64_STANDARD.encode(signature),
            signature_input,
            v: 1,
        }
    }

    /// Reads one. Errors: `signature_malformed` unless these are the bytes it is written as.
    pub fn read(bytes: &[u8]) -> Result<Document> {
        let document: Document =
            serde_json::from_slice(bytes).map_err(|cause| wrong("has a document that cannot be read").because(cause))?;
        if document.v != 1 || document.text()?.as_bytes() != bytes {
            return Err(wrong("has a document that is not written as keshi writes it"));
        }
        Ok(document)
    }

    /// Its bytes, which are text: what the digest in the leaf is of.
    pub fn text(&self) -> Result<String> {
        Ok(serde_json::to_string(self)?)
    }

    /// The 64 bytes of the signature.
    pub fn signature(&self) -> Result<[u8; 64]> {
        let bytes = BASE64_STANDARD.decode(&self.signature).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.ok_or_else(|| wrong("is not 64 bytes in base64"))
    }

    /// The 32 bytes of the public key.
    pub fn key(&self) -> Result<[u8; 32]> {
        let bytes = BASE64_STANDARD.decode(&self.public_key).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.ok_or_else(|| wrong("names a key that is not 32 bytes in base64"))
    }

    /// Checks it by what it holds alone: that the key signed this base, that the base covers enough, and what it says.
    ///
    /// Errors: `signature_wrong`, `signature_covers_too_little`, `signature_malformed`.
    pub fn check(&self) -> Result<Said> {
        let key = VerifyingKey::from_bytes(&self.key()?).map_err(|_| wrong("names a key that is none"))?;
        let covered = Covered::read(&self.base)?;
        let sent = fields::signature(&self.signature_input, &format!("{}=:{}:", label(&self.signature_input), self.signature))?;
        if sent.params != covered.params || covered.params.key() != self.key || sent.signature != self.signature()? {
            return Err(wrong("has a base that is of another Signature-Input"));
        }
        let said = said(&covered)?;
        // Strictly: no key of small order, no second form of one signature.
        key.verify_strict(self.base.as_bytes(), &Signature::from_bytes(&sent.signature)).map_err(|_| Error::of(&codes::SIGNATURE_WRONG))?;
        Ok(said)
    }
}

/// The label of the one member of a dictionary.
fn label(input: &str) -> &str {
    input.split('=').next().unwrap_or_default().trim()
}

/// Refuses parameters that cover too little for the purpose.
pub(super) fn enough(params: &Params, purpose: Purpose) -> Result<()> {
    let mut lacking = purpose.must().iter().copied().filter(|name| !params.covers(name)).collect::<Vec<_>>();
    if !params.covers("@target-uri") && !["@authority", "@path", "@query"].iter().all(|name| params.covers(name)) {
        lacking.push("@target-uri (or @authority, @path and @query)");
    }
    if lacking.is_empty() {
        return Ok(());
    }
    let sentence = format!("The signature must also cover: {}. Nothing was kept.", lacking.join(", "));
    Err(Error::new(&codes::SIGNATURE_COVER, sentence))
}

/// What a base says of the bytes handed over.
fn said(covered: &Covered) -> Result<Said> {
    let elsewhere = || wrong("is of no request that hands evidence over");
    let (path, query) = covered.target().ok_or_else(elsewhere)?;
    let purpose = Purpose::of(path).filter(|_| covered.value("@method") == Some("POST")).ok_or_else(elsewhere)?;
    enough(&covered.params, purpose)?;
    let field = purpose.digest();
    let digest = fields::sha256(field, covered.value(field).unwrap_or_default())?;
    let body =
        digest.ok_or_else(|| Error::new(&codes::SIGNATURE_COVER, format!("{field} must hold sha-256; others may stand beside it.")))?;
    let claim = match purpose {
        Purpose::Content => claim_in_query(query)?,
        Purpose::Upload => {
            let (claim, digest) = metadata(covered.value("upload-metadata").unwrap_or_default())?;
            if digest.is_some_and(|digest| digest != body) {
                return Err(Error::new(&codes::INVALID, "sha256 in Upload-Metadata is another digest than that in Repr-Digest."));
            }
            claim
        }
    };
    Ok(Said { body, claim, created: covered.params.created() })
}
