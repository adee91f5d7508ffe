#!/bin/sh
# Runs once, when the database is first created: a user for reports, who may read and nothing else.
# Both images know the variables, and run this as a program because it is executable.
set -eu

# The first server, which the world does not reach, listens on a socket. Images name it differently.
for socket in /var/run/mysqld/*.sock; do
    case $socket in *mysqlx*) ;; *) break ;; esac
done

MYSQL_PWD=$MYSQL_ROOT_PASSWORD "$(command -v mariadb || echo mysql)" --user=root --socket="$socket" <<SQL
CREATE USER 'reporting'@'%' IDENTIFIED BY '$REPORTING_PASSWORD';
GRANT SELECT, SHOW VIEW ON \`$MYSQL_DATABASE\`.* TO 'reporting'@'%';
SQL
