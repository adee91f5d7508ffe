#!/bin/sh
# Says which databases are to be dumped, a JSON string each; mysql_client.sh stands in front.
#   $1 container
set -eu
ask "$1" "select json_quote(schema_name) from information_schema.schemata
    where schema_name not in ('information_schema', 'mysql', 'performance_schema', 'sys') order by 1"
