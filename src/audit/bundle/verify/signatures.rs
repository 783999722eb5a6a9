//! What platforms signed, and the keys they signed with. A signature is checked by [`Document::check`], the very function that took it.

use super::super::bag;
use super::super::index::{Evidence, Index, Key, Revoked, Signature};
use super::items::{Checking, Found, place, printable, sentence};
use super::{Report, Status};
use crate::ids::PlatformKeyId;
use crate::receive::signature::{Document, Said};
use crate::register::platform_key;
use crate::time::Time;
use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, Read, Seek};
use storage::Digest;

/// A key whose registration was looked at.
struct Known {
    status: Status,
    platform: String,
    /// PEM.
    pem: String,
    /// From when on it counts no more, as far as that is proven.
    revoked_from: Option<Time>,
}

/// Checks the keys, then the signatures.
pub(super) fn check<R: Read + Seek>(checking: &mut Checking<'_, '_, R>, index: &Index, report: &mut Report) -> io::Result<()> {
    let mut keys = BTreeMap::new();
    for key in &index.keys {
        let ((status, says), pem) = checking.key(key)?;
        report.tell(status, "key", key.id.to_string(), says);
        let mut known = Known { status, platform: key.platform.clone(), pem, revoked_from: None };
        for revoked in &key.revocations {
            let (status, says) = checking.revoked(key, revoked)?;
            report.tell(status, "key", revoked.id.to_string(), says);
            if status == Status::Proven {
                known.revoked_from = known.revoked_from.into_iter().chain([revoked.from]).min();
            }
        }
        keys.insert(key.id, known);
    }
    for signature in &index.signatures {
        let evidence = index.evidence.iter().find(|item| item.id == signature.evidence);
        let (status, says) = checking.signature(signature, evidence, &keys)?;
        report.tell(status, "signature", signature.id.to_string(), says);
    }
    Ok(())
}

impl<R: Read + Seek> Checking<'_, '_, R> {
    fn key(&mut self, item: &Key) -> io::Result<(Found, String)> {
        let file = bag::key_path(item.id);
        self.know(&file);
        let Some(bytes) = self.folder.read(&file)? else {
            return Ok(((Status::Missing, format!("{file} is not in the zip.")), String::new()));
        };
        let pem = String::from_utf8_lossy(&bytes).into_owned();
        let must = [("registration", json!(item.id)), ("platform", json!(item.platform)), ("key", json!(item.key)), ("at", json!(item.at))];
        let named = format!("key {} of {}", printable(&item.key), printable(&item.platform));
        let found = self.leaf_says(&item.id.to_string(), item.sealed, "platform_key", &must)?;
        Ok((
            match found {
                _ if self.folder.wrong.contains(&file) => (Status::Mismatch, format!("{file} was changed.")),
                Ok((proven, leaf)) => {
                    let sealed = leaf["public_key"].as_str().and_then(|text| BASE64_STANDARD.decode(text).ok()?.try_into().ok());
                    match sealed.and_then(|key| platform_key::pem(&key).ok()) {
                        Some(sealed) if sealed == pem => (Status::Proven, format!("{named}, {proven}")),
                        _ => (Status::Mismatch, format!("{file} is another key than the one registered.")),
                    }
                }
                Err(Some(fault)) => fault,
                Err(None) => (Status::IntegrityOnly, format!("{named} is whole, but was not sealed when the bundle was made.")),
            },
            pem,
        ))
    }

    fn revoked(&mut self, key: &Key, item: &Revoked) -> io::Result<Found> {
        let must = [("revocation", json!(item.id)), ("registration", json!(key.id)), ("from", json!(item.from)), ("at", json!(item.at))];
        let says = format!("key {} counts no more from {} on", printable(&key.key), item.from);
        Ok(match self.leaf_says(&item.id.to_string(), item.sealed, "platform_key_revoked", &must)? {
            Ok((proven, _)) => (Status::Proven, format!("{says}, {proven}")),
            Err(Some(fault)) => fault,
            Err(None) => (Status::IntegrityOnly, format!("{says}, which was not sealed when the bundle was made.")),
        })
    }

    fn signature(&mut self, item: &Signature, of: Option<&Evidence>, keys: &BTreeMap<PlatformKeyId, Known>) -> io::Result<Found> {
        let [file, base, sig] = ["json", "base", "sig"].map(|part| bag::signature_path(item.id, part));
        [&file, &base, &sig].into_iter().for_each(|path| self.know(path));
        let mut files = Vec::new();
        for path in [&file, &base, &sig] {
            match self.folder.read(path)? {
                None => return Ok((Status::Missing, format!("{path} is not in the zip."))),
                Some(_) if self.folder.wrong.contains(path) => return Ok((Status::Mismatch, format!("{path} was changed."))),
                Some(bytes) => files.push(bytes),
            }
        }
        if Digest::of(&files[0]).to_string() != item.sha256 {
            return Ok((Status::Mismatch, format!("{file} has other bytes than were sealed.")));
        }
        let must = [
            ("signature", json!(item.id)),
            ("evidence", json!(item.evidence)),
            ("registration", json!(item.registration)),
            ("digest", json!(item.sha256)),
            ("at", json!(item.at)),
        ];
        let found = self.leaf_says(&item.id.to_string(), item.sealed, "evidence_signature", &must)?;
        let read = Document::read(&files[0]).and_then(|document| Ok((document.check()?, document.signature()?, document)));
        let (said, document) = match read {
            Ok((said, signature, document)) if document.base.as_bytes() == files[1] && signature.as_slice() == files[2] => (said, document),
            Ok(_) => return Ok((Status::Mismatch, format!("{base} or {sig} is not what {file} says."))),
            Err(why) => return Ok((Status::Mismatch, format!("{file}: {}", sentence(why.message.trim_end_matches('.'))))),
        };
        let Some(key) = keys.get(&item.registration) else {
            return Ok((Status::Missing, "The registration of its key is not in the bundle.".to_owned()));
        };
        if let Some(fault) = contradiction(&document, &said, item, of, key) {
            return Ok((Status::Mismatch, format!("{file} {fault}.")));
        }
        Ok(match found {
            Err(Some(fault)) => fault,
            Err(None) => (Status::IntegrityOnly, "The signature holds, but was not sealed when the bundle was made.".to_owned()),
            Ok(_) if key.status != Status::Proven => {
                (key.status, "The signature holds, but the registration of its key is not proven.".to_owned())
            }
            Ok(_) if key.revoked_from.is_some_and(|from| document.at >= from) => {
                (Status::IntegrityOnly, format!("The signature holds, but its key was revoked for {} and later.", document.at))
            }
            Ok((proven, _)) => (
                Status::Proven,
                format!(
                    "{} signed evidence {} with key {}, {proven}",
                    printable(&document.platform),
                    item.evidence,
                    printable(&document.key)
                ),
            ),
        })
    }

    /// The leaf of an item and where it is, if it says what it must; otherwise what is wrong, or nothing for what was not sealed.
    fn leaf_says(
        &mut self,
        id: &str,
        sealed: bool,
        kind: &str,
        must: &[(&str, Value)],
    ) -> io::Result<Result<(String, Value), Option<Found>>> {
        if !sealed {
            return Ok(Err(None));
        }
        let (leaf, proof) = (bag::leaf_path(id), bag::proof_path(id));
        [&leaf, &proof].into_iter().for_each(|path| self.know(path));
        let (proven, body) = match self.leaf(&leaf, &proof)? {
            Ok(held) => held,
            Err(fault) => return Ok(Err(Some(fault))),
        };
        let kind = json!(kind);
        let must = must.iter().map(|(name, value)| (*name, value)).chain([("kind", &kind)]);
        let other = must.into_iter().find(|(name, value)| body.get(*name).unwrap_or(&Value::Null) != *value);
        Ok(match other {
            Some((name, _)) => Err(Some((Status::Mismatch, format!("The leaf in the log gives another {name} than the bundle.")))),
            None => Ok((place(&proven), body)),
        })
    }
}

/// What a signature that holds says otherwise than the bundle.
fn contradiction(document: &Document, said: &Said, item: &Signature, of: Option<&Evidence>, key: &Known) -> Option<String> {
    let given = |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let moment = |text: &Option<String>| given(text).map(|text| text.replace(' ', "+").parse::<Time>().ok());
    let public_key = document.key().ok().and_then(|key| platform_key::pem(&key).ok());
    if document.registration != item.registration || document.platform != key.platform || public_key.as_deref() != Some(&key.pem) {
        return Some("was made with another key than the one registered".to_owned());
    }
    let Some(of) = of else { return Some("is of evidence that is not in the bundle".to_owned()) };
    let same = said.body.to_string() == of.sha256
        && given(&said.claim.kind).as_deref() == Some(of.kind.as_str())
        && moment(&said.claim.from) == of.from.map(Some)
        && moment(&said.claim.until) == of.until.map(Some);
    (!same).then(|| format!("is of other bytes, of another kind or of another span than evidence {}", of.id))
}
