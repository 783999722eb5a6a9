//! A throw-away PostgreSQL cluster, durable and otherwise with its default settings.

use crate::machine::{text, timed};
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

/// A cluster and a client in it; dropped, both are gone.
pub(crate) struct Postgres {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Lines<BufReader<ChildStdout>>,
}

impl Postgres {
    /// Starts one in a folder that the server's own user may enter. `pg_virtualenv` would leave out fsync: this measures with it.
    pub(crate) fn start(folder: &Path) -> Postgres {
        let mut command = Command::new("pg_virtualenv");
        command.args(["-t", "-o", "fsync=on", "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]).env("TMPDIR", folder);
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = spawned.unwrap_or_else(|error| panic!("pg_virtualenv: {error}; scripts/need.sh bench installs it"));
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().expect("asked for above")).lines();
        let mut postgres = Postgres { child, stdin, stdout };
        // What pg_virtualenv says of the cluster comes first.
        postgres.ask("set client_min_messages = warning;");
        for (name, value) in [("fsync", "on"), ("synchronous_commit", "on"), ("full_page_writes", "on"), ("wal_level", "replica")] {
            assert_eq!(postgres.ask(&format!("show {name};")), [value], "{name}");
        }
        postgres
    }

    /// Runs commands of psql; the lines they print.
    pub(crate) fn ask(&mut self, commands: &str) -> Vec<String> {
        const END: &str = "-- end of answer --";
        let stdin = self.stdin.as_mut().expect("there until dropped");
        writeln!(stdin, "{commands}\n\\echo '{END}'").and_then(|()| stdin.flush()).expect("psql takes it");
        let mut lines = Vec::new();
        loop {
            let line = self.stdout.next().expect("psql failed; see what it said above").expect("text");
            if line == END {
                return lines;
            }
            lines.push(line);
        }
    }

    /// How long `COPY` of a CSV file into a new table takes.
    pub(crate) fn copy(&mut self, columns: &str, file: &Path) -> Duration {
        self.ask(&format!("drop table if exists attendance;\ncreate table attendance ({columns});\ncheckpoint;"));
        timed(|| self.ask(&format!("\\copy attendance from '{}' with (format csv, header)", text(file)))).0
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.stdin.take());
        self.stdout.by_ref().for_each(drop); // "Dropping cluster"
        self.child.wait().ok();
    }
}
