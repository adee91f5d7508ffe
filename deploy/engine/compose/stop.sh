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
for id; do
    ! docker inspect --format '{{.Name}}' "$id" 2>/dev/null || { echo "cannot be removed: $id" >&2; exit 46; }
done
