#!/bin/sh
# Runs one command in a one-off container of the new image; step.sh stands in front.
#   $1 Compose project  $2 Compose file  $3 service  $4 seconds it may take  $5… the command
# Ends 43: one is running already, 44: it took too long, 45: it failed, 40: it could not be started.
project=$1 file=$2 service=$3 deadline=$4
shift 4
name=$project-migrate

if state=$(docker inspect --format '{{.State.Status}}' "$name" 2>/dev/null); then
    [ "$state" != running ] || { docker logs --tail 5 "$name" >&2; exit 43; }
    docker rm --force "$name" >/dev/null
fi
# shellcheck disable=SC2154 # run comes from step.sh
docker compose --project-name "$project" --file "$file" run --detach --no-deps --no-TTY \
    --name "$name" --label "slipway.run=$run" "$service" "$@" >/dev/null 2>.up.log || {
    tail -n 5 .up.log >&2
    docker rm --force "$name" >/dev/null 2>&1 || :
    exit 40
}
rm -f .up.log
# The log ends early where nobody listens any more, or where its driver cannot be read; the deadline
# holds all the same.
until=$(($(date +%s) + deadline))
timeout "$deadline" docker logs --follow "$name" 2>&1 || :
left=$((until - $(date +%s)))
code=$(timeout "$((left > 1 ? left : 1))" docker wait "$name") || {
    docker logs --tail 20 "$name" >&2 || :
    docker rm --force "$name" >/dev/null
    exit 44
}
if [ "$code" != 0 ]; then
    docker logs --tail 40 "$name" 2>&1 | sed 's/^/  | /' >&2 || :
    docker rm --force "$name" >/dev/null
    exit 45
fi
docker rm --force "$name" >/dev/null
