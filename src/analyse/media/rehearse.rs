//! Proof that the sandbox holds: a child that tries what it must not, and children that go wrong on purpose.
//!
//! `keshi doctor` runs the first on the machine it stands on; tests run all of them.

use serde::{Deserialize, Serialize};
use std::io::Write;

/// One thing the sandboxed child tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// What it tried, in a few words.
    pub what: String,
    /// The kernel's refusal (an errno), or `None` if it succeeded, which it must not.
    pub refused: Option<i32>,
}

/// How a child goes wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Misdeed {
    /// Computes for ever.
    Spin,
    /// Waits for ever, without using the processor.
    Stall,
    /// Takes memory until there is none.
    Hoard,
    /// Ends by a signal, as a broken decoder does.
    Crash,
    /// Panics, as a broken Rust decoder does.
    Panic,
    /// Answers without end.
    Babble,
    /// Answers what is no answer.
    Lie,
}

/// Tries each thing that foreign bytes might make a decoder do. Nothing here does harm where it succeeds: what is opened is closed,
/// what is created is empty and removed, what is started ends.
#[cfg(target_os = "linux")]
pub(super) fn attempts() -> Vec<Attempt> {
    let mut attempts = Vec::new();
    let mut tried = |what: &str, result: libc::c_long| {
        let refused = (result < 0).then(|| std::io::Error::last_os_error().raw_os_error().unwrap_or_default());
        attempts.push(Attempt { what: what.to_owned(), refused });
    };
    let hosts = c"/etc/hosts".as_ptr();
    let target = c"/tmp/keshi-sandbox-attempt".as_ptr();
    let arguments = [c"/bin/true".as_ptr(), std::ptr::null()];
    #[allow(unsafe_code, reason = "raw system calls are what is being tried")]
    // SAFETY: every pointer is to a constant C string or to `arguments`, which outlive the calls; a fork's child ends at once.
    unsafe {
        tried("open a file for reading", libc::c_long::from(libc::open(hosts, libc::O_RDONLY)));
        let created = libc::open(target, libc::O_WRONLY | libc::O_CREAT, 0o600);
        tried("open a file for writing", libc::c_long::from(created));
        if created >= 0 {
            libc::unlink(target);
        }
        tried("remove a file", libc::c_long::from(libc::unlink(target)));
        tried("open a socket to the network", libc::c_long::from(libc::socket(libc::AF_INET, libc::SOCK_STREAM, 0)));
        tried("open a local socket", libc::c_long::from(libc::socket(libc::AF_UNIX, libc::SOCK_STREAM, 0)));
        tried("connect", libc::c_long::from(libc::connect(0, std::ptr::null(), 0)));
        tried("bind", libc::c_long::from(libc::bind(0, std::ptr::null(), 0)));
        tried("send", libc::sendto(0, std::ptr::null(), 0, 0, std::ptr::null(), 0) as libc::c_long);
        tried("set up an io_uring", libc::syscall(libc::SYS_io_uring_setup, 1, std::ptr::null::<u8>()));
        tried("make a memory file", libc::syscall(libc::SYS_memfd_create, c"x".as_ptr(), 0));
        tried("duplicate a descriptor", libc::c_long::from(libc::dup(0)));
        tried(
            "make code",
            libc::mmap(std::ptr::null_mut(), 4096, libc::PROT_READ | libc::PROT_EXEC, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0)
                as libc::c_long,
        );
        tried("trace a process", libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0));
        tried("signal another process", libc::c_long::from(libc::kill(1, 0)));
        let forked = libc::fork();
        if forked == 0 {
            libc::_exit(0);
        }
        tried("start a process", libc::c_long::from(forked));
        tried("become another program", libc::c_long::from(libc::execv(arguments[0], arguments.as_ptr())));
    }
    let thread = std::thread::Builder::new().spawn(|| ()).map(|handle| handle.join());
    attempts.push(Attempt { what: "start a thread".into(), refused: thread.err().map(|error| error.raw_os_error().unwrap_or_default()) });
    attempts
}

#[cfg(not(target_os = "linux"))]
pub(super) fn attempts() -> Vec<Attempt> {
    Vec::new()
}

/// Goes wrong. Returns only where the misdeed came to nothing.
pub(super) fn misbehave(misdeed: Misdeed) {
    match misdeed {
        Misdeed::Spin => loop {
            std::hint::black_box(0);
        },
        Misdeed::Stall => stall(),
        Misdeed::Hoard => hoard(),
        Misdeed::Crash => std::process::abort(),
        Misdeed::Panic => panic!("a decoder lost its mind"),
        Misdeed::Babble => while std::io::stdout().write_all(&[b' '; 4096]).is_ok() {},
        Misdeed::Lie => {
            let _ = std::io::stdout().write_all(b"all is well").and_then(|()| std::io::stdout().flush());
            std::process::exit(0);
        }
    }
}

/// A decoder that hangs uses no processor time.
fn stall() {
    loop {
        std::thread::park();
    }
}

fn hoard() {
    let mut taken = Vec::new();
    loop {
        taken.push(std::hint::black_box(vec![1_u8; 16 << 20]));
    }
}
