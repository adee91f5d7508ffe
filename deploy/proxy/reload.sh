# shellcheck shell=sh
# shellcheck disable=SC2154 # project, ids and drain come from the script behind
# Put between step.sh and the scripts that talk to nginx.

# in_nginx ID ARGUMENT…: nginx in the container, with the configuration file it was started with
in_nginx() {
    id=$1
    shift
    conf=$(docker inspect --format '{{range .Args}}{{println .}}{{end}}' "$id" | sed -n '/^-c$/{n;p;}')
    docker exec "$id" nginx ${conf:+-c "$conf"} "$@"
}

# workers ID: the process ids of all its workers, those that are shutting down included
workers() {
    docker top "$1" -eo pid,args 2>/dev/null | awk '/nginx: worker process/ {print $1}'
}

# receive: what is there, with the upstreams that come as tar on stdin, in upstreams.next
receive() {
    mkdir -p upstreams
    rm -rf upstreams.next
    cp -Rp upstreams upstreams.next
    tar -xpof - -C upstreams.next
    chmod 755 upstreams upstreams.next
}

# place FOLDER: put the upstreams of FOLDER where nginx reads them, each by an atomic rename
place() {
    for file in "$1"/*.conf; do
        [ -f "$file" ] || continue
        cp "$file" "upstreams/.$(basename "$file").new"
        chmod 644 "upstreams/.$(basename "$file").new"
        mv "upstreams/.$(basename "$file").new" "upstreams/$(basename "$file")"
    done
    for file in upstreams/*.conf; do
        [ ! -f "$file" ] || [ -f "$1/$(basename "$file")" ] || rm -f "$file"
    done
}

# await_nginx ID: where it died, Docker may be starting it again. Ends 56: it does not run.
await_nginx() {
    up_by=$(($(date +%s) + 10))
    while :; do
        case $(docker inspect --format '{{.State.Status}}' "$1" 2>/dev/null) in
        running) return ;;
        restarting) [ "$(date +%s)" -ge "$up_by" ] || { sleep 0.2; continue; } ;;
        esac
        docker logs --tail 5 "$1" >.nginx.log 2>&1 || :
        return 56
    done
}

# reload ID: test, reload, and wait until new workers serve. The old ones are left in $old_workers.
# Ends 51: nginx refuses the configuration, 52: it did not take it, 56: it does not run.
reload() {
    await_nginx "$1" || return
    life=$(life_of "$1")
    take "$1" && return
    code=$?
    sleep 0.5  # until Docker has noticed
    [ "$(life_of "$1")" != "$life" ] || return "$code"
    await_nginx "$1" && take "$1"  # it died meanwhile, and is up again: ask it once more
}

life_of() { docker inspect --format '{{.State.StartedAt}} {{.State.Status}}' "$1" 2>/dev/null || :; }

take() {
    in_nginx "$1" -t >.nginx.log 2>&1 || return 51
    before=$(workers "$1")
    old_workers="$old_workers $before"
    in_nginx "$1" -s reload >.nginx.log 2>&1 || return 52
    taken_by=$(($(date +%s) + 10))
    while [ "$(date +%s)" -lt "$taken_by" ]; do
        fresh=$(workers "$1" | grep -vxF "${before:-none}" || :)
        [ -z "$fresh" ] || return 0
        sleep 0.1
    done
    docker logs --tail 5 "$1" >.nginx.log 2>&1
    return 52
}

# reload_all FOLDER: place it and reload every nginx; where one refuses, what was there comes back
reload_all() {
    old_workers=
    rm -rf upstreams.before
    cp -Rp upstreams upstreams.before
    place "$1"
    for nginx in $ids; do
        code=0
        reload "$nginx" || code=$?
        [ "$code" = 0 ] || {
            cat .nginx.log >&2
            put_back
            exit "$code"
        }
    done
}

# put_back: what was there before, and the workers that knew the new replicas let go of them
put_back() {
    place upstreams.before
    rejected=
    for nginx in $ids; do
        rejected="$rejected $(workers "$nginx")"
        in_nginx "$nginx" -s reload >/dev/null 2>&1 || :
    done
    let_go 35 "$rejected"
    rm -rf upstreams.before
}

# let_go SECONDS PIDS: wait until none of these workers is left in any nginx, that long at most
let_go() {
    gone_by=$(($(date +%s) + $1))
    pids=$(echo "$2" | tr -s ' ' '\n' | grep . || echo none)
    for nginx in $ids; do
        while :; do
            left=$(docker top "$nginx" -eo pid 2>/dev/null | tr -d ' ' | grep -cxF "$pids" || :)
            [ "$left" -gt 0 ] || break
            [ "$(date +%s)" -lt "$gone_by" ] || {
                say "$left old workers are still busy after $1 s; going on"
                break
            }
            sleep 0.3
        done
    done
}

# answer CONTAINER URL: $status is the code that nginx in CONTAINER gives, $body how its answer begins.
# No file is written: a full disk would look like an nginx that does not answer.
answer() {
    authority=${2#*://}
    authority=${authority%%/*}
    port=${authority##*:}
    [ "$port" != "$authority" ] || case $2 in https:*) port=443 ;; *) port=80 ;; esac
    said=$(docker exec "$1" curl --silent --show-error --insecure --max-time 10 \
        --resolve "${authority%%:*}:$port:127.0.0.1" --write-out '\n%{http_code}' "$2" 2>&1) || :
    last="\$d"
    status=$(printf '%s\n' "$said" | tail -n 1 | grep -E '^[0-9]{3}$') || { status=000 last=; }
    body=$({ printf '%s\n' "$said" | sed "$last" | head -c 2000; } 2>/dev/null)
}

# prove CONTAINER URL COUNT: that many good answers in a row, within 15 s
prove() {
    good=0
    bad=0
    proven_by=$(($(date +%s) + 15))
    while [ "$good" -lt "$3" ]; do
        answer "$1" "$2"
        case $status in
        2??) good=$((good + 1)) ;;
        000) good=0 && sleep 0.1 ;;
        *) good=0 && bad=$((bad + 1)) && sleep 0.3 ;;
        esac
        if [ "$bad" -ge 5 ] || [ "$(date +%s)" -ge "$proven_by" ]; then
            echo "$2 answers $status through nginx:" >&2
            printf '%.600s\n' "$body" | head -n 8 | sed 's/^/  | /' >&2
            return 1
        fi
    done
}
