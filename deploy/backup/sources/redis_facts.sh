#!/bin/sh
# Says what a restore has to know of a Redis, a JSON object a line; redis_client.sh stands in front.
#   $1 container
set -eu
client "$1" -e ping >/dev/null
for name in dir dbfilename appendonly appendfilename appenddirname; do
    value=$(setting "$1" "$name")
    printf '{"%s": "%s"}\n' "$name" "$(printf '%s\n' "$value" | sed 's/["\\]/\\&/g')"
done
