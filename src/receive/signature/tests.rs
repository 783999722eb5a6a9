//! The RFC's own vector, and that nothing of what was signed can be changed.

use super::base::base;
use super::document::Document;
use super::params::Params;
use super::*;
use crate::ids::PlatformKeyId;
use crate::register::PlatformKey;
use base64::prelude::{BASE64_STANDARD, Engine};
use proptest::prelude::*;
use uuid::Uuid;

/// RFC 9421, B.1.4.
const PRIVATE: &str =
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n-----END PRIVATE KEY-----";
const PUBLIC: &str = "JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=";
const QUERY: &str = "kind=attendance&class=ext%3AC1&lesson=ext%3AL1";

fn key() -> PlatformKey {
    PlatformKey {
        id: PlatformKeyId(Uuid::from_u128(1)),
        platform: "px-class".into(),
        name: "test-key-ed25519".into(),
        public_key: BASE64_STANDARD.decode(PUBLIC).expect("base64").try_into().expect("32 bytes"),
        required: Required::No,
        actor: "keshi".into(),
        at: Time(0),
        leaf: None,
    }
}

fn signed(body: &[u8]) -> Document {
    let digest = format!("sha-256=:{}:", BASE64_STANDARD.encode(Digest::of(body).0));
    let field = move |name: &str| Ok((name == "content-digest").then(|| digest.clone()));
    let request = Request { method: "POST", origin: "https://keshi.example.org", path: "/v1/evidence", query: Some(QUERY), field: &field };
    let signer = Signer::from_pem(PRIVATE, Some("test-key-ed25519")).expect("a key");
    let (input, signature) =
        signer.sign(&request, &["@method", "@target-uri", "content-digest"], Time(1_618_884_473 * SECOND)).expect("signs");
    Document::of_request(&request, &key(), &input, &signature, Time(1_618_884_473 * SECOND)).expect("read")
}

/// RFC 9421, B.2.6: base and signature.
#[test]
fn the_rfcs_own_signature_is_made_and_holds() {
    let field = |name: &str| {
        let known = [("date", "Tue, 20 Apr 2021 02:07:55 GMT"), ("content-type", "application/json"), ("content-length", "18")];
        Ok(known.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    };
    let request =
        Request { method: "POST", origin: "https://example.com", path: "/foo", query: Some("param=Value&Pet=dog"), field: &field };
    let text = r#"("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519""#;
    let params = Params::read(text).expect("reads");
    let made = base(&request, &params).expect("a base");
    let must = "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n\"@method\": POST\n\"@path\": /foo\n\"@authority\": example.com\n\
                \"content-type\": application/json\n\"content-length\": 18\n\"@signature-params\": ";
    assert_eq!(made, format!("{must}{text}"));
    let signature = "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==";
    let bytes: [u8; 64] = BASE64_STANDARD.decode(signature).expect("base64").try_into().expect("64 bytes");
    let verifier = ed25519_dalek::VerifyingKey::from_bytes(&key().public_key).expect("a key");
    verifier.verify_strict(made.as_bytes(), &ed25519_dalek::Signature::from_bytes(&bytes)).expect("holds");
}

#[test]
fn a_signature_says_what_it_is_of_and_is_read_back() {
    let document = signed(b"a log");
    let said = document.check().expect("holds");
    assert_eq!((said.body, said.created), (Digest::of(b"a log"), Time(1_618_884_473 * SECOND)));
    assert_eq!((said.claim.kind.as_deref(), said.claim.class.as_deref()), (Some("attendance"), Some("ext:C1")));
    assert_eq!(Document::read(document.text().expect("writes").as_bytes()).expect("reads"), document);
}

#[test]
fn what_covers_too_little_or_cannot_be_read_is_told_so() {
    let few = Params::read(r#"("@method");created=1;keyid="k""#).expect("reads");
    let error = document::enough(&few, Purpose::Upload).expect_err("too little");
    assert!(error.message.contains("repr-digest, upload-metadata, @target-uri"), "{error}");
    for bad in [
        r#"("@method");created=1"#,
        r#"("@method");keyid="k""#,
        r#"("@method" "@method");created=1;keyid="k""#,
        r#"("@method");created=1;keyid="k";alg="hmac-sha256""#,
        r#"("@method";req);created=1;keyid="k""#,
        r#"("Date");created=1;keyid="k""#,
        r#"("@method");created=1.5;keyid="k""#,
        "",
    ] {
        assert_eq!(Params::read(bad).expect_err("refused").code, "signature_malformed", "{bad}");
    }
    let (input, signature) = (r#"a=("@method");created=1;keyid="k""#, format!("a=:{}:", BASE64_STANDARD.encode([0; 64])));
    assert!(fields::signature(input, &signature).is_ok());
    for (input, signature) in [
        (format!("{input}, b=(\"@path\");created=1;keyid=\"k\""), signature.clone()),
        (input.to_owned(), signature.replace("a=", "b=")),
        (input.to_owned(), "a=:AAAA:".to_owned()),
        (input.to_owned(), "x".repeat(5000)),
    ] {
        assert_eq!(fields::signature(&input, &signature).expect_err("refused").code, "signature_malformed");
    }
}

proptest! {
    #[test]
    fn any_changed_byte_of_what_is_kept_is_refused(at in any::<prop::sample::Index>(), flip in 1u8..=127) {
        let mut bytes = signed(b"a log").text().expect("writes").into_bytes();
        let place = at.index(bytes.len());
        bytes[place] ^= flip;
        if let Ok(changed) = Document::read(&bytes) {
            // When it was taken, for whom and by which registration is held against the sealed leaves; everything else must not hold.
            let sealed_elsewhere = Document { at: Time(0), platform: String::new(), registration: PlatformKeyId(Uuid::nil()), ..changed.clone() };
            let before = Document { at: Time(0), platform: String::new(), registration: PlatformKeyId(Uuid::nil()), ..signed(b"a log") };
            let label = changed.signature_input.split('=').next() != Some("keshi");
            prop_assert!(sealed_elsewhere == before || label || changed.check().is_err());
        }
    }
}
