#!/bin/sh
# Dumps one database to stdout, and counts the rows of each table in the dump's own snapshot, a JSON
# object a line on descriptor 3; postgres_client.sh and postgres_facts.sh stand in front.
#   $1 container  $2 database, as libpq is told it
set -u
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
mkfifo "$here/sql"
client "$1" psql -XAtq -v ON_ERROR_STOP=1 -d "$2" <"$here/sql" >"$here/answers" &
session=$!
exec 5>"$here/sql"
patience >&5
# What somebody has locked for longer than a minute ends the dump: it would hold the snapshots, and wait.
echo "set lock_timeout = '60s'; begin isolation level repeatable read read only; select pg_export_snapshot();" >&5
until [ "$(wc -l <"$here/answers")" -ge 1 ]; do
    kill -0 "$session" 2>/dev/null || { wait "$session"; exit; }
    sleep 0.02
done
snapshot=$(head -n 1 "$here/answers")
facts >&5
client "$1" pg_dump --lock-wait-timeout=60000 --format=custom --compress=0 --snapshot="$snapshot" --dbname="$2" </dev/null
code=$?
echo "commit;" >&5
exec 5>&-
wait "$session" || { [ "$code" -ne 0 ] || code=1; }
tail -n +2 "$here/answers" >&3
exit "$code"
