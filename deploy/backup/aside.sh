#!/bin/sh
# Says which of these volumes and folders are there.  $1… volumes and folders
for place; do
    case $place in
        /*) [ ! -d "$place" ] || echo "$place" ;;
        *) ! docker volume inspect "$place" >/dev/null 2>&1 || echo "$place" ;;
    esac
done
