import { parseQuantity } from '../quantity.ts';
import type { ManagedDatabase, Registry } from '../spec.ts';
import { type Child, meta, names } from './child.ts';
import { claim } from './claim.ts';
import { ports } from './config-map.ts';
import { databaseName, databaseUser, postgresCredentials } from './credentials.ts';
import { containerSecurity, dataOf } from './pod.ts';
import { commandProbe, statefulSet } from './stateful-set.ts';

/** `postgres` in the Debian-based official image. */
const postgresUser = 999;
const volumePath = '/var/lib/postgresql/data';
/** Below the volume's root, where some file systems keep a lost+found that initdb minds. */
const dataPath = `${volumePath}/pgdata`;
const configPath = '/etc/llm-schema-registry/postgres';
const credentialsPath = '/run/credentials/postgres';

export const postgresClaim: Child = (registry, observed) =>
  registry.database.kind === 'managed' ? claim(registry, 'postgres', observed) : undefined;

export const postgresConfig: Child = (registry) =>
  registry.database.kind === 'external'
    ? undefined
    : {
        ...meta(registry, 'ConfigMap', 'postgres', names(registry).postgres),
        data: {
          'postgresql.conf': settings(registry, registry.database),
          'pg_hba.conf': accessRules,
          'prepare.sh': prepareScript,
        },
      };

export const postgres: Child = (registry, observed) => {
  const name = names(registry).postgres;
  const { database } = registry;
  if (database.kind === 'external') return undefined;
  const { image, storage, resources } = database;
  const mounts = [
    { name: 'data', mountPath: volumePath },
    { name: 'config', mountPath: configPath, readOnly: true },
    { name: 'run', mountPath: '/var/run/postgresql' },
    { name: 'tmp', mountPath: '/tmp' },
  ];
  const isReady = [
    'pg_isready',
    '--host=127.0.0.1',
    `--username=${databaseUser}`,
    `--dbname=${databaseName}`,
  ];
  return statefulSet(registry, 'postgres', {
    storage: storage,
    found: observed.postgres,
    config: [settings(registry, database), accessRules, prepareScript],
    secret: dataOf(postgresCredentials(registry, observed)).password,
    userId: postgresUser,
    pod: {
      terminationGracePeriodSeconds: 60,
      initContainers: [
        {
          name: 'prepare',
          image,
          imagePullPolicy: 'IfNotPresent',
          command: ['sh', `${configPath}/prepare.sh`],
          env: [
            { name: 'PGDATA', value: dataPath },
            { name: 'PASSWORD_FILE', value: `${credentialsPath}/password` },
          ],
          resources,
          securityContext: containerSecurity,
          terminationMessagePolicy: 'FallbackToLogsOnError',
          volumeMounts: [...mounts, { name: 'credentials', mountPath: credentialsPath, readOnly: true }],
        },
      ],
      containers: [
        {
          name: 'postgres',
          image,
          imagePullPolicy: 'IfNotPresent',
          command: ['postgres', `--config-file=${configPath}/postgresql.conf`],
          env: [{ name: 'PGDATA', value: dataPath }],
          ports: [{ name: 'postgres', containerPort: ports.postgres, protocol: 'TCP' }],
          resources,
          startupProbe: commandProbe(isReady, 2, 150),
          readinessProbe: commandProbe(isReady, 5, 3),
          livenessProbe: commandProbe(isReady, 10, 6),
          // SIGTERM alone would wait for every client to leave; not every image says STOPSIGNAL SIGINT.
          lifecycle: {
            preStop: { exec: { command: ['pg_ctl', 'stop', '--mode=fast', `--pgdata=${dataPath}`] } },
          },
          securityContext: containerSecurity,
          terminationMessagePolicy: 'FallbackToLogsOnError',
          volumeMounts: mounts,
        },
      ],
      volumes: [
        { name: 'config', configMap: { name, defaultMode: 0o444 } },
        {
          name: 'credentials',
          secret: { secretName: name, defaultMode: 0o440, items: [{ key: 'password', path: 'password' }] },
        },
        { name: 'run', emptyDir: {} },
        { name: 'tmp', emptyDir: {} },
      ],
    },
  });
};

function settings(
  { database: { pool }, autoscaling, replicas }: Registry,
  { resources }: ManagedDatabase,
): string {
  // All replicas, one more while a rollout is under way, each with its pool and its listener for changes.
  const connections = ((autoscaling?.maxReplicas ?? replicas) + 1) * (pool.max + 1) + 10;
  const memory = parseQuantity(String(resources.requests?.memory ?? '1Gi'));
  return `# Written by the operator.
data_directory = '${dataPath}'
hba_file = '${configPath}/pg_hba.conf'
listen_addresses = '*'
port = ${ports.postgres}
unix_socket_directories = '/var/run/postgresql'
max_connections = ${connections}
shared_buffers = ${Math.max(32, Math.round(memory / 4 / 2 ** 20))}MB
password_encryption = 'scram-sha-256'
log_destination = 'stderr'
logging_collector = off
log_timezone = 'UTC'
timezone = 'UTC'
`;
}

/** The superuser has no password and comes only from inside the pod. */
const accessRules = `# Written by the operator.
local all postgres peer
host ${databaseName} ${databaseUser} all scram-sha-256
`;

/**
 * Runs before each start of PostgreSQL. Makes the data folder once (in a folder of another name, so that a cut leaves
 * nothing half-made), and gives the registry's role the password of the Secret: also a Secret that was lost, or a
 * volume that an earlier registry of this name left behind, ends in a database that the server can use.
 */
const prepareScript = `set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  echo "making a new database in $PGDATA"
  rm -rf "$PGDATA.new"
  initdb --pgdata="$PGDATA.new" --username=postgres --encoding=UTF8 --locale=C.UTF-8 \\
    --auth-local=peer --auth-host=scram-sha-256 --data-checksums
  rm -rf "$PGDATA"
  mv "$PGDATA.new" "$PGDATA"
fi
single() { postgres --single -D "$PGDATA" -c config_file="$PGDATA/postgresql.conf" -c log_checkpoints=off template1; }
has() { echo "$1" | single | grep -q 'found = "1"'; }
if ! has "SELECT 1 AS found FROM pg_roles WHERE rolname = '${databaseUser}'"; then
  echo "CREATE ROLE ${databaseUser} LOGIN" | single >/dev/null
fi
echo "ALTER ROLE ${databaseUser} WITH LOGIN PASSWORD '$(cat "$PASSWORD_FILE")'" | single >/dev/null
if ! has "SELECT 1 AS found FROM pg_database WHERE datname = '${databaseName}'"; then
  echo "CREATE DATABASE ${databaseName} OWNER ${databaseUser}" | single >/dev/null
fi
`;
