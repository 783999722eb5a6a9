//! A recording looked at by keshi's media child, fast and in full, beside `ffmpeg` that decodes the same file, and beside `ffmpeg` with the filters that look for
//! the same: blackdetect, freezedetect, silencedetect and signature. All of them with one thread.

use crate::machine::{run, text, timed};
use crate::{Bench, ROUNDS, tell};
use keshi::analyse::media::{self, Limits, Measured, MediaKind, Pass};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;

/// The program of this build.
const KESHI: &str = env!("CARGO_BIN_EXE_keshi");
/// What the full pass may take of the time that decoding takes, and of what the filters take; how much faster the fast pass is to be.
const OF_DECODING: f64 = 1.15;
const OF_FILTERS: f64 = 0.6;
const FASTER: f64 = 20.0;
/// Memory of the child at 1080p, in MiB.
const MEMORY: u64 = 400;

pub(crate) fn measure(bench: &Bench, seconds: u64) {
    let recording = bench.path().join("recording.mp4");
    film(&recording, "1280x720", seconds);
    let whole = Limits::default();
    let bare = Limits { faces: false, text: false, ..Limits::default() };
    let mut best = [Duration::MAX; 5];
    for _ in 0..ROUNDS {
        let took = [
            timed(|| run("ffmpeg", &["-v", "error", "-nostdin", "-threads", "1", "-i", text(&recording), "-f", "null", "-"])).0,
            timed(|| filters(&recording)).0,
            look(bench, &recording, Pass::Full, &bare).0,
            look(bench, &recording, Pass::Full, &whole).0,
            look(bench, &recording, Pass::Fast, &whole).0,
        ];
        best.iter_mut().zip(took).for_each(|(best, took)| *best = took.min(*best));
    }
    let [decoding, filters, bare, full, fast] = best.map(|took| took.as_secs_f64());
    let of = |took: f64| format!("{took:.2} s, {:.0} x real time", seconds as f64 / took);
    println!("  {seconds} s of 720p H.264: ffmpeg decodes it in {}, with filters in {}", of(decoding), of(filters));
    for (name, took) in [("full pass without faces and text", bare), ("full pass", full)] {
        let (ratio, met) = (took / decoding, took <= OF_DECODING * decoding);
        tell(&format!("{name}: {}", of(took)), &format!("{ratio:.2} x decoding"), &format!("<= {OF_DECODING}"), met);
        let (ratio, met) = (took / filters, took <= OF_FILTERS * filters);
        tell(name, &format!("{ratio:.2} x the filters"), &format!("<= {OF_FILTERS}"), met);
    }
    let name = format!("fast pass: {}", of(fast));
    tell(&name, &format!("{:.1} x faster than the full one", full / fast), &format!(">= {FASTER}"), full >= FASTER * fast);
    fs::remove_file(&recording).expect("the recording is there");
    film(&recording, "1920x1080", 60);
    let peak = look(bench, &recording, Pass::Full, &whole).1.max(look(bench, &recording, Pass::Fast, &whole).1);
    tell("memory of the child at 1080p, at its highest", &format!("{peak} MiB"), &format!("< {MEMORY} MiB"), peak < MEMORY);
    fs::remove_file(&recording).expect("the recording is there");
}

/// A recording as a recorder writes it: H.264 with a keyframe every ten seconds, noise as a camera has it, and sound.
fn film(file: &Path, size: &str, seconds: u64) {
    let pictures = format!("testsrc2=size={size}:rate=25:duration={seconds},noise=alls=6:allf=t");
    let sound = format!("sine=frequency=300:sample_rate=44100:duration={seconds}");
    let words = ["-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", &pictures, "-f", "lavfi", "-i", &sound];
    let codec = ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "veryfast", "-crf", "28", "-g", "250", "-c:a", "aac", text(file)];
    run("ffmpeg", &[&words[..], &codec[..]].concat());
}

fn filters(recording: &Path) {
    let looks = "blackdetect,freezedetect,signature";
    let words = ["-v", "error", "-nostdin", "-threads", "1", "-filter_threads", "1", "-i", text(recording)];
    run("ffmpeg", &[&words[..], &["-vf", looks, "-af", "silencedetect", "-f", "null", "-"]].concat());
}

/// How long a pass takes, from starting the child to its answer, and the memory (MiB) the child had at its highest.
fn look(bench: &Bench, recording: &Path, pass: Pass, limits: &Limits) -> (Duration, u64) {
    let (permits, peak, over) = (Semaphore::new(1), AtomicU64::new(0), AtomicBool::new(false));
    let (took, measured) = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                peak.fetch_max(children_peak(), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        let child = media::measure(recording, MediaKind::Video, pass, limits, Path::new(KESHI), &permits);
        let done = timed(|| bench.runtime.block_on(child).expect("a child can be started"));
        over.store(true, Ordering::Relaxed);
        done
    });
    match measured {
        Measured::Facts(facts) => assert_eq!(facts.pass, Some(pass)),
        Measured::Cannot { because } => panic!("{because}"),
    }
    (took, peak.into_inner())
}

/// The most memory (MiB) that any child of this process has had that is keshi itself.
fn children_peak() -> u64 {
    let children = fs::read_dir("/proc/self/task").expect("/proc is mounted").flatten().flat_map(|task| {
        let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
        children.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    });
    let peak = |child: String| {
        let said = fs::read_to_string(format!("/proc/{child}/cmdline")).ok().filter(|said| said.contains("media-child"))?;
        drop(said);
        let status = fs::read_to_string(format!("/proc/{child}/status")).ok()?;
        let kib = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().strip_suffix(" kB")?.parse::<u64>().ok()?;
        Some(kib >> 10)
    };
    children.filter_map(peak).max().unwrap_or(0)
}
