# shellcheck shell=sh
# hold_still FOLDER pause:ID|stop:ID…: lets containers hold still, which is written down first. A
# process of its own lets them go on when this one dies. One that is stopped starts again with its
# machine meanwhile, whatever its restart policy is.
hold_still() {
    at=$1/still
    shift
    for one; do
        id=${one#*:}
        policy=$(docker inspect --format '{{.HostConfig.RestartPolicy.Name}}:{{.HostConfig.RestartPolicy.MaximumRetryCount}}' "$id") || return
        echo "${one%%:*} $id ${policy%:0}"
    done >"$at.new"
    sync "$at.new"
    mv "$at.new" "$at"
    (
        trap '' HUP INT TERM
        while kill -0 "$$" 2>/dev/null && [ -e "$at" ]; do sleep 1; done
        go_on "$(dirname "$at")"
    ) </dev/null >/dev/null 2>&1 &
    while read -r how id policy; do
        case $how in
            pause) docker pause "$id" ;;
            stop) docker update --restart always "$id" && docker stop "$id" ;;
        esac >/dev/null || return
    done <"$at"
}

# go_on FOLDER: lets those go on that hold still, if any; one that is gone has a successor
go_on() {
    mv "$1/still" "$1/still.$$" 2>/dev/null || return 0
    while read -r how id policy; do
        case $how in
            pause) docker unpause "$id" ;;
            stop) docker start "$id"; docker update --restart "${policy:-no}" "$id" ;;
        esac >/dev/null 2>&1
    done <"$1/still.$$"
    rm -f "$1/still.$$"
}
