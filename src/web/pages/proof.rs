//! The place of something in the log, with all that a browser needs to check it.

use super::reader::Reader;
use crate::error::Result;
use crate::ids::LeafId;

/// What the log says of a leaf.
#[derive(Clone, Debug)]
pub struct Proof {
    /// Which log.
    pub origin: String,
    /// Index of the leaf.
    pub index: u64,
    /// Leaves under the checkpoint.
    pub tree_size: u64,
    /// The leaf as text (canonical JSON).
    pub leaf: String,
    /// The leaf in base64, for the recomputation in the browser.
    pub leaf_base64: String,
    /// The sibling hashes in base64, from the leaf up.
    pub path: Vec<String>,
    /// The signed note.
    pub checkpoint: String,
    /// The log's key in signed-note form.
    pub vkey: String,
}

impl Proof {
    /// The proof of a leaf under the newest checkpoint; none until it is sealed.
    pub(super) async fn read(reader: &Reader<'_>, leaf: LeafId) -> Result<Option<Proof>> {
        let Some(sealed) = reader.log.receipt(leaf).await? else { return Ok(None) };
        let part = sealed.log_part();
        let trust = reader.log.trust();
        let vkey = trust.logs.iter().rfind(|log| log.origin == part.origin).map(|log| log.vkey.clone()).unwrap_or_default();
        Ok(Some(Proof {
            leaf: String::from_utf8_lossy(&sealed.body).into_owned(),
            origin: part.origin,
            index: part.index,
            tree_size: part.tree_size,
            leaf_base64: part.leaf,
            path: part.proof,
            checkpoint: part.checkpoint,
            vkey,
        }))
    }
}
