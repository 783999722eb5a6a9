//! All fingerprints within 31 bits of one, among many, beside faiss's `IndexBinaryFlat` (PyPI `faiss-cpu`) asked the same of the same fingerprints with one thread.

use crate::machine::{python, run, text, timed};
use crate::{Bench, tell};
use likeness::index::Index;
use likeness::pdq::{CANDIDATE, Fingerprint};
use province::chance::Chance;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Duration;

/// Questions asked, one after the other.
const ASKED: usize = 100;
/// Time of one question as a part of faiss's.
const TARGET: f64 = 0.8;
/// Bytes of memory for a fingerprint with its payload.
const BYTES: f64 = 40.0;
/// What faiss is asked; it prints the milliseconds of each question and, last, how many fingerprints were found.
const FAISS: &str = "
import sys, time, faiss, numpy
faiss.omp_set_num_threads(1)
kept, asked, radius = numpy.fromfile(sys.argv[1], dtype='uint8').reshape(-1, 32), numpy.fromfile(sys.argv[2], dtype='uint8').reshape(-1, 32), int(sys.argv[3])
index = faiss.IndexBinaryFlat(256)
index.add(kept)
found = 0
for one in asked:
    began = time.perf_counter()
    limits, distances, numbers = index.range_search(one.reshape(1, 32), radius + 1)
    print((time.perf_counter() - began) * 1000)
    found += len(numbers)
print(found)
";

pub(crate) fn measure(bench: &Bench, count: u64) {
    let (kept, asked) = (bench.path().join("kept"), bench.path().join("asked"));
    let mut chance = Chance::new(7);
    let prints: Vec<Fingerprint> = (0..count).map(|_| Fingerprint(std::array::from_fn(|_| chance.draw()))).collect();
    write(&kept, &prints);
    // Every question has near ones: a few bits of a kept one are turned.
    let near = |at: usize| {
        let Fingerprint(mut words) = prints[at * prints.len() / ASKED];
        words[at % 4] ^= 0xF << (at % 60);
        Fingerprint(words)
    };
    let questions: Vec<Fingerprint> = (0..ASKED).map(near).collect();
    write(&asked, &questions);
    let before = resident();
    let (filled, index) = timed(|| {
        let mut index = Index::new();
        prints.iter().enumerate().for_each(|(at, print)| index.add(*print, at as u64));
        index
    });
    let bytes = (resident() - before) as f64 / count as f64;
    let mut found = 0;
    let ours: Vec<Duration> = questions
        .iter()
        .map(|one| {
            let (took, near) = timed(|| index.within_each(&[*one], CANDIDATE, NonZeroUsize::MIN));
            found += near[0].len();
            took
        })
        .collect();
    let said =
        run(text(&python(&["faiss-cpu==1.15.1", "numpy==2.4.6"])), &["-c", FAISS, text(&kept), text(&asked), &CANDIDATE.to_string()]);
    let lines: Vec<&str> = said.lines().collect();
    let (theirs_found, theirs) = lines.split_last().expect("faiss answers");
    assert_eq!(theirs_found.parse::<usize>().expect("a number"), found, "both find the same");
    let ours = half(ours.iter().map(|took| took.as_secs_f64() * 1000.0).collect());
    let theirs = half(theirs.iter().map(|line| line.parse().expect("milliseconds")).collect());
    tell(
        &format!(
            "{count} fingerprints, filled in {:.1} s; one question {ours:.1} ms, faiss {theirs:.1} ms; {found} found by both",
            filled.as_secs_f64()
        ),
        &format!("{:.2} x faiss", ours / theirs),
        &format!("<= {TARGET}"),
        ours <= TARGET * theirs,
    );
    tell("memory", &format!("{bytes:.1} bytes a fingerprint"), &format!("<= {BYTES}"), bytes.round() <= BYTES);
    fs::remove_file(&kept).and_then(|()| fs::remove_file(&asked)).expect("the files are there");
}

fn half(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

fn write(file: &Path, prints: &[Fingerprint]) {
    let mut file = BufWriter::new(File::create(file).expect("a file"));
    for print in prints {
        file.write_all(&print.to_bytes()).expect("it is written");
    }
    file.flush().expect("it is written");
}

/// Bytes of memory that this process has.
fn resident() -> u64 {
    let said = fs::read_to_string("/proc/self/status").expect("/proc is mounted");
    let kib = said.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.expect("it tells the memory") << 10
}
