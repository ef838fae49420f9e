import type { KubeObject, V1ObjectMeta } from '../kube/kubernetes.ts';
import { componentOf } from '../labels.ts';
import type { Observed } from '../observed.ts';
import type { Registry } from '../registry.ts';
import { rotateAnnotation } from '../spec.ts';
import { type Child, host, names } from './child.ts';
import { ports } from './config-map.ts';
import { contentHash, secretHashAnnotation } from './pod.ts';
import { type Credentials, databaseRoles, rotate, rotatedAnnotation, type WithPassword } from './rotation.ts';
import { secret } from './secret.ts';

export const databaseName = 'registry';

/**
 * One Secret for each of PostgreSQL and Redis: what it accepts, and the URL that the server reads. All come from one
 * value, so that they cannot differ; the passwords are URL-safe.
 */
export const postgresCredentials: Child = (registry, observed) => {
  if (registry.database.kind !== 'managed') return undefined;
  const found = credentials(registry, observed, 'postgres');
  const { user, password, previous } = found;
  return credentialsSecret(registry, 'postgres', found, {
    username: user,
    DATABASE_URL: databaseUrl(registry, found),
    // A line for each role: its name, and its password where it may log in.
    roles: databaseRoles.map((role) => `${role} ${(role === user ? password : previous) ?? ''}\n`).join(''),
  });
};

export const redisCredentials: Child = (registry, observed) => {
  if (registry.cache?.kind !== 'managed') return undefined;
  const found = credentials(registry, observed, 'redis');
  const { user, password, previous } = found;
  const accepted = [password, previous].flatMap((text) => (text === undefined ? [] : [`>${text}`]));
  return credentialsSecret(registry, 'redis', found, {
    'users.acl': `user ${user} on ~* &* +@all ${accepted.join(' ')}\n`,
    REDIS_URL: redisUrl(registry, found),
  });
};

/** A hash of the URLs that the server reads: its pods are replaced when it changes. */
export function serverSecretHash(registry: Registry, observed: Observed): string {
  return contentHash([
    registry.database.kind === 'managed'
      ? databaseUrl(registry, rotate(registry, observed, 'postgres'))
      : undefined,
    registry.cache?.kind === 'managed' ? redisUrl(registry, rotate(registry, observed, 'redis')) : undefined,
  ]);
}

/**
 * A new password and the former one are both accepted until every server pod has the new one, those on their way out
 * among them: either may open a connection at any time.
 */
function credentials(registry: Registry, observed: Observed, component: WithPassword): Credentials {
  const found = rotate(registry, observed, component);
  return isUsedEverywhere(observed, serverSecretHash(registry, observed))
    ? { ...found, previous: undefined }
    : found;
}

function isUsedEverywhere({ deployment, pods }: Observed, hash: string): boolean {
  const hasIt = (template: { metadata?: V1ObjectMeta } | undefined) =>
    template?.metadata?.annotations?.[secretHashAnnotation] === hash;
  const servers = pods.filter((pod) => componentOf(pod) === 'server');
  return hasIt(deployment?.spec?.template) && servers.every(hasIt);
}

function databaseUrl(registry: Registry, { user, password }: Credentials): string {
  const place = `${host(registry, names(registry).postgres)}:${ports.postgres}/${databaseName}`;
  return `postgres://${user}:${password}@${place}`;
}

function redisUrl(registry: Registry, { password }: Credentials): string {
  return `redis://:${password}@${host(registry, names(registry).redis)}:${ports.redis}/0`;
}

function credentialsSecret(
  registry: Registry,
  component: WithPassword,
  { password, previous = '', request, rotated }: Credentials,
  values: Readonly<Record<string, string>>,
): KubeObject {
  const annotations = {
    [rotatedAnnotation]: rotated,
    ...(request === undefined ? {} : { [rotateAnnotation]: request }),
  };
  // `previous` is never missing: a volume names its keys.
  return secret(
    registry,
    component,
    names(registry)[component],
    { password, previous, ...values },
    { annotations },
  );
}
