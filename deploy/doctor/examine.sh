#!/bin/sh
# Looks at what usually stands against an app, and changes nothing.
#   $1 Compose project  $2 format of a container  $3 service of the proxy, or -  $4 URL, or -
#   $5 HOST:PORT of the URL  $6… FROM:TO:PORT, a service, one that it needs, and the port on which that should answer
# Prints lines of `kind value`; where Docker does not answer, `docker` and why, and no more.
set -u
project=$1 format=$2 proxy=$3 url=$4 there=$5
shift 5

printf 'clock %s %s\n' "$(date +%s)" \
    "$(timedatectl show --property NTPSynchronized --value 2>/dev/null || echo unknown)"
awk '/^MemTotal/ {t = $2} /^MemAvailable/ {a = $2} END {print "memory", a, t}' /proc/meminfo

root=$(docker info --format '{{.DockerRootDir}}' 2>/dev/null)
if [ -z "$root" ]; then
    printf 'docker %s\n' "$(docker version 2>&1 >/dev/null | tail -n 1)"
    exit 0
fi
df -Pk "$root" 2>/dev/null | awk 'NR == 2 {print "disk", $4, $2}'
df -Pi "$root" 2>/dev/null | awk 'NR == 2 && $2 > 0 {print "inodes", $4, $2}'

of() { docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$project" "$@"; }
newline='
'
well='{{.State.Status}}{{if .State.Health}} {{.State.Health.Status}}{{end}} {{.RestartCount}}'
for id in $(of --filter label=com.docker.compose.oneoff=False); do
    found=$(docker inspect --format "$well$newline$format" "$id" 2>/dev/null) || continue
    printf '%s\n' "${found#*"$newline"}"
    case ${found%%"$newline"*} in
    'running 0' | 'running healthy 0' | 'running starting 0') ;;
    *) docker logs --tail 12 "$id" 2>&1 | cut -c1-300 | sed "s/^/log $id /" ;;
    esac
done

docker ps --format 'publishes {{.Names}} {{.Ports}}'
ss -Hltnp 2>/dev/null | awk '{print "listens", $4, $6}'

first() { of --filter status=running --filter "label=com.docker.compose.service=$1" | head -n 1; }
for need; do
    from=${need%%:*} port=${need##*:}
    to=${need#*:} to=${to%:*}
    asks=$(first "$from") answers=$(first "$to")
    if [ -n "$asks" ]; then
        timeout 5 docker exec "$asks" getent hosts "$to" >/dev/null 2>&1
        printf 'name %s %s %s\n' "$from" "$to" $?
    fi
    [ -n "$answers" ] || continue
    address=$(docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}' "$answers")
    [ -n "${address%% *}" ] || continue
    timeout 3 bash -c ": </dev/tcp/${address%% *}/$port" 2>/dev/null
    printf 'port %s %s %s\n' "$to" "$port" $?
done

front=$(first "$proxy")
if [ -n "$front" ] && [ "$url" != - ]; then
    docker exec "$front" curl -skv --max-time 10 --output /dev/null --write-out 'answer %{http_code}\n' \
        --resolve "$there:127.0.0.1" "$url" 2>&1 |
        sed -n 's/^\* *expire date: /expires /p; s/^\* *SSL certificate verify result: /trust /p; /^answer /p'
fi
exit 0
