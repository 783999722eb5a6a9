//! The `keshi` binary: parse and dispatch.

use std::process::ExitCode;
use tikv_jemallocator::Jemalloc;

/// Logs of millions of rows are read and queried by many threads, and the C library's allocator keeps what each of them freed (docs/BENCH.md).
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// What is freed goes back to the system: by default the addresses are kept, and the child that reads media may have only so many.
#[allow(unsafe_code, reason = "the name is what jemalloc asks for, and the text ends as it expects")]
#[unsafe(export_name = "_rjem_malloc_conf")]
pub static ALLOCATOR_OPTIONS: &[u8] = b"retain:false\0";

fn main() -> ExitCode {
    // Before anything else starts: the child that reads hostile media has no threads and no secrets.
    if std::env::args().nth(1).as_deref() == Some("media-child") {
        return keshi::analyse::media::child_main();
    }
    keshi::cli::main()
}
