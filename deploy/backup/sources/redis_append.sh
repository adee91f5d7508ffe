#!/bin/sh
# Writes an append-only file of all that a Redis holds, and waits for its end; redis_client.sh stands
# in front. Without it, a Redis that appends would start with no keys at all.  $1 container
set -eu
client "$1" -e config set appendonly yes >/dev/null
while :; do
    state=$(client "$1" -e --raw info persistence | tr -d '\r')
    echo "$state" | grep -Eq '^aof_rewrite_(in_progress|scheduled):1' || break
    sleep 0.1
done
echo "$state" | grep -q '^aof_last_bgrewrite_status:ok' || { echo "the append-only file was not written" >&2; exit 1; }
