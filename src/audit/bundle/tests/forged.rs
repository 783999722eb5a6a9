//! What was done to a bundle is named.

use super::super::bag::{self, MANIFEST, TAG_MANIFEST, TAGS};
use super::super::pack::Pack;
use super::*;
use crate::db::testing;
use crate::seal::Trust;
use std::collections::BTreeMap;

/// Unpacks a bundle, lets somebody at its files, and packs it again with manifests that fit, as a careful forger would.
pub(super) fn repacked(zip: &[u8], change: impl FnOnce(&mut BTreeMap<String, Vec<u8>>)) -> Vec<u8> {
    let mut archive = ::zip::ZipArchive::new(Cursor::new(zip)).expect("opens");
    let mut files = BTreeMap::new();
    let mut folder = String::new();
    for number in 0..archive.len() {
        let mut file = archive.by_index(number).expect("there");
        let (name, path) =
            file.name().expect("a name").split_once('/').map(|(name, path)| (name.to_owned(), path.to_owned())).expect("a folder");
        folder = name;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).expect("reads");
        files.insert(path, bytes);
    }
    change(&mut files);
    let mut pack = Pack::new(tempfile::tempfile().expect("a file"), &folder);
    for (path, bytes) in files.iter().filter(|(path, _)| *path != MANIFEST && *path != TAG_MANIFEST) {
        pack.add(path, bytes).expect("adds");
    }
    let manifest =
        bag::listing(pack.digests.iter().filter(|(path, _)| path.starts_with("data/")).map(|(path, digest)| (path.as_str(), *digest)));
    pack.add(MANIFEST, manifest.as_bytes()).expect("adds");
    let tags =
        bag::listing(pack.digests.iter().filter(|(path, _)| TAGS.contains(&path.as_str())).map(|(path, digest)| (path.as_str(), *digest)));
    pack.add(TAG_MANIFEST, tags.as_bytes()).expect("adds");
    let mut bytes = Vec::new();
    pack.finish().expect("finishes").0.read_to_end(&mut bytes).expect("reads");
    bytes
}

/// Replaces text in every file below a folder.
pub(super) fn replaced(files: &mut BTreeMap<String, Vec<u8>>, below: &str, from: &str, to: &str) {
    let mut changed = 0;
    for (_, bytes) in files.iter_mut().filter(|(path, _)| path.starts_with(below)) {
        let text = String::from_utf8_lossy(bytes).into_owned();
        changed += text.matches(from).count();
        *bytes = text.replace(from, to).into_bytes();
    }
    assert!(changed > 0, "{from} is in no file below {below}");
}

async fn staged() -> (Stage, tempfile::TempDir, Vec<u8>) {
    let (db, folder) = testing::sqlite().await;
    let stage = Stage::new(&db).await;
    let zip = stage.bytes(What::Lesson(stage.lesson)).await;
    (stage, folder, zip)
}

/// Flips one bit, another one each time, of every byte that is asked for.
fn flips(stage: &Stage, zip: &[u8], asked: impl Fn(usize) -> bool) {
    for at in (0..zip.len()).filter(|at| asked(*at)) {
        let mut flipped = zip.to_vec();
        flipped[at] ^= 1 << (at % 8);
        let report = stage.verify(&flipped);
        let named = report.items.iter().any(|item| item.status > Status::IntegrityOnly && !item.says.is_empty());
        assert!(named && !report.holds(), "byte {at} of {}", zip.len());
    }
}

/// Every bit of a small zip is tried in `zip.rs`; here every byte of a small bundle but the readme's prose, which one digest covers.
#[tokio::test]
async fn a_flipped_bit_anywhere_is_named() {
    let (stage, _folder, lesson) = staged().await;
    let zip = stage.bytes(What::Evidence(stage.attendance)).await;
    let from = zip.windows(6).position(|window| window == "课时".as_bytes()).expect("the readme");
    let prose = from..from + bag::README.len();
    flips(&stage, &zip, |at| !prose.contains(&at) || at % 101 == 0);
    flips(&stage, &lesson, |at| at % 23 == 0);
}

#[tokio::test]
async fn the_file_that_was_changed_is_the_one_that_is_named() {
    let (stage, _folder, zip) = staged().await;
    let at = zip.windows(LOG.len()).position(|window| window == LOG).expect("the log");
    let mut flipped = zip.clone();
    flipped[at + 3] ^= 4;
    let report = stage.verify(&flipped);
    let named: Vec<(&str, &str)> =
        report.items.iter().filter(|item| item.status == Status::Mismatch).map(|item| (item.kind, item.id.as_str())).collect();
    let file = format!("data/evidence/{}.csv", Digest::of(LOG));
    let attendance = stage.attendance.to_string();
    assert!(named.contains(&("file", file.as_str())) && named.contains(&("evidence", attendance.as_str())), "{named:?}");
    assert!(!named.iter().any(|(_, id)| *id == stage.picture.to_string()), "{named:?}");
}

#[tokio::test]
async fn a_repacked_bundle_with_the_same_files_holds() {
    let (stage, _folder, zip) = staged().await;
    assert!(stage.verify(&repacked(&zip, |_| ())).holds());
}

#[tokio::test]
async fn hours_that_were_not_sealed_are_a_mismatch_however_well_they_are_packed() {
    let (stage, _folder, zip) = staged().await;
    let forged = repacked(&zip, |files| {
        replaced(files, "data/credits/", "\"credited_ms\":1800000", "\"credited_ms\":2700000");
    });
    assert!(
        told(&stage.verify(&forged)).iter().any(|line| line.starts_with("mismatch        credit-run")),
        "{:?}",
        told(&stage.verify(&forged))
    );
    let forged = repacked(&zip, |files| replaced(files, "data/bundle.json", "\"credited_ms\": 1800000", "\"credited_ms\": 2700000"));
    assert!(told(&stage.verify(&forged)).iter().any(|line| line.starts_with("mismatch        hour")));
}

#[tokio::test]
async fn evidence_swapped_with_all_its_digests_is_a_mismatch() {
    let (stage, _folder, zip) = staged().await;
    let forged = repacked(&zip, |files| {
        let (was, is) = (Digest::of(LOG).to_string(), Digest::of(b"another log").to_string());
        files.remove(&format!("data/evidence/{was}.csv"));
        files.insert(format!("data/evidence/{is}.csv"), b"another log".to_vec());
        for below in ["data/bundle.json", "data/receipts/", "data/leaves/"] {
            replaced(files, below, &was, &is);
        }
        replaced(files, "data/bundle.json", &format!("\"size\": {}", LOG.len()), "\"size\": 11");
        replaced(files, "data/receipts/", &format!("\"size\": {}", LOG.len()), "\"size\": 11");
    });
    let told = told(&stage.verify(&forged));
    assert!(told.iter().any(|line| line.contains("does not lead from this leaf")), "{told:?}");
}

#[tokio::test]
async fn evidence_an_hour_rests_on_cannot_be_left_out() {
    let (stage, _folder, zip) = staged().await;
    let forged = repacked(&zip, |files| {
        files.retain(|path, _| !path.contains(&stage.attendance.to_string()) && !path.contains(&Digest::of(LOG).to_string()));
        let mut index: serde_json::Value = serde_json::from_slice(&files["data/bundle.json"]).expect("JSON");
        index["evidence"].as_array_mut().expect("a list").retain(|item| item["id"] != stage.attendance.to_string());
        files.insert("data/bundle.json".into(), serde_json::to_vec_pretty(&index).expect("JSON"));
    });
    let told = told(&stage.verify(&forged));
    assert!(told.iter().any(|line| line.starts_with("missing         hour")), "{told:?}");
}

#[tokio::test]
async fn a_log_that_is_not_trusted_proves_nothing() {
    let (stage, _folder, zip) = staged().await;
    let report = verify(&mut Cursor::new(&zip), &Trust::default()).expect("reads");
    assert_eq!(report.count(Status::Proven), 0);
    assert!(told(&report).iter().any(|line| line.contains("not in the trust file")), "{:?}", told(&report));
    let mut other = stage.log.trust();
    other.logs[0].vkey = Key::from_secret(&[8; 32], "example.org/log").expect("a key").vkey().to_owned();
    let report = verify(&mut Cursor::new(&zip), &other).expect("reads");
    assert!(told(&report).iter().any(|line| line.contains("not signed by the log's key")), "{:?}", told(&report));
}

#[tokio::test]
async fn a_file_that_belongs_to_nothing_is_named() {
    let (stage, _folder, zip) = staged().await;
    let forged = repacked(&zip, |files| drop(files.insert("data/evidence/stray.bin".into(), b"stray".to_vec())));
    assert_eq!(told(&stage.verify(&forged)).len(), 2);
    assert!(!stage.verify(&repacked(&zip, |files| files.clear())).holds());
    assert!(!stage.verify(b"no zip at all").holds());
    assert!(!stage.verify(b"").holds());
}
