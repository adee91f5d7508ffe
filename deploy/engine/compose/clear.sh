#!/bin/sh
# Removes containers that do not run, by id; step.sh stands in front.
#   $1 --volumes (anonymous ones go too), or -  $2… ids
# One that is gone already is no error. Ends 46: one cannot be removed. 47: one runs by now, as after
# a reboot, when Docker starts what it finds: it stays.
volumes=$1
shift
[ "$volumes" != - ] || volumes=
for id; do
    case $(docker inspect --format '{{.State.Status}}' "$id" 2>/dev/null) in
    running) echo "a container that was to be removed runs by now" >&2; exit 47 ;;
    restarting | paused) force=--force ;; # Docker would refuse
    *) force= ;;
    esac
    # shellcheck disable=SC2086 # one option or none
    docker rm $force $volumes "$id" >/dev/null 2>&1 || :
done
there=$(docker ps --all --quiet --no-trunc) || exit 46
for id; do
    case $there in *"$id"*) echo "cannot be removed: $id" >&2; exit 46 ;; esac
done
