//! The machine and its own programs: what keshi is compared with, and under which load.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

pub(crate) const MIB: usize = 1024 * 1024;

/// Processors, memory, system: the first line of every run.
pub(crate) fn description() -> String {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let (processors, memory) = (read("/proc/cpuinfo"), read("/proc/meminfo"));
    let after = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_once(':').map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let count = processors.lines().filter(|line| line.starts_with("processor")).count();
    let kib: u64 = after(&memory, "MemTotal").trim_end_matches(" kB").parse().unwrap_or_default();
    let kernel = read("/proc/sys/kernel/osrelease");
    format!("{count} x {}, {} GiB, Linux {}, load {}", after(&processors, "model name"), kib >> 20, kernel.trim(), load())
}

/// Processes that wanted a processor in the last minute.
pub(crate) fn load() -> String {
    fs::read_to_string("/proc/loadavg").unwrap_or_default().split(' ').next().unwrap_or_default().to_owned()
}

/// Lets the disk finish what was written before, so that nobody pays for somebody else's bytes.
pub(crate) fn settle() {
    run("sync", &[]);
}

/// How long something takes.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let done = work();
    (start.elapsed(), done)
}

/// Runs a program to its end; what it printed.
pub(crate) fn run(program: &str, arguments: &[&str]) -> String {
    let done = Command::new(program).args(arguments).output().unwrap_or_else(|error| panic!("{program}: {error}; install it"));
    assert!(done.status.success(), "{program} failed: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).into_owned()
}

/// A path as programs take it.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

/// A file of bytes that nothing can make smaller; other bytes for another seed.
pub(crate) fn write_noise(path: &Path, mib: usize, seed: u64) {
    let mut file = File::create(path).expect("a file");
    let mut state = seed | 1;
    for _ in 0..mib {
        let mut block = Vec::with_capacity(MIB);
        while block.len() < MIB {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            block.extend_from_slice(&state.to_le_bytes());
        }
        file.write_all(&block).expect("it is written");
    }
    file.sync_all().expect("it is durable");
}

/// Half of the durations are not longer than the first, 99 of a hundred not longer than the second; milliseconds.
pub(crate) fn percentiles(mut took: Vec<Duration>) -> (f64, f64) {
    took.sort();
    let at = |percent: usize| took[took.len() * percent / 100].as_secs_f64() * 1000.0;
    (at(50), at(99))
}

/// From here on [`peak_mib`] counts anew.
pub(crate) fn forget_peak() {
    fs::write("/proc/self/clear_refs", "5").expect("Linux takes it for the process's own");
}

/// The most memory this process held.
pub(crate) fn peak_mib() -> u64 {
    let said = fs::read_to_string("/proc/self/status").expect("/proc is mounted");
    let kib = said.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.expect("it tells the memory") >> 10
}

/// A Python that has these packages, made once and kept with the tools of the tests.
pub(crate) fn python(packages: &[&str]) -> PathBuf {
    let home = std::env::var("HOME").expect("HOME is set");
    let cache = std::env::var("KESHI_CACHE").unwrap_or_else(|_| format!("{home}/.cache/keshi"));
    let folder = Path::new(&cache).join("venv-bench");
    let python = folder.join("bin/python3");
    if !python.exists() {
        run("python3", &["-m", "venv", text(&folder)]);
    }
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    run(text(&python), &[&install, packages].concat());
    python
}
