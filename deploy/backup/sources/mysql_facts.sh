# shellcheck shell=sh
# facts CONTAINER DATABASE: says what a database, its name in hexadecimal, holds, a JSON object a line.
facts() {
    its="= convert(x'$2' using utf8mb4)"
    ask "$1" "
        select json_object('version', version());
        select json_object('objects', json_object(concat(lower(table_type), ' ', table_name), true))
            from information_schema.tables where table_schema $its;
        select json_object('objects', json_object(concat(lower(routine_type), ' ', routine_name), true))
            from information_schema.routines where routine_schema $its;
        select json_object('objects', json_object(concat('trigger ', trigger_name), true))
            from information_schema.triggers where trigger_schema $its;
        select json_object('objects', json_object(concat('event ', event_name), true))
            from information_schema.events where event_schema $its;"
}
