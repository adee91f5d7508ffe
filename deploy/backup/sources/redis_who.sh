#!/bin/sh
# Prints who a Redis runs as, as chown takes it: its ids of user and group.  $1 container
docker exec "$1" stat -c %u:%g /proc/1
