#!/bin/sh
# What a recovery has come to, for one that is cut off: the volumes that it has begun to fill, one a
# line, and then `filled ID`.
#   $1 folder of backups  $2 read (prints it), filled (with $3, a snapshot's id) or done
set -eu
umask 077
note=$1/recovering
case $2 in
    read) cat "$note" 2>/dev/null || : ;;
    filled) printf 'filled %s\n' "$3" >>"$note" ;;
    done) rm -f "$note" ;;
esac
