#!/bin/sh
# Settles upstreams on names instead of addresses, so that they stay true after a reboot, and waits
# until every worker that still knew the old replicas is gone. step.sh and reload.sh stand in front.
#   $1 seconds to wait at most  $2 names of the replicas, space between  $3… ids of nginx containers
# Upstreams come as tar on stdin. Ends 41: a new replica crashed meanwhile, 51/52: nginx refused,
# 54: a name does not resolve, 56: nginx does not run.
drain=$1 names=$2
shift 2
ids=$*
receive

# runs NAME: or end here, as long as the old replicas are there to go back to
runs() {
    # not .State.Running: that is true between two restarts, too
    [ "$(docker inspect --format '{{.State.Status}}' "$1" 2>/dev/null)" = running ] || {
        diagnose "$1"
        exit 41
    }
}

# lives NAME…: how often each was started again
lives() { [ $# = 0 ] || docker inspect --format '{{.Name}} {{.RestartCount}}' "$@" 2>/dev/null || :; }

# shellcheck disable=SC2086 # one word a name
restarts=$(lives $names)
for nginx in $ids; do
    for name in $names; do
        until=$(($(date +%s) + 10))
        until docker exec "$nginx" getent hosts "$name" >/dev/null 2>&1; do
            runs "$name"
            [ "$(date +%s)" -lt "$until" ] || { echo "$name" >&2; exit 54; }
            sleep 0.2
        done
    done
done
reload_all upstreams.next

# shellcheck disable=SC2154 # old_workers comes from reload.sh
let_go "$drain" "$old_workers"
for name in $names; do
    runs "$name"
done
# shellcheck disable=SC2086 # one word a name
[ "$(lives $names)" = "$restarts" ] || { diagnose $names; exit 41; }
rm -rf upstreams.before .nginx.log
