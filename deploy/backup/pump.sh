#!/bin/sh
# Runs the pump in a container of its own, beside what feeds it or what it feeds. Orders come on
# stdin, the pump's events leave on stdout; when the client goes, the pump sees it and ends.
#   $1 folder for what is under way, made here and removed at the end  $2 image  $3 save or load
#   $4 what the pump sees as /data: a volume or a folder, or -  $5 ro or rw
#   $6 containers that hold still meanwhile: pause:ID and stop:ID, with spaces between
#   $7 a file, where the store is a folder: what is saved to or loaded from; or -
#   $8 a script whose stdout (save) or stdin (load) is at the other end of the pump, or -
#   $9… its arguments; what it writes to descriptor 3 is told as an event
# still.sh stands in front.
set -u
umask 077
trap '' PIPE HUP
folder=$1 image=$2 verb=$3 data=$4 mode=$5 still=$6 file=$7 script=$8
shift 8
mkdir -p "$(dirname "$folder")" && mkdir "$folder" || exit
beside=
# shellcheck disable=SC2329 # the trap calls it
end() {
    # shellcheck disable=SC2086 # one process a word
    [ -z "$beside" ] || kill $beside 2>/dev/null
    # Who waits for a pump that never came waits no more.
    [ ! -p "$folder/store" ] || : <>"$folder/store"
    [ -z "$still" ] || go_on "$(dirname "$folder")"
    rm -rf "$folder"
}
trap end EXIT
# shellcheck disable=SC2086 # one container a word
[ -z "$still" ] || hold_still "$(dirname "$folder")" $still || exit

# ended CODE SAID EXIT: leaves how a process beside the pump has ended, and what it has said
ended() {
    { echo "$1"; cat "$folder/$2"; } >"$folder/$3.new" && mv "$folder/$3.new" "$folder/$3"
}

if [ "$script" != - ]; then
    mkfifo "$folder/pipe"
    (
        if [ "$verb" = save ]; then
            sh -c "$script" "$verb" "$@" >"$folder/pipe" 3>"$folder/facts" 2>"$folder/said"
        else
            sh -c "$script" "$verb" "$@" <"$folder/pipe" 3>"$folder/facts" 2>"$folder/said"
        fi
        ended $? said exit
    ) </dev/null &
    beside=$!
fi

# A process of who deploys, as a share may not let root write there. It ends 65 where no file is.
if [ "$file" != - ]; then
    mkfifo "$folder/store"
    (
        export LC_ALL=C
        if [ "$verb" = save ]; then
            dd of="$file" bs=1M iflag=fullblock conv=fsync status=none <"$folder/store"
        elif [ -e "$file" ]; then
            cat "$file" >"$folder/store"
        else
            (exit 65) >"$folder/store"
        fi 2>"$folder/store.said"
        ended $? store.said store.exit
    ) </dev/null &
    beside="$beside $!"
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
