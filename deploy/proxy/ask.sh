#!/bin/sh
# Asks for a URL through nginx; reload.sh stands in front.  $1 folder  $2 URL  $3… nginx containers
# Prints each status and body. Ends 53 where one is not good.
set -u
cd "$1" || exit 53
url=$2
shift 2
code=0
for nginx; do
    status=$(answer "$nginx" "$url")
    printf '%s %s\n' "$status" "$(sed '$d' ".answer.$$" | head -c 2000)"
    case $status in 2??) ;; *) code=53 ;; esac
done
rm -f ".answer.$$"
exit "$code"
