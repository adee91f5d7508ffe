#!/bin/sh
# Runs a dump on stdin; mysql_client.sh stands in front.
#   $1 container  $2 the database that the dump makes, in hexadecimal; none for one of users
# The image has made one of that name (MYSQL_DATABASE) with the server's own character set and
# collation, which the dump would keep. Nothing goes to the binary log, which would double it.
set -eu
[ $# -lt 2 ] || ask "$1" "
    set session sql_log_bin = 0;
    set @drop = concat('drop database if exists \`', replace(convert(x'$2' using utf8mb4), '\`', '\`\`'), '\`');
    prepare away from @drop;
    execute away;"
client "$1" sql --init-command="set session sql_log_bin = 0"
