#!/bin/sh
# Run once by the image of PostgreSQL, when its volume is empty.
set -eu
psql -v owner_password="$OWNER_PASSWORD" -v login_password="$LOGIN_PASSWORD" -v backup_password="$BACKUP_PASSWORD" \
    --username "$POSTGRES_USER" --dbname postgres -f /srv/roles.sql
