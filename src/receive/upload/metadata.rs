//! `Upload-Metadata`: what a resumable upload is said to be.

use crate::error::{Error, Result, codes};
use crate::receive::Query;
use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Map, Value};
use storage::Digest;

/// Most bytes of it: it is kept with the upload.
const LONGEST: usize = 8192;

/// What the upload is said to be, and the SHA-256 announced.
///
/// Errors: `invalid`.
pub fn metadata(text: &str) -> Result<(Query, Option<Digest>)> {
    let wrong = || Error::new(&codes::INVALID, "Upload-Metadata is key, blank and base64 of the value, parted by commas, each key once.");
    if text.len() > LONGEST {
        return Err(Error::new(&codes::INVALID, format!("Upload-Metadata is longer than {LONGEST} bytes; shorten the file's name.")));
    }
    let mut keys = Map::new();
    for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (key, encoded) = pair.split_once(' ').unwrap_or((pair, ""));
        let value = BASE64_STANDARD.decode(encoded.trim()).map_err(|_| wrong())?;
        if keys.insert(key.to_owned(), String::from_utf8(value).map_err(|_| wrong())?.into()).is_some() {
            return Err(wrong());
        }
    }
    let digest = keys.remove("sha256").and_then(|value| value.as_str().map(str::parse::<Digest>)).transpose();
    let digest = digest.map_err(|_| Error::new(&codes::INVALID, "sha256 in Upload-Metadata is 64 hexadecimal digits."))?;
    Ok((serde_json::from_value(Value::Object(keys))?, digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_clients_write_it() {
        let (query, digest) = metadata("kind dmlkZW8=,filename 6K++LnR4dA==, is_confidential,filetype ").expect("read");
        assert_eq!((query.kind.as_deref(), query.filename.as_deref(), digest), (Some("video"), Some("课.txt"), None));
        assert_eq!(metadata("").expect("nothing said").0, Query::default());
        let long = format!("filename {}", "YWFh".repeat(LONGEST / 4));
        for bad in ["kind %%%", "kind /w==", "sha256 YWJj", "kind dmlkZW8=,kind dmlkZW8=", &long] {
            assert_eq!(metadata(bad).expect_err("refused").code, "invalid", "{bad}");
        }
    }
}
