#!/bin/sh
# Writes the users, the roles and their grants to stdout, those that every server has left out; one
# that a new server has already is made anew. mysql_client.sh stands in front.  $1 container
# A pipe would hide that an answer failed: so each is taken whole first.
set -eu
maria=$(ask "$1" "select version() like '%MariaDB%'")
if [ "$maria" = 1 ]; then
    which="is_role = 'N'" hex=""
    roles=$(ask "$1" "select concat('\`', user, '\`') from mysql.user where is_role = 'Y' order by 1")
else
    # A role is a locked user without a password; hashes have bytes that are no text.
    which="true order by authentication_string <> '', account_locked = 'N'" roles=
    hex="set print_identified_with_as_hex = on;"
fi
ours="user not in ('', 'root', 'mysql', 'mysql.infoschema', 'mysql.session', 'mysql.sys', 'mariadb.sys', 'healthcheck')"
users=$(ask "$1" "select concat(quote(user), '@', quote(host)) from mysql.user where $ours and $which")
each() { [ -z "$1" ] || printf '%s\n' "$1"; }
each "$roles" | while IFS= read -r role; do
    printf '%s\n' "DROP ROLE IF EXISTS $role; CREATE ROLE $role;"
done
each "$users" | while IFS= read -r user; do
    said=$(ask "$1" "$hex show create user $user") || exit
    made=$(each "$said" | sed -n '/^CREATE USER/{s/$/;/;p;}')
    [ -n "$made" ] || { echo "the server does not say how $user is made" >&2; exit 1; }
    printf '%s\n' "DROP USER IF EXISTS $user;" "$made"
done
{ each "$roles"; each "$users"; } | while IFS= read -r user; do
    said=$(ask "$1" "show grants for $user") || exit
    each "$said" | sed 's/$/;/'
done
echo "-- Dump completed"
