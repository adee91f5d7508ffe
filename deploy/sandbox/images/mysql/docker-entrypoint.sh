#!/bin/bash
# The contract of the official entrypoints: MYSQL_ROOT_PASSWORD, MYSQL_DATABASE, MYSQL_USER and
# MYSQL_PASSWORD (each also as ..._FILE and as MARIADB_...), MYSQL_ALLOW_EMPTY_PASSWORD, initdb.d.
set -Eeo pipefail

for name in ROOT_PASSWORD DATABASE USER PASSWORD; do
  for family in MARIADB MYSQL; do
    from=${family}_$name file=${family}_${name}_FILE
    if [ -n "${!file:-}" ]; then export "$from=$(<"${!file}")"; fi
    if [ -n "${!from:-}" ]; then export "MYSQL_$name=${!from}"; fi
  done
done

client() { "$(command -v mariadb || echo mysql)" --user=root --socket=/var/run/mysqld/first.sock "$@"; }

literal() { printf "'%s'" "$(printf %s "$1" | sed "s/[\\\\']/\\\\&/g")"; }

create_server() {
  if [ -z "$MYSQL_ROOT_PASSWORD$MYSQL_ALLOW_EMPTY_PASSWORD" ]; then
    echo >&2 "Database is uninitialized and password option is not specified: MYSQL_ROOT_PASSWORD"
    exit 1
  fi
  if [ "$DAEMON" = mariadbd ]; then
    mariadb-install-db --skip-test-db --auth-root-authentication-method=normal >/dev/null
  else
    "$DAEMON" --initialize-insecure
  fi
  "$@" --skip-networking --socket=/var/run/mysqld/first.sock &
  local first=$! script
  until client --execute 'select 1' >/dev/null 2>&1; do sleep 0.1; done
  client <<SQL
    ALTER USER 'root'@'localhost' IDENTIFIED BY $(literal "$MYSQL_ROOT_PASSWORD");
    CREATE USER 'root'@'%' IDENTIFIED BY $(literal "$MYSQL_ROOT_PASSWORD");
    GRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;
SQL
  export MYSQL_PWD=$MYSQL_ROOT_PASSWORD
  if [ -n "$MYSQL_DATABASE" ]; then client --execute "CREATE DATABASE IF NOT EXISTS \`$MYSQL_DATABASE\`"; fi
  if [ -n "$MYSQL_USER" ]; then
    client --execute "CREATE USER '$MYSQL_USER'@'%' IDENTIFIED BY $(literal "$MYSQL_PASSWORD")"
    if [ -n "$MYSQL_DATABASE" ]; then
      client --execute "GRANT ALL ON \`${MYSQL_DATABASE//_/\\_}\`.* TO '$MYSQL_USER'@'%'"
    fi
  fi
  for script in /docker-entrypoint-initdb.d/*; do
    case $script in
      *.sh)
        # shellcheck source=/dev/null
        if [ -x "$script" ]; then "$script"; else . "$script"; fi ;;
      *.sql) client ${MYSQL_DATABASE:+"$MYSQL_DATABASE"} <"$script" ;;
      *.sql.gz) gunzip -c "$script" | client ${MYSQL_DATABASE:+"$MYSQL_DATABASE"} ;;
    esac
  done
  kill "$first"
  wait "$first" || :
  unset MYSQL_PWD
}

case ${1:-} in
  -*) set -- "$DAEMON" "$@" ;;
  server | mysqld | mariadbd) shift; set -- "$DAEMON" "$@" ;;
esac
if [ "${1:-}" = "$DAEMON" ]; then
  if [ "$(id -u)" = 0 ]; then
    chown mysql:mysql /var/lib/mysql
    exec gosu mysql "${BASH_SOURCE[0]}" "$@"
  fi
  if [ ! -d /var/lib/mysql/mysql ]; then create_server "$@"; fi
fi
exec "$@"
