import type { KubeObject } from '../kube/kubernetes.ts';
import type { Observed } from '../observed.ts';
import type { Registry } from '../registry.ts';
import { rotateAnnotation } from '../spec.ts';
import { timeOf } from '../time.ts';
import { textOf } from './secret.ts';

export type WithPassword = 'postgres' | 'redis';

/** What PostgreSQL or Redis accepts, and since when. */
export interface Credentials {
  /** PostgreSQL keeps one password for a role, so two roles take turns. Redis keeps several for one user. */
  readonly user: string;
  readonly password: string;
  /** Of the other role, or of the same user of Redis; accepted for as long as a pod may use it. */
  readonly previous: string | undefined;
  /** What asked for this password, of those that can ask twice. */
  readonly request: string | undefined;
  readonly rotated: string;
}

export const rotatedAnnotation = 'llm-schema-registry.io/rotated';

/** The first owns the database and is what the second acts as. */
export const databaseRoles = ['registry', 'registry_b'] as const;
const turns: Record<WithPassword, readonly string[]> = { postgres: databaseRoles, redis: ['default'] };

/** Those that are there, until others are asked for; not while the last ones are still on their way to the pods. */
export function rotate(registry: Registry, observed: Observed, component: WithPassword): Credentials {
  const { rotation } = registry;
  const fresh = observed.newPasswords[component];
  const now = timeOf(observed.nowMs);
  const found = readCredentials(observed.secrets[component], component);
  const [first = ''] = turns[component];
  if (found === undefined)
    return { user: first, password: fresh, previous: undefined, request: rotation.request, rotated: now };
  if (found.previous !== undefined) return found;
  const isAsked = rotation.request !== undefined && rotation.request !== found.request;
  const ageMs = observed.nowMs - Date.parse(found.rotated);
  if (!isAsked && !(ageMs >= (rotation.periodSeconds ?? Number.POSITIVE_INFINITY) * 1000)) return found;
  const user = turns[component].find((role) => role !== found.user) ?? found.user;
  return { user, password: fresh, previous: found.password, request: rotation.request, rotated: now };
}

/** A password that somebody has spoiled is taken as none: nothing but ours can be put into SQL and URLs as it stands. */
function readCredentials(secret: KubeObject | undefined, component: WithPassword): Credentials | undefined {
  if (secret === undefined) return undefined;
  const [password, previous] = [textOf(secret, 'password'), textOf(secret, 'previous')];
  if (!isOurs(password)) return undefined;
  const { annotations = {}, creationTimestamp } = secret.metadata;
  const [first = ''] = turns[component];
  return {
    user: turns[component].find((role) => role === textOf(secret, 'username')) ?? first,
    password,
    previous: isOurs(previous) ? previous : undefined,
    request: annotations[rotateAnnotation],
    rotated: annotations[rotatedAnnotation] ?? creationTimestamp ?? timeOf(0),
  };
}

export function isOurs(password: string): boolean {
  return /^[A-Za-z0-9_-]{32,}$/.test(password);
}
