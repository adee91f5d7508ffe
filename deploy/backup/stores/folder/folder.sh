#!/bin/sh
# One act on a store in a folder. Nothing there is written over, and what has its name is whole:
# bytes arrive in .uploads/TOKEN/KEY, and get their name when all of them are on the disk.
#   $1 folder  $2 verb  $3 key, or the folder to list  $4 token of an upload  $5 how many bytes it has
#   list: prints SIZE TIME KEY of each object below a folder, then `whole`
#   uploads: prints SIZE TIME TOKEN/KEY of each upload and of the folders it lies in, then `whole`
#   read: prints how many bytes there are, in a line, then these
#   write: takes an object from stdin    remove: takes keys from stdin, one a line
#   begin: makes an empty upload; prints when, in seconds since 1970
#   complete, abort: end an upload
# Ends 60: no such folder. 61: no right to write (says who). 62: not there. 63: there already.
# 64: it has another number of bytes.
set -eu
umask 077
export LC_ALL=C
folder=$1 verb=$2 key=./${3-} token=${4-} size=${5-}
upload=.uploads/$token/$key
cd "$folder" 2>/dev/null || exit 60
case $verb in
    list | uploads | read) ;;
    *) [ -w . ] || { id -un >&2; exit 61; } ;;
esac

# listed FIND…: prints what is found, all of it or nothing; what goes away meanwhile is left out
listed() {
    [ -d "$1" ] || { echo whole; return; }
    for _ in 1 2 3; do
        if found=$(find "$@" -printf '%s %T@ %P\n'); then
            printf '%s\nwhole\n' "$found"
            return
        fi
    done
    return 1
}

begin() {
    mkdir -p "$(dirname "$upload")"
    : >"$upload"
}

finish() {
    [ -e "$upload" ] || exit 62
    [ "$(stat -c %s "$upload")" = "$size" ] || exit 64
    sync "$upload"
    mkdir -p "$(dirname "$key")"
    # A server of NFS whose answer was lost is asked again, and then has the name already: of this.
    ln -T "$upload" "$key" 2>/dev/null || same "$upload" "$key" || without_links
    at=$key
    until [ "$at" = . ]; do
        at=$(dirname "$at")
        settle "$at"
    done
    rm -rf ".uploads/$token" || :
}

# Some shares cannot be asked to write a folder down.
settle() {
    said=$(sync "$1" 2>&1) || case $said in
        *'Invalid argument'* | *'not supported'*) ;;
        *) echo "$said" >&2 && exit 1 ;;
    esac
}

same() { [ "$(stat -c %d:%i "$1")" = "$(stat -c %d:%i "$2" 2>/dev/null)" ]; }

# For file systems that have none. mv says by what it leaves whether it went over something.
without_links() {
    mv --no-clobber -T "$upload" "$key" || [ -e "$key" ] || exit
    [ ! -e "$upload" ] || exit 63
}

case $verb in
    list)
        listed "$key" -ignore_readdir_race \( -path ./.uploads -o -path ./lost+found \) -prune \
            -o -type f
        ;;
    uploads) listed .uploads -mindepth 1 -ignore_readdir_race ;;
    read)
        [ -f "$key" ] || exit 62
        stat -c %s "$key"
        cat "$key"
        ;;
    write)
        trap 'rm -rf ".uploads/$token"' EXIT
        begin
        cat >"$upload"
        finish
        ;;
    remove)
        keys=$(cat)
        printf '%s\n' "$keys" | xargs -d '\n' rm -f --
        # A folder goes with the last object in it.
        printf '%s\n' "$keys" | sed -n 's,/[^/]*$,,p' | sort -u |
            xargs -d '\n' rmdir -- 2>/dev/null || :
        ;;
    begin)
        begin
        stat -c %Y ".uploads/$token"
        ;;
    complete) finish ;;
    # On NFS a file that is still written to stays until it is closed.
    abort) rm -rf ".uploads/$token" || [ -n "$(find ".uploads/$token" -name '.nfs*')" ] ;;
esac
