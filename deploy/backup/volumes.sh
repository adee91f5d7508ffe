#!/bin/sh
# Makes or removes what a restore fills: volumes, and folders, which are those with a slash.
#   $1 anew (what is there goes first), first (nothing may be there) or remove
#   $2 image of the pump  $3 file of those that were made `first`; `anew` removes it, which is what
#   the last restore has put aside: none of that is whole any more  $4… volumes and folders
# Ends 51: there is something already. 52: something uses it.
set -eu
umask 077
verb=$1 image=$2 note=$3
shift 3
[ "$verb" != anew ] || rm -f "$note"

is_there() {
    case $1 in
        /*) [ -e "$1" ] ;;
        *) docker volume inspect "$1" >/dev/null 2>&1 ;;
    esac
}
# One of the same name that somebody else made later is another one.
identity() {
    case $1 in
        /*) stat --format '%n %i %W' "$1" ;;
        *) docker volume inspect --format '{{.Name}} {{.CreatedAt}}' "$1" ;;
    esac
}
# A folder may lie in, and hold, what is root's: a container makes and removes it.
discard() {
    case $1 in
        /*) docker run --rm --network none --entrypoint rm --volume "$(dirname "$1"):/at" "$image" \
            -rf "/at/$(basename "$1")" ;;
        *) docker volume rm "$1" >/dev/null ;;
    esac
}
# Who is no root could not write to a new folder of root's: it gets the owner and the mode of the one
# whose place it may take. A new volume gets them from the image that first runs on it.
make() {
    case $verb:$1 in
        anew:/*) docker run --rm --network none --entrypoint sh --volume "$(dirname "$1"):/at" "$image" -c '
            set -e
            mkdir "/at/$1"
            [ ! -e "/at/$2" ] || { chown --reference="/at/$2" "/at/$1" && chmod --reference="/at/$2" "/at/$1"; }' \
            sh "$(basename "$1")" "$(basename "${1%-*}")" ;;
        *:/*) docker run --rm --network none --entrypoint true --volume "$1:/at" "$image" ;;
        *) docker volume create "$1" >/dev/null ;;
    esac
}
for place; do
    if is_there "$place"; then
        [ "$verb" != first ] || grep -qxF "$(identity "$place")" "$note" 2>/dev/null || {
            echo "$place" >&2
            exit 51
        }
        discard "$place" 2>/dev/null || { echo "$place" >&2; exit 52; }
    fi
    [ "$verb" != remove ] || continue
    make "$place"
    [ "$verb" != first ] || identity "$place" >>"$note"
done
