#!/bin/sh
# build.sh SOURCE TARGET VERSION: copy the page, give each asset a second name with its hash in
# it, and let index.html use that name. The plain names stay: see the fallback in nginx.conf.
set -eu
source=$1 target=$2 version=$3

mkdir -p "$target"
cp -R "$source/." "$target"
page="$target/index.html"
for asset in "$target"/assets/*; do
    name=$(basename "$asset")
    hash=$(sha256sum "$asset" | cut -c1-10)
    hashed="${name%.*}.$hash.${name##*.}"
    cp "$asset" "$target/assets/$hashed"
    sed "s|/assets/$name|/assets/$hashed|g" "$page" >"$page.new"
    mv "$page.new" "$page"
done
sed "s|name=\"frontend-version\" content=\"dev\"|name=\"frontend-version\" content=\"$version\"|" \
    "$page" >"$page.new"
mv "$page.new" "$page"
