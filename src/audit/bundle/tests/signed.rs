//! Evidence that a platform signed: what it signed goes with it, and is held against the log and against the bytes.

use super::super::bag;
use super::forged::{repacked, replaced};
use super::*;
use crate::audit::fsck;
use crate::db::testing;
use crate::receive::signature::{Document, Request, Signed, Signer};
use crate::register::PlatformKey;
use crate::register::platform_key::{self, Required, Revocation};
use crate::store::signature::{self, Signature};
use base64::prelude::{BASE64_STANDARD, Engine};
use std::process::Command;

/// RFC 9421, B.1.4.
const PRIVATE: &str =
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n-----END PRIVATE KEY-----";
const PUBLIC: &str = "JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=";
/// When the platform signed.
const SIGNED: Time = Time(MORNING.0 + 50 * MINUTE);

/// The picture of the stage, signed by the platform of its class.
async fn stage_with_a_signature(db: &Db) -> (Stage, PlatformKey, Signature) {
    let stage = Stage::new(db).await;
    let ids = &stage.world.ids;
    let public_key = BASE64_STANDARD.decode(PUBLIC).expect("base64").try_into().expect("32 bytes");
    let (platform, name, actor) = ("sx-zxpx".into(), "2020-1".into(), "keshi".into());
    let mut key = PlatformKey { id: ids.next(), platform, name, public_key, required: Required::No, actor, at: MORNING, leaf: None };
    let mut tx = db.begin().await.expect("begins");
    let leaf = seal::stage(&mut tx, &Leaf::new("platform_key", key.fields()).expect("fits"), ids, MORNING).await.expect("stages");
    platform_key::add(&mut tx, ids, &key, leaf).await.expect("keeps");
    tx.commit().await.expect("commits");
    key.leaf = Some(leaf);
    let signed = signed(&key, PICTURE);
    let signature = Signature::of(ids.next(), stage.picture, &signed, SIGNED).expect("written");
    let mut tx = db.begin().await.expect("begins");
    let leaf = Leaf::new("evidence_signature", signature.fields()).expect("fits");
    let leaf = seal::stage(&mut tx, &leaf, ids, SIGNED).await.expect("stages");
    signature::add(&mut tx, &signature, leaf).await.expect("keeps");
    tx.commit().await.expect("commits");
    stage.log.turn().await.expect("seals");
    (stage, key, signature)
}

fn signed(key: &PlatformKey, bytes: &[u8]) -> Signed {
    let digest = format!("sha-256=:{}:", BASE64_STANDARD.encode(Digest::of(bytes).0));
    let field = move |name: &str| Ok((name == "content-digest").then(|| digest.clone()));
    let query = Some("kind=screenshot&class=ext%3AC1");
    let request = Request { method: "POST", origin: "https://keshi.example.org", path: "/v1/evidence", query, field: &field };
    let signer = Signer::from_pem(PRIVATE, Some(&key.name)).expect("a key");
    let (input, signature) = signer.sign(&request, &["@method", "@target-uri", "content-digest"], SIGNED).expect("signs");
    Signed::of(Document::of_request(&request, key, &input, &signature, SIGNED).expect("read")).expect("holds")
}

async fn revoked(stage: &Stage, key: &PlatformKey, from: Time) {
    let (db, ids) = (&stage.world.db, &stage.world.ids);
    let of = Revocation { id: ids.next(), key: key.id, from, actor: "keshi".into(), at: NOW, leaf: None };
    let mut tx = db.begin().await.expect("begins");
    let leaf = Leaf::new("platform_key_revoked", of.fields()).expect("fits");
    let leaf = seal::stage(&mut tx, &leaf, ids, NOW).await.expect("stages");
    platform_key::revoke(&mut tx, ids, key, &of, leaf).await.expect("revokes");
    tx.commit().await.expect("commits");
    stage.log.turn().await.expect("seals");
}

/// The worst that is said of a kind of item.
fn worst(report: &Report, kind: &str) -> Option<Status> {
    report.items.iter().filter(|item| item.kind == kind).map(|item| item.status).max()
}

#[tokio::test]
async fn what_a_platform_signed_is_proven_with_the_evidence_until_its_key_is_revoked_for_then() {
    testing::each_engine(async |db| {
        let (stage, key, signature) = stage_with_a_signature(&db).await;
        let report = stage.verify(&stage.bytes(What::Evidence(stage.picture)).await);
        assert!(report.holds(), "{report:?}");
        let line = report.items.iter().find(|item| item.kind == "signature").expect("there");
        assert_eq!((line.status, line.id.as_str()), (Status::Proven, signature.id.to_string().as_str()));
        assert_eq!(worst(&report, "key"), Some(Status::Proven));
        let other = stage.verify(&stage.bytes(What::Evidence(stage.attendance)).await);
        assert!(other.holds() && worst(&other, "signature").is_none() && worst(&other, "key").is_none(), "{other:?}");

        revoked(&stage, &key, SIGNED.plus(1)).await;
        let report = stage.verify(&stage.bytes(What::Lesson(stage.lesson)).await);
        assert_eq!((report.holds(), worst(&report, "signature")), (true, Some(Status::Proven)), "what was signed before stands");
        revoked(&stage, &key, SIGNED).await;
        let report = stage.verify(&stage.bytes(What::Lesson(stage.lesson)).await);
        assert_eq!((report.holds(), worst(&report, "signature")), (true, Some(Status::IntegrityOnly)), "{report:?}");

        let report = fsck::check(&db, &stage.world.objects, &stage.log.trust()).await.expect("checks");
        assert!(report.holds() && (report.keys, report.signatures) == (1, 1), "{report:?}");
    })
    .await;
}

/// The readme's own command, by a tool that nobody here wrote.
#[tokio::test]
async fn openssl_finds_that_the_signature_holds() {
    let (db, _folder) = testing::sqlite().await;
    let (stage, key, signature) = stage_with_a_signature(&db).await;
    let zip = stage.bytes(What::Evidence(stage.picture)).await;
    let folder = tempfile::tempdir().expect("a folder");
    let files = [bag::key_path(key.id), bag::signature_path(signature.id, "base"), bag::signature_path(signature.id, "sig")];
    let mut archive = ::zip::ZipArchive::new(Cursor::new(&zip)).expect("opens");
    let paths = files.map(|file| {
        let name = format!("keshi-evidence-{}/{file}", stage.picture);
        let path = folder.path().join(file.rsplit('/').next().expect("a name"));
        let mut bytes = Vec::new();
        archive.by_name(&name).expect("there").read_to_end(&mut bytes).expect("reads");
        std::fs::write(&path, bytes).expect("writes");
        path
    });
    let holds = |base: &std::path::Path| {
        let mut openssl = Command::new("openssl");
        openssl.args(["pkeyutl", "-verify", "-pubin", "-rawin", "-inkey"]).arg(&paths[0]);
        openssl.arg("-in").arg(base).arg("-sigfile").arg(&paths[2]);
        openssl.output().expect("openssl is there").status.success()
    };
    assert!(holds(&paths[1]));
    let changed = folder.path().join("changed");
    let base = std::fs::read_to_string(&paths[1]).expect("text");
    assert!(base.contains(&BASE64_STANDARD.encode(Digest::of(PICTURE).0)), "{base}");
    std::fs::write(&changed, base.replace("screenshot", "attendance")).expect("writes");
    assert!(!holds(&changed));
}

#[tokio::test]
async fn what_was_changed_left_out_or_put_under_other_bytes_is_named() {
    let (db, _folder) = testing::sqlite().await;
    let (stage, key, signature) = stage_with_a_signature(&db).await;
    let zip = stage.bytes(What::Evidence(stage.picture)).await;
    let [file, base, sig] = ["json", "base", "sig"].map(|part| bag::signature_path(signature.id, part));
    for path in [&file, &base, &sig] {
        let report = stage.verify(&repacked(&zip, |files| drop(files.remove(path).expect("there"))));
        assert_eq!(worst(&report, "signature"), Some(Status::Missing), "{path} is gone");
        let report = stage.verify(&repacked(&zip, |files| files.get_mut(path).expect("there")[40] ^= 1));
        assert_eq!(worst(&report, "signature"), Some(Status::Mismatch), "{path} was changed");
    }
    let report = stage.verify(&repacked(&zip, |files| drop(files.remove(&bag::key_path(key.id)).expect("there"))));
    assert_eq!(worst(&report, "key"), Some(Status::Missing));
    // A forger who has a key of his own (here RFC 8032, 7.1, test 1), and no leaf of it.
    let other = hex::decode("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a").expect("hexadecimal");
    let other = platform_key::pem(&other.try_into().expect("32 bytes")).expect("PEM");
    let report = stage.verify(&repacked(&zip, |files| drop(files.insert(bag::key_path(key.id), other.into_bytes()))));
    assert_eq!((worst(&report, "key"), worst(&report, "signature")), (Some(Status::Mismatch), Some(Status::Mismatch)));
    // The very signature under evidence of other bytes: a leaf speaks of one piece of evidence alone.
    let lesson = stage.bytes(What::Lesson(stage.lesson)).await;
    let (picture, log) = (stage.picture.to_string(), stage.attendance.to_string());
    let report = stage.verify(&repacked(&lesson, |files| {
        let text = String::from_utf8(files["data/bundle.json"].clone()).expect("text");
        let at = text.find("\"signatures\"").expect("there");
        let moved = format!("{}{}", &text[..at], text[at..].replacen(&picture, &log, 1));
        files.insert("data/bundle.json".into(), moved.into_bytes());
    }));
    assert_eq!(worst(&report, "signature"), Some(Status::Mismatch), "{report:?}");
    let report = stage.verify(&repacked(&zip, |files| replaced(files, "data/bundle.json", "\"keys\"", "\"others\"")));
    assert_eq!(worst(&report, "signature"), Some(Status::Missing));
}

#[tokio::test]
async fn a_signature_or_a_key_that_was_changed_in_the_database_contradicts_the_log() {
    let (db, _folder) = testing::sqlite().await;
    let (stage, key, signature) = stage_with_a_signature(&db).await;
    let codes = async || {
        let report = fsck::check(&stage.world.db, &stage.world.objects, &stage.log.trust()).await.expect("checks");
        report.problems.iter().map(|problem| problem.code).collect::<Vec<_>>()
    };
    assert_eq!(codes().await, Vec::<&str>::new());
    // A signature that holds, over other bytes.
    let other = self::signed(&key, b"other bytes").document.text().expect("written");
    stage.damage_text(sql::FORGE_SIGNATURE, signature.id, &other).await;
    assert_eq!(codes().await, ["signature_differs"]);
    stage.damage_text(sql::FORGE_SIGNATURE, signature.id, &signature.document).await;
    stage.damage_text(sql::FORGE_KEY, key.id, "all").await;
    assert_eq!(codes().await, ["key_differs"]);
}
