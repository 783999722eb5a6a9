//! Personal data at rest: encrypted for reading back, and a keyed hash ("blind index") for finding.
//!
//! One 32-byte key in `data.key`; from it HMAC-SHA256 derives one key to encrypt (AES-256-GCM, random 96-bit nonce, version byte
//! first) and one per kind of index. Without the key neither a number nor a guess can be checked against the database.

use crate::error::{Error, Result, codes};
use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::io::Write;
use std::path::Path;

/// The first byte of a sealed value: which key and cipher.
const VERSION: u8 = 1;
const NONCE: usize = 12;

/// What a blind index is over; equal values of different kinds have different indexes.
#[derive(Clone, Copy, Debug)]
pub enum Indexed {
    /// An ID number.
    IdNumber,
    /// A phone number.
    Phone,
    /// An e-mail address.
    Email,
    /// A name.
    Name,
    /// A name as it stands in an export file, for the lake.
    SourceName,
    /// Somebody whom the logs of a class name.
    Identity,
    /// A reason that a person gave.
    Reason,
    /// The number of a certificate.
    Certificate,
    /// The account that a claim is paid to.
    Account,
}

/// Encrypts, decrypts and indexes personal data.
#[derive(Clone)]
pub struct Secrets {
    key: [u8; 32],
    cipher: Aes256Gcm,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets")
    }
}

impl Secrets {
    /// With the given key.
    pub fn new(key: [u8; 32]) -> Secrets {
        let cipher = Aes256Gcm::new(&derive(&key, b"keshi encrypt 1").into());
        Secrets { key, cipher }
    }

    /// With the key in a file of 64 hex digits, made with mode 0600 when it is missing.
    pub fn load_or_create(path: &Path) -> Result<Secrets> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let text = hex::encode(crate::ids::chance::<32>());
                create_private(path, text.as_bytes())?;
                std::fs::read_to_string(path)?
            }
            Err(error) => return Err(error.into()),
        };
        let mut key = [0; 32];
        hex::decode_to_slice(text.trim(), &mut key).map_err(|cause| {
            Error::new(&codes::CONFIG, format!("The key file '{}' is not 64 hex digits; restore it from a copy.", path.display()))
                .because(cause)
        })?;
        Ok(Secrets::new(key))
    }

    /// Encrypted, for the database.
    pub fn seal(&self, text: &str) -> Vec<u8> {
        let nonce: [u8; NONCE] = crate::ids::chance();
        let sealed = self.cipher.encrypt(&Nonce::from(nonce), text.as_bytes()).expect("AES-GCM takes any text that fits in memory");
        [&[VERSION][..], &nonce, &sealed].concat()
    }

    /// In the clear again.
    ///
    /// Errors: `bad_config` when it was sealed with another key.
    pub fn open(&self, sealed: &[u8]) -> Result<String> {
        let refused = || Error::new(&codes::CONFIG, "Personal data was encrypted with another data.key; restore the right one.");
        let (head, body) = sealed.split_at_checked(1 + NONCE).ok_or_else(refused)?;
        let nonce: [u8; NONCE] = head[1..].try_into().map_err(|_| refused())?;
        if head[0] != VERSION {
            return Err(refused());
        }
        let text = self.cipher.decrypt(&Nonce::from(nonce), body).map_err(|_| refused())?;
        String::from_utf8(text).map_err(|_| refused())
    }

    /// The blind index of a value that was normalised by the caller.
    pub fn index(&self, kind: Indexed, text: &str) -> [u8; 32] {
        let label: &[u8] = match kind {
            Indexed::IdNumber => b"keshi index id_number 1",
            Indexed::Phone => b"keshi index phone 1",
            Indexed::Email => b"keshi index email 1",
            Indexed::Name => b"keshi index name 1",
            Indexed::SourceName => b"keshi index source_name 1",
            Indexed::Identity => b"keshi index identity 1",
            Indexed::Reason => b"keshi index reason 1",
            Indexed::Certificate => b"keshi index certificate 1",
            Indexed::Account => b"keshi index account 1",
        };
        derive(&derive(&self.key, label), text.as_bytes())
    }
}

fn derive(key: &[u8; 32], what: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(what);
    mac.finalize().into_bytes().into()
}

/// Writes a new file that only its owner may read; an existing one stays.
pub fn create_private(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    // Written aside and linked into place, so that a server killed here never leaves half a key.
    let mut aside = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    aside.write_all(bytes)?;
    aside.as_file().sync_all()?;
    match aside.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_can_be_read_back_with_the_key_and_not_with_another() {
        let secrets = Secrets::new([7; 32]);
        let sealed = secrets.seal("610000199001011234");
        assert_eq!(secrets.open(&sealed).expect("opens"), "610000199001011234");
        assert_ne!(sealed, secrets.seal("610000199001011234"), "equal numbers look different");
        assert!(Secrets::new([8; 32]).open(&sealed).is_err());
        let mut bent = sealed.clone();
        bent[20] ^= 1;
        assert!(secrets.open(&bent).is_err());
        assert!(secrets.open(&sealed[..5]).is_err());
    }

    #[test]
    fn an_index_is_the_same_each_time_and_differs_by_kind() {
        let secrets = Secrets::new([7; 32]);
        assert_eq!(secrets.index(Indexed::Phone, "13800000000"), secrets.index(Indexed::Phone, "13800000000"));
        assert_ne!(secrets.index(Indexed::Phone, "13800000000"), secrets.index(Indexed::IdNumber, "13800000000"));
    }

    #[test]
    fn a_key_file_is_made_once_and_private() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys/data.key");
        let first = Secrets::load_or_create(&path).expect("made");
        let sealed = first.seal("x");
        assert_eq!(Secrets::load_or_create(&path).expect("read").open(&sealed).expect("opens"), "x");
        assert_eq!(std::fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
    }
}
