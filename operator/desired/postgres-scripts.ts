import { databaseName } from './credentials.ts';
import { databaseRoles } from './rotation.ts';

const [owner, second] = databaseRoles;

/**
 * SQL that gives the roles what $ROLES_FILE says, a statement a line (as single-user mode reads them). The second role
 * acts as the first, so whatever either makes belongs to both. Statements that fail would be logged with the password.
 */
const roleStatements = `export PGOPTIONS='-c log_min_error_statement=panic'
role_statements() {
  echo "DO 'BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ''${owner}'') THEN CREATE ROLE ${owner}; END IF; END';"
  echo "DO 'BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ''${second}'') THEN CREATE ROLE ${second} IN ROLE ${owner}; END IF; END';"
  echo "ALTER ROLE ${second} SET role = '${owner}';"
  while read -r role password; do
    if [ -n "$password" ]; then echo "ALTER ROLE $role LOGIN PASSWORD '$password';"
    else echo "ALTER ROLE $role NOLOGIN PASSWORD NULL;"; fi
  done
}
`;

/**
 * A pod that was deleted by force may still run on the volume while its successor starts. PostgreSQL's own lock file holds a
 * process id, which says nothing outside of its container; a lock of the kernel holds for all on one node, and ends with
 * whoever has it. Storage that knows no locks has none (another status than 1).
 */
const takeLock = `exec 9>"\${PGDATA%/*}/lock"
flock --timeout 120 9 || if [ $? = 1 ]; then
  echo "FATAL: another PostgreSQL still runs on this volume" >&2
  exit 1
fi
`;

/** PostgreSQL itself, for as long as it has the lock. */
export const runScript = `set -eu
${takeLock}exec postgres --config-file="$CONFIG_FILE"
`;

/**
 * Runs before each start of PostgreSQL. Touches nothing of data that is of another major version. Makes the data folder once (in a folder of another name, so that a cut leaves
 * nothing half-made), and gives the registry's roles the passwords of the Secret: also a Secret that was lost, or a
 * volume that an earlier registry of this name left behind, ends in a database that the server can use.
 */
export const prepareScript = `set -eu
${takeLock}if [ -s "$PGDATA/PG_VERSION" ]; then
  data=$(cat "$PGDATA/PG_VERSION")
  # As in: postgres (PostgreSQL) 17.2 (Debian 17.2-1)
  own=$(postgres --version)
  own=\${own#*) }
  own=\${own%%[!0-9]*}
  if [ "$data" != "$own" ]; then
    echo "FATAL: the data is of PostgreSQL $data, and the image has PostgreSQL $own" >&2
    exit 1
  fi
fi
# Left by a kill or a power cut: whoever wrote it had the lock.
rm -f "$PGDATA/postmaster.pid"
${roleStatements}if [ ! -s "$PGDATA/PG_VERSION" ]; then
  echo "making a new database in $PGDATA"
  rm -rf "$PGDATA.new"
  initdb --pgdata="$PGDATA.new" --username=postgres --encoding=UTF8 --locale=C.UTF-8 \\
    --auth-local=peer --auth-host=scram-sha-256 --data-checksums
  rm -rf "$PGDATA"
  mv "$PGDATA.new" "$PGDATA"
fi
single() { postgres --single -D "$PGDATA" -c config_file="$PGDATA/postgresql.conf" -c log_checkpoints=off -c log_min_error_statement=panic template1; }
role_statements < "$ROLES_FILE" | single >/dev/null
if ! echo "SELECT 1 AS found FROM pg_database WHERE datname = '${databaseName}'" | single | grep -q 'found = "1"'; then
  echo "CREATE DATABASE ${databaseName} OWNER ${owner}" | single >/dev/null
fi
`;

/**
 * Runs beside PostgreSQL, gives the roles other passwords while connections last, and has it read another certificate:
 * the kubelet writes a Secret that has changed into the volumes of running pods. Twice a minute it looks how much room the volume
 * has, and where that is another hundredth says so in a comment on the database, which the servers may read.
 */
export const followScript = `set -eu
trap 'exit 0' TERM INT
${roleStatements}ask() { psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --host=/var/run/postgresql --username=postgres template1; }
applied=''
loaded=''
told=''
turn=0
tell_room() {
  room=$(df -Pk "$VOLUME" | { read -r head; read -r device size used free rest; echo "$size $free"; })
  size=\${room% *}
  free=\${room#* }
  share=$((free * 100 / size))
  if [ "$share $size" != "$told" ] && echo "COMMENT ON DATABASE ${databaseName} IS 'volume: $size KiB, $free KiB free';" | ask; then
    told="$share $size"
  fi
}
while :; do
  if [ -z "$told" ] || [ $((turn % 15)) = 0 ]; then tell_room || true; fi
  turn=$((turn + 1))
  wanted=$(cat "$ROLES_FILE")
  if [ "$wanted" != "$applied" ] && role_statements < "$ROLES_FILE" | ask; then
    applied=$wanted
    echo 'the roles have the passwords of the Secret'
  fi
  if [ -n "\${TLS_FILE:-}" ]; then
    certificate=$(cat "$TLS_FILE")
    if [ "$certificate" != "$loaded" ] && echo 'SELECT pg_reload_conf();' | ask >/dev/null; then loaded=$certificate; fi
  fi
  sleep 2 &
  wait $!
done
`;
