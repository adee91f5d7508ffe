#!/bin/sh
# Lets one run at a time work on the snapshots of an environment, as long as its connection lives:
# a line on stdin is a sign of life, the end of file the end.
#   $1 folder  $2 who, as JSON  $3 Compose project of stand-ins
# still.sh stands in front. Prints `held`. Ends 23: no right to write, 77: another one is at work (says who).
set -u
umask 077
trap '' PIPE HUP
mkdir -p "$1/backup" 2>/dev/null && [ -w "$1/backup" ] || { id -un >&2; exit 23; }
cd "$1/backup" || exit 23
exec 9>>hold
flock --nonblock 9 || { cat holder >&2 2>/dev/null; exit 77; }
printf '%s\n' "$2" >holder
# What a run that died has left: services that hold still, files, and stand-ins of databases.
cat still.[0-9]* >>still 2>/dev/null && rm -f still.[0-9]*  # of one that died while it let them go on
go_on "$PWD"
rm -rf run.*
docker ps --all --quiet --filter "label=com.docker.compose.project=$3" | xargs -r docker rm --force --volumes >/dev/null
echo held
touch alive
{
    while [ $(($(date +%s) - $(stat -c %Y alive 2>/dev/null || echo 0))) -lt 120 ]; do sleep 10; done
    kill $$
} <&- >&- 2>&- 9>&- &
watch=$!
trap 'kill "$watch" 2>/dev/null; rm -f holder' EXIT
while IFS= read -r _; do touch alive; done
