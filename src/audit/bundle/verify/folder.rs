//! The zip as a folder whose manifests were held against its files.

use super::super::bag::{self, BAGIT, INDEX, MANIFEST, TAG_MANIFEST, TAGS};
use super::super::scan::{Seen, scan};
use super::{Report, Status};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Seek, SeekFrom};
use storage::Digest;

/// More than any file has that is read as a whole: 256 MiB, the table of contents of some 500,000 items.
const MOST: u64 = 256 << 20;

/// The files of a bundle by their path inside it.
pub(super) struct Folder<'a, R> {
    input: &'a mut R,
    /// The folder's name.
    pub(super) name: String,
    pub(super) files: BTreeMap<String, Seen>,
    /// Files that are not what a manifest says.
    pub(super) wrong: BTreeSet<String>,
    /// What the table of contents knows; the rest is told at the end.
    pub(super) known: BTreeSet<String>,
}

impl<'a, R: Read + Seek> Folder<'a, R> {
    /// Reads the whole zip and its manifests.
    pub(super) fn open(input: &'a mut R, report: &mut Report) -> io::Result<Folder<'a, R>> {
        let scanned = scan(input)?;
        for fault in scanned.faults {
            report.tell(Status::Mismatch, "zip", "-", fault);
        }
        let name = most_common(&scanned.files);
        let mut folder = Folder { input, name, files: BTreeMap::new(), wrong: BTreeSet::new(), known: BTreeSet::new() };
        for seen in scanned.files {
            match seen.member.name.strip_prefix(&folder.name).and_then(|rest| rest.strip_prefix('/')) {
                Some(path) => drop(folder.files.insert(path.to_owned(), seen)),
                None => report.tell(Status::Mismatch, "file", &seen.member.name, "It lies outside of the bundle's folder."),
            }
        }
        folder.tags(report)?;
        folder.manifest(MANIFEST, &|path| path.starts_with("data/"), report)?;
        Ok(folder)
    }

    /// A whole file; `None` when there is none, or none so small.
    pub(super) fn read(&mut self, path: &str) -> io::Result<Option<Vec<u8>>> {
        let Some(seen) = self.files.get(path).filter(|seen| seen.member.size <= MOST) else { return Ok(None) };
        self.input.seek(SeekFrom::Start(seen.member.data()))?;
        let mut bytes = Vec::new();
        self.input.take(seen.member.size).read_to_end(&mut bytes)?;
        // The file may have changed since it was hashed.
        Ok((Digest::of(&bytes) == seen.digest).then_some(bytes))
    }

    /// A file of the bundle as text.
    fn text(&mut self, path: &str) -> io::Result<Option<String>> {
        Ok(self.read(path)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// The files beside `data/`.
    fn tags(&mut self, report: &mut Report) -> io::Result<()> {
        self.manifest(TAG_MANIFEST, &|path| TAGS.contains(&path), report)?;
        if self.files.contains_key("bagit.txt")
            && self.text("bagit.txt")?.is_none_or(|text| text != BAGIT)
            && self.wrong.insert("bagit.txt".into())
        {
            report.tell(Status::Mismatch, "file", "bagit.txt", "It does not declare a bag of version 1.0.");
        }
        let strangers: Vec<String> = self
            .files
            .keys()
            .filter(|path| !path.starts_with("data/") && !TAGS.contains(&path.as_str()) && *path != TAG_MANIFEST)
            .cloned()
            .collect();
        for path in strangers {
            report.tell(Status::Mismatch, "file", path, "No bundle has such a file.");
        }
        Ok(())
    }

    /// Holds the files it must list against a manifest.
    fn manifest(&mut self, manifest: &'static str, lists: &dyn Fn(&str) -> bool, report: &mut Report) -> io::Result<()> {
        self.known.insert(manifest.to_owned());
        let Some(text) = self.text(manifest)? else {
            report.tell(Status::Missing, "file", manifest, "Without it the files cannot be checked.");
            return Ok(());
        };
        let listed = bag::read_listing(&text);
        let before = self.wrong.len();
        for (&path, digest) in &listed {
            let (status, says) = match self.files.get(path) {
                Some(seen) if seen.digest == *digest => continue,
                Some(seen) => (Status::Mismatch, format!("Its SHA-256 is {}, {manifest} says {digest}.", seen.digest)),
                None => (Status::Missing, format!("It is listed in {manifest} and not in the zip.")),
            };
            self.wrong.insert(path.to_owned());
            report.tell(status, "file", path.chars().take(250).map(|c| if c.is_control() { '_' } else { c }).collect::<String>(), says);
        }
        for path in self.files.keys().filter(|path| lists(path) && !listed.contains_key(path.as_str())) {
            self.wrong.insert(path.clone());
            report.tell(Status::Mismatch, "file", path, format!("It is not listed in {manifest}."));
        }
        let must = bag::listing(self.files.iter().filter(|(path, _)| lists(path)).map(|(path, seen)| (path.as_str(), seen.digest)));
        let whole = text == must;
        if !whole && self.wrong.len() == before {
            self.wrong.insert(manifest.to_owned());
            report.tell(Status::Mismatch, "file", manifest, "It is not written as keshi writes it.");
        } else if whole && manifest == TAG_MANIFEST {
            report.tell(Status::IntegrityOnly, "file", manifest, "It lists the files that describe the bag.");
        }
        Ok(())
    }

    /// Tells of the files that are no item of their own, and of those that belong to nothing.
    pub(super) fn rest(&mut self, report: &mut Report) {
        for path in self.files.keys().filter(|path| !self.wrong.contains(*path)) {
            match path.as_str() {
                TAG_MANIFEST => {}
                path if TAGS.contains(&path) || path == INDEX => {
                    report.tell(Status::IntegrityOnly, "file", path, "As it was when the bundle was made.")
                }
                path if !self.known.contains(path) => report.tell(Status::Mismatch, "file", path, "It belongs to nothing in the bundle."),
                _ => {}
            }
        }
        for path in TAGS.iter().filter(|path| !self.files.contains_key(**path) && !self.wrong.contains(**path)) {
            report.tell(Status::Missing, "file", *path, "Every bundle has it.");
        }
    }
}

/// The folder most files are in.
fn most_common(files: &[Seen]) -> String {
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    for seen in files {
        *folders.entry(seen.member.name.split('/').next().unwrap_or_default()).or_default() += 1;
    }
    folders.into_iter().max_by_key(|(_, count)| *count).map(|(name, _)| name.to_owned()).unwrap_or_default()
}
