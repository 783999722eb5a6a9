//! Events at rest.
//!
//! One accepted log is one Parquet segment, content-addressed like any object; the database is the catalogue. In come [`EventRow`]s through a
//! [`SegmentWriter`], [`Lake::keep`] and [`Lake::append`]; out come the events of a lesson or a trainee, and the rows of a [`Lake::query`] over
//! them and over [`snapshot`]s of the database's tables.
//!
//! Promised: a segment is in the catalogue only after its bytes are kept; one evidence has at most one live segment, so reading it again is
//! idempotent; no byte of an object is used before the object's digest was verified; rows carry no personal data beyond pseudonymous ids.

mod append;
mod columns;
pub mod compact;
mod count;
mod dictionary;
mod export;
mod files;
pub mod ingest;
mod local;
mod opened;
pub mod query;
mod read;
mod row;
mod segment;
pub mod snapshot;
pub(crate) mod sql;
mod sweep;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod waiting;

pub use append::KeptSegment;
pub use columns::schema;
pub use count::rows_of;
pub use dictionary::{Entry, dictionary, lake_manual};
pub use export::Exported;
pub use row::{EventRow, Place};
pub use segment::{SegmentFile, SegmentWriter};
pub use sweep::Swept;
pub use waiting::{MOST_PEOPLE, UNKNOWN, Unmatched, rows_of_more, unmatched, unmatched_count, unmatched_one};

use crate::db::Db;
use crate::error::{Error, Result, codes};
use crate::register::calendar::Calendar;
use crate::register::policy::Policies;
use crate::register::secrets::Secrets;
use std::sync::{Arc, OnceLock};
use storage::{Objects, StorageError};

/// The lake: segments in the object storage, catalogued in the database. Cheap to clone.
#[derive(Clone)]
pub struct Lake {
    db: Db,
    objects: Objects,
    locals: Arc<local::Locals>,
    terms: Arc<snapshot::Terms>,
    engine: Arc<OnceLock<query::Engine>>,
    /// The files of each table, where they are those of an export.
    exported: Option<Arc<opened::Tables>>,
}

impl Lake {
    /// The lake of this database and storage, with the built-in policies and calendar, and without what is made with secrets.
    pub fn new(db: Db, objects: Objects) -> Lake {
        let terms = Arc::new(snapshot::Terms { policies: Policies::builtin(), calendar: Calendar::builtin(), secrets: None });
        Lake { db, objects, locals: Arc::default(), terms, engine: Arc::default(), exported: None }
    }

    /// The same with the deployment's policies, which price an hour, its calendar, which says what is late, and its secrets, which turn names of
    /// teachers and accounts into pseudonyms.
    pub fn with_terms(mut self, policies: Policies, calendar: Calendar, secrets: Secrets) -> Lake {
        self.terms = Arc::new(snapshot::Terms { policies, calendar, secrets: Some(secrets) });
        self
    }

    /// The threads that run queries, started when the first one comes.
    fn engine(&self) -> Result<&query::Engine> {
        if self.engine.get().is_none() {
            let _ = self.engine.set(query::Engine::new()?); // another may have been quicker
        }
        self.engine.get().ok_or_else(|| Error::of(&codes::NOT_READY))
    }
}

/// A storage error as the lake's caller sees it.
fn storage_error(error: StorageError) -> Error {
    match error {
        StorageError::Missing(_) | StorageError::DigestMismatch { .. } => {
            Error::new(&codes::INTERNAL, "A file of the lake is missing or was changed in the storage; run keshi fsck, then keshi rebuild.")
                .because(error)
        }
        error => Error::of(&codes::STORAGE_AWAY).because(error),
    }
}
