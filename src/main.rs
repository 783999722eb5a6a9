//! The `keshi` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("media-child") {
        return keshi::analyse::media::child_main();
    }
    ExitCode::SUCCESS
}
