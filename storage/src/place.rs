//! The address of a store.

use crate::StorageError;
use std::path::PathBuf;
use std::str::FromStr;

const MIB: u64 = 1024 * 1024;
/// Where large bodies wait unless told otherwise: on a disk by convention, while `/tmp` may be memory.
const LARGE_TEMPORARIES: &str = "/var/tmp";

/// Where objects are kept.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Disk(PathBuf),
    S3(Bucket),
    Memory,
}

/// A bucket and how to reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    /// Empty, or ends with `/`.
    pub(crate) prefix: String,
    pub(crate) endpoint: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) addressing: Addressing,
    pub(crate) lock: Lock,
    /// Where bodies wait until their digest is known.
    pub(crate) spool: PathBuf,
    /// Bytes a body must have to be uploaded in parts, and bytes of a part.
    pub(crate) part: u64,
}

/// How a bucket appears in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Addressing {
    /// `https://bucket.endpoint/key`
    Host,
    /// `https://endpoint/bucket/key`
    Path,
}

/// What is known of Object Lock before the bucket is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lock {
    /// Use it if the bucket has it.
    Ask,
    /// Refuse to start on a bucket without it.
    Require,
    /// Do not use it.
    Ignore,
}

impl FromStr for Place {
    type Err = StorageError;

    fn from_str(url: &str) -> Result<Place, StorageError> {
        match url.split_once(':') {
            Some(("memory", "")) => Ok(Place::Memory),
            Some(("file", path)) if path.starts_with("///") && path.len() > 3 => Ok(Place::Disk(path[2..].into())),
            Some(("s3", rest)) => rest.strip_prefix("//").ok_or_else(|| wrong(url)).and_then(bucket).map(Place::S3),
            Some((_, rest)) if rest.starts_with("//") || url.starts_with("file:") || url.starts_with("memory:") => Err(wrong(url)),
            _ if url.is_empty() => Err(wrong(url)),
            _ => Ok(Place::Disk(url.into())),
        }
    }
}

fn wrong(url: &str) -> StorageError {
    StorageError::Config(format!(
        "“{url}” is not the address of an object store: give a folder, file:///folder, s3://bucket/prefix?endpoint=… or memory:"
    ))
}

fn bucket(rest: &str) -> Result<Bucket, StorageError> {
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (name, prefix) = path.split_once('/').unwrap_or((path, ""));
    if name.is_empty() {
        return Err(wrong(&format!("s3://{rest}")));
    }
    let prefix = prefix.trim_matches('/');
    let mut bucket = Bucket {
        name: name.to_owned(),
        prefix: if prefix.is_empty() { String::new() } else { format!("{prefix}/") },
        endpoint: None,
        region: None,
        addressing: Addressing::Host,
        lock: Lock::Ask,
        spool: std::env::var_os("TMPDIR").unwrap_or_else(|| LARGE_TEMPORARIES.into()).into(),
        part: 16 * MIB,
    };
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        match (key.as_ref(), value.as_ref()) {
            ("endpoint", url) if url.starts_with("http://") || url.starts_with("https://") => bucket.endpoint = Some(url.to_owned()),
            ("region", region) if !region.is_empty() => bucket.region = Some(region.to_owned()),
            ("path_style", "1") => bucket.addressing = Addressing::Path,
            ("path_style", "0") => bucket.addressing = Addressing::Host,
            ("lock", "1") => bucket.lock = Lock::Require,
            ("lock", "0") => bucket.lock = Lock::Ignore,
            ("spool", folder) if !folder.is_empty() => bucket.spool = folder.into(),
            ("part", size) => bucket.part = part(size)?,
            (key, value) => {
                let known = "endpoint=http…, region=…, path_style=0|1, lock=0|1, spool=FOLDER, part=MIB";
                return Err(StorageError::Config(format!("“{key}={value}” says nothing about a bucket: the options are {known}")));
            }
        }
    }
    Ok(bucket)
}

/// S3 takes parts of 5 MiB to 5 GiB.
fn part(size: &str) -> Result<u64, StorageError> {
    match size.parse() {
        Ok(size @ 5..=5120) => Ok(size * MIB),
        _ => Err(StorageError::Config(format!("“part={size}” is not a part's size: give 5 to 5120 (MiB)"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_backend() {
        let disk = |path: &str| Place::Disk(path.into());
        assert_eq!("./data/objects".parse::<Place>().unwrap(), disk("./data/objects"));
        assert_eq!("file:///var/lib/o".parse::<Place>().unwrap(), disk("/var/lib/o"));
        assert_eq!("memory:".parse::<Place>().unwrap(), Place::Memory);
        let Place::S3(bucket) =
            "s3://b/p/q/?endpoint=http://127.0.0.1:9000&region=cn-north-1&path_style=1&lock=1&spool=/s&part=5".parse().unwrap()
        else {
            panic!("not a bucket")
        };
        let expected = Bucket {
            name: "b".into(),
            prefix: "p/q/".into(),
            endpoint: Some("http://127.0.0.1:9000".into()),
            region: Some("cn-north-1".into()),
            addressing: Addressing::Path,
            lock: Lock::Require,
            spool: "/s".into(),
            part: 5 * MIB,
        };
        assert_eq!(bucket, expected);
    }

    #[test]
    fn a_wrong_address_is_refused_with_what_to_write_instead() {
        for bad in [
            "",
            "http://x/y",
            "file:",
            "file://host/x",
            "s3:b",
            "s3://",
            "memory:x",
            "s3://b?lock=2",
            "s3://b?endpoint=x",
            "s3://b?part=4",
            "s3://b?colour=red",
        ] {
            assert!(matches!(bad.parse::<Place>(), Err(StorageError::Config(_))), "{bad}");
        }
    }
}
