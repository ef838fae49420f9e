import type { V1ConfigMap, V1EnvVar, V1VolumeMount } from '../kube/kubernetes.ts';
import { parseQuantity } from '../quantity.ts';
import type { ManagedDatabase, Registry } from '../registry.ts';
import { tlsSecretName } from './certificates.ts';
import { type Child, meta, names } from './child.ts';
import { claim } from './claim.ts';
import { ports } from './config-map.ts';
import { databaseName } from './credentials.ts';
import { containerSecurity, scratchVolume, secretVolume } from './pod.ts';
import { refusedImage } from './postgres-major.ts';
import { followScript, prepareScript, runScript } from './postgres-scripts.ts';
import { databaseRoles } from './rotation.ts';
import { commandProbe, followerResources, statefulSet } from './stateful-set.ts';

/** The user `postgres` in the Debian-based official image. */
const postgresUser = 999;
const volumePath = '/var/lib/postgresql/data';
/** The data lies below the volume's root, where some file systems keep a lost+found that initdb minds. */
const dataPath = `${volumePath}/pgdata`;
const configPath = '/etc/llm-schema-registry/postgres';
const credentialsPath = '/run/credentials/postgres';
const tlsPath = '/run/tls/postgres';

export const postgresClaim: Child = (registry, observed) =>
  registry.database.kind === 'managed' ? claim(registry, 'postgres', observed) : undefined;

export const postgresConfig: Child = (registry) =>
  registry.database.kind !== 'managed'
    ? undefined
    : ({
        ...meta(registry, 'ConfigMap', 'postgres', names(registry).postgres),
        data: {
          'postgresql.conf': settings(registry, registry.database),
          'pg_hba.conf': accessRules(registry),
          'prepare.sh': prepareScript,
          'run.sh': runScript,
          'follow.sh': followScript,
        },
      } satisfies V1ConfigMap);

export const postgres: Child = (registry, observed) => {
  const name = names(registry).postgres;
  const { database } = registry;
  if (database.kind !== 'managed') return undefined;
  const { storage, resources } = database;
  const image = refusedImage(registry, observed)?.kept ?? database.image;
  const mounts: V1VolumeMount[] = [
    { name: 'data', mountPath: volumePath },
    { name: 'config', mountPath: configPath, readOnly: true },
    { name: 'run', mountPath: '/var/run/postgresql' },
    { name: 'tmp', mountPath: '/tmp' },
    ...(registry.tls === undefined ? [] : [{ name: 'tls', mountPath: tlsPath, readOnly: true }]),
  ];
  const isReady = [
    'pg_isready',
    '--host=127.0.0.1',
    `--username=${databaseRoles[0]}`,
    `--dbname=${databaseName}`,
  ];
  const rolesFile: V1EnvVar = { name: 'ROLES_FILE', value: `${credentialsPath}/roles` };
  const credentials: V1VolumeMount = { name: 'credentials', mountPath: credentialsPath, readOnly: true };
  return statefulSet(registry, 'postgres', {
    storage,
    found: observed.postgres,
    config: [settings(registry, database), accessRules(registry), prepareScript, runScript, followScript],
    userId: postgresUser,
    pod: {
      terminationGracePeriodSeconds: 60,
      initContainers: [
        {
          name: 'prepare',
          image,
          imagePullPolicy: 'IfNotPresent',
          command: ['sh', `${configPath}/prepare.sh`],
          env: [{ name: 'PGDATA', value: dataPath }, rolesFile],
          resources,
          securityContext: containerSecurity,
          terminationMessagePolicy: 'FallbackToLogsOnError',
          volumeMounts: [...mounts, credentials],
        },
      ],
      containers: [
        {
          name: 'postgres',
          image,
          imagePullPolicy: 'IfNotPresent',
          command: ['sh', `${configPath}/run.sh`],
          env: [
            { name: 'PGDATA', value: dataPath },
            { name: 'CONFIG_FILE', value: `${configPath}/postgresql.conf` },
          ],
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
        {
          name: 'credentials',
          image,
          imagePullPolicy: 'IfNotPresent',
          command: ['sh', `${configPath}/follow.sh`],
          env: [
            rolesFile,
            { name: 'VOLUME', value: volumePath },
            ...(registry.tls === undefined ? [] : [{ name: 'TLS_FILE', value: `${tlsPath}/tls.crt` }]),
          ],
          resources: followerResources,
          securityContext: containerSecurity,
          terminationMessagePolicy: 'FallbackToLogsOnError',
          volumeMounts: [
            ...mounts.map((mount) => (mount.name === 'data' ? { ...mount, readOnly: true } : mount)),
            credentials,
          ],
        },
      ],
      volumes: [
        { name: 'config', configMap: { name, defaultMode: 0o444 } },
        secretVolume('credentials', name, ['roles']),
        ...(registry.tls === undefined
          ? []
          : [secretVolume('tls', tlsSecretName(registry, 'postgres'), ['tls.crt', 'tls.key'])]),
        scratchVolume('run', '16Mi'),
        scratchVolume('tmp', '256Mi'),
      ],
    },
  });
};

function settings(
  { database: { pool }, autoscaling, replicas, tls }: Registry,
  { resources }: ManagedDatabase,
): string {
  // All replicas, one more while a rollout is under way, each with its pool and its listener for changes. In steps: another
  // number restarts PostgreSQL, and with it every `kubectl scale` would be an outage.
  const needed = ((autoscaling?.maxReplicas ?? replicas) + 1) * (pool.max + 1) + 10;
  const connections = Math.max(512, 2 ** Math.ceil(Math.log2(needed)));
  const memory = parseQuantity(String(resources.requests?.memory ?? '1Gi'));
  return `# Written by the operator.
data_directory = '${dataPath}'
hba_file = '${configPath}/pg_hba.conf'
listen_addresses = '*'${tls === undefined ? '' : encryption}
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

const encryption = `
ssl = on
ssl_cert_file = '${tlsPath}/tls.crt'
ssl_key_file = '${tlsPath}/tls.key'
ssl_min_protocol_version = 'TLSv1.2'`;

/** The superuser has no password and comes only from inside the pod. */
const accessRules = ({ tls }: Registry) => `# Written by the operator.
local all postgres peer
${tls === undefined ? 'host' : 'hostssl'} ${databaseName} ${databaseRoles.join(',')} all scram-sha-256
`;
