#!/bin/sh
# Flags or a configuration file alone mean the server; the server never runs as root.
set -e
case "${1:-}" in
  -* | *.conf) set -- redis-server "$@" ;;
esac
if [ "${1:-}" = redis-server ]; then
  # Outside a container Redis guards an open port by itself; here the network does.
  set -- "$@" --protected-mode no
  if [ "$(id -u)" = 0 ]; then
    find . \! -user redis -exec chown redis '{}' +
    exec gosu redis "$0" "$@"
  fi
fi
exec "$@"
