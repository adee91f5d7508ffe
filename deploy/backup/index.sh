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
        find . -mindepth 2 -maxdepth 2 -type f ! -name '.*' ! -name '*.new' | sed 's,^\./,,'
        mkdir -p "$3"
        ;;
    done)
        [ "$4" != full ] || : >"$3/.full"
        kept=0 full=
        for one in $(find . -mindepth 1 -maxdepth 1 -type d | sort -r); do
            if [ -z "$full" ] && [ -e "$one/.full" ]; then
                full=$one
            elif [ "$kept" -ge 3 ]; then
                rm -rf "$one"
            fi
            kept=$((kept + 1))
        done
        ;;
esac
