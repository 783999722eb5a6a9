//! The `keshi` binary: parse and dispatch.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Before anything else starts: the child that reads hostile media has no threads and no secrets.
    if std::env::args().nth(1).as_deref() == Some("media-child") {
        return keshi::analyse::media::child_main();
    }
    keshi::cli::main()
}
