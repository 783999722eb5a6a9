//! Where things lie, the same on every backend, so that a plain copy of the tree (`aws s3 sync`, `rsync`) moves a store:
//!
//! ```text
//! sha256/ab/cd/abcd…   an object under its digest
//! files/<name>         a named file
//! staged/<scope>/abcd… a part of a body that is not whole yet
//! canary/…             what the WORM probe leaves (S3)
//! tmp/…                what is not finished (disk); never referred to
//! ```

use crate::{Digest, StorageError};

/// Folder of objects.
pub(crate) const OBJECTS: &str = "sha256";
/// Folder of named files.
pub(crate) const FILES: &str = "files";
/// Folder of parts that wait to become an object.
pub(crate) const STAGED: &str = "staged";

/// The longest file name: a segment may take 255 bytes on common file systems, a key 1,024 on S3.
const MAX_NAME: usize = 512;

/// `sha256/ab/cd/<hex>`: 65,536 folders, so that ten million objects are some 150 entries each.
pub(crate) fn object_path(digest: &Digest) -> String {
    let hex = digest.to_string();
    format!("{OBJECTS}/{}/{}/{hex}", &hex[..2], &hex[2..4])
}

/// `staged/<scope>/<hex>`.
pub(crate) fn staged_path(scope: &str, digest: &Digest) -> Result<String, StorageError> {
    Ok(format!("{}/{digest}", staged_folder(scope)?))
}

/// `staged/<scope>`, if the scope is a segment of letters, digits, `.`, `_`, `-`.
pub(crate) fn staged_folder(scope: &str) -> Result<String, StorageError> {
    if !segment(scope) {
        return Err(StorageError::Config(format!("“{scope}” cannot name a scope: use letters, digits, “.”, “_” and “-”")));
    }
    Ok(format!("{STAGED}/{scope}"))
}

/// The scope of a staged part's path.
pub(crate) fn scope_of(path: &str) -> Option<&str> {
    path.strip_prefix(STAGED)?.strip_prefix('/')?.split_once('/').map(|(scope, _)| scope)
}

/// A name without folders.
fn segment(text: &str) -> bool {
    let plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-');
    !text.is_empty() && text.len() <= 255 && text != "." && text != ".." && text.bytes().all(plain)
}

/// The digest whose path this is, if it is one.
pub(crate) fn object_of(path: &str) -> Option<Digest> {
    let digest = path.rsplit('/').next()?.parse().ok()?;
    (object_path(&digest) == path).then_some(digest)
}

/// `files/<name>`, if the name is one: segments of letters, digits, `.`, `_`, `-`, parted by `/`, none of them `.` or `..` or empty.
pub(crate) fn file_path(name: &str) -> Result<String, StorageError> {
    if name.len() > MAX_NAME || !name.split('/').all(segment) {
        return Err(StorageError::Config(format!(
            "“{name}” cannot name a file: use letters, digits, “.”, “_”, “-” and “/” between segments, at most {MAX_NAME} bytes"
        )));
    }
    Ok(format!("{FILES}/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_objects_path_names_its_digest() {
        let digest = Digest::of(b"x");
        let path = object_path(&digest);
        assert_eq!(path, "sha256/2d/71/2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881");
        assert_eq!(object_of(&path), Some(digest));
        assert_eq!(object_of(&path.replace("/2d/", "/2e/")), None);
        assert_eq!(object_of("sha256/2d/71/put-7"), None);
    }

    #[test]
    fn a_staged_part_lies_in_its_scope() {
        let path = staged_path("0197-a", &Digest::of(b"x")).unwrap();
        assert_eq!(path, "staged/0197-a/2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881");
        assert_eq!(scope_of(&path), Some("0197-a"));
        assert!(["", "..", "a/b", "名"].iter().all(|scope| staged_path(scope, &Digest::of(b"x")).is_err()));
    }

    #[test]
    fn a_file_name_cannot_leave_its_folder() {
        assert_eq!(file_path("tile/0/x001/067.p/8").unwrap(), "files/tile/0/x001/067.p/8");
        for bad in ["", "/etc/passwd", "a//b", "../x", "a/../b", "a/./b", "a/", "a b", "名", "a\\b", &"x".repeat(256), &"a/".repeat(300)] {
            assert!(file_path(bad).is_err(), "{bad}");
        }
    }
}
