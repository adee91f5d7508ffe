#!/bin/sh
# Writes all keys as they are at one moment to stdout, in Redis's own format, which ends with a
# checksum; redis_client.sh stands in front.  $1 container
client "$1" -e --rdb -
