//! The structured fields that carry signatures and digests ([RFC 9651](https://www.rfc-editor.org/rfc/rfc9651),
//! [RFC 9530](https://www.rfc-editor.org/rfc/rfc9530)).

use super::params::Params;
use crate::error::{Error, Result, codes};
use sfv::{BareItem, Dictionary, ListEntry, Parser};
use storage::Digest;

/// Longest `Signature-Input`, `Signature` and digest field, in bytes.
const LONGEST: usize = 4096;

/// A signature that cannot be read or taken: `wrong("names no key")`.
pub(super) fn wrong(what: impl AsRef<str>) -> Error {
    Error::new(&codes::SIGNATURE_MALFORMED, format!("The signature {}. docs/UPLOAD.md shows one that is taken.", what.as_ref()))
}

/// One signature as it was sent.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) params: Params,
    pub(super) signature: [u8; 64],
}

/// Reads the two fields of a request.
///
/// Errors: `signature_malformed`; also where there are several signatures, since it would be open which one the sender stands for.
pub(super) fn signature(input: &str, signature: &str) -> Result<Sent> {
    if input.len() > LONGEST || signature.len() > LONGEST {
        return Err(wrong(format!("has a field longer than {LONGEST} bytes")));
    }
    let unreadable = |field: &str| wrong(format!("cannot be read: {field} is no dictionary by RFC 9651"));
    let inputs: Dictionary = Parser::new(input).parse().map_err(|_| unreadable("Signature-Input"))?;
    let signatures: Dictionary = Parser::new(signature).parse().map_err(|_| unreadable("Signature"))?;
    if inputs.len() != 1 || signatures.len() != 1 {
        return Err(wrong("must be the only one of the request"));
    }
    let (Some((label, ListEntry::InnerList(list))), Some((same, ListEntry::Item(item)))) =
        (inputs.into_iter().next(), signatures.into_iter().next())
    else {
        return Err(wrong("cannot be read: Signature-Input holds a list under a label, Signature the bytes under the same label"));
    };
    let BareItem::ByteSequence(bytes) = item.bare_item else { return Err(wrong("is no sequence of bytes")) };
    if label != same || !item.params.is_empty() {
        return Err(wrong("stands under another label in Signature than in Signature-Input"));
    }
    let signature = bytes.try_into().map_err(|_| wrong("is not 64 bytes long, as those of Ed25519 are"))?;
    Ok(Sent { params: Params::of(list)?, signature })
}

/// The SHA-256 of `Content-Digest` or `Repr-Digest`; `None` where the field names other algorithms alone.
///
/// Errors: `invalid` where it cannot be read.
pub fn sha256(field: &str, text: &str) -> Result<Option<Digest>> {
    let unreadable = || Error::new(&codes::INVALID, format!("{field} cannot be read; write sha-256=:<base64 of the SHA-256>:."));
    if text.len() > LONGEST {
        return Err(unreadable());
    }
    let digests: Dictionary = Parser::new(text).parse().map_err(|_| unreadable())?;
    match digests.get("sha-256") {
        None => Ok(None),
        Some(ListEntry::Item(item)) => match &item.bare_item {
            BareItem::ByteSequence(bytes) => Digest::try_from(bytes.as_slice()).map(Some).map_err(|_| unreadable()),
            _ => Err(unreadable()),
        },
        Some(ListEntry::InnerList(_)) => Err(unreadable()),
    }
}
