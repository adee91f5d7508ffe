#!/bin/sh
# Starts a service alone, on fresh volumes, and waits until it is well; prints its container's id.
#   $1 Compose project  $2 service  $3 seconds that it may take  stdin: the Compose file
# stop: removes it.
set -eu
if [ "$1" = stop ]; then
    docker ps --all --quiet --filter "label=com.docker.compose.project=$2" | xargs -r docker stop --time 60 >/dev/null
    docker ps --all --quiet --filter "label=com.docker.compose.project=$2" | xargs -r docker rm --force --volumes >/dev/null
    exit 0
fi
docker compose --project-name "$1" --file - up --detach --no-deps --wait --wait-timeout "$3" "$2" >&2
docker ps --quiet --no-trunc --filter "label=com.docker.compose.project=$1"
