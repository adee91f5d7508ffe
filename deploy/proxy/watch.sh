#!/bin/sh
# Watches new replicas for a while, and the answer through nginx; step.sh and reload.sh in front.
#   $1 seconds  $2 URL, or -  $3 replicas as id:restarts, space between  $4… ids of nginx containers
# Ends 41: a replica crashed or became unhealthy, 53: no good answer through nginx.
seconds=$1 url=$2 replicas=$3
shift 3
past=$(echo "$replicas" | tr ' :' '\n ')
ids=$(echo "$past" | cut -d ' ' -f 1)
[ "$seconds" = 0 ] || seconds=$((seconds + 1)) # whole seconds are counted: rather one more
until=$(($(date +%s) + seconds))
while :; do
    # shellcheck disable=SC2086 # one word an id
    states=$(docker inspect --format '{{.ID}} {{.State.Status}} {{.RestartCount}} {{if .State.Health}}{{.State.Health.Status}}{{end}}' $ids 2>/dev/null || :)
    bad=$(printf '%s\n%s\n' "$past" "$states" | awk '
        NF == 2 {past[$1] = $2; next}
        {found[$1]}
        $2 != "running" || $3 > past[$1] || $4 == "unhealthy" {print $1}
        END {for (id in past) if (!(id in found)) print id}')
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
