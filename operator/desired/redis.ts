import type { ManagedCache } from '../spec.ts';
import { type Child, meta, names } from './child.ts';
import { claim } from './claim.ts';
import { ports } from './config-map.ts';
import { containerSecurity } from './pod.ts';
import { commandProbe, followerResources, statefulSet } from './stateful-set.ts';

/** `redis` in the official image. */
const redisUser = 999;
const configPath = '/etc/llm-schema-registry/redis';
const credentialsPath = '/run/credentials/redis';

export const redisClaim: Child = (registry, observed) =>
  registry.cache?.kind === 'managed' ? claim(registry, 'redis', observed) : undefined;

export const redisConfig: Child = (registry) =>
  registry.cache?.kind !== 'managed'
    ? undefined
    : {
        ...meta(registry, 'ConfigMap', 'redis', names(registry).redis),
        data: { 'redis.conf': settings(registry.cache), 'ping.sh': pingScript, 'follow.sh': followScript },
      };

export const redis: Child = (registry, observed) => {
  const { cache } = registry;
  if (cache?.kind !== 'managed') return undefined;
  const name = names(registry).redis;
  const ping = ['sh', `${configPath}/ping.sh`];
  const credentials = { name: 'credentials', mountPath: credentialsPath, readOnly: true };
  return statefulSet(registry, 'redis', {
    storage: cache.storage,
    found: observed.redis,
    config: [settings(cache), pingScript, followScript],
    userId: redisUser,
    pod: {
      terminationGracePeriodSeconds: 30,
      containers: [
        {
          name: 'redis',
          image: cache.image,
          imagePullPolicy: 'IfNotPresent',
          command: ['redis-server', `${configPath}/redis.conf`],
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
            credentials,
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
          volumeMounts: [{ name: 'config', mountPath: configPath, readOnly: true }, credentials],
        },
      ],
      volumes: [
        { name: 'config', configMap: { name, defaultMode: 0o444 } },
        {
          name: 'credentials',
          secret: {
            secretName: name,
            defaultMode: 0o440,
            items: ['users.acl', 'password', 'previous'].map((key) => ({ key, path: key })),
          },
        },
        { name: 'tmp', emptyDir: {} },
      ],
    },
  });
};

/** Row C35, with a password instead of an open door (trap I5). */
function settings({ maxMemoryBytes }: ManagedCache): string {
  return `# Written by the operator.
port ${ports.redis}
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

/** Passwords are read from files: on a command line they could be seen in the list of processes. */
const pingScript = `REDISCLI_AUTH=$(cat ${credentialsPath}/password) exec redis-cli -e ping
`;

/**
 * Runs beside Redis, and lets it read its users again when the kubelet has written a Secret that has changed. Redis
 * still has the former password then, or has both.
 */
const followScript = `set -eu
trap 'exit 0' TERM INT
users=${credentialsPath}/users.acl
applied=$(cat "$users")
while :; do
  wanted=$(cat "$users")
  if [ "$wanted" != "$applied" ]; then
    for key in previous password; do
      if [ -s "${credentialsPath}/$key" ] && REDISCLI_AUTH=$(cat "${credentialsPath}/$key") redis-cli -e acl load; then
        applied=$wanted
        break
      fi
    done
  fi
  sleep 2 &
  wait $!
done
`;
