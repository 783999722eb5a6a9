//! The other side: signing a request.

use super::base::{Request, base};
use super::params::Params;
use crate::error::{Error, Result, codes};
use crate::register::platform_key::thumbprint;
use crate::time::{SECOND, Time};
use base64::prelude::{BASE64_STANDARD, Engine};
use ed25519_dalek::pkcs8::DecodePrivateKey;
use ed25519_dalek::{Signer as _, SigningKey};
use sfv::{BareItem, InnerList, Integer, Item, Key, Parameters, String as Text};

/// A platform's key, to sign with. `Debug` shows its name alone.
pub struct Signer {
    key: SigningKey,
    name: String,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Signer").field(&self.name).finish()
    }
}

impl Signer {
    /// The key in a PEM file (PKCS #8), under the name it is registered by; without one, under its thumbprint.
    ///
    /// Errors: `invalid`.
    pub fn from_pem(pem: &str, name: Option<&str>) -> Result<Signer> {
        let key = SigningKey::from_pkcs8_pem(pem.trim()).map_err(|_| {
            Error::new(&codes::INVALID, "The key is no Ed25519 key in PEM (PKCS #8); openssl genpkey -algorithm ed25519 makes one.")
        })?;
        let name = name.map_or_else(|| thumbprint(key.verifying_key().as_bytes()), str::to_owned);
        Ok(Signer { key, name })
    }

    /// What the key is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The fields `Signature-Input` and `Signature` of a request that covers these components.
    ///
    /// Errors: `signature_malformed` where the request lacks one of them.
    pub fn sign(&self, request: &Request<'_>, components: &[&str], created: Time) -> Result<(String, String)> {
        let text =
            |text: &str| Text::from_string(text.to_owned()).map(BareItem::String).map_err(|(cause, _)| Error::internal(cause.to_string()));
        let items = components.iter().map(|name| Ok(Item::new(text(name)?))).collect::<Result<Vec<_>>>()?;
        let created = Integer::try_from(created.0 / SECOND).map_err(|cause| Error::internal(cause.to_string()))?;
        let given = [("created", BareItem::Integer(created)), ("keyid", text(&self.name)?), ("alg", text("ed25519")?)];
        let mut parameters = Parameters::new();
        for (name, value) in given {
            parameters.insert(Key::from_string(name.to_owned()).map_err(|(cause, _)| Error::internal(cause.to_string()))?, value);
        }
        let params = Params::of(InnerList::with_params(items, parameters))?;
        let signature = self.key.sign(base(request, &params)?.as_bytes());
        Ok((format!("keshi={}", params.text()), format!("keshi=:{}:", BASE64_STANDARD.encode(signature.to_bytes()))))
    }
}
