//! Personal data at rest: encrypted for reading back, and a keyed hash ("blind index") for finding.
//!
//! A [`ring`] of 32-byte keys in a folder: `data.key` is number 1, `data.2.key` number 2, and so on. The newest encrypts, all of them
//! decrypt; the first byte of a sealed value is the number of its key. From each HMAC-SHA256 derives the key to encrypt (AES-256-GCM,
//! random 96-bit nonce). The keys of the indexes are derived from the first key alone and stay for good, whatever encrypts: indexes stand
//! in sealed leaves and in the lake. Without the keys neither a number nor a guess can be checked against the database.

pub mod ring;

use crate::error::{Error, Result, codes};
use aes_gcm::Nonce;
use aes_gcm::aead::Aead;
use hmac::{Hmac, KeyInit, Mac};
use ring::Ring;
use sha2::Sha256;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

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

impl Indexed {
    /// All kinds.
    pub const ALL: [Indexed; 9] = [
        Indexed::IdNumber,
        Indexed::Phone,
        Indexed::Email,
        Indexed::Name,
        Indexed::SourceName,
        Indexed::Identity,
        Indexed::Reason,
        Indexed::Certificate,
        Indexed::Account,
    ];

    /// What the key of the kind is derived with, and called in `index.key`.
    fn label(self) -> &'static str {
        match self {
            Indexed::IdNumber => "keshi index id_number 1",
            Indexed::Phone => "keshi index phone 1",
            Indexed::Email => "keshi index email 1",
            Indexed::Name => "keshi index name 1",
            Indexed::SourceName => "keshi index source_name 1",
            Indexed::Identity => "keshi index identity 1",
            Indexed::Reason => "keshi index reason 1",
            Indexed::Certificate => "keshi index certificate 1",
            Indexed::Account => "keshi index account 1",
        }
    }
}

/// Encrypts, decrypts and indexes personal data. Cheap to clone; clones share one ring.
#[derive(Clone)]
pub struct Secrets(Arc<Inner>);

struct Inner {
    /// Where the keys lie; none where a test gave one.
    folder: Option<PathBuf>,
    ring: RwLock<Arc<Ring>>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets")
    }
}

impl Secrets {
    /// With the given key, as number 1.
    pub fn new(key: [u8; 32]) -> Secrets {
        Secrets(Arc::new(Inner { folder: None, ring: RwLock::new(Arc::new(Ring::of(key))) }))
    }

    /// With the keys in a folder; where there is none yet, `data.key` is made with mode 0600.
    ///
    /// Errors: `bad_config` when a key cannot be read as one, or `index.key` belongs to others.
    pub fn load_or_create(folder: &Path) -> Result<Secrets> {
        let ring = RwLock::new(Arc::new(ring::load_or_create(folder)?));
        Ok(Secrets(Arc::new(Inner { folder: Some(folder.to_owned()), ring })))
    }

    /// Reads the folder again: a key may have been added, or taken away. Without a folder nothing happens.
    ///
    /// Errors as [`Secrets::load_or_create`]; the keys known before stay.
    pub fn reload(&self) -> Result<()> {
        let Some(folder) = &self.0.folder else { return Ok(()) };
        let read = Arc::new(ring::load(folder)?);
        *self.0.ring.write().unwrap_or_else(PoisonError::into_inner) = read;
        Ok(())
    }

    /// The number of the key that encrypts.
    pub fn newest(&self) -> u8 {
        self.ring().newest()
    }

    /// The numbers of all keys at hand.
    pub fn numbers(&self) -> Vec<u8> {
        self.ring().numbers()
    }

    fn ring(&self) -> Arc<Ring> {
        self.0.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Encrypted with the newest key, for the database.
    pub fn seal(&self, text: &str) -> Vec<u8> {
        let ring = self.ring();
        let (number, cipher) = ring.sealing();
        let nonce: [u8; NONCE] = crate::ids::chance();
        let sealed = cipher.encrypt(&Nonce::from(nonce), text.as_bytes()).expect("AES-GCM takes any text that fits in memory");
        [&[number][..], &nonce, &sealed].concat()
    }

    /// In the clear again. A number that is not on the ring makes the folder be read again first: another server may have got a key.
    ///
    /// Errors: `bad_config` when its key is not in the folder, or it was sealed with another.
    pub fn open(&self, sealed: &[u8]) -> Result<String> {
        let refused = || Error::new(&codes::CONFIG, "Personal data was encrypted with another data key; restore the right one.");
        let (head, body) = sealed.split_at_checked(1 + NONCE).ok_or_else(refused)?;
        let nonce: [u8; NONCE] = head[1..].try_into().map_err(|_| refused())?;
        let mut ring = self.ring();
        if !ring.has(head[0]) {
            self.reload()?;
            ring = self.ring();
        }
        let cipher = ring.opening(head[0]).ok_or_else(|| ring::missing(head[0]))?;
        let text = cipher.decrypt(&Nonce::from(nonce), body).map_err(|_| refused())?;
        String::from_utf8(text).map_err(|_| refused())
    }

    /// A key for another use than personal data, by its label: the same on every server of a deployment, whichever keys are added and retired.
    pub fn lasting(&self, label: &str) -> [u8; 32] {
        self.ring().lasting(label)
    }

    /// The blind index of a value that was normalised by the caller.
    pub fn index(&self, kind: Indexed, text: &str) -> [u8; 32] {
        derive(&self.ring().index(kind), text.as_bytes())
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
    fn a_key_is_made_once_and_private() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let keys = folder.path().join("keys");
        let first = Secrets::load_or_create(&keys).expect("made");
        let sealed = first.seal("x");
        assert_eq!(Secrets::load_or_create(&keys).expect("read").open(&sealed).expect("opens"), "x");
        assert_eq!(std::fs::metadata(keys.join("data.key")).expect("there").permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_server_with_the_older_ring_reads_what_a_newer_key_sealed_and_seals_with_it_from_then_on() {
        let folder = tempfile::tempdir().expect("a folder");
        let older = Secrets::load_or_create(folder.path()).expect("made");
        let before = older.seal("before");
        assert_eq!(ring::add(folder.path()).expect("added"), 2);
        let newer = Secrets::load_or_create(folder.path()).expect("read");
        let after = newer.seal("after");
        assert_eq!((before[0], after[0], older.seal("x")[0]), (1, 2, 1));
        assert_eq!((newer.open(&before).expect("opens"), older.open(&after).expect("opens")), ("before".into(), "after".into()));
        assert_eq!(older.seal("x")[0], 2);
        for kind in Indexed::ALL {
            assert_eq!(older.index(kind, "x"), newer.index(kind, "x"), "{kind:?}");
        }
    }

    #[test]
    fn a_key_that_is_nowhere_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let secrets = Secrets::load_or_create(folder.path()).expect("made");
        let mut foreign = secrets.seal("x");
        foreign[0] = 7;
        let refused = secrets.open(&foreign).expect_err("no such key");
        assert!(refused.message.contains("data.7.key"), "{refused}");
    }
}
