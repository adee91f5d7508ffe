#!/bin/sh
# For /etc/letsencrypt/renewal-hooks/deploy on the server: certbot runs it after each renewal. Every
# nginx of this app reads the new certificate, whatever its environment is called.
set -eu
case $RENEWED_LINEAGE in */training-club) ;; *) exit 0 ;; esac
docker ps --filter label=com.docker.compose.service=nginx \
    --format '{{.ID}} {{.Label "com.docker.compose.project"}}' |
    while read -r id project; do
        case $project in training-club | training-club-*) docker exec "$id" nginx -s reload ;; esac
    done
