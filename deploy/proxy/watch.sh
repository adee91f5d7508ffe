#!/bin/sh
# Watches new replicas for a while, and the answer through nginx; step.sh and reload.sh in front.
#   $1 seconds  $2 URL, or -  $3 ids of the replicas, space between  $4… ids of nginx containers
# Ends 41: a replica crashed or became unhealthy, 53: no good answer through nginx.
seconds=$1 url=$2 replicas=$3
shift 3
until=$(($(date +%s) + seconds))
while :; do
    # shellcheck disable=SC2086 # one word an id
    bad=$(docker inspect --format '{{.ID}} {{.State.Status}} {{.RestartCount}} {{if .State.Health}}{{.State.Health.Status}}{{end}}' $replicas 2>&1 |
        awk '$2 != "running" || $3 > 0 || $4 == "unhealthy" {print $1}')
    if [ -n "$bad" ]; then
        # shellcheck disable=SC2086 # one word an id
        diagnose $bad
        exit 41
    fi
    for nginx; do
        [ "$url" = - ] || prove "$nginx" "$url" 1 || exit 53
    done
    [ "$(date +%s)" -lt "$until" ] || break
    alive
    sleep 0.5
done
rm -f .answer.*
