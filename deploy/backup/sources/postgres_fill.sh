#!/bin/sh
# Fills a new cluster from stdin; postgres_client.sh stands in front.  $1 container  $2 roles or dump
# A role that the image made already is changed to what it was, a database made anew: `postgres` is
# in every cluster.
set -eu
if [ "$2" = roles ]; then
    # shellcheck disable=SC2016 # $do$ is Postgres's
    sed -E 's/^CREATE ROLE (.*);$/DO $do$ BEGIN CREATE ROLE \1; EXCEPTION WHEN duplicate_object THEN NULL; END $do$;/' |
        client "$1" psql -Xq -v ON_ERROR_STOP=1 -d postgres >/dev/null
else
    client "$1" pg_restore --create --clean --if-exists --exit-on-error --dbname=template1
fi
