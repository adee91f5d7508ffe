#!/bin/sh
# Prints how many keys there are that do not expire, once all are loaded; redis_client.sh stands in
# front.  $1 container
set -eu
while client "$1" -e --raw info persistence | grep -q '^loading:1'; do sleep 0.1; done
said=$(client "$1" -e --raw info keyspace)  # a pipe would hide that it failed, and count no keys
printf '%s\n' "$said" | tr -d '\r' |
    sed -n 's/^db[0-9]*:keys=\([0-9]*\),expires=\([0-9]*\).*/\1 \2/p' |
    { sum=0; while read -r keys expires; do sum=$((sum + keys - expires)); done; echo "$sum"; }
