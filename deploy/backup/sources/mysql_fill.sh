#!/bin/sh
# Runs a dump on stdin; mysql_client.sh stands in front.  $1 container
# Nothing of it goes to the binary log, which would double it.
client "$1" sql --init-command="set session sql_log_bin = 0"
