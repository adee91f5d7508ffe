#!/bin/sh
# Reads a dump on stdin to its end with the pg_restore of an image, which needs no server.  $1 image
docker run --rm --interactive --network none --entrypoint pg_restore "$1" --file=/dev/null
