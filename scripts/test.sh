#!/usr/bin/env bash
# The whole suite, in the order in which a mistake is cheapest to find. Run by `make test`, which installs what is missing first.
# Tests are run by `cargo test`: it needs nothing beyond the toolchain, and one process per binary shares what is costly to start.
# KESHI_TEST_POSTGRES=postgres://… uses that server instead of a throw-away one. The last line is `N passed, N failed`.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s (%(%H:%M:%S)T)\n' "$*" -1; }

# shellcheck source=scripts/tools.sh
. scripts/tools.sh
log=$(mktemp -t keshi-test.XXXXXX)
trap 'rm -f "$log"' EXIT

scripts/lint.sh

step "build"
cargo build --workspace --locked

step "generated documents"
"$(scripts/binary.sh)" docs docs --check

# A test that hangs is a failure that names itself, not a run without an end: twice what all of them take on two busy processors.
tests() { timeout --kill-after=60 3600 cargo test --workspace --locked --no-fail-fast; }
export -f tests

failed=0
step "tests on SQLite, PostgreSQL, local disk and S3"
if [ -n "${KESHI_TEST_POSTGRES:-}" ]; then
    tests 2>&1 | tee -a "$log" || failed=1
else
    # -t: a temporary cluster even as root, beside whatever clusters this machine has.
    # shellcheck disable=SC2016 # expanded inside, where the cluster's address is known
    pg_virtualenv -t -o max_connections=300 bash -c '
        export KESHI_TEST_POSTGRES="postgres://$PGUSER:$PGPASSWORD@127.0.0.1:$PGPORT/postgres"
        tests' 2>&1 | tee -a "$log" || failed=1
fi

step "the pages in a browser"
scripts/e2e.sh 2>&1 | tee -a "$log" || failed=1

# cargo: "test result: ok. 12 passed; 0 failed; …"; node: "ℹ pass 12", "ℹ fail 0". A part that broke before it counted is one failure.
awk -v broken="$failed" '
    /^test result:/ { for (i = 2; i <= NF; i++) { if ($i == "passed;") passed += $(i - 1); if ($i == "failed;") failed += $(i - 1) } }
    /^[^ ]+ pass [0-9]+$/ { passed += $NF }
    /^[^ ]+ fail [0-9]+$/ { failed += $NF }
    END { if (broken && !failed) failed = 1; printf "\n%d passed, %d failed\n", passed, failed }' "$log"
exit "$failed"
