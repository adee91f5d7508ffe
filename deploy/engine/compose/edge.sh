# shellcheck shell=sh
# What the edge does when it starts: nginx lives in its network namespace, which is a new one now.
# After a power cut Docker starts all containers at once; an nginx that comes before its edge fails
# with "cannot join network", and Docker does not try again. And an nginx that ran through a restart
# of its edge is left in a namespace that leads nowhere. So the edge starts the one and restarts the
# other, through Docker's socket, and sleeps for ever after.
#   $1 Compose project   $2 service that lives here
api() { curl --fail --silent --max-time 30 --unix-socket /var/run/docker.sock "$@"; }

mine="\"label\":[\"com.docker.compose.project=$1\",\"com.docker.compose.service=$2\",\"com.docker.compose.oneoff=False\"]"

ids() {
    api --get http://docker/containers/json --data all=true \
        --data-urlencode "filters={$mine,\"status\":[\"$1\"]}" | grep -o '"Id":"[0-9a-f]*"' | cut -d'"' -f4
}

[ -S /var/run/docker.sock ] || exec sleep infinity
left=60
until api http://docker/_ping >/dev/null; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || exec sleep infinity
    sleep 1
done
started() { api "http://docker/containers/$1/json" | grep -o '"StartedAt":"[^"]*"'; }

now=$(started "$(hostname)" || :)
for id in $(ids running); do
    # shellcheck disable=SC3012 # dash and busybox know this comparison
    [ ! "$(started "$id")" \< "$now" ] || api --request POST "http://docker/containers/$id/restart" || :
done
left=20
while [ "$left" -gt 0 ]; do
    for id in $(ids exited); do
        ! api "http://docker/containers/$id/json" | grep -q 'cannot join network' ||
            api --request POST "http://docker/containers/$id/start" || :
    done
    left=$((left - 1))
    sleep 1
done
exec sleep infinity
