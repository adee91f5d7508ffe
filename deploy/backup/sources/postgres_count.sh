#!/bin/sh
# Says what a database holds, a JSON object a line; postgres_client.sh and postgres_facts.sh stand in
# front.  $1 container  $2 database, as libpq is told it
set -eu
{ patience; facts; } | client "$1" psql -XAtq -v ON_ERROR_STOP=1 -d "$2"
