#!/bin/sh
# Fetches images, all at once. What is here by its digest is not asked for: its registry may be gone.
#   $1 KiB that must be free where Docker keeps them  $2 seconds they may take
#   $3 how many of the references need the login that comes as a config.json on stdin  $4… references
# Prints `image REFERENCE [digests as JSON]`; `failed REFERENCE` or `late REFERENCE` where a pull
# failed or took too long. Ends 30: too little space, 31: a pull failed, 34: the login did not come.
set -u
needed=$1 seconds=$2 logins=$3
shift 3

locked=
open=
number=0
for reference; do
    number=$((number + 1))
    case $reference in
    *@sha256:*) docker image inspect "$reference" >/dev/null 2>&1 && continue ;;
    esac
    if [ "$number" -le "$logins" ]; then locked="$locked $reference"; else open="$open $reference"; fi
done

if [ -n "$locked$open" ]; then
    docker_root=$(docker info --format '{{.DockerRootDir}}')
    free=$(df -Pk "$docker_root" | awk 'NR == 2 {print $4}')
    [ "${free:-0}" -ge "$needed" ] || { echo "$free $docker_root" >&2; exit 30; }
fi

# The login lies in memory, for us only, and goes with this script.
login=
if [ -n "$locked" ]; then
    umask 077
    memory=/dev/shm
    [ -w "$memory" ] || memory=${TMPDIR:-/tmp}
    login=$(mktemp -d "$memory/slipway.XXXXXX") || exit 31
    trap 'rm -rf "$login"' EXIT
    trap 'exit 1' HUP INT TERM PIPE
    cat >"$login/config.json"
    # which daemon stands in the configuration that this one takes the place of
    DOCKER_HOST=${DOCKER_HOST:-$(docker context inspect --format '{{.Endpoints.docker.Host}}')}
    export DOCKER_HOST
    [ -s "$login/config.json" ] || exit 34
fi

# pull REFERENCE FLAG…: with flags of the docker command
pull() {
    reference=$1
    shift
    echo "pulling $reference"
    code=0
    timeout "$seconds" docker "$@" pull --quiet "$reference" >/dev/null || code=$?
    case $code in
    0) return ;;
    124) echo "late $reference" ;;
    *) echo "failed $reference" ;;
    esac
    return 31
}

pids=
for reference in $locked; do
    pull "$reference" --config "$login" &
    pids="$pids $!"
done
for reference in $open; do
    pull "$reference" &
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
