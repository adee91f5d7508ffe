#!/bin/sh
# Dumps one database to stdout, and says what it holds, a JSON object a line on descriptor 3;
# mysql_client.sh and mysql_facts.sh stand in front.  $1 container  $2 database, as hexadecimal UTF-8
set -eu
name=$(ask "$1" "select convert(x'$2' using utf8mb4)")
client "$1" dump --single-transaction --quick --routines --triggers --events --hex-blob --no-tablespaces \
    --default-character-set=utf8mb4 --databases -- "$name" </dev/null
facts "$1" "$2" >&3
