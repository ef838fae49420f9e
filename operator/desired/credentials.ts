import type { Registry } from '../spec.ts';
import { type Child, host, meta, names } from './child.ts';
import { ports } from './config-map.ts';

/**
 * One Secret for each of PostgreSQL and Redis: its password, and the URL that the server reads. Both come from one
 * value, so that they cannot differ (trap I6); the passwords are URL-safe (trap I17).
 */
export const postgresCredentials: Child = (registry, { passwords }) =>
  registry.database.kind === 'external'
    ? undefined
    : secret(registry, 'postgres', {
        username: databaseUser,
        password: passwords.postgres,
        DATABASE_URL: `postgres://${databaseUser}:${passwords.postgres}@${host(registry, names(registry).postgres)}:${ports.postgres}/${databaseName}`,
      });

export const redisCredentials: Child = (registry, { passwords }) =>
  registry.cache?.kind !== 'managed'
    ? undefined
    : secret(registry, 'redis', {
        password: passwords.redis,
        // Included by redis.conf: a password on the command line could be seen in the list of processes.
        'auth.conf': `requirepass ${passwords.redis}\n`,
        REDIS_URL: `redis://:${passwords.redis}@${host(registry, names(registry).redis)}:${ports.redis}/0`,
      });

export const databaseUser = 'registry';
export const databaseName = 'registry';

function secret(
  registry: Registry,
  component: 'postgres' | 'redis',
  values: Readonly<Record<string, string>>,
) {
  const data = Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  return {
    ...meta(registry, 'Secret', component, names(registry)[component]),
    type: 'Opaque',
    data: Object.fromEntries(data) as Record<string, string>,
  };
}
