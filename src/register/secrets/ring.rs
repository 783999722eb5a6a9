//! The keys of personal data as they lie in a folder, and how one is added and taken away.
//!
//! `data.key` is number 1, `data.N.key` number N up to 254; a number is never used twice. `index.key` holds the keys of the blind indexes once
//! there is a second key, so that the first can go: it was derived from the first and cannot open anything. A key that was taken away keeps
//! its bytes under its name with `.retired` behind it, for the operator to destroy.

use super::{Indexed, create_private, derive};
use crate::error::{Error, Result, codes};
use aes_gcm::Aes256Gcm;
use aes_gcm::aead::KeyInit;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The file of the keys of the indexes.
pub const INDEX: &str = "index.key";
/// Behind the name of a key that was taken away.
const RETIRED: &str = ".retired";
/// What keys of indexes are derived with that a later version adds.
const ROOT: &str = "keshi index root 1";
/// The highest number of a key; 255 is kept for a longer head.
const HIGHEST: u8 = 254;

/// Keys by their number, one at least, and the keys of the indexes.
pub(super) struct Ring {
    ciphers: BTreeMap<u8, Aes256Gcm>,
    indexes: BTreeMap<String, [u8; 32]>,
}

impl Ring {
    /// One key, as number 1.
    pub(super) fn of(key: [u8; 32]) -> Ring {
        Ring { ciphers: BTreeMap::from([(1, cipher(&key))]), indexes: indexes(&key) }
    }

    pub(super) fn sealing(&self) -> (u8, &Aes256Gcm) {
        let (number, cipher) = self.ciphers.last_key_value().expect("a ring has a key at least");
        (*number, cipher)
    }

    pub(super) fn newest(&self) -> u8 {
        self.sealing().0
    }

    pub(super) fn numbers(&self) -> Vec<u8> {
        self.ciphers.keys().copied().collect()
    }

    pub(super) fn has(&self, number: u8) -> bool {
        self.ciphers.contains_key(&number)
    }

    pub(super) fn opening(&self, number: u8) -> Option<&Aes256Gcm> {
        self.ciphers.get(&number)
    }

    pub(super) fn index(&self, kind: Indexed) -> [u8; 32] {
        // Kinds that came after a file was written are derived from its root, here and everywhere.
        self.indexes.get(kind.label()).copied().unwrap_or_else(|| self.lasting(kind.label()))
    }

    /// A key that follows from the root of the indexes and a label, and so stays as long as they do.
    pub(super) fn lasting(&self, label: &str) -> [u8; 32] {
        derive(self.indexes.get(ROOT).expect("every ring has a root"), label.as_bytes())
    }
}

fn cipher(key: &[u8; 32]) -> Aes256Gcm {
    Aes256Gcm::new(&derive(key, b"keshi encrypt 1").into())
}

/// The keys of the indexes that follow from the first key.
fn indexes(first: &[u8; 32]) -> BTreeMap<String, [u8; 32]> {
    let labels = Indexed::ALL.map(Indexed::label).into_iter().chain([ROOT]);
    labels.map(|label| (label.to_owned(), derive(first, label.as_bytes()))).collect()
}

/// What is said where a value's key is not at hand.
pub(super) fn missing(number: u8) -> Error {
    let name = name(number);
    Error::new(
        &codes::CONFIG,
        format!(
            "Personal data was encrypted with a key that is not in the folder of the keys; put '{name}' there, from another server, from \
             a copy, or from '{name}{RETIRED}'."
        ),
    )
}

/// What the file of a key is called.
pub fn name(number: u8) -> String {
    if number == 1 { "data.key".to_owned() } else { format!("data.{number}.key") }
}

/// The number of the key that a file is called after.
fn number(name: &str) -> Option<u8> {
    if name == "data.key" {
        return Some(1);
    }
    let digits = name.strip_prefix("data.")?.strip_suffix(".key")?;
    digits.parse().ok().filter(|number| (2..=HIGHEST).contains(number) && *digits == number.to_string())
}

/// The numbers in a folder: keys in use, and those taken away.
fn listed(folder: &Path) -> Result<(Vec<u8>, Vec<u8>)> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok((Vec::new(), Vec::new())),
        Err(error) => return Err(error.into()),
    };
    let (mut used, mut retired) = (Vec::new(), Vec::new());
    for entry in entries {
        let name = entry?.file_name();
        let Some(name) = name.to_str() else { continue };
        match name.strip_suffix(RETIRED) {
            Some(name) => retired.extend(number(name)),
            None => used.extend(number(name)),
        }
    }
    Ok((used, retired))
}

/// The ring in a folder; its first key is made where the folder never had one.
pub(super) fn load_or_create(folder: &Path) -> Result<Ring> {
    let (used, retired) = listed(folder)?;
    if used.is_empty() && retired.is_empty() && !folder.join(INDEX).exists() {
        create_private(&folder.join(name(1)), hex::encode(crate::ids::chance::<32>()).as_bytes())?;
    }
    load(folder)
}

/// The ring in a folder.
pub(super) fn load(folder: &Path) -> Result<Ring> {
    let (used, _) = listed(folder)?;
    let mut ciphers = BTreeMap::new();
    let mut first = None;
    for number in used {
        let path = folder.join(name(number));
        let key = key_of(&path, std::fs::read_to_string(&path)?.trim())?;
        ciphers.insert(number, cipher(&key));
        if number == 1 {
            first = Some(key);
        }
    }
    if ciphers.is_empty() {
        return Err(Error::new(&codes::CONFIG, format!("There is no data key in '{}'; restore it from a copy.", folder.display())));
    }
    let derived = first.as_ref().map(indexes);
    let kept = kept_indexes(&folder.join(INDEX))?;
    let indexes = match (derived, kept) {
        (Some(derived), Some(kept)) if kept.iter().any(|(label, key)| derived.get(label).is_some_and(|made| made != key)) => {
            let sentence =
                format!("'{INDEX}' in '{}' was not made from 'data.key'; restore the two that belong together.", folder.display());
            return Err(Error::new(&codes::CONFIG, sentence));
        }
        (_, Some(kept)) => kept,
        (Some(derived), None) => derived,
        (None, None) => {
            let sentence = format!("'{INDEX}' is not in '{}', and neither is 'data.key' to make it from; restore one.", folder.display());
            return Err(Error::new(&codes::CONFIG, sentence));
        }
    };
    Ok(Ring { ciphers, indexes })
}

fn key_of(path: &Path, hexadecimal: &str) -> Result<[u8; 32]> {
    let mut key = [0; 32];
    hex::decode_to_slice(hexadecimal, &mut key).map_err(|cause| {
        Error::new(&codes::CONFIG, format!("The key file '{}' is not 64 hex digits; restore it from a copy.", path.display()))
            .because(cause)
    })?;
    Ok(key)
}

/// The file of the keys of the indexes: a line each, 64 hex digits and the label.
fn kept_indexes(path: &Path) -> Result<Option<BTreeMap<String, [u8; 32]>>> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut kept = BTreeMap::new();
    for line in text.lines() {
        let (key, label) = line.split_once(' ').unwrap_or((line, ""));
        kept.insert(label.to_owned(), key_of(path, key)?);
    }
    if kept.contains_key(ROOT) {
        return Ok(Some(kept));
    }
    Err(Error::new(&codes::CONFIG, format!("The key file '{}' is cut short; restore it from a copy.", path.display())))
}

/// Adds a key and returns its number; from now on it encrypts. The keys of the indexes are written down first.
///
/// Errors: `bad_config` when no number is left, or the folder has no ring.
pub fn add(folder: &Path) -> Result<u8> {
    let ring = load(folder)?;
    let lines: String = ring.indexes.iter().map(|(label, key)| format!("{} {label}\n", hex::encode(key))).collect();
    create_private(&folder.join(INDEX), lines.as_bytes())?;
    let (used, retired) = listed(folder)?;
    let last = used.into_iter().chain(retired).max().unwrap_or(1);
    if last == HIGHEST {
        return Err(Error::new(&codes::CONFIG, format!("There have been {HIGHEST} data keys, and there is no number for another.")));
    }
    create_private(&folder.join(name(last + 1)), hex::encode(crate::ids::chance::<32>()).as_bytes())?;
    sync(folder)?;
    Ok(last + 1)
}

/// Takes a key off the ring. Whether nothing needs it any more was seen before.
pub fn retire(folder: &Path, number: u8) -> Result<PathBuf> {
    let (from, to) = (folder.join(name(number)), folder.join(format!("{}{RETIRED}", name(number))));
    std::fs::rename(from, &to)?;
    sync(folder)?;
    Ok(to)
}

/// When the file of a key was written.
pub fn written(folder: &Path, number: u8) -> Result<SystemTime> {
    Ok(std::fs::metadata(folder.join(name(number)))?.modified()?)
}

/// A name that was made or changed is there after a power cut, too.
fn sync(folder: &Path) -> Result<()> {
    Ok(std::fs::File::open(folder)?.sync_all()?)
}

#[cfg(test)]
mod tests {
    use super::super::Secrets;
    use super::*;

    #[test]
    fn a_file_is_a_key_only_by_its_exact_name() {
        assert_eq!((number("data.key"), number("data.2.key"), number("data.254.key")), (Some(1), Some(2), Some(254)));
        for other in ["data.1.key", "data.0.key", "data.02.key", "data.255.key", "data.+3.key", "log.key", "index.key", "data.2.key~"] {
            assert_eq!(number(other), None, "{other}");
        }
    }

    #[test]
    fn the_indexes_stay_when_the_first_key_goes_and_its_number_never_comes_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let before = Secrets::load_or_create(folder.path()).expect("made");
        let old = before.seal("x");
        assert_eq!((add(folder.path()).expect("added"), add(folder.path()).expect("added")), (2, 3));
        let kept = retire(folder.path(), 1).expect("goes");
        retire(folder.path(), 3).expect("goes");
        let after = Secrets::load_or_create(folder.path()).expect("loads");
        for kind in Indexed::ALL {
            assert_eq!(before.index(kind, "x"), after.index(kind, "x"), "{kind:?}");
        }
        assert!(after.open(&old).expect_err("its key is gone").message.contains("data.key.retired"));
        assert_eq!(add(folder.path()).expect("added"), 4);
        std::fs::rename(kept, folder.path().join("data.key")).expect("comes back");
        assert_eq!(after.open(&old).expect("opens"), "x");
    }

    #[test]
    fn the_file_of_the_indexes_opens_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let secrets = Secrets::load_or_create(folder.path()).expect("made");
        let sealed = secrets.seal("x");
        add(folder.path()).expect("added");
        for key in kept_indexes(&folder.path().join(INDEX)).expect("reads").expect("there").values() {
            assert!(Secrets::new(*key).open(&sealed).is_err());
        }
    }

    #[test]
    fn keys_that_do_not_belong_together_or_are_cut_short_are_refused() {
        let (one, other) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        for folder in [&one, &other] {
            Secrets::load_or_create(folder.path()).expect("made");
            add(folder.path()).expect("added");
        }
        std::fs::copy(other.path().join(INDEX), one.path().join(INDEX)).expect("copies");
        assert!(load(one.path()).err().expect("refused").message.contains("belong together"));
        let whole = std::fs::read_to_string(other.path().join(INDEX)).expect("reads");
        let first_line = whole.lines().next().expect("a line");
        std::fs::write(other.path().join(INDEX), first_line).expect("writes");
        assert!(load(other.path()).err().expect("refused").message.contains("cut short"));
        std::fs::remove_file(other.path().join(INDEX)).expect("goes");
        std::fs::remove_file(other.path().join("data.key")).expect("goes");
        assert!(load(other.path()).err().expect("refused").message.contains("restore one"));
    }
}
