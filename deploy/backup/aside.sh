#!/bin/sh
# Says what the last restore has put aside, and where it is: `restored PLACE` where the data of the
# snapshot serves and PLACE is what served before, `returned PLACE` where that was undone.
#   $1 image of the pump  $2 file in which swap.sh has noted it
[ ! -f "$2" ] || while read -r inode place; do
    case $place in
        /*) [ -d "$place" ] || continue ;;
        *) docker volume inspect "$place" >/dev/null 2>&1 || continue ;;
    esac
    now=$(docker run --rm --network none --entrypoint stat --volume "$place:/at:ro" "$1" --format %i /at </dev/null) || exit
    if [ "$now" = "$inode" ]; then echo "restored $place"; else echo "returned $place"; fi
done <"$2"
