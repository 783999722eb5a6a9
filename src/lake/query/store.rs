//! The lake's files as DataFusion sees them: `keshi://objects/<digest>`, `keshi://objects/inline/<digest>`, and nothing else.
//!
//! Only reading is possible, only of files named by their digest, and only after the whole file was verified (see [`super::super::local`]):
//! the engine reads Parquet in ranges, and a range alone proves nothing.

use super::super::local::Locals;
use crate::db::Db;
use crate::error::Error;
use async_trait::async_trait;
use bytes::Bytes;
use datafusion::common::DataFusionError;
use datafusion::execution::object_store::{ObjectStoreRegistry, ObjectStoreUrl};
use datafusion::object_store::path::Path;
use datafusion::object_store::{
    Attributes, CopyOptions, Error as StoreError, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result as StoreResult,
};
use futures::stream::{self, BoxStream, StreamExt};
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use storage::{Digest, Objects};
use url::Url;

/// Where all objects are.
const PLACE: &str = "keshi://objects";
/// What is before the digest of a file whose bytes are in the catalogue.
const INLINE: &str = "inline/";
/// Bytes handed over at a time.
const CHUNK: u64 = 1 << 20;

/// The address of all objects.
pub(super) fn place() -> ObjectStoreUrl {
    ObjectStoreUrl::parse(PLACE).expect("a valid address")
}

/// The name of a file in the place.
pub(super) fn name(digest: &Digest, inline: bool) -> String {
    if inline { format!("{INLINE}{digest}") } else { digest.to_string() }
}

/// The objects, read-only and verified.
pub(super) struct Verifying {
    pub(super) db: Db,
    pub(super) objects: Objects,
    pub(super) locals: Arc<Locals>,
    pub(super) trouble: Trouble,
}

/// What went wrong with an object. The engine would only pass on its wording.
#[derive(Clone, Default)]
pub(super) struct Trouble(Arc<Mutex<Option<Error>>>);

impl Trouble {
    /// keshi's own error, if that is what ended the query.
    pub(super) fn take(&self) -> Option<Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn note(&self, error: Error) -> StoreError {
        let told = failed(error.message.clone());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        told
    }
}

/// Knows one store and takes no other: no query can reach a file or an address.
#[derive(Debug)]
pub(super) struct OnlyObjects(pub(super) Arc<Verifying>);

impl ObjectStoreRegistry for OnlyObjects {
    fn register_store(&self, _: &Url, _: Arc<dyn ObjectStore>) -> Option<Arc<dyn ObjectStore>> {
        None
    }

    fn get_store(&self, url: &Url) -> Result<Arc<dyn ObjectStore>, DataFusionError> {
        if url.scheme() == "keshi" && url.host_str() == Some("objects") {
            Ok(Arc::clone(&self.0) as Arc<dyn ObjectStore>)
        } else {
            Err(DataFusionError::Plan("only the lake's tables can be read".to_owned()))
        }
    }
}

impl fmt::Debug for Verifying {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifying")
    }
}

impl fmt::Display for Verifying {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PLACE)
    }
}

#[async_trait]
impl ObjectStore for Verifying {
    async fn get_opts(&self, location: &Path, options: GetOptions) -> StoreResult<GetResult> {
        let (name, inline) = match location.as_ref().strip_prefix(INLINE) {
            Some(name) => (name, true),
            None => (location.as_ref(), false),
        };
        let digest: Digest = name
            .parse()
            .map_err(|_| StoreError::NotFound { path: location.to_string(), source: "an object is named by its digest".into() })?;
        let file = self.locals.get(&self.db, &self.objects, digest, inline).await.map_err(|error| self.trouble.note(error))?;
        let meta = ObjectMeta {
            location: location.clone(),
            last_modified: chrono::DateTime::UNIX_EPOCH, // objects never change
            size: file.size,
            e_tag: Some(digest.to_string()),
            version: None,
        };
        options.check_preconditions(&meta)?;
        let range = match &options.range {
            Some(range) => range.as_range(file.size).map_err(failed)?,
            None => 0..file.size,
        };
        let body = if options.head { stream::empty().boxed() } else { pieces(file, range.clone()) };
        Ok(GetResult { payload: GetResultPayload::Stream(body), meta, range, attributes: Attributes::default() })
    }

    async fn put_opts(&self, _: &Path, _: PutPayload, _: PutOptions) -> StoreResult<PutResult> {
        Err(read_only())
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> StoreResult<Box<dyn MultipartUpload>> {
        Err(read_only())
    }

    fn delete_stream(&self, _: BoxStream<'static, StoreResult<Path>>) -> BoxStream<'static, StoreResult<Path>> {
        stream::once(async { Err(read_only()) }).boxed()
    }

    fn list(&self, _: Option<&Path>) -> BoxStream<'static, StoreResult<ObjectMeta>> {
        stream::once(async { Err(read_only()) }).boxed()
    }

    async fn list_with_delimiter(&self, _: Option<&Path>) -> StoreResult<ListResult> {
        Err(read_only())
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> StoreResult<()> {
        Err(read_only())
    }
}

fn pieces(file: Arc<super::super::local::Verified>, range: Range<u64>) -> BoxStream<'static, StoreResult<Bytes>> {
    stream::try_unfold(range.start, move |from| {
        let (file, until) = (Arc::clone(&file), range.end);
        async move {
            if from >= until {
                return Ok(None);
            }
            let size = (until - from).min(CHUNK);
            let piece = tokio::task::spawn_blocking(move || file.piece(from, size as usize));
            let piece = piece.await.map_err(failed)?.map_err(failed)?;
            Ok(Some((piece, from + size)))
        }
    })
    .boxed()
}

fn read_only() -> StoreError {
    StoreError::NotSupported { source: "the lake is only read here".into() }
}

fn failed(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
    StoreError::Generic { store: "keshi", source: source.into() }
}
