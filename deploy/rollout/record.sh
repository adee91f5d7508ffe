#!/bin/sh
# Writes a release down as the current one and gives the lock back; step.sh stands in front.
# The record comes on stdin, as one line.  $1 id of the release, or - to write none, or keep to change nothing but
# the lock  $2… ids of releases to prune
# Ends 47: the record came cut short, nothing is written down.
release=$1
shift
# shellcheck disable=SC2154 # root comes from step.sh
environment=$(basename "$(dirname "$root")")-$(basename "$root")

# mark RELEASE DIGEST: the tag that tells everybody on this machine that a release needs an image.
# Other environments may be another user's, whose files cannot be read; and `docker image prune`
# takes an image whose own tag has moved on.
mark() { printf 'slipway/kept:%s.%s.%.12s' "$environment" "$1" "${2##*:}"; }

# prune PATH: what another user has put there stays, and hinders nothing
prune() { rm -rf "$1" 2>/dev/null || say "$root/$1 cannot be removed. remove it by hand."; }

# give_back: moved away first, as its keeper may touch the heartbeat while it is removed
give_back() {
    # shellcheck disable=SC2154 # run comes from step.sh
    [ ! -d lock ] || mv -T lock "lock.$run"
    rm -rf "lock.$run" || :
}

if [ "$release" = keep ]; then
    give_back
    exit 0
fi
if [ "$release" != - ]; then
    cat >"releases/$release/.release.json"
    [ "$(wc -l <"releases/$release/.release.json")" -eq 1 ] || exit 47
    sync "releases/$release/.release.json" 2>/dev/null || :
    [ ! -f "releases/$release/images" ] || while read -r digest _; do
        docker tag "$digest" "$(mark "$release" "$digest")" >/dev/null 2>&1 || :
    done <"releases/$release/images"
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

# An image goes when no release of any app or environment on this machine keeps it any more.
for old; do
    [ -d "releases/$old" ] || continue
    [ ! -f "releases/$old/images" ] || mv "releases/$old/images" "releases/.images.$old"
    prune "releases/$old"
done
for list in releases/.images.*; do  # one may be left of a run that died
    [ -f "$list" ] || continue
    while read -r digest tag; do
        docker rmi "$(mark "${list#releases/.images.}" "$digest")" >/dev/null 2>&1 || :
        id=$(docker image inspect --format '{{.ID}}' "$digest" 2>/dev/null) || continue
        ! docker image inspect --format '{{.RepoTags}}' "$digest" | grep -q slipway/kept: || continue
        [ "$(docker image inspect --format '{{.ID}}' "$tag" 2>/dev/null)" != "$id" ] || docker rmi "$tag" >/dev/null 2>&1 || :
        docker rmi "$digest" >/dev/null 2>&1 || :
    done <"$list"
    rm -f "$list"
done
# What a container has mounted stays, recorded or not: a run that was cut off may have left it serving.
mounted=$(docker ps --all --quiet --filter "label=com.docker.compose.project=$environment" |
    xargs -r docker inspect --format '{{range .Mounts}}{{println .Source}}{{end}}' 2>/dev/null) || :
for folder in files/*; do
    case $mounted in *"/$folder/"*) continue ;; esac
    [ ! -d "$folder" ] || grep -qF "$folder" releases/*/compose.yaml 2>/dev/null || prune "$folder"
done
give_back
