#!/usr/bin/env bash
# What is checked without running anything: formatting, lints, documentation, licences and duplicates of dependencies.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s (%(%H:%M:%S)T)\n' "$*" -1; }

step "formatting"
cargo fmt --all --check

step "clippy"
cargo clippy --workspace --all-targets --locked -- -D warnings

step "rustdoc"
RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --workspace --locked

step "dependencies"
if command -v cargo-deny >/dev/null 2>&1; then
    cargo deny --offline check bans licenses sources
else
    echo "left out: licences and sources of dependencies; install with: cargo install --locked cargo-deny"
fi
