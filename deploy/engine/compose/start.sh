#!/bin/sh
# Starts containers and waits until they are well; step.sh stands in front.
#   $1 Compose project  $2 Compose file  $3 roll, or recreate  $4 seconds to wait  $5 format of a container
#   $6… service:total:wanted:definition:tolerated
# Prints each replica of a wanted definition. Ends 40: Compose refused, 41: a replica crashed or is
# unhealthy, 42: not well in time.
project=$1 file=$2 mode=$3 deadline=$4 format=$5
shift 5

scales=
services=
for spec; do
    service=${spec%%:*}
    rest=${spec#*:}
    services="$services $service"
    scales="$scales --scale $service=${rest%%:*}"
done
# What runs already is judged by what it does from now on: `ID RESTARTS`
past=$(docker ps --quiet --no-trunc --filter "label=com.docker.compose.project=$project")
# shellcheck disable=SC2086 # one word an id
[ -z "$past" ] || past=$(docker inspect --format '{{.ID}} {{.RestartCount}}' $past 2>/dev/null || :)
keep=--no-recreate
[ "$mode" = roll ] || keep=--force-recreate
# shellcheck disable=SC2086 # service names have no spaces
docker compose --project-name "$project" --file "$file" up --detach --no-deps --no-build \
    --quiet-pull $keep $scales $services >.up.log 2>&1 || {
    tail -n 5 .up.log >&2
    exit 40
}
rm -f .up.log

ids=
for spec; do
    definition=$(echo "$spec" | cut -d: -f4)
    ids="$ids $(docker ps --all --quiet --no-trunc \
        --filter "label=com.docker.compose.project=$project" \
        --filter "label=com.docker.compose.service=${spec%%:*}" \
        --filter label=com.docker.compose.oneoff=False \
        --filter "label=slipway.definition=$definition" | tr '\n' ' ')"
done
ids=$(echo "$ids" | tr -s ' ' '\n' | grep . || :)
[ -n "$ids" ] || { echo "no container of the wanted definition came up" >&2; exit 40; }

state='{{index .Config.Labels "com.docker.compose.service"}} {{.ID}} {{.RestartCount}} {{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{else}}unchecked{{end}}'
steady=$(($(date +%s) + 2))
until=$(($(date +%s) + deadline))
seen=
while :; do
    # shellcheck disable=SC2086 # one word an id
    states=$(docker inspect --format "$state" $ids 2>/dev/null || :)
    now=$(date +%s)
    states=$(printf '%s\n%s\n' "$past" "$states" | awk '
        NF == 2 {past[$1] = $2}
        NF == 5 {age = ($2 in past) ? "old" : "new"; print $1, $2, $3 - past[$2], $4, $5, age}')
    bad=$(echo "$states" | awk '$3 > 0 || $6 == "new" && ($4 ~ /exited|dead|restarting/ || $5 == "unhealthy") {print $1, $2}')
    summary=$(echo "$states" | awk '{print $1, ($5 == "unchecked" ? $4 : $5)}' | sort | uniq -c | awk '{printf "%s%d %s %s", (NR > 1 ? ", " : ""), $1, $2, $3}')
    [ "$summary" = "$seen" ] || say "$summary"
    seen=$summary
    missing=
    for spec; do
        service=${spec%%:*}
        wanted=$(echo "$spec" | cut -d: -f3)
        tolerated=$(echo "$spec" | cut -d: -f5)
        failed=$(echo "$bad" | awk -v s="$service" '$1 == s' | wc -l)
        if [ "$failed" -gt "$tolerated" ]; then
            # shellcheck disable=SC2046 # one word an id
            diagnose $(echo "$bad" | awk '{print $2}')
            exit 41
        fi
        well=$(echo "$states" | awk -v s="$service" -v steady="$((now >= steady))" \
            '$1 == s && $3 == 0 && $4 == "running" && ($5 == "healthy" || ($5 == "unchecked" && steady))' | wc -l)
        # What is tolerated may fail, not just be late: before the deadline all others are waited for.
        [ "$now" -ge "$until" ] || tolerated=$failed
        [ "$well" -ge $((wanted - tolerated)) ] || missing="$missing $service"
    done
    [ -n "$missing" ] || break
    if [ "$now" -ge "$until" ]; then
        echo "not well after $deadline s:$missing" >&2
        # shellcheck disable=SC2046 # one word an id
        diagnose $(echo "$states" | awk '$5 != "healthy" {print $2}')
        exit 42
    fi
    alive
    sleep 0.3
done
# shellcheck disable=SC2086 # one word an id
docker inspect --format "$format" $ids
