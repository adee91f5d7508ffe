#!/bin/sh
# Sends traffic to new replicas; step.sh and reload.sh stand in front. Upstreams come as tar on stdin.
#   $1 Compose project  $2 Compose file  $3 URL to prove, or -  $4 how many good answers in a row
#   $5… ids of the nginx containers that serve now (none before the first deploy)
# 1. Rehearse: a copy of nginx that no user can reach reads the new upstreams and must answer.
# 2. Place them by rename, nginx -t, reload. 3. Prove it through the nginx that serves.
# Without nginx containers and without upstreams that is a rehearsal only.
# Ends 50: the rehearsal failed, 55: nginx does not read the upstreams, 51/52: nginx refused, 53: no answer through nginx (put back).
project=$1 file=$2 url=$3 count=$4
shift 4
ids=$*
receive

rehearse() {
    copy=$project-rehearsal
    docker rm --force "$copy" >/dev/null 2>&1 || :
    docker compose --project-name "$project" --file "$file" run --detach --no-deps --no-TTY \
        --name "$copy" rehearsal >/dev/null 2>.up.log || { tail -n 5 .up.log >&2; return 1; }
    if in_nginx "$copy" -T >.nginx.log 2>&1; then
        ! ls upstreams.next/*.conf >/dev/null 2>&1 ||
            grep -q 'configuration file /etc/nginx/upstreams/' .nginx.log || return 55
        [ "$url" = - ] || prove "$copy" "$url" "$count" || {
            docker logs --tail 5 "$copy" 2>&1 | sed 's/^/  | /' >&2
            return 1
        }
    else
        docker logs --tail 5 "$copy" >&2 2>&1 || :
        cat .nginx.log >&2
        return 1
    fi
}

code=0
rehearse || code=$?
[ "$code" != 1 ] || code=50
docker rm --force --volumes "$project-rehearsal" >/dev/null 2>&1 || :
[ "$code" = 0 ] || exit "$code"
say "rehearsed: the new release answers through a copy of nginx"

reload_all upstreams.next
for nginx in $ids; do
    [ "$url" = - ] || prove "$nginx" "$url" "$count" || { put_back; exit 53; }
done
rm -rf upstreams.before .answer.* .nginx.log .up.log
