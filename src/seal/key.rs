//! The key that signs checkpoints: Ed25519, in a file only its owner may read.
//!
//! A log has one key for life, the same file on all its servers. Another key is another log, under another origin; the old one stays in the
//! trust file with the time it ended, so its proofs go on proving.

use crate::error::{Error, Result, codes};
use base64::prelude::{BASE64_STANDARD, Engine};
use ed25519_dalek::SigningKey;
use rand::TryRng;
use rand::rngs::SysRng;
use signed_note::{Signer, StandardSigner, is_key_name_valid, key_id, new_ed25519_verifier_key};
use std::fmt;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// What stands before an Ed25519 key in the signed-note key format.
const ED25519: u8 = 1;

/// A signing key with the name it signs under, the log's origin. Cheap to clone; `Debug` shows the public half alone.
#[derive(Clone)]
pub struct Key {
    signer: StandardSigner,
    vkey: String,
}

impl Key {
    /// The key made of these 32 secret bytes. Errors: `bad_config` when the origin cannot name a key.
    pub fn from_secret(secret: &[u8; 32], origin: &str) -> Result<Key> {
        if !is_key_name_valid(origin) || origin.chars().any(char::is_control) {
            return Err(Error::new(
                &codes::CONFIG,
                "The log's origin must not be empty and has no spaces, plus signs or line ends; use a name such as example.org/log.",
            ));
        }
        let signing = SigningKey::from_bytes(secret);
        let vkey = new_ed25519_verifier_key(origin, &signing.verifying_key());
        let signer = StandardSigner::new(&text(&signing, origin)).map_err(|error| Error::internal(error.to_string()))?;
        Ok(Key { signer, vkey })
    }

    /// The public half: `name+hash+base64`.
    pub fn vkey(&self) -> &str {
        &self.vkey
    }

    /// The log's origin.
    pub fn origin(&self) -> &str {
        self.signer.name()
    }

    pub(super) fn signer(&self) -> &dyn Signer {
        &self.signer
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Key").field(&self.vkey).finish()
    }
}

/// Loads the key, or makes one when there is no file: mode 0600, whole or not at all, never over another.
///
/// Errors: `bad_config` when the file is no key, is another log's, or may be read by others.
pub fn load_or_create(path: &Path, origin: &str) -> Result<Key> {
    match fs::read_to_string(path) {
        Ok(text) => load(path, text.trim(), origin),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            create(path, origin)?;
            load(path, fs::read_to_string(path)?.trim(), origin)
        }
        Err(cause) => Err(bad(path, "cannot be read; give it to the user keshi runs as").because(cause)),
    }
}

fn load(path: &Path, text: &str, origin: &str) -> Result<Key> {
    if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
        return Err(bad(path, "can be read by others; run chmod 600 on it, and ask who may have read it"));
    }
    let signer = StandardSigner::new(text).map_err(|_| bad(path, "is not a signing key; restore it from your copy"))?;
    if signer.name() != origin {
        return Err(bad(
            path,
            &format!("signs for '{}', not for '{origin}'; correct the log's origin or restore the right key", signer.name()),
        ));
    }
    let secret = secret_of(text).ok_or_else(|| bad(path, "is not an Ed25519 key; restore it from your copy"))?;
    Key::from_secret(&secret, origin)
}

/// The 32 secret bytes of a signer key; its base64, the fifth part, may itself hold plus signs.
fn secret_of(text: &str) -> Option<[u8; 32]> {
    let key = BASE64_STANDARD.decode(text.splitn(5, '+').nth(4)?).ok()?;
    key.strip_prefix(&[ED25519])?.try_into().ok()
}

fn create(path: &Path, origin: &str) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut secret = [0; 32];
    SysRng.try_fill_bytes(&mut secret).map_err(Error::internal)?;
    Key::from_secret(&secret, origin)?;
    let mut draft = tempfile::NamedTempFile::with_prefix_in(".log-key", folder)?;
    draft.as_file().set_permissions(fs::Permissions::from_mode(0o600))?;
    writeln!(draft, "{}", text(&SigningKey::from_bytes(&secret), origin))?;
    draft.as_file().sync_all()?;
    match draft.persist_noclobber(path) {
        Ok(_) => Ok(File::open(folder)?.sync_all()?),
        Err(lost) if lost.error.kind() == ErrorKind::AlreadyExists => Ok(()), // another server was faster; its key is loaded
        Err(lost) => Err(lost.error.into()),
    }
}

/// The signed-note signer key: `PRIVATE+KEY+name+hash+base64`.
fn text(signing: &SigningKey, origin: &str) -> String {
    let public = [&[ED25519], signing.verifying_key().as_bytes().as_slice()].concat();
    let secret = [&[ED25519], signing.to_bytes().as_slice()].concat();
    format!("PRIVATE+KEY+{origin}+{:08x}+{}", key_id(origin, &public), BASE64_STANDARD.encode(secret))
}

fn bad(path: &Path, what: &str) -> Error {
    Error::new(&codes::CONFIG, format!("The log's key {} {what}.", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_loaded_after() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys/log.key");
        let made = load_or_create(&path, "example.org/log").expect("made");
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        let loaded = load_or_create(&path, "example.org/log").expect("loaded");
        assert_eq!(made.vkey(), loaded.vkey());
        assert!(!format!("{loaded:?}").contains("PRIVATE"));
        assert_eq!(fs::read_dir(folder.path().join("keys")).expect("lists").count(), 1);
    }

    #[test]
    fn a_key_of_another_log_or_open_to_others_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log.key");
        load_or_create(&path, "example.org/log").expect("made");
        assert_eq!(load_or_create(&path, "example.org/other").expect_err("another log").code, "bad_config");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("opened up");
        assert_eq!(load_or_create(&path, "example.org/log").expect_err("open to others").code, "bad_config");
        fs::write(&path, "PRIVATE+KEY+example.org/log+00000000+AQ==").expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("closed");
        assert_eq!(load_or_create(&path, "example.org/log").expect_err("no key").code, "bad_config");
        assert_eq!(Key::from_secret(&[1; 32], "two words").expect_err("no name").code, "bad_config");
    }

    #[test]
    fn two_servers_that_start_at_once_end_with_one_key() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log.key");
        let vkeys: Vec<String> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8).map(|_| scope.spawn(|| load_or_create(&path, "o").expect("a key").vkey().to_owned())).collect();
            starts.into_iter().map(|start| start.join().expect("no panic")).collect()
        });
        assert!(vkeys.iter().all(|vkey| *vkey == vkeys[0]));
    }
}
