#!/usr/bin/env bash
# Installs what is missing to build, to show, to test or to measure keshi on Debian or Ubuntu, and nothing else.
#   usage: scripts/need.sh build|demo|test|bench
# The Rust toolchain is never installed: whoever builds chooses where it comes from.
set -euo pipefail

rust_needed=1.95

say() { echo "keshi: $*" >&2; }
fail() { say "$@"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
newer() { [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; } # newer OLD NEW: NEW is at least OLD

purpose=${1:-}
case $purpose in build | demo | test | bench) ;; *) fail "usage: scripts/need.sh build|demo|test|bench" ;; esac

packages=(build-essential clang pkg-config libavcodec-dev libavformat-dev libavfilter-dev libavutil-dev libswscale-dev libswresample-dev)
case $purpose in
    demo) packages+=(ffmpeg fonts-noto-cjk tesseract-ocr tesseract-ocr-chi-sim) ;;
    test) packages+=(ffmpeg postgresql postgresql-common python3 python3-venv unzip fonts-noto-cjk poppler-utils tesseract-ocr tesseract-ocr-chi-sim) ;;
    bench) packages+=(ffmpeg openssl postgresql postgresql-common python3 python3-venv) ;;
esac

missing=()
if have dpkg-query; then
    for package in "${packages[@]}"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing+=("$package")
    done
    # Any browser of the family does, whoever installed it. Ubuntu names the package otherwise.
    if [ "$purpose" = test ] && ! [ -x "${KESHI_E2E_CHROMIUM:-}" ] && ! have chromium && ! have chromium-browser && ! have google-chrome; then
        if grep -qs '^ID=ubuntu' /etc/os-release; then missing+=(chromium-browser); else missing+=(chromium); fi
        [ "$(id -u)" = 0 ] || missing+=(chromium-sandbox)
    fi
else
    say "this is neither Debian nor Ubuntu; it needs what these packages hold: ${packages[*]}"
fi

if [ ${#missing[@]} -gt 0 ]; then
    if [ "$(id -u)" = 0 ]; then
        root=()
    elif have sudo; then
        root=(sudo)
    else
        fail "missing, and neither root nor sudo to install it: apt-get install ${missing[*]}"
    fi
    say "installing ${missing[*]}"
    quietly=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
    "${root[@]}" "${quietly[@]}" update || say "the package lists could not be refreshed; going on with those that are there"
    "${root[@]}" "${quietly[@]}" install -y --no-install-recommends "${missing[@]}" >&2 ||
        fail "apt-get could not install: ${missing[*]}"
fi

rustup='curl https://sh.rustup.rs -sSf | sh'
# A toolchain installed in this session may not be on the path of this shell yet.
have cargo || ! [ -x "$HOME/.cargo/bin/cargo" ] || fail "cargo is installed but not on the path: . \"\$HOME/.cargo/env\""
have cargo || fail "missing: Rust $rust_needed or newer; get it with: $rustup"
found=$(cargo --version | cut -d ' ' -f 2)
newer "$rust_needed" "$found" || fail "Rust $found is too old, $rust_needed or newer is needed; get it with: rustup update stable (or $rustup)"
if [ "$purpose" = test ]; then
    { cargo fmt --version && cargo clippy --version; } >/dev/null 2>&1 ||
        fail "missing: rustfmt and clippy; get them with: rustup component add rustfmt clippy"
fi
