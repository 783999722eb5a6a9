//! Proofs as others read them: the `log` part of a receipt, and C2SP tlog-proof text.

use super::verify::{Unproven, Unproven::Malformed};
use base64::prelude::{BASE64_STANDARD, Engine};
use serde::{Deserialize, Serialize};
use tlog_tiles::{Hash, record_hash};

/// First line of a tlog-proof.
const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// A leaf under a published checkpoint, with the proof that it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Sealed {
    /// Its place in the log, from 0.
    pub index: u64,
    /// The size of the tree the proof is for.
    pub tree_size: u64,
    /// RFC 6962 inclusion proof, the leaf's sibling first.
    pub proof: Vec<Hash>,
    /// The signed note of that tree.
    pub checkpoint: String,
    /// The log's origin.
    pub origin: String,
    /// The leaf.
    pub body: Vec<u8>,
}

/// The `log` part of a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogPart {
    /// The log's origin.
    pub origin: String,
    /// The leaf's place, from 0.
    pub index: u64,
    /// The size of the tree the proof is for.
    pub tree_size: u64,
    /// The leaf, base64.
    pub leaf: String,
    /// The inclusion proof: hashes in base64, the leaf's sibling first.
    pub proof: Vec<String>,
    /// The signed note.
    pub checkpoint: String,
}

impl Sealed {
    /// Its leaf's hash in the tree (RFC 6962).
    pub fn leaf_hash(&self) -> Hash {
        record_hash(&self.body)
    }

    /// As the `log` part of a receipt.
    pub fn log_part(&self) -> LogPart {
        LogPart {
            origin: self.origin.clone(),
            index: self.index,
            tree_size: self.tree_size,
            leaf: BASE64_STANDARD.encode(&self.body),
            proof: self.proof.iter().map(Hash::to_string).collect(),
            checkpoint: self.checkpoint.clone(),
        }
    }

    /// As C2SP tlog-proof text, without extra data (it would not be authenticated).
    pub fn proof_text(&self) -> String {
        let mut text = format!("{HEADER}\nindex {}\n", self.index);
        for hash in &self.proof {
            text.push_str(&hash.to_string());
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&self.checkpoint);
        text
    }
}

/// What a proof says, not yet verified.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    pub(super) index: u64,
    pub(super) proof: Vec<Hash>,
    pub(super) checkpoint: String,
}

/// Reads tlog-proof text; extra data is passed over.
pub(super) fn parse(text: &str) -> Result<Claim, Unproven> {
    let (head, checkpoint) = text.split_once("\n\n").ok_or(Malformed("the proof has no checkpoint"))?;
    let mut lines = head.split('\n').peekable();
    if lines.next() != Some(HEADER) {
        return Err(Malformed("the first line is not c2sp.org/tlog-proof@v1"));
    }
    if let Some(extra) = lines.peek().and_then(|line| line.strip_prefix("extra ")) {
        BASE64_STANDARD.decode(extra).map_err(|_| Malformed("the extra data is not base64"))?;
        lines.next();
    }
    let index = lines.next().and_then(|line| line.strip_prefix("index ")).ok_or(Malformed("the proof names no index"))?;
    let proof = lines.map(hash).collect::<Result<_, _>>()?;
    Ok(Claim { index: decimal(index)?, proof, checkpoint: checkpoint.to_owned() })
}

/// A hash in base64.
pub(super) fn hash(text: &str) -> Result<Hash, Unproven> {
    Hash::parse_hash(text).map_err(|_| Malformed("a hash of the proof is not 32 bytes in base64"))
}

/// ASCII digits without leading zeroes.
fn decimal(text: &str) -> Result<u64, Unproven> {
    text.parse().ok().filter(|number: &u64| number.to_string() == text).ok_or(Malformed("the index is not a plain decimal number"))
}
