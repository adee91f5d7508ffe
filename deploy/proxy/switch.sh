#!/bin/sh
# Sends traffic to new replicas; step.sh and reload.sh stand in front. Upstreams come as tar on stdin.
#   $1 Compose project  $2 Compose file  $3 URL to prove, or -  $4 how many good answers in a row
#   $5… ids of the nginx containers that serve now (none before the first deploy)
# 1. Rehearse: a copy of nginx that no user can reach reads the new upstreams and must answer.
# 2. Place them by rename, nginx -t, reload. 3. Prove it through the nginx that serves.
# Without upstreams and without nginx containers it is a rehearsal only.
# Ends 50: the rehearsal failed, 51/52: nginx refused, 53: no answer through nginx (put back),
# 55: the new configuration does not include an upstream, 56: nginx does not run,
# 57: the new nginx does not start, 58: its configuration names a service that is to go.
project=$1 file=$2 url=$3 count=$4
shift 4
ids=$*
receive

# What the release no longer has is not there for the copy; the nginx that serves goes on to read it.
gone=
for upstream in upstreams.next/*.conf; do
    service=$(basename "$upstream" .conf)
    if [ ! -f "$upstream" ] || grep -qF "\"$service\":" "$file"; then continue; fi
    gone="$gone $service"
    rm "$upstream"
done

rehearse() {
    copy=$project-rehearsal
    docker rm --force "$copy" >/dev/null 2>&1 || :
    docker compose --project-name "$project" --file "$file" run --detach --no-deps --no-TTY \
        --name "$copy" rehearsal >/dev/null 2>.up.log || { tail -n 5 .up.log >&2; return 50; }
    in_nginx "$copy" -t >.nginx.log 2>&1 || {
        docker logs --tail 5 "$copy" >>.nginx.log 2>&1 || :
        cat .nginx.log >&2
        ! grep -qF '[emerg]' .nginx.log || return 51
        return 57
    }
    whole=$(in_nginx "$copy" -T 2>/dev/null)
    for service in $gone; do  # its name is still found there, as long as its containers run
        ! printf '%s\n' "$whole" | grep -Eq "(://|_pass[[:space:]]+)$service([:/;]|\$)" || { echo "$service" >&2; return 58; }
    done
    printf '%s\n' "$whole" | sed -n 's/^# configuration file \(.*\):$/\1/p' >.nginx.log
    for upstream in upstreams.next/*.conf; do
        [ -f "$upstream" ] || continue
        grep -q "/$(basename "$upstream")\$" .nginx.log || { basename "$upstream" >&2; return 55; }
    done
    [ "$url" = - ] || prove "$copy" "$url" "$count" || {
        docker logs --tail 5 "$copy" 2>&1 | sed 's/^/  | /' >&2
        return 50
    }
}

code=0
rehearse || code=$?
docker rm --force --volumes "$project-rehearsal" >/dev/null 2>&1 || :
[ "$code" = 0 ] || exit "$code"
say "rehearsed: a copy of nginx answers"
for service in $gone; do
    cp -p "upstreams/$service.conf" upstreams.next/
done

reload_all upstreams.next
for nginx in $ids; do
    [ "$url" = - ] || prove "$nginx" "$url" "$count" || { put_back; exit 53; }
done
rm -rf upstreams.before .nginx.log .up.log
