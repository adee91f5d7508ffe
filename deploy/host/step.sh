# shellcheck shell=sh
# Put in front of every script that changes something in an environment.
#   $1 folder of the environment   $2 id of the run, `:`, and which of its steps this is, from 1
#   $3 title of the step, as a JSON string
# One step at a time, even when the client that sent the last one is gone: a step holds .step.
# Only under the lock: a run whose lock was taken over changes nothing more.
# Only in the order in which they were sent: a step that its client has given up may be slow to
# come here, and must not begin when what undoes it has begun.
# Ends 75 when another step does not finish, 76 when the lock is not ours or a later step was here.
set -eu
umask 077
trap '' PIPE HUP
# shellcheck disable=SC2034 # the script behind reads them
root=$1 run=${2%:*} turn=${2##*:} title=$3
shift 3
cd "$root" || exit 76
# What the client sends is awaited before anything is held: one that sleeps holds nobody up. Who
# removes the file meanwhile ends this step before it begins.
input=.input.$run.$$
if true 2>/dev/null >"$input"; then
    cat >"$input" || :
    exec <"$input"
    rm -f "$input"
fi
exec 9>>.step
flock -w 60 9 || { echo "still running here: $(cat .step)" >&2; exit 75; }
[ "$(cat lock/run 2>/dev/null)" = "$run" ] || { cat lock/holder 2>/dev/null >&2 || :; exit 76; }
last=$(cat lock/turn 2>/dev/null || :)
[ "$turn" -gt "${last:-0}" ] || exit 76
printf '%s\n' "$turn" 1<>lock/turn || :  # in place: a full disk has no other
printf '%s\n' "$title" >.step || :  # on a full disk, what undoes and frees must still run
begun=$(date +%s)

say() { printf '%s\n' "$*" 2>/dev/null || :; }

# alive: in a loop that waits; ends 74 when nobody listens any more
alive() { printf '.\n' 2>/dev/null || exit 74; }

finish() {
    code=${1:-$?}
    now=$(date +%s)
    printf '{"at":%d,"run":"%s","step":%s,"seconds":%d,"exit":%d}\n' \
        "$now" "$run" "$title" $((now - begun)) "$code" >>journal.jsonl 2>/dev/null || :
    : >.step 2>/dev/null || :
    exit "$code"
}
trap finish EXIT

# diagnose ID…: says on stderr why containers are not well
diagnose() {
    for id in "$@"; do
        docker inspect --format \
            '{{.Name}}: {{.State.Status}}, exit code {{.State.ExitCode}}, restarts {{.RestartCount}}{{if .State.Health}}, {{.State.Health.Status}}{{range .State.Health.Log}}
  health check ended {{.ExitCode}}: {{.Output}}{{end}}{{end}}' "$id" 2>/dev/null | sed 's#^/##' | grep -v '^ *$' | tail -n 6 >&2 || :
        echo "  last lines of its log:" >&2
        docker logs --tail 20 "$id" 2>&1 | sed 's/^/  | /' >&2 || :
    done
}
