#!/bin/sh
# Unpacks what a release is made of, from stdin, as the user who deploys.  $1 folder
# Modes stay as they were: users of containers read what is mounted.
set -eu
umask 077
mkdir -p "$1"
tar --extract --file=- --directory="$1" --no-same-owner --preserve-permissions
