#!/bin/sh
# Dumps one database to stdout, and says what it holds, a JSON object a line on descriptor 3;
# mysql_client.sh and mysql_facts.sh stand in front.  $1 container  $2 database, as hexadecimal UTF-8
# No other session sees what the dump sees. What was there before it and after it is in it; what was
# made or dropped meanwhile may be in it or not.
set -eu
name=$(ask "$1" "select convert(x'$2' using utf8mb4)")
before=$(facts "$1" "$2")
client "$1" dump --single-transaction --quick --routines --triggers --events --hex-blob --no-tablespaces \
    --default-character-set=utf8mb4 --databases -- "$name" </dev/null
after=$(facts "$1" "$2")
printf '%s\n' "$before" "$after" | LC_ALL=C sort | LC_ALL=C uniq -d >&3
