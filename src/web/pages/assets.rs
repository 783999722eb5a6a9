//! Style, scripts and pictures, compiled in. The folder in their address is a digest of them all, so a browser may keep them
//! for ever and modules still find each other by plain relative names.

use crate::error::{Error, codes};
use crate::web::problem::Problem;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// One compiled-in file.
#[derive(Debug)]
pub struct Asset {
    /// Its name in the address.
    pub name: &'static str,
    /// Its `content-type`.
    pub media_type: &'static str,
    /// Its bytes.
    pub bytes: &'static [u8],
}

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

macro_rules! asset {
    ($name:literal, $media_type:expr) => {
        Asset { name: $name, media_type: $media_type, bytes: include_bytes!(concat!("../assets/", $name)) }
    };
}

/// Every file the pages need; nothing else is ever fetched.
pub const ALL: &[Asset] = &[
    asset!("keshi.css", CSS),
    asset!("code.css", CSS),
    asset!("code.js", SCRIPT),
    asset!("keshi.js", SCRIPT),
    asset!("keys.js", SCRIPT),
    asset!("line.js", SCRIPT),
    asset!("matrix.js", SCRIPT),
    asset!("proof.js", SCRIPT),
    asset!("sha256.js", SCRIPT),
    asset!("player.js", SCRIPT),
    asset!("upload.js", SCRIPT),
    asset!("icon.svg", SVG),
];

static FOLDER: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = Sha256::new();
    for asset in ALL {
        hasher.update(asset.name);
        hasher.update((asset.bytes.len() as u64).to_be_bytes());
        hasher.update(asset.bytes);
    }
    hex::encode(&hasher.finalize()[..6])
});

/// The address of a file, with the digest in it.
pub fn address(name: &str) -> String {
    format!("/assets/{}/{name}", *FOLDER)
}

/// The file at an address; an old digest finds nothing, so an old page never meets new scripts.
pub fn find(folder: &str, name: &str) -> Option<&'static Asset> {
    ALL.iter().find(|asset| folder == *FOLDER && asset.name == name)
}

/// `GET /assets/{folder}/{name}`
pub async fn show(Path((folder, name)): Path<(String, String)>) -> Response {
    match find(&folder, &name) {
        Some(asset) => {
            let headers = [(header::CONTENT_TYPE, asset.media_type), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
            (headers, asset.bytes).into_response()
        }
        None => Problem(Error::of(&codes::NOT_FOUND)).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_found_under_its_digest_only() {
        let address = address("keshi.css");
        let folder = address.split('/').nth(2).expect("three parts");
        assert!(find(folder, "keshi.css").is_some());
        assert!(find("000000000000", "keshi.css").is_none());
        assert!(find(folder, "../keshi.css").is_none());
    }

    #[test]
    fn no_file_names_another_host() {
        for asset in ALL {
            let text = std::str::from_utf8(asset.bytes).expect("all of them are text");
            for part in text.split("://").skip(1) {
                assert!(
                    part.starts_with("www.w3.org/2000/svg"),
                    "{} reaches out: {}",
                    asset.name,
                    part.chars().take(40).collect::<String>()
                );
            }
        }
    }
}
