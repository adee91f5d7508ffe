#!/bin/sh
# One look at everything. $1 folder of the environment, $2 Compose project, $3 format of a container
# Prints lines of `kind value`. Ends 20: no docker, 21: docker refuses, 22: no compose plugin.
set -u
root=$1 project=$2 format=$3

command -v docker >/dev/null || exit 20
# `docker info` ends with 0 and empty fields when no daemon answers; `docker version` says why.
info=$(docker info --format '{{.ServerVersion}} {{.KernelVersion}} {{.DockerRootDir}}' 2>/dev/null)
case $info in
[0-9]*) ;;
*)
    docker version >/dev/null
    exit 21
    ;;
esac
compose=$(docker compose version --short 2>/dev/null) || exit 22
docker_root=${info##* }
free=$(df -Pk "$docker_root" 2>/dev/null | awk 'NR == 2 {print $4}')
printf 'server %s %s %s %s\n' "${info% *}" "$compose" "${free:-0}" "$(date +%s)"

for table in /proc/net/tcp /proc/net/tcp6; do
    [ ! -r "$table" ] || awk '$4 == "0A" {print "listens", $2}' "$table"
done

# Before anything else is looked at: what is written down meanwhile must make a difference.
[ ! -d "$root" ] || printf 'stamp %s:%s\n' "$(readlink "$root/current")" \
    "$(wc -c 2>/dev/null <"$root/journal.jsonl" || echo 0)"

ids=$(docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$project" \
    --filter label=com.docker.compose.oneoff=False)
# shellcheck disable=SC2086 # one word an id
[ -z "$ids" ] || docker inspect --format "$format" $ids 2>/dev/null

cd "$root" 2>/dev/null || exit 0
printf 'current %s\n' "$(basename "$(readlink current)")"
for record in releases/*/release.json; do
    [ -f "$record" ] && printf 'release %s\n' "$(cat "$record")"
done
for upstream in upstreams/*.conf; do
    [ -f "$upstream" ] && printf 'upstream %s %s\n' "$(basename "$upstream" .conf)" "$(head -n 1 "$upstream")"
done
if [ -d lock ]; then
    printf 'lock %s %s %s\n' "$(($(date +%s) - $(stat -c %Y lock/heartbeat 2>/dev/null || echo 0)))" \
        "$([ -e lock/abandoned ] && echo abandoned || echo held)" "$(cat lock/holder 2>/dev/null)"
fi
# What a backup that is at work lets hold still; it lets it go on itself.
for still in backup/still backup/still.[0-9]*; do
    if [ ! -s "$still" ] || flock --nonblock backup/hold true 2>/dev/null; then continue; fi
    sed -n 's/^[^ ]* \([^ ]*\).*/still \1/p' "$still"
done
[ ! -f journal.jsonl ] || tail -n 200 journal.jsonl | sed 's/^/journal /'
exit 0
