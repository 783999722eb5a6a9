//! Secrets and signatures as Standard Webhooks 1.0.0 has them: HMAC-SHA256 over `id.timestamp.body`, named `v1`.

use crate::error::{Error, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Begins every secret.
const PREFIX: &str = "whsec_";

/// A new secret of 256 bits, as it is shown to its owner and kept.
pub fn secret() -> String {
    format!("{PREFIX}{}", STANDARD.encode(crate::ids::chance::<32>()))
}

/// The value of `webhook-signature`: one signature for each secret, so that a receiver may know either while one is changed.
///
/// Errors: `internal` for a secret that [`secret`] did not make.
pub fn signature(secrets: &[String], id: &str, seconds: i64, body: &str) -> Result<String> {
    let signed = secrets.iter().map(|secret| {
        let key = secret.strip_prefix(PREFIX).and_then(|text| STANDARD.decode(text).ok());
        let key = key.ok_or_else(|| Error::internal("a webhook's secret is none"))?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes a key of any length");
        mac.update(format!("{id}.{seconds}.{body}").as_bytes());
        Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    });
    Ok(signed.collect::<Result<Vec<_>>>()?.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector that the libraries of the specification are tested with.
    const KNOWN: (&str, &str) = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");

    #[test]
    fn a_signature_is_the_one_of_the_specification() {
        let signed = |secrets: &[String]| signature(secrets, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, r#"{"test": 2432232314}"#);
        assert_eq!(signed(&[KNOWN.0.to_owned()]).expect("signs"), KNOWN.1);
        let both = signed(&[secret(), KNOWN.0.to_owned()]).expect("signs");
        let (new, old) = both.split_once(' ').expect("two");
        assert!(new.starts_with("v1,") && new != KNOWN.1 && old == KNOWN.1, "{both}");
        assert!(signed(&["no secret".to_owned()]).is_err());
    }

    #[test]
    fn a_secret_has_256_bits_and_is_never_the_same() {
        let (one, two) = (secret(), secret());
        assert_ne!(one, two);
        assert_eq!(STANDARD.decode(one.strip_prefix(PREFIX).expect("prefixed")).expect("base64").len(), 32);
    }
}
