# shellcheck shell=sh
# client CONTAINER ARGUMENT…: runs redis-cli in the service's own container. Its password is the one
# in its environment, or the one of its command line.
client() {
    container=$1
    shift
    # shellcheck disable=SC2016 # for the shell in there
    docker inspect --format '{{range .Args}}{{println .}}{{end}}' "$container" |
        sed -n '/^--requirepass$/{n;p;}' |
        docker exec --interactive "$container" sh -c '
            read -r given
            file=${REDIS_PASSWORD_FILE:-}
            [ -z "$file" ] || REDIS_PASSWORD=$(cat "$file")
            REDISCLI_AUTH=${given:-${REDISCLI_AUTH:-${REDIS_PASSWORD:-}}}
            [ -z "$REDISCLI_AUTH" ] && unset REDISCLI_AUTH || export REDISCLI_AUTH
            exec "$(command -v redis-cli || echo valkey-cli)" "$@"' sh "$@"
}

# setting CONTAINER NAME: prints what a setting says; nothing where this version has none such
setting() {
    said=$(client "$1" -e --raw config get "$2") || return
    printf '%s\n' "$said" | sed -n 2p
}
