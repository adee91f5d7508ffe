#!/bin/sh
# Builds the pump's image where it is not there yet.  $1 image  stdin: what it is built from, as tar
docker image inspect "$1" >/dev/null 2>&1 || docker build --quiet --tag "$1" - >/dev/null
