#!/bin/sh
# Fetches images, all at once. $1 KiB that must be free where Docker keeps them, $2… references
# Prints `image REFERENCE [digests as JSON]`. Ends 30: too little space, 31: a pull failed.
set -u
needed=$1
shift

docker_root=$(docker info --format '{{.DockerRootDir}}')
free=$(df -Pk "$docker_root" | awk 'NR == 2 {print $4}')
[ "${free:-0}" -ge "$needed" ] || { echo "$free $docker_root" >&2; exit 30; }

pull() {
    case $1 in
    *@sha256:*) docker image inspect "$1" >/dev/null 2>&1 && return ;;
    esac
    echo "pulling $1"
    docker pull --quiet "$1" >/dev/null
}

pids=
for reference; do
    { pull "$reference" || { echo "failed: $reference" >&2; exit 31; }; } &
    pids="$pids $!"
done
failed=0
for pid in $pids; do
    wait "$pid" || failed=31
done
[ "$failed" = 0 ] || exit "$failed"
for reference; do
    docker image inspect --format "image $reference {{json .RepoDigests}}" "$reference" || exit 31
done
