#!/bin/sh
# Tells a base backup that was unpacked, with WAL in slipway_wal beside it, to recover to a moment and
# then to take part in life again.  $1 container, in which no server runs  $2 as in postgres_unpack.sh
#   $3 the moment, as Postgres reads it
# The settings of before lie in slipway_wal. Nobody may ask anything on the way there: hot_standby. A
# timeline of others that branches off is not followed: recovery_target_timeline.
# shellcheck disable=SC2016 # for the shell in there
exec docker exec "$1" sh -c '
    set -eu
    cd "${PGDATA:-$1}"
    cp postgresql.auto.conf slipway_wal/
    cat >>postgresql.auto.conf <<END

restore_command = '\''cp "slipway_wal/%f" "%p"'\''
recovery_target_time = '\''$2'\''
recovery_target_timeline = '\''current'\''
recovery_target_action = '\''promote'\''
hot_standby = off
END
    touch recovery.signal
    chmod 700 .
    [ "$(id -u)" -ne 0 ] || chown -R "$(stat -c %u:%g PG_VERSION)" .' sh "$2" "$3"
