import type { ManagedCache } from '../spec.ts';
import { type Child, meta, names } from './child.ts';
import { claim } from './claim.ts';
import { ports } from './config-map.ts';
import { redisCredentials } from './credentials.ts';
import { containerSecurity, dataOf } from './pod.ts';
import { commandProbe, statefulSet } from './stateful-set.ts';

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
        data: { 'redis.conf': settings(registry.cache) },
      };

export const redis: Child = (registry, observed) => {
  const { cache } = registry;
  if (cache?.kind !== 'managed') return undefined;
  const name = names(registry).redis;
  const ping = ['redis-cli', '-e', 'ping'];
  return statefulSet(registry, 'redis', {
    storage: cache.storage,
    found: observed.redis,
    config: settings(cache),
    secret: dataOf(redisCredentials(registry, observed))['auth.conf'],
    userId: redisUser,
    pod: {
      terminationGracePeriodSeconds: 30,
      containers: [
        {
          name: 'redis',
          image: cache.image,
          imagePullPolicy: 'IfNotPresent',
          command: ['redis-server', `${configPath}/redis.conf`],
          // Read by redis-cli of the probes; on its command line it could be seen in the list of processes.
          env: [{ name: 'REDISCLI_AUTH', valueFrom: { secretKeyRef: { name, key: 'password' } } }],
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
            { name: 'credentials', mountPath: credentialsPath, readOnly: true },
            { name: 'tmp', mountPath: '/tmp' },
          ],
        },
      ],
      volumes: [
        { name: 'config', configMap: { name, defaultMode: 0o444 } },
        {
          name: 'credentials',
          secret: {
            secretName: name,
            defaultMode: 0o440,
            items: [{ key: 'auth.conf', path: 'auth.conf' }],
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
include ${credentialsPath}/auth.conf
`;
}
