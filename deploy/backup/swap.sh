#!/bin/sh
# Lets volumes and folders change places with those that a restore filled; step.sh stands in front.
#   $1 image of the pump  $2 seconds that containers may take to be well again
#   $3… pairs of volumes or folders, one after the other, which exchange their content
# The first of a pair is made where it is gone. What runs on it is stopped for it, and started again
# whatever happens: what is stopped is written down first, so that the next run starts it should this
# machine go down meanwhile. All change places, or none.
# Ends 35: two cannot change places. 48: one cannot be moved: a volume that is not on this machine's own
# disk, or a folder that is a file system of its own. 49: what was stopped is not well on the other data.
# After each of them what served before serves again.
image=$1 patience=$2
shift 2
noted=backup/stopped aside=backup/aside

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

# note PLACE OTHER…: for undoing. What served before is known by its inode, wherever it is.
note() {
    while [ $# -gt 0 ]; do
        if ! cut -d ' ' -f 2- "$aside" 2>/dev/null | grep -qxF -- "$2"; then
            inode=$(docker run --rm --network none --entrypoint stat --volume "$1:/at:ro" "$image" --format %i /at)
            printf '%s %s\n' "$inode" "$2" >>"$aside"
        fi
        shift 2
    done
    sync "$aside" 2>/dev/null || :
}

# folder PLACE: prints where a volume, or a folder, lies on this machine
folder() {
    case $1 in /*) echo "$1"; return ;; esac
    place=$(docker volume inspect --format '{{.Driver}} {{json .Options}} {{.Mountpoint}}' "$1") || return
    case $place in "local null "* | "local {} "*) echo "${place##* }" ;; *) return 1 ;; esac
}

# exchange ONE OTHER: from above, as two mounts could not exchange anything
exchange() {
    one=$(folder "$1") other=$(folder "$2")
    above=$(dirname "$one")
    case $1 in /*) ;; *) above=$(dirname "$above") ;; esac
    docker run --rm --network none --volume "$above:/at" "$image" \
        exchange "/at/${one#"${above%/}"/}" "/at/${other#"${above%/}"/}"
}

# change PLACE OTHER…: all pairs; $changed is how many have
change() {
    changed=0
    while [ $# -gt 0 ]; do
        exchange "$1" "$2" || return
        changed=$((changed + 1))
        shift 2
    done
}

# back PLACE OTHER…: those that have change once more
back() {
    while [ "$changed" -gt 0 ]; do
        exchange "$1" "$2" || return
        changed=$((changed - 1))
        shift 2
    done
}

# hold: what runs on them stops
hold() {
    # shellcheck disable=SC2086 # one id a word
    [ -z "$ids" ] || docker stop $ids >/dev/null
}

ids=$(users "$@")
printf '%s\n' "$ids" >>"$noted"
sync "$noted" 2>/dev/null || :
trap leave EXIT
ensure "$@"
for place; do
    if ! lies=$(folder "$place") || mountpoint -q "$lies" 2>/dev/null; then
        echo "$place" >&2
        exit 48
    fi
done
note "$@"
hold
change "$@" || {
    back "$@"
    exit 35
}
again
end=$(($(date +%s) + patience))
for id in $ids; do
    until [ "$(docker inspect --format '{{if .State.Health}}{{.State.Health.Status}}{{else}}{{if .State.Running}}healthy{{end}}{{end}}' "$id")" = healthy ]; do
        [ "$(date +%s)" -lt "$end" ] || {
            diagnose "$id"
            printf '%s\n' "$ids" >"$noted"
            hold
            back "$@"
            exit 49
        }
        alive
        sleep 0.5
    done
done
