# shellcheck shell=sh
# client CONTAINER sql|dump ARGUMENT…: runs a client program of MySQL or MariaDB in the service's own
# container, as root, with the password that the container was made with.
client() {
    container=$1
    shift
    # shellcheck disable=SC2016 # for the shell in there
    docker exec --interactive "$container" sh -c '
        for name in MARIADB_ROOT_PASSWORD MYSQL_ROOT_PASSWORD; do
            eval "file=\${${name}_FILE:-} value=\${$name:-}"
            [ -z "$file" ] || value=$(cat "$file")
            [ -z "$value" ] || export MYSQL_PWD="$value"
        done
        program=$1
        shift
        case $program in
            sql) set -- "$(command -v mariadb || echo mysql)" --user=root --default-character-set=utf8mb4 "$@" ;;
            dump)
                if command -v mariadb-dump >/dev/null; then
                    set -- mariadb-dump --user=root "$@"
                else
                    set -- mysqldump --user=root --set-gtid-purged=OFF "$@"
                fi ;;
        esac
        exec "$@"' sh "$@"
}

# ask CONTAINER SQL: prints the answer, bare. An argument would hold no more than 128 KiB of it.
ask() {
    printf '%s\n' "$2" | client "$1" sql --batch --raw --skip-column-names
}
