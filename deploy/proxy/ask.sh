#!/bin/sh
# Asks for a URL through nginx; reload.sh stands in front.  $1 folder  $2 URL  $3… nginx containers
# Prints each status and body, those that are not good first: then it ends 53.
set -u
cd "$1" || exit 53
url=$2
shift 2
good=
bad=
for nginx; do
    answer "$nginx" "$url"
    # shellcheck disable=SC2154 # they come from answer
    said="$status $body
"
    case $status in 2??) good=$good$said ;; *) bad=$bad$said ;; esac
done
printf '%s' "$bad$good"
[ -z "$bad" ] || exit 53
