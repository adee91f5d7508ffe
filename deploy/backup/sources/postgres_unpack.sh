#!/bin/sh
# Unpacks a tar on stdin where a service keeps its data, or in a folder there.
#   $1 container, in which no server runs  $2 where data was when it was taken  $3 folder, or .
# shellcheck disable=SC2016 # for the shell in there
exec docker exec --interactive "$1" sh -c '
    at="${PGDATA:-$1}/$2"
    mkdir -p "$at" && exec tar -xf - -C "$at"' sh "$2" "$3"
