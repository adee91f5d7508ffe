#!/bin/sh
# Takes the lock of an environment, puts the release in its place, and keeps the lock while the
# client lives: each line on stdin is a heartbeat, `release` ends it, end of file marks it abandoned.
#   $1 folder  $2 id of the run  $3 holder as JSON  $4 stamp that was observed  $5 seconds without a
#   heartbeat until it is stale  $6 bytes of tar that come first on stdin
# Prints `claimed`. Ends 23: no right to write, 77: held (says by whom), 78: something changed since
# the observation, 79: the files cannot be written.
set -eu
umask 077
trap '' PIPE HUP
root=$1 run=$2 holder=$3 stamp=$4 expiry=$5 bytes=$6

{ mkdir -p "$root" && [ -w "$root" ]; } 2>/dev/null || { id -un >&2; exit 23; }
cd "$root"
mkdir -p releases upstreams data files
chmod 755 upstreams

note() {
    printf '{"at":%d,"run":"%s","note":"%s","holder":%s}\n' "$(date +%s)" "$run" "$1" "$2" \
        >>journal.jsonl 2>/dev/null || :
}
# give_back: moved away first, as its keeper may touch the heartbeat while it is removed
give_back() {
    [ ! -d lock ] || mv -T lock "lock.$run" || return
    rm -rf "lock.$run" || :
}
ours() { [ "$(cat lock/run 2>/dev/null)" = "$run" ]; }

exec 8>>.claim
flock -w 30 8 || { echo "another run is taking the lock" >&2; exit 75; }
if [ -d lock ]; then
    age=$(($(date +%s) - $(stat -c %Y lock/heartbeat 2>/dev/null || echo 0)))
    # a heartbeat of the future: the clock was set back, after a power cut for one
    if [ ! -e lock/abandoned ] && [ "$age" -lt "$expiry" ] && [ "$age" -gt "-$expiry" ]; then
        printf '%s\n%s\n' "$age" "$(cat lock/holder)" >&2
        exit 77
    fi
fi
# A step may still run, of a run that died or whose lock was freed. What it does came after the look:
# it writes a line when it ends, so the stamp tells.
exec 9>>.step
flock -w 60 9 || { echo "still running here: $(cat .step)" >&2; exit 75; }
[ "$(readlink current || :):$(wc -c 2>/dev/null <journal.jsonl || echo 0)" = "${stamp:-:0}" ] || exit 78
if [ -d lock ]; then
    note "took over an abandoned lock" "$(cat lock/holder 2>/dev/null || echo '{}')"
    give_back
fi
rm -rf lock.* incoming.* .input.*
prepare() {
    mkdir lock.new || return
    printf '%s\n' "$run" >lock.new/run || return
    printf '%s\n' "$holder" >lock.new/holder || return
    echo 0 >lock.new/turn || return
    touch lock.new/heartbeat || return
    # Room for undoing, should the disk become full meanwhile: catch_up.sh gives it back.
    head -c 262144 /dev/zero >lock.new/spare || return
}
prepare || { rm -rf lock.new; exit 79; }
mv -T lock.new lock
exec 8>&- 9>&-
note begin "$holder"

# What runs now reads the files of earlier releases: none is overwritten, and none is there in part.
incoming=incoming.$run
unpack() {
    mkdir "$incoming" || return
    head -c "$bytes" >"$incoming/.tar" || return
    [ "$(wc -c <"$incoming/.tar")" -eq "$bytes" ] || return  # the client is gone
    tar -xpof "$incoming/.tar" -C "$incoming" || return
    for new in "$incoming"/files/*/* "$incoming"/files/*/.[!.]* "$incoming"/releases/*; do
        [ -e "$new" ] || continue
        there=${new#"$incoming"/}
        mkdir -p "$(dirname "$there")" || return
        [ -d "$there" ] || mv -T "$new" "$there" || return
    done
}
# A slow line is no dead one: what still comes counts as a heartbeat, and so does unpacking it.
arrives() {
    before=0
    while sleep $((1 + expiry / 6)) && ours; do
        size=$(wc -c 2>/dev/null <"$incoming/.tar" || echo 0)
        { [ "$size" -eq "$before" ] && [ "$size" -lt "$bytes" ]; } || touch lock/heartbeat
        before=$size
    done
}
if [ "$bytes" -gt 0 ]; then
    arrives <&- >&- 2>&- &
    coming=$!
    unpack || {
        kill "$coming" 2>/dev/null || :
        rm -rf "$incoming"
        ! ours || {
            printf '{"at":%d,"run":"%s","step":"undone","seconds":0,"exit":0}\n' "$(date +%s)" "$run" \
                >>journal.jsonl 2>/dev/null || :
            give_back
        }
        exit 79
    }
    kill "$coming" 2>/dev/null || :
    rm -rf "$incoming"
    ! ours || touch lock/heartbeat
fi
echo claimed

# The network may swallow even the end of the connection: whoever beats no more has gone.
beats() { ours && [ $(($(date +%s) - $(stat -c %Y lock/heartbeat 2>/dev/null || echo 0))) -lt "$expiry" ]; }
{
    while beats; do sleep $((1 + expiry / 6)); done
    ! ours || : >lock/abandoned
    kill $$
} <&- >&- 2>&- &
watch=$!
dismiss() { kill "$watch" 2>/dev/null || :; }
trap dismiss EXIT

while IFS= read -r line; do
    ours || exit 76
    [ "$line" != release ] || { dismiss && give_back; exit 0; }
    touch lock/heartbeat 2>/dev/null || :
done
! ours || : >lock/abandoned
