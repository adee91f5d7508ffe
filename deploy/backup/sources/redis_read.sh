#!/bin/sh
# Reads a file of keys on stdin to its end with the program of an image.  $1 image
# That program wants a file: it lies in the container, while this lasts.
# shellcheck disable=SC2016 # for the shell in there
docker run --rm --interactive --network none --entrypoint sh "$1" -c '
    cat >/tmp/dump.rdb && "$(command -v redis-check-rdb || echo valkey-check-rdb)" /tmp/dump.rdb >/tmp/said ||
    { tail -n 1 /tmp/said >&2; exit 1; }'
