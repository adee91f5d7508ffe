#!/bin/sh
# Removes containers that do not run, by id; step.sh stands in front.
#   $1 --volumes (anonymous ones go too), or -  $2… ids
# One that is gone already is no error. Ends 46: one cannot be removed. 47: one runs by now, as after
# a reboot, when Docker starts what it finds: it stays.
volumes=$1
shift
[ "$volumes" != - ] || volumes=

# While Docker starts or stops one it refuses to remove it: then it is asked again.
for _ in 1 2 3 4 5; do
    there=$(docker ps --all --quiet --no-trunc) || exit 46
    left=
    for id; do
        case $there in *"$id"*) ;; *) continue ;; esac
        case $(docker inspect --format '{{.State.Status}}' "$id" 2>/dev/null) in
        running) echo "a container that was to be removed runs by now" >&2; exit 47 ;;
        restarting | paused) force=--force ;; # Docker would refuse
        *) force= ;;
        esac
        # shellcheck disable=SC2086 # one option or none
        docker rm $force $volumes "$id" >/dev/null 2>&1 || left="$left $id"
    done
    [ -n "$left" ] || exit 0
    sleep 1
done
echo "cannot be removed:$left" >&2
exit 46
