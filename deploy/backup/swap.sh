#!/bin/sh
# Lets volumes and folders change places with those that a restore filled; step.sh stands in front.
#   $1 image of the pump  $2 seconds that containers may take to be well again
#   $3… pairs of volumes or folders, one after the other, which exchange their content
# The first of a pair is made where it is gone. What runs on it is stopped for it, and started again
# whatever happens: what is stopped is written down first, so that the next run starts it should this
# machine go down meanwhile.
# Ends 48: a volume is not on this machine's own disk. 49: what was stopped is not well again.
image=$1 patience=$2
shift 2
noted=backup/stopped

again() {
    [ ! -e "$noted" ] || xargs -r docker start >/dev/null <"$noted" || :
    rm -f "$noted"
}
leave() {
    ended=$?
    again || :
    finish "$ended"
}

# users PLACE OTHER…: what runs on the first of each pair
users() {
    while [ $# -gt 0 ]; do
        docker ps --quiet --no-trunc --filter "volume=$1"
        shift 2
    done | sort -u
}

# ensure PLACE OTHER…: the first of each pair is there
ensure() {
    while [ $# -gt 0 ]; do
        case $1 in
            /*) docker run --rm --network none --entrypoint true --volume "$1:/at" "$image" ;;
            *) docker volume inspect "$1" >/dev/null 2>&1 || docker volume create "$1" >/dev/null ;;
        esac
        shift 2
    done
}

# folder PLACE: prints where a volume, or a folder, lies on this machine
folder() {
    case $1 in /*) echo "$1"; return ;; esac
    place=$(docker volume inspect --format '{{.Driver}} {{json .Options}} {{.Mountpoint}}' "$1") || return
    case $place in "local null "* | "local {} "*) echo "${place##* }" ;; *) return 1 ;; esac
}

ids=$(users "$@")
[ -s "$noted" ] || printf '%s' "$ids" >"$noted"
sync "$noted" 2>/dev/null || :
trap leave EXIT
ensure "$@"
for place; do
    folder "$place" >/dev/null || { echo "$place" >&2; exit 48; }
done
# shellcheck disable=SC2086 # one id a word
[ -z "$ids" ] || docker stop $ids >/dev/null
while [ $# -gt 0 ]; do
    one=$(folder "$1") other=$(folder "$2")
    both=$(dirname "$(dirname "$one")")  # two mounts could not exchange anything
    docker run --rm --network none --volume "$both:$both" "$image" exchange "$one" "$other"
    shift 2
done
again
end=$(($(date +%s) + patience))
for id in $ids; do
    until [ "$(docker inspect --format '{{if .State.Health}}{{.State.Health.Status}}{{else}}{{if .State.Running}}healthy{{end}}{{end}}' "$id")" = healthy ]; do
        [ "$(date +%s)" -lt "$end" ] || { diagnose "$id"; exit 49; }
        alive
        sleep 0.5
    done
done
