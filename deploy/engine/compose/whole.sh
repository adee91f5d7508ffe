#!/bin/sh
# Sees that the files of a recorded release are there: somebody may have been at work by hand.
#   $1 folder of the environment  $2 Compose project  $3 id of the release
# Ends 32: files are gone (says which), 33: its Compose file cannot be read.
cd "$1" || exit 32
file=releases/$3/compose.yaml
[ -f "$file" ] || { echo "$file" >&2; exit 32; }
docker compose --project-name "$2" --file "$file" config --quiet || exit 33
gone=$(grep -oE "\"$PWD/files/[^\"]*\"" "$file" | sort -u | while read -r path; do
    path=${path#\"}
    path=${path%\"}
    [ -e "$path" ] || echo "${path#"$PWD/"}"
done)
[ -z "$gone" ] || { echo "$gone" >&2; exit 32; }
