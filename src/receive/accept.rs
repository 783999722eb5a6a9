//! Bytes into the storage, hashed on the way.

use super::Kind;
use crate::config::Limits;
use crate::error::{Error, Result, codes};
use crate::time::Time;
use bytes::Bytes;
use futures::Stream;
use storage::{Digest, Objects, Put, Stored};

/// The most bytes of a kind.
pub fn limit(limits: &Limits, kind: Kind) -> u64 {
    match kind {
        Kind::Attendance => limits.attendance_bytes,
        Kind::Video => limits.video_bytes,
        Kind::Screenshot => limits.screenshot_bytes,
        Kind::Document => limits.document_bytes,
    }
}

/// Streams a body into the storage, locked there for so long where the bucket can. Refused bodies that were new stay there unreferenced: the same bytes may be on their way under
/// another claim, and to take them away from under it would lose acknowledged evidence.
///
/// Errors: `too_large`, `truncated`, `digest_mismatch`, `empty_body`, `storage_away`.
pub async fn bytes<S>(objects: &Objects, limit: u64, retain_until: Option<Time>, expect: Option<Digest>, body: S) -> Result<Stored>
where
    S: Stream<Item = std::io::Result<Bytes>> + Send,
{
    let stored = objects.put(body, Put { limit, expect, retain_until_us: retain_until.map(|time| time.0) }).await?;
    if stored.size == 0 {
        return Err(Error::of(&codes::EMPTY_BODY));
    }
    Ok(stored)
}
