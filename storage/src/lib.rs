//! Content-addressed objects on local disk, S3 or memory. Not one word of the domain.
//!
//! [`Objects`] says what every backend promises. `tests/it/contract.rs` holds each of them to it.
//!
//! # Choosing a backend
//!
//! [`Objects::open`] takes an address. A bucket's may carry options:
//!
//! | option | meaning | without it |
//! |---|---|---|
//! | `endpoint=https://…` | where the service is | AWS, by region |
//! | `region=…` | region | `AWS_REGION`, else `us-east-1` |
//! | `path_style=1` | `endpoint/bucket/key` instead of `bucket.endpoint/key` | `0` |
//! | `lock=1` / `lock=0` | refuse a bucket without Object Lock / do not use it | use it if it is there |
//! | `spool=FOLDER` | where bodies over 1 MiB wait until their digest is known | `TMPDIR`, else `/var/tmp` |
//! | `part=MIB` | size from which bodies are uploaded in parts, and of the parts | 16 |
//!
//! Credentials come from the environment, a profile, a web identity or the machine, as in every AWS tool. They need to get, put, head and list;
//! to delete only where objects are discarded; and for Object Lock `s3:GetBucketObjectLockConfiguration`, `s3:PutObjectRetention`,
//! `s3:GetObjectRetention`, `s3:GetBucketVersioning`, `s3:ListBucketVersions`.

mod digest;
mod disk;
mod error;
mod folders;
mod layout;
mod local;
mod memory;
mod objects;
mod place;
mod reader;
mod s3;
mod spool;

pub use digest::{BadDigest, Digest};
pub use error::StorageError;
pub use local::LocalCopy;
pub use memory::{Faults, Op, When};
pub use objects::{Listed, Objects, Put, Stat, Stored, Worm};
pub use reader::Reader;
