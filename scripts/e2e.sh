#!/usr/bin/env bash
# The pages in a real browser: a demonstration server with one class in a folder of its own, walked by tests/e2e, then thrown away.
# Needs a built server, node and a Chromium; KESHI_E2E_SHOTS=FOLDER keeps pictures of every page; named files of tests/e2e are run alone.
set -euo pipefail
cd "$(dirname "$0")/.."

keshi=$(scripts/binary.sh)
for browser in "${KESHI_E2E_CHROMIUM:-}" chromium chromium-browser google-chrome; do
    found=$(command -v "$browser" 2>/dev/null) && break
done
[ -n "$found" ] || { echo "no Chromium: set KESHI_E2E_CHROMIUM to one" >&2; exit 1; }

data=$(mktemp -d -t keshi-e2e.XXXXXX)
server=
stop() {
    [ -z "$server" ] || { kill -INT "$server" 2>/dev/null && wait "$server" 2>/dev/null; } || true
    rm -rf "$data"
}
trap stop EXIT

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$keshi" demo --scale class --data "$data" --listen "127.0.0.1:$port" >"$data/demo.log" 2>&1 &
server=$!
echo "playing a class in at 127.0.0.1:$port"
for ((second = 0; second < 900; second++)); do
    grep -q '^The server runs until Ctrl-C' "$data/demo.log" && break
    kill -0 "$server" 2>/dev/null || { cat "$data/demo.log" "$data/demo/server.log" 2>/dev/null | tail -n 60 >&2; server=; exit 1; }
    sleep 1
done

KESHI_E2E_URL="http://127.0.0.1:$port"
KESHI_E2E_LOGINS="$data/demo-logins.json"
KESHI_E2E_CHROMIUM=$found
KESHI_E2E_DATA=$data
export KESHI_E2E_URL KESHI_E2E_LOGINS KESHI_E2E_CHROMIUM KESHI_E2E_DATA

[ -z "${KESHI_E2E_SHOTS:-}" ] || KESHI_E2E_SHOTS=$(realpath -m "$KESHI_E2E_SHOTS")

cd tests/e2e
npm ci --silent --no-audit --no-fund
node --test --test-concurrency=1 --test-reporter=spec "$@"
