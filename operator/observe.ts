import { randomBytes } from 'node:crypto';
import { renew } from './authority.ts';
import { bundleOf, issuedLeaves, readCertificates } from './desired/certificates.ts';
import { host, names } from './desired/child.ts';
import { namedSecrets } from './desired/named-secrets.ts';
import { overlaySecrets, overlayServiceAccount } from './desired/overlay-references.ts';
import type { Caches } from './kube/cache.ts';
import type { Trust } from './kube/get-json.ts';
import type { KubeObject, V1PersistentVolumeClaim, V1Pod, V1StatefulSet } from './kube/kubernetes.ts';
import type { NamedSecrets } from './kube/named-secrets.ts';
import type { ReadWarnings } from './kube/warnings.ts';
import { componentOf } from './labels.ts';
import type { Certificates, Observed, Served } from './observed.ts';
import type { Probe } from './probe.ts';
import type { Registry } from './registry.ts';
import { isWaitingForItsNode } from './status/pod-cause.ts';

interface ObserveParts {
  readonly caches: Caches;
  readonly nowMs: () => number;
  readonly newPassword?: () => string;
  readonly secrets: Pick<NamedSecrets, 'read' | 'readServiceAccount'>;
  readonly served: ReadonlySet<Served>;
  readonly warnings: ReadWarnings;
}

/** What the registry itself says. */
export type Answers = Pick<Observed, 'answer' | 'unready'>;

/** Asks the registry where a pod of it is up, and a pod that is up and not ready for the reason. */
export async function ask(
  probe: Probe,
  registry: Registry,
  { deployment, pods, certificates }: Observed,
): Promise<Answers> {
  const unready = pods.find(isUpAndUnready);
  const trust = trustOf(registry, certificates);
  const [answer, whyUnready] = await Promise.all([
    (deployment?.status?.readyReplicas ?? 0) > 0 ? probe.ask(registry, trust) : undefined,
    unready === undefined ? undefined : probe.askPod(registry, unready, trust),
  ]);
  return { answer, unready: whyUnready };
}

/** All that one run needs besides, read once from the caches. */
export async function observe(
  { caches, nowMs, newPassword = randomPassword, secrets, served, warnings }: ObserveParts,
  registry: Registry,
  { answer, unready }: Answers = { answer: undefined, unready: undefined },
): Promise<Observed> {
  const key = `${registry.namespace}/${registry.name}`;
  const { server, postgres, redis, auth, hashes } = names(registry);
  const pods = caches.Pod.list(key);
  const secret = (name: string) => caches.Secret.findIntact(key, name);
  const now = nowMs();
  const certificates = await certificatesOf(registry, secret, now);
  const account = overlayServiceAccount(registry);
  const claims = caches.PersistentVolumeClaim.list(key);
  const statefulSets = caches.StatefulSet.list(key);
  return {
    nowMs: now,
    children: childrenOf(caches, key),
    deployment: caches.Deployment.find(key, server),
    postgres: caches.StatefulSet.find(key, postgres),
    redis: caches.StatefulSet.find(key, redis),
    autoscaler: caches.HorizontalPodAutoscaler.find(key, server),
    pods,
    secrets: {
      postgres: secret(postgres),
      redis: secret(redis),
      auth: secret(auth),
      hashes: secret(hashes),
    },
    newPasswords: {
      postgres: newPassword(),
      redis: newPassword(),
      auth: newPassword(),
      hashes: newPassword(),
    },
    claims,
    warnings: await warnings(registry.namespace, waiting(claims, statefulSets, pods, now)),
    served,
    namedSecrets: await secrets.read(registry, [
      ...namedSecrets(registry).map(({ name }) => name),
      ...certificateSecrets(registry),
      ...overlaySecrets(registry),
    ]),
    serviceAccount: account === undefined ? undefined : await secrets.readServiceAccount(registry, account),
    hostsOfOthers: hostsOf(caches.SchemaRegistry, key),
    overruled: [],
    blocked: [],
    certificates,
    answer,
    unready,
  };
}

/** All that a registry has, as the caches hold it. */
export function childrenOf(caches: Caches, key: string): readonly KubeObject[] {
  return Object.values(caches)
    .flatMap((cache) => cache.list(key))
    .filter(({ kind }) => kind !== 'SchemaRegistry');
}

/** While the registry is paused nothing is written, and so no key is made: what is there is all there is. */
async function certificatesOf(
  registry: Registry,
  secret: (name: string) => KubeObject | undefined,
  nowMs: number,
): Promise<Certificates | undefined> {
  if (registry.tls === undefined) return undefined;
  const { authority, leaves = {} } = readCertificates(registry, secret);
  if (registry.isPaused) return authority && { authority, leaves };
  return renew({ registry: registry.name, leaves: issuedLeaves(registry) }, { authority, leaves }, nowMs);
}

/** Those that others write: the operator only looks at them. */
function certificateSecrets({ ingress, tls }: Registry): readonly string[] {
  return [
    ingress?.http.tlsSecretName,
    ingress?.grpc?.tlsSecretName,
    tls?.mode === 'CertManager' ? tls.secretName : undefined,
  ].filter((name) => name !== undefined);
}

/** Where the certificate is somebody else's, its authority is not known here, and what is asked holds no secret. */
function trustOf(registry: Registry, certificates: Certificates | undefined): Trust {
  if (certificates === undefined || registry.tls?.mode !== 'Operator') return {};
  return { ca: bundleOf(certificates.authority), serverName: host(registry, names(registry).server) };
}

/** A host in two Ingresses or routes leads to either, as the controller pleases. */
function hostsOf(registries: Caches['SchemaRegistry'], ownKey: string): ReadonlyMap<string, string> {
  const hosts = registries
    .keys()
    .filter((key) => key !== ownKey)
    .flatMap((key) =>
      registries.list(key).flatMap(({ spec }) => {
        const { ingress, gateway } = spec;
        const { enabled, http, grpc } = ingress ?? {};
        const named = [
          ...(enabled ? [...(http?.hosts ?? []), ...(grpc?.hosts ?? [])] : []),
          ...(gateway?.hostnames ?? []),
          ...(gateway?.grpc?.hostnames ?? []),
        ];
        return named.map((name) => [name, key] as const);
      }),
    );
  return new Map(hosts);
}

/** A node that makes the containers of a pod within this time has nothing to tell. */
const usualStartMs = 5_000;

/** The uids of those that nothing else tells about. */
function waiting(
  claims: readonly V1PersistentVolumeClaim[],
  statefulSets: readonly V1StatefulSet[],
  pods: readonly V1Pod[],
  nowMs: number,
): readonly string[] {
  const pending = claims.filter(({ status }) => status?.phase === 'Pending');
  // One that its controller has not looked at has not been refused anything.
  const podless = statefulSets.filter(({ status }) => status?.observedGeneration && !status.replicas);
  const held = pods.filter(
    (pod) =>
      pod.metadata?.deletionTimestamp === undefined &&
      isWaitingForItsNode(pod) &&
      nowMs - new Date(pod.metadata?.creationTimestamp ?? nowMs).getTime() > usualStartMs,
  );
  return [...pending, ...podless, ...held].flatMap(({ metadata }) => metadata?.uid ?? []);
}

/** The server runs in it, and says that it is not ready. */
function isUpAndUnready({ metadata, status }: V1Pod): boolean {
  // Others come by spec.podTemplate.
  const container = status?.containerStatuses?.find(({ name }) => name === 'server');
  return (
    componentOf({ metadata }) === 'server' &&
    metadata?.deletionTimestamp === undefined &&
    status?.podIP !== undefined &&
    container?.state?.running !== undefined &&
    !container.ready
  );
}

/** 32 bytes in 43 characters that need no escape in a URL, in SQL or in redis.conf. */
function randomPassword(): string {
  return randomBytes(32).toString('base64url');
}
