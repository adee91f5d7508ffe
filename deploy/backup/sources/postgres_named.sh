#!/bin/sh
# Makes the roles that a dump names and that are not there, bare: those that were dropped between the
# dump and that of the roles. postgres_client.sh stands in front.
#   $1 container  stdin: their names, a JSON array; an argument may be too short for them
set -eu
{
    printf %s "set standard_conforming_strings = on;
        select format('create role %I', name) from json_array_elements_text('"
    sed "s/'/''/g"
    printf '%s\n' "') named (name) where name not in (select rolname from pg_roles)" '\gexec'
} | client "$1" psql -XAtq -v ON_ERROR_STOP=1 -d postgres
