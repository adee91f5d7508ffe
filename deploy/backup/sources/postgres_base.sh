#!/bin/sh
# Writes a base backup of a server to stdout, a tar with the WAL that makes it whole, and to descriptor
# 3 when it `ended`, by the server's clock, as a JSON object; postgres_client.sh stands in front.
#   $1 container
# The clock is read after its end: what is committed later than that lies in WAL behind it.
set -eu
client "$1" pg_basebackup --pgdata=- --format=tar --wal-method=fetch --checkpoint=fast \
    --label=slipway --no-password </dev/null
client "$1" psql -XAtq -v ON_ERROR_STOP=1 -d postgres >&3 <<'SQL'
select json_build_object('ended', extract(epoch from clock_timestamp()),
                         'version', current_setting('server_version'));
SQL
