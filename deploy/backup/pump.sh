#!/bin/sh
# Runs the pump in a container of its own, beside what feeds it or what it feeds. Orders come on
# stdin, the pump's events leave on stdout; when the client goes, the pump sees it and ends.
#   $1 folder for what is under way, made here and removed at the end  $2 image  $3 save or load
#   $4 what the pump sees as /data: a volume or a folder, or -  $5 ro or rw
#   $6 containers that hold still meanwhile: pause:ID and stop:ID, with spaces between
#   $7 a script whose stdout (save) or stdin (load) is at the other end of the pump, or -
#   $8… its arguments; what it writes to descriptor 3 is told as an event
# still.sh stands in front.
set -u
umask 077
trap '' PIPE HUP
folder=$1 image=$2 verb=$3 data=$4 mode=$5 still=$6 script=$7
shift 7
mkdir -p "$(dirname "$folder")" && mkdir "$folder" || exit
outside=
# shellcheck disable=SC2329 # the trap calls it
end() {
    [ -z "$outside" ] || { exec 4>&-; kill "$outside" 2>/dev/null; }
    [ -z "$still" ] || go_on "$(dirname "$folder")"
    rm -rf "$folder"
}
trap end EXIT
# shellcheck disable=SC2086 # one container a word
[ -z "$still" ] || hold_still "$(dirname "$folder")" $still || exit

if [ "$script" != - ]; then
    mkfifo "$folder/pipe"
    (
        if [ "$verb" = save ]; then
            sh -c "$script" "$verb" "$@" >"$folder/pipe" 3>"$folder/facts" 2>"$folder/said"
        else
            sh -c "$script" "$verb" "$@" <"$folder/pipe" 3>"$folder/facts" 2>"$folder/said"
        fi
        { echo $?; cat "$folder/said"; } >"$folder/exit.new"
        mv "$folder/exit.new" "$folder/exit"
    ) </dev/null &
    outside=$!
fi

name=slipway$(printf %s "$folder" | tr -c 'A-Za-z0-9_.-' '-')
set -- --rm --interactive --network host --name "$name" --cpu-shares 256
set -- "$@" --cap-drop ALL --security-opt no-new-privileges:true
for capability in CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID MKNOD SETFCAP; do
    set -- "$@" --cap-add "$capability"
done
[ "$data" = - ] || set -- "$@" --volume "$data:/data:$mode"
if [ "$verb" = save ]; then
    index=$(dirname "$folder")/index
    mkdir -p "$index"
    set -- "$@" --volume "$index:/index"
fi
docker run "$@" --volume "$folder:/run/slipway" "$image" "$verb"
code=$?
if [ -s "$folder/facts" ]; then
    printf '{"facts": "%s"}\n' "$(base64 -w 0 <"$folder/facts")" 2>/dev/null || :
fi
exit "$code"
