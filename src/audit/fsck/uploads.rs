//! Unfinished uploads: every part that was acknowledged is staged as it came.

use super::Report;
use super::objects::away;
use crate::db::Db;
use crate::error::Result;
use crate::receive::upload::{self, PartOf};
use storage::{Objects, StorageError};

pub(super) async fn check(db: &Db, objects: &Objects, report: &mut Report) -> Result<()> {
    let mut last = None;
    loop {
        let parts = upload::parts_after(db, last.as_ref()).await?;
        let Some(end) = parts.last() else { return Ok(()) };
        for part in &parts {
            match upload::part_holds(objects, part).await {
                Ok(()) => report.parts += 1,
                // It may have been finished, deleted or swept meanwhile.
                Err(StorageError::Missing(_)) if !upload::is_there(db, part).await? => {}
                Err(StorageError::Missing(_)) => report.problem("part_missing", sentence(part, "are not in the storage")),
                Err(StorageError::DigestMismatch { .. }) => report.problem("part_altered", sentence(part, "are not what they were")),
                Err(error) => return Err(away(error)),
            }
        }
        last = Some(end.clone());
    }
}

fn sentence(part: &PartOf, what: &str) -> String {
    format!("The bytes of the unfinished upload {} from {} on {what}; its sender has to begin it again.", part.upload, part.first)
}
