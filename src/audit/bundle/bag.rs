//! The bundle as a bag: [BagIt 1.0, RFC 8493](https://www.rfc-editor.org/rfc/rfc8493), checked by hand with `sha256sum -c` and `bagit.py`.

use crate::time::Time;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use storage::Digest;

/// What makes a folder a bag.
pub(super) const BAGIT: &str = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
/// How to check it by hand.
pub(super) const README: &str = include_str!("readme.txt");
/// Digests of everything below `data/`.
pub(super) const MANIFEST: &str = "manifest-sha256.txt";
/// Digests of what is beside `data/`, but itself.
pub(super) const TAG_MANIFEST: &str = "tagmanifest-sha256.txt";
/// The files beside `data/` that the tag manifest lists, in its order.
pub(super) const TAGS: [&str; 4] = ["README.txt", "bag-info.txt", "bagit.txt", MANIFEST];
/// What is in the bundle and how it hangs together.
pub(super) const INDEX: &str = "data/bundle.json";
/// The class, lessons and trainees concerned.
pub(super) const PLAN: &str = "data/plan.json";

/// Who made it, when, about what, and how much it is.
pub(super) fn info(about: &str, made_at: Time, payload: (u64, u64)) -> String {
    format!(
        "Bag-Software-Agent: keshi {}\nBagging-Date: {}\nExternal-Identifier: {about}\nPayload-Oxum: {}.{}\n",
        env!("CARGO_PKG_VERSION"),
        made_at.utc().format("%Y-%m-%d"),
        payload.0,
        payload.1
    )
}

/// A manifest: a line per file, by path, as `sha256sum` writes it.
pub(super) fn listing<'a>(files: impl IntoIterator<Item = (&'a str, Digest)>) -> String {
    let sorted: BTreeMap<&str, Digest> = files.into_iter().collect();
    let mut text = String::new();
    for (path, digest) in sorted {
        writeln!(text, "{digest}  {path}").expect("a String takes any text");
    }
    text
}

/// Reads a manifest; lines that are none are left out, so it must be compared with its [`listing`] too.
pub(super) fn read_listing(text: &str) -> BTreeMap<&str, Digest> {
    text.lines().filter_map(|line| line.split_once("  ")).filter_map(|(digest, path)| Some((path, digest.parse().ok()?))).collect()
}

/// Where the bytes of a piece of evidence are.
pub(super) fn evidence_path(digest: &Digest, media_type: &str) -> String {
    format!("data/evidence/{digest}.{}", extension(media_type))
}

/// Where a leaf is.
pub(super) fn leaf_path(id: impl std::fmt::Display) -> String {
    format!("data/leaves/{id}.json")
}

/// Where a leaf's proof is.
pub(super) fn proof_path(id: impl std::fmt::Display) -> String {
    format!("data/proofs/{id}.tlog-proof")
}

/// Where a receipt is.
pub(super) fn receipt_path(id: impl std::fmt::Display) -> String {
    format!("data/receipts/{id}.json")
}

/// Where the document of a credit run is.
pub(super) fn credits_path(run: impl std::fmt::Display) -> String {
    format!("data/credits/{run}.json")
}

/// A case as a text for people.
pub(super) const CASE: &str = "data/case.txt";

/// Where the document of a step of a case is.
pub(super) fn step_path(id: impl std::fmt::Display) -> String {
    format!("data/case/{id}.json")
}

/// Where a decision on a finding is.
pub(super) fn decision_path(id: impl std::fmt::Display) -> String {
    format!("data/decisions/{id}.json")
}

/// Where the text of a rule is, by its digest.
pub(super) fn rule_path(digest: &str) -> String {
    format!("data/rules/{digest}.sql")
}

/// Where the document of a resolution is.
pub(super) fn resolution_path(id: impl std::fmt::Display) -> String {
    format!("data/resolutions/{id}.json")
}

/// Where what a platform signed is: the document that is sealed (`json`), the bytes that were signed (`base`), the signature (`sig`).
pub(super) fn signature_path(id: impl std::fmt::Display, part: &str) -> String {
    format!("data/signatures/{id}.{part}")
}

/// Where the public key of a registration is.
pub(super) fn key_path(registration: impl std::fmt::Display) -> String {
    format!("data/keys/{registration}.pem")
}

/// Where a policy is, by `id-fingerprint`.
pub(super) fn policy_path(name: &str) -> String {
    format!("data/policies/{name}.json")
}

/// The usual end of a file name, so that a double click opens it.
fn extension(media_type: &str) -> &'static str {
    match media_type.split(';').next().unwrap_or_default().trim() {
        "video/mp4" => "mp4",
        "video/quicktime" => "mov",
        "video/webm" => "webm",
        "video/x-matroska" | "video/matroska" => "mkv",
        "video/x-msvideo" | "video/vnd.avi" => "avi",
        "video/x-flv" => "flv",
        "video/mp2t" => "ts",
        "video/mpeg" => "mpg",
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/webp" => "webp",
        "image/gif" => "gif",
        "image/bmp" => "bmp",
        "audio/mpeg" => "mp3",
        "audio/mp4" => "m4a",
        "audio/wav" | "audio/x-wav" => "wav",
        "text/csv" => "csv",
        "application/x-ndjson" => "ndjson",
        "application/json" => "json",
        "application/pdf" => "pdf",
        "application/zip" => "zip",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => "xlsx",
        text if text.starts_with("text/") => "txt",
        _ => "bin",
    }
}
