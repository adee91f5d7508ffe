#!/bin/sh
# Each template under NGINX_ENVSUBST_TEMPLATE_DIR becomes a file under NGINX_ENVSUBST_OUTPUT_DIR.
# Only variables that exist are replaced, so that nginx's own $host and $uri stay as they are.
set -e
from=${NGINX_ENVSUBST_TEMPLATE_DIR:-/etc/nginx/templates}
to=${NGINX_ENVSUBST_OUTPUT_DIR:-/etc/nginx/conf.d}
suffix=${NGINX_ENVSUBST_TEMPLATE_SUFFIX:-.template}
[ -d "$from" ] || exit 0
if [ ! -w "$to" ]; then
  echo "$0: $to is not writable, templates are left alone" >&2
  exit 0
fi
names=$(env | cut -d= -f1 | grep -E "${NGINX_ENVSUBST_FILTER:-.}" | sed 's/.*/${&}/' | tr '\n' ' ')
find -L "$from" -type f -name "*$suffix" | while read -r template; do
  relative=${template#"$from"/}
  output=$to/${relative%"$suffix"}
  mkdir -p "$(dirname "$output")"
  envsubst "$names" <"$template" >"$output"
done
