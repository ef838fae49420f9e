import { randomBytes } from 'node:crypto';
import type { Caches } from './cache.ts';
import { type Answer, names, type Observed } from './desired/child.ts';
import { dataOf } from './desired/pod.ts';
import type { KindName } from './kinds.ts';
import type {
  KubeObject,
  V1Deployment,
  V1PersistentVolumeClaim,
  V1Pod,
  V1StatefulSet,
  V2HorizontalPodAutoscaler,
} from './kubernetes.ts';
import type { Registry } from './spec.ts';

interface ObserveParts {
  readonly caches: Caches;
  readonly ask: (registry: Registry) => Promise<Answer>;
  readonly nowMs: () => number;
  readonly newPassword?: () => string;
}

/** All that one run needs, read once: from the caches, and from the registry itself where a pod of it is up. */
export async function observe(
  { caches, ask, nowMs, newPassword = randomPassword }: ObserveParts,
  registry: Registry,
): Promise<Observed> {
  const key = `${registry.namespace}/${registry.name}`;
  const { server, postgres, redis } = names(registry);
  const find = (kind: KindName, name: string) => caches[kind].find(key, name) as unknown;
  const deployment = find('Deployment', server) as V1Deployment | undefined;
  const password = (name: string) =>
    passwordOf(caches.Secret.find(key, name) ?? caches.Secret.findDeleted(key, name));
  return {
    nowMs: nowMs(),
    children: Object.values(caches)
      .flatMap((cache) => cache.list(key))
      .filter(({ kind }) => kind !== 'SchemaRegistry'),
    deployment,
    postgres: find('StatefulSet', postgres) as V1StatefulSet | undefined,
    redis: find('StatefulSet', redis) as V1StatefulSet | undefined,
    autoscaler: find('HorizontalPodAutoscaler', server) as V2HorizontalPodAutoscaler | undefined,
    pods: caches.Pod.list(key) as unknown as V1Pod[],
    claims: caches.PersistentVolumeClaim.list(key) as unknown as V1PersistentVolumeClaim[],
    passwords: { postgres: password(postgres) ?? newPassword(), redis: password(redis) ?? newPassword() },
    answer: (deployment?.status?.readyReplicas ?? 0) > 0 ? await ask(registry) : undefined,
  };
}

/** 32 bytes in 43 characters that need no escape in a URL, in SQL or in redis.conf. */
function randomPassword(): string {
  return randomBytes(32).toString('base64url');
}

/** A password that somebody has spoiled is taken as none: nothing but ours can be put into SQL and URLs as it stands. */
function passwordOf(secret: KubeObject | undefined): string | undefined {
  const password = Buffer.from(dataOf(secret).password ?? '', 'base64').toString();
  return /^[A-Za-z0-9_-]{32,}$/.test(password) ? password : undefined;
}
