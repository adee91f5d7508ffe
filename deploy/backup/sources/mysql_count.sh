#!/bin/sh
# Says what a database holds, a JSON object a line, and the rows of each of its tables;
# mysql_client.sh and mysql_facts.sh stand in front.  $1 container  $2 database, in hexadecimal
set -eu
facts "$1" "$2"
tables=$(ask "$1" "select concat('select json_object(''rows'', json_object(', quote(table_name), ', count(*))) from ',
        '\`', replace(table_schema, '\`', '\`\`'), '\`.\`', replace(table_name, '\`', '\`\`'), '\`;')
    from information_schema.tables
    where table_type = 'BASE TABLE' and table_schema = convert(x'$2' using utf8mb4)")
[ -z "$tables" ] || ask "$1" "$tables"
