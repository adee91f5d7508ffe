#!/bin/sh
# Writes the roles and their grants to stdout; postgres_client.sh stands in front.  $1 container
client "$1" pg_dumpall --globals-only --no-tablespaces </dev/null
