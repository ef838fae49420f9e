#!/bin/sh
# What docker-compose.yml relies on of the official image's entrypoint, for an image that has none.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  (umask 077 && printf '%s' "$POSTGRES_PASSWORD" > /tmp/password)
  # shellcheck disable=SC2086
  initdb --pgdata="$PGDATA" --username=postgres --pwfile=/tmp/password $POSTGRES_INITDB_ARGS
  rm /tmp/password
  echo "listen_addresses = '*'" >> "$PGDATA/postgresql.conf"
  echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
  pg_ctl --wait --options="-c listen_addresses=''" start
  for script in /docker-entrypoint-initdb.d/*.sh; do
    . "$script"
  done
  pg_ctl --wait --mode=fast stop
fi
exec "$@"
