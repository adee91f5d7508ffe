#!/bin/sh
# Writes a release down as the current one and gives the lock back; step.sh stands in front.
# The record comes on stdin, as one line.  $1 id of the release, or - to write none, or keep to change nothing but
# the lock  $2… ids of releases to prune
# Ends 47: the record came cut short, nothing is written down.
release=$1
shift
if [ "$release" = keep ]; then
    rm -rf lock
    exit 0
fi
if [ "$release" != - ]; then
    cat >"releases/$release/.release.json"
    [ "$(wc -l <"releases/$release/.release.json")" -eq 1 ] || exit 47
    sync "releases/$release/.release.json" 2>/dev/null || :
    mv "releases/$release/.release.json" "releases/$release/release.json"
    rm -f current.new
    ln -s "releases/$release" current.new
    mv -T current.new current
    for upstream in upstreams/*.conf; do
        service=$(basename "$upstream" .conf)
        grep -qF "\"$service\":" "releases/$release/compose.yaml" || rm -f "$upstream"
    done
fi

# What a run that died had placed was never recorded, and goes too.
for placed in releases/*; do
    [ -f "$placed/release.json" ] || set -- "$@" "$(basename "$placed")"
done

# An image goes when no release of any app or environment on this machine names it any more.
for old; do
    [ -d "releases/$old" ] || continue
    [ ! -f "releases/$old/images" ] || mv "releases/$old/images" "releases/.images.$old"
    rm -rf "releases/$old"
    [ -f "releases/.images.$old" ] || continue
    while read -r digest tag; do
        ! cat ../../*/*/releases/*/images 2>/dev/null | grep -qF "$digest" || continue
        id=$(docker image inspect --format '{{.ID}}' "$digest" 2>/dev/null) || continue
        [ "$(docker image inspect --format '{{.ID}}' "$tag" 2>/dev/null)" != "$id" ] || docker rmi "$tag" >/dev/null 2>&1 || :
        docker rmi "$digest" >/dev/null 2>&1 || :
    done <"releases/.images.$old"
    rm -f "releases/.images.$old"
done
for folder in files/*; do
    [ ! -d "$folder" ] || grep -qF "$folder" releases/*/compose.yaml 2>/dev/null || rm -rf "$folder"
done
rm -rf lock
