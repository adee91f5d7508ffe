#!/bin/sh
# Starts a service alone, on fresh volumes, and waits until it answers; prints its container's id.
#   $1 Compose project  $2 service  $3 seconds that it may take
#   $4 what its first process is called, a regular expression: before that, an image's entrypoint may
#      run a server of its own, for a while
#   $5… command in its container that ends with 0 once it answers  stdin: the Compose file
# stop: removes it.
set -eu
if [ "$1" = stop ]; then
    docker ps --all --quiet --filter "label=com.docker.compose.project=$2" | xargs -r docker stop --time 60 >/dev/null
    docker ps --all --quiet --filter "label=com.docker.compose.project=$2" | xargs -r docker rm --force --volumes >/dev/null
    exit 0
fi
project=$1 service=$2 patience=$3 process=$4
shift 4
docker compose --project-name "$project" --file - up --detach --no-deps "$service" >&2
id=$(docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$project")
end=$(($(date +%s) + patience))
until docker exec "$id" cat /proc/1/comm 2>/dev/null | grep -Eqx "$process" && docker exec "$id" "$@" >/dev/null 2>&1; do
    if [ "$(docker inspect --format '{{.State.Running}}' "$id")" != true ]; then
        docker logs --tail 20 "$id" >&2
        echo "the stand-in of $service ended; see above what it said" >&2
        exit 1
    fi
    [ "$(date +%s)" -lt "$end" ] || { docker logs --tail 20 "$id" >&2; echo "the stand-in of $service does not answer" >&2; exit 1; }
    sleep 0.2
done
echo "$id"
