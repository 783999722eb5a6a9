//! Verification without a server: pure functions over a trust file. `keshi verify` uses nothing else of the log.

use super::proof::{self, Claim, LogPart};
use crate::error::{Error, codes};
use crate::time::Time;
use base64::prelude::{BASE64_STANDARD, Engine};
use serde::{Deserialize, Serialize};
use signed_note::{Note, StandardVerifier, VerifierList};
use tlog_tiles::{Checkpoint, Hash, check_record, record_hash};

/// Proofs are at most this long in a tree of up to 2^64 leaves; longer ones are not looked at.
const MAX_PROOF: usize = 64;

/// Whom the verifier believes: the trust file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trust {
    /// Logs by origin and key; an origin may have several keys, one after the other.
    pub logs: Vec<TrustedLog>,
    /// Witnesses whose cosignatures count, in signed-note form.
    #[serde(default)]
    pub witnesses: Vec<String>,
    /// Roots of time-stamp authorities, PEM.
    #[serde(default)]
    pub tsa: Vec<String>,
}

/// A log's key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustedLog {
    /// The log's origin.
    pub origin: String,
    /// Its key: `name+hash+base64`.
    pub vkey: String,
    /// When it began to sign.
    pub from: Time,
    /// When it ceased to; a leaf that says it is later is not believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
}

/// What was proven about a leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The log it is in.
    pub origin: String,
    /// Its place, from 0.
    pub index: u64,
    /// The size of the tree that was signed.
    pub tree_size: u64,
}

/// Why something is not proven.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    /// It cannot be read.
    #[error("{0}")]
    Malformed(&'static str),
    /// The checkpoint's log is not in the trust file.
    #[error("the log '{0}' is not in the trust file")]
    UnknownLog(String),
    /// No signature of the log's key, or a wrong one.
    #[error("the checkpoint is not signed by the log's key in the trust file")]
    Unsigned,
    /// The hashes do not lead from the leaf to the signed root.
    #[error("the proof does not lead from this leaf at this index to the signed root")]
    NotIncluded,
    /// The receipt contradicts its own checkpoint.
    #[error("the receipt's origin or tree size is not its checkpoint's")]
    Contradiction,
    /// The key had ceased to sign before the time the leaf gives.
    #[error("the log's key had ceased to sign before the leaf says it was made")]
    KeyRetired,
}

impl From<Unproven> for Error {
    fn from(cause: Unproven) -> Error {
        Error::new(&codes::UNTRUSTED, format!("Not proven: {cause}."))
    }
}

/// A checkpoint whose signature was verified.
#[derive(Debug)]
pub struct Verified {
    /// Origin, size and root.
    pub checkpoint: Checkpoint,
    /// The key that signed it.
    pub signed_by: TrustedLog,
}

/// Verifies a checkpoint's signature.
pub fn verify_checkpoint(trust: &Trust, note: &str) -> Result<Verified, Unproven> {
    let note = Note::from_bytes(note.as_bytes()).map_err(|_| Unproven::Malformed("the checkpoint is not a signed note"))?;
    let checkpoint = Checkpoint::from_bytes(note.text()).map_err(|_| Unproven::Malformed("the signed note is not a checkpoint"))?;
    let mut keys = trust.logs.iter().filter(|log| log.origin == checkpoint.origin()).peekable();
    if keys.peek().is_none() {
        return Err(Unproven::UnknownLog(checkpoint.origin().to_owned()));
    }
    for log in keys {
        let key = StandardVerifier::new(&log.vkey).map_err(|_| Unproven::Malformed("a key in the trust file is not name+hash+base64"))?;
        if note.verify(&VerifierList::new(vec![Box::new(key)])).is_ok() {
            return Ok(Verified { checkpoint, signed_by: log.clone() });
        }
    }
    Err(Unproven::Unsigned)
}

/// Verifies that a tlog-proof proves this leaf.
pub fn verify_proof(trust: &Trust, leaf: &[u8], text: &[u8]) -> Result<Proven, Unproven> {
    let text = std::str::from_utf8(text).map_err(|_| Unproven::Malformed("the proof is not UTF-8"))?;
    verify_claim(trust, leaf, &proof::parse(text)?)
}

/// Verifies the `log` part of a receipt and gives the leaf it proves.
pub fn verify_log_part(trust: &Trust, part: &LogPart) -> Result<(Proven, Vec<u8>), Unproven> {
    let leaf = BASE64_STANDARD.decode(&part.leaf).map_err(|_| Unproven::Malformed("the receipt's leaf is not base64"))?;
    let proof = part.proof.iter().map(|hash| proof::hash(hash)).collect::<Result<_, _>>()?;
    let proven = verify_claim(trust, &leaf, &Claim { index: part.index, proof, checkpoint: part.checkpoint.clone() })?;
    if proven.origin != part.origin || proven.tree_size != part.tree_size {
        return Err(Unproven::Contradiction);
    }
    Ok((proven, leaf))
}

fn verify_claim(trust: &Trust, leaf: &[u8], claim: &Claim) -> Result<Proven, Unproven> {
    let verified = verify_checkpoint(trust, &claim.checkpoint)?;
    let tree = &verified.checkpoint;
    let root: Hash = *tree.hash();
    if claim.proof.len() > MAX_PROOF || check_record(&claim.proof, tree.size(), root, claim.index, record_hash(leaf)).is_err() {
        return Err(Unproven::NotIncluded);
    }
    if let (Some(until), Some(at)) = (verified.signed_by.until, leaf_time(leaf))
        && at > until
    {
        return Err(Unproven::KeyRetired);
    }
    Ok(Proven { origin: tree.origin().to_owned(), index: claim.index, tree_size: tree.size() })
}

/// When a leaf says it was made.
fn leaf_time(leaf: &[u8]) -> Option<Time> {
    let leaf: serde_json::Value = serde_json::from_slice(leaf).ok()?;
    ["received_at", "at"].iter().find_map(|name| leaf.get(name)?.as_str()?.parse().ok())
}
