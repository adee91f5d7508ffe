# shellcheck shell=sh
# client CONTAINER PROGRAM…: runs a client program of Postgres in the service's own container, as the
# user that the container was made with. psql speaks UTF-8, whatever a database keeps its text in; a
# dump stays as it is kept.
client() {
    container=$1
    shift
    # shellcheck disable=SC2016 # for the shell in there
    docker exec --interactive "$container" sh -c '
        export PGUSER="${POSTGRES_USER:-postgres}"
        [ -z "${POSTGRES_PASSWORD_FILE:-}" ] || POSTGRES_PASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
        export PGPASSWORD="${POSTGRES_PASSWORD:-}"
        [ "$1" != psql ] || export PGCLIENTENCODING=UTF8
        exec "$@"' sh "$@"
}
