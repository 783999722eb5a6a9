//! The zip alone.

use super::super::pack::Pack;
use super::super::scan::scan;
use std::io::{Cursor, Read};
use storage::Digest;

fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut pack = Pack::new(tempfile::tempfile().expect("a file"), "bag");
    for (path, bytes) in files {
        pack.add(path, bytes).expect("adds");
    }
    let (mut file, size) = pack.finish().expect("finishes");
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).expect("reads");
    assert_eq!(bytes.len() as u64, size);
    bytes
}

fn seen(bytes: &[u8]) -> (Vec<(String, Digest)>, Vec<String>) {
    let scanned = scan(&mut Cursor::new(bytes)).expect("reads");
    (scanned.files.into_iter().map(|seen| (seen.member.name, seen.digest)).collect(), scanned.faults)
}

#[test]
fn what_was_packed_is_seen_and_any_zip_reader_reads_it() {
    let zip = packed(&[("bagit.txt", b"one"), ("data/a.bin", b""), ("data/b.bin", &[7; 300_000])]);
    let (files, faults) = seen(&zip);
    assert_eq!(faults, [""; 0]);
    assert_eq!(files[2], ("bag/data/b.bin".to_owned(), Digest::of(&[7; 300_000])));
    let mut theirs = ::zip::ZipArchive::new(Cursor::new(zip)).expect("opens");
    let mut text = String::new();
    theirs.by_name("bag/bagit.txt").expect("there").read_to_string(&mut text).expect("reads");
    assert_eq!((text.as_str(), theirs.len()), ("one", 3));
}

#[test]
fn no_bit_can_be_flipped_and_no_byte_cut_or_added_without_a_trace() {
    let zip = packed(&[("bagit.txt", b"one"), ("data/a.bin", b""), ("data/b.bin", b"two")]);
    let (files, _) = seen(&zip);
    for bit in 0..zip.len() * 8 {
        let mut flipped = zip.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let (now, faults) = seen(&flipped);
        assert!(!faults.is_empty(), "bit {} of byte {}: {now:?} {files:?}", bit % 8, bit / 8);
    }
    for length in 0..zip.len() {
        assert!(!seen(&zip[..length]).1.is_empty(), "cut at {length}");
    }
    for at in 0..=zip.len() {
        let longer = [&zip[..at], &[0], &zip[at..]].concat();
        assert!(!seen(&longer).1.is_empty(), "a byte more at {at}");
    }
}

#[test]
fn a_zip_with_more_files_than_16_bits_count_is_read_by_others_too() {
    let mut pack = Pack::new(tempfile::tempfile().expect("a file"), "bag");
    for number in 0..66_000 {
        pack.add(&format!("data/{number}"), b"x").expect("adds");
    }
    let (mut file, _) = pack.finish().expect("finishes");
    let scanned = scan(&mut file).expect("reads");
    assert_eq!((scanned.files.len(), scanned.faults.len()), (66_000, 0));
    assert_eq!(::zip::ZipArchive::new(file).expect("opens").len(), 66_000);
}

#[test]
fn a_file_taken_back_leaves_no_trace() {
    let mut pack = Pack::new(tempfile::tempfile().expect("a file"), "bag");
    pack.add("a", b"one").expect("adds");
    let mut lost = pack.begin("b", 1_000_000).expect("begins");
    pack.fill(&mut lost, &[1; 600_000]).expect("fills");
    pack.abandon(lost).expect("takes back");
    pack.add("c", b"two").expect("adds");
    let (mut file, _) = pack.finish().expect("finishes");
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).expect("reads");
    assert_eq!(bytes, packed(&[("a", b"one"), ("c", b"two")]));
}

#[test]
fn sizes_that_cannot_be_are_not_believed() {
    let mut zip = packed(&[("a", b"one")]);
    zip[18..26].fill(0xfe); // sizes of almost 4 GiB in a zip of some hundred bytes
    let (files, faults) = seen(&zip);
    assert_eq!((files.len(), faults.len()), (0, 1));
    assert_eq!(seen(b"").1.len(), 1);
    assert_eq!(seen(&[0; 1000]).1.len(), 1);
}
