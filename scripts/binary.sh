#!/usr/bin/env bash
# Prints where `cargo build` puts the server, wherever the target folder is configured to be.
set -euo pipefail
cd "$(dirname "$0")/.."

target=$(cargo metadata --format-version 1 --no-deps | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
echo "$target/debug/keshi"
