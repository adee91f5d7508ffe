#!/bin/sh
# Stops and removes containers by id, all at once; step.sh stands in front.
#   $1 seconds they may take  $2 --volumes (anonymous ones go too), or -  $3… ids
# One that is gone already is no error. Ends 46: one cannot be removed.
grace=$1 volumes=$2
shift 2
[ "$volumes" != - ] || volumes=
for id; do
    {
        docker stop --time "$grace" "$id" >/dev/null 2>&1 || :
        # shellcheck disable=SC2086 # one option or none
        docker rm --force $volumes "$id" >/dev/null 2>&1 || :
    } &
done
wait
there=$(docker ps --all --quiet --no-trunc) || exit 46
for id; do
    case $there in *"$id"*) echo "cannot be removed: $id" >&2; exit 46 ;; esac
done
