import type { V1ConfigMap, V1VolumeMount } from '../kube/kubernetes.ts';
import type { ManagedCache, Registry } from '../registry.ts';
import { tlsSecretName } from './certificates.ts';
import { type Child, meta, names } from './child.ts';
import { claim } from './claim.ts';
import { ports } from './config-map.ts';
import { containerSecurity, scratchVolume, secretVolume } from './pod.ts';
import { commandProbe, followerResources, statefulSet } from './stateful-set.ts';

/** The user `redis` in the official image. */
const redisUser = 999;
const configPath = '/etc/llm-schema-registry/redis';
const credentialsPath = '/run/credentials/redis';
const tlsPath = '/run/tls/redis';

export const redisClaim: Child = (registry, observed) =>
  registry.cache?.kind === 'managed' ? claim(registry, 'redis', observed) : undefined;

export const redisConfig: Child = (registry) =>
  registry.cache?.kind !== 'managed'
    ? undefined
    : ({
        ...meta(registry, 'ConfigMap', 'redis', names(registry).redis),
        data: files(registry, registry.cache),
      } satisfies V1ConfigMap);

export const redis: Child = (registry, observed) => {
  const { cache } = registry;
  if (cache?.kind !== 'managed') return undefined;
  const name = names(registry).redis;
  const ping = ['sh', `${configPath}/ping.sh`];
  const secrets: readonly V1VolumeMount[] = [
    { name: 'credentials', mountPath: credentialsPath, readOnly: true },
    ...(registry.tls === undefined ? [] : [{ name: 'tls', mountPath: tlsPath, readOnly: true }]),
  ];
  return statefulSet(registry, 'redis', {
    storage: cache.storage,
    found: observed.redis,
    config: files(registry, cache),
    userId: redisUser,
    pod: {
      terminationGracePeriodSeconds: 30,
      containers: [
        {
          name: 'redis',
          image: cache.image,
          imagePullPolicy: 'IfNotPresent',
          command: ['sh', `${configPath}/run.sh`],
          ports: [{ name: 'redis', containerPort: ports.redis, protocol: 'TCP' }],
          resources: cache.resources,
          startupProbe: commandProbe(ping, 2, 150),
          readinessProbe: commandProbe(ping, 5, 3),
          livenessProbe: commandProbe(ping, 10, 5),
          securityContext: containerSecurity,
          terminationMessagePolicy: 'FallbackToLogsOnError',
          volumeMounts: [
            { name: 'data', mountPath: '/data' },
            { name: 'config', mountPath: configPath, readOnly: true },
            ...secrets,
            { name: 'tmp', mountPath: '/tmp' },
          ],
        },
        {
          name: 'credentials',
          image: cache.image,
          imagePullPolicy: 'IfNotPresent',
          command: ['sh', `${configPath}/follow.sh`],
          resources: followerResources,
          securityContext: containerSecurity,
          terminationMessagePolicy: 'FallbackToLogsOnError',
          volumeMounts: [{ name: 'config', mountPath: configPath, readOnly: true }, ...secrets],
        },
      ],
      volumes: [
        { name: 'config', configMap: { name, defaultMode: 0o444 } },
        secretVolume('credentials', name, ['users.acl', 'password', 'previous']),
        ...(registry.tls === undefined
          ? []
          : [secretVolume('tls', tlsSecretName(registry, 'redis'), ['tls.crt', 'tls.key', 'ca.crt'])]),
        scratchVolume('tmp', '64Mi'),
      ],
    },
  });
};

function files(registry: Registry, cache: ManagedCache): Record<string, string> {
  const isSecure = registry.tls !== undefined;
  return {
    'redis.conf': settings(cache, isSecure),
    'run.sh': runScript,
    'ping.sh': pingScript(isSecure),
    'follow.sh': followScript(isSecure),
  };
}

/** Nobody speaks to Redis without a password: `aclfile` names who may, where its default would let everybody in. */
function settings({ maxMemoryBytes }: ManagedCache, isSecure: boolean): string {
  return `# Written by the operator.
${isSecure ? encryption : `port ${ports.redis}`}
bind * -::*
dir /data
tcp-backlog 511
tcp-keepalive 300
maxmemory ${maxMemoryBytes}
maxmemory-policy allkeys-lru
save 900 1
save 300 10
save 60 10000
appendonly yes
appendfsync everysec
auto-aof-rewrite-percentage 100
auto-aof-rewrite-min-size 64mb
slowlog-log-slower-than 10000
slowlog-max-len 128
aclfile ${credentialsPath}/users.acl
`;
}

const encryption = `port 0
tls-port ${ports.redis}
tls-cert-file ${tlsPath}/tls.crt
tls-key-file ${tlsPath}/tls.key
tls-ca-cert-file ${tlsPath}/ca.crt
tls-auth-clients no
tls-protocols "TLSv1.2 TLSv1.3"`;
const trust = `--tls --cacert ${tlsPath}/ca.crt`;

/** Valkey's images call their programs valkey-…, and some of them redis-… too. */
const programNamed = (part: 'server' | 'cli') => `"$(command -v valkey-${part} || command -v redis-${part})"`;

const runScript = `exec ${programNamed('server')} ${configPath}/redis.conf
`;

/** Passwords are read from files: on a command line they could be seen in the list of processes. */
const pingScript = (
  isSecure: boolean,
) => `REDISCLI_AUTH=$(cat ${credentialsPath}/password) exec ${programNamed('cli')} ${isSecure ? `${trust} ` : ''}-e ping
`;

/** Redis reads the files again when it is told the same names once more. */
const followCertificate = `  certificate=$(cat ${tlsPath}/tls.crt)
  if [ "$certificate" != "$loaded" ] && ask config set tls-cert-file ${tlsPath}/tls.crt tls-key-file ${tlsPath}/tls.key tls-ca-cert-file ${tlsPath}/ca.crt; then
    loaded=$certificate
  fi
`;

/**
 * Runs beside Redis, and lets it read its users and its certificate again when the kubelet has written a Secret that has
 * changed. Redis still has the former password then, or has both.
 */
const followScript = (isSecure: boolean) => `set -eu
trap 'exit 0' TERM INT
users=${credentialsPath}/users.acl
cli=${programNamed('cli')}
ask() {
  for key in previous password; do
    if [ -s "${credentialsPath}/$key" ] \\
      && REDISCLI_AUTH=$(cat "${credentialsPath}/$key") "$cli" ${isSecure ? `${trust} ` : ''}-e "$@" >/dev/null; then return 0; fi
  done
  return 1
}
applied=$(cat "$users")
${isSecure ? `loaded=$(cat ${tlsPath}/tls.crt)\n` : ''}while :; do
  wanted=$(cat "$users")
  if [ "$wanted" != "$applied" ] && ask acl load; then
    applied=$wanted
    echo 'the users have the passwords of the Secret'
  fi
${isSecure ? followCertificate : ''}  sleep 2 &
  wait $!
done
`;
