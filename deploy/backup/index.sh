#!/bin/sh
# Keeps the indexes by which an archive holds only what has changed: a folder for each snapshot, in it
# a file for each source.
#   $1 folder of backups  $2 begin or done  $3 id of the snapshot  $4 its kind
# begin: makes room for those of a snapshot; prints all that are there, `ID/SOURCE`, a line each.
# done: the snapshot is whole; of those before it only the last few are kept, and the last full one.
set -eu
umask 077
mkdir -p "$1/index"
cd "$1/index"
case $2 in
    begin)
        find . -mindepth 2 -maxdepth 2 -type f ! -name '*.new' | sed 's,^\./,,'
        mkdir -p "$3"
        ;;
    done)
        [ "$4" != full ] || : >"$3.full"
        # shellcheck disable=SC2012 # ids have no spaces, and sort by time
        last=$(ls -r | grep '\.full$' | head -n 1)
        for one in $(ls -r | grep -v '\.full$' | tail -n +4); do
            [ "$one.full" = "$last" ] || rm -rf "$one"
        done
        for one in *.full; do
            [ "$one" = "$last" ] || [ ! -e "$one" ] || rm -f "$one"
        done
        ;;
esac
