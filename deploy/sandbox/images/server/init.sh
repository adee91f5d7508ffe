#!/bin/bash
# The first process until systemd takes over.
set -eu

# The engine gives this container its own view of the control groups, read-only: make it writable.
mount -o remount,bind,rw /sys/fs/cgroup
if [ "$(stat -fc %T /sys/fs/cgroup)" != cgroup2fs ]; then
  # Version 1: one mount per controller. systemd may see only those that are mounted, or it would
  # open new hierarchies for the whole machine.
  for controller in /sys/fs/cgroup/*/; do
    if mountpoint -q "$controller"; then mount -o remount,bind,rw "$controller"; fi
  done
  while read -r name rest; do
    case $name in
      '#'*) printf '%s\t%s\n' "$name" "$rest" ;;
      *) if mountpoint -q "/sys/fs/cgroup/$name"; then printf '%s\t%s\n' "$name" "$rest"; fi ;;
    esac
  done </proc/cgroups >/etc/sandbox-cgroups
  mount --bind /etc/sandbox-cgroups /proc/cgroups
fi

certificates=/etc/ssl/slipway
if [ ! -s "$certificates/fullchain.pem" ]; then
  mkdir -p "$certificates"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
    -subj "/CN=$(hostname)" \
    -addext 'subjectAltName=DNS:staging.sandbox,DNS:production.sandbox,DNS:localhost,IP:127.0.0.1' \
    -keyout "$certificates/privkey.pem" -out "$certificates/fullchain.pem" 2>/dev/null
  # Any container that mounts this folder may read the key, whatever its uid: it guards nothing.
  chmod 0644 "$certificates/privkey.pem" "$certificates/fullchain.pem"
fi

exec /sbin/init SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1
