import { readCertificates } from './desired/certificates.ts';
import { names } from './desired/child.ts';
import { namedSecrets } from './desired/named-secrets.ts';
import { overlaySecrets, overlayServiceAccount } from './desired/overlay-references.ts';
import { identityOf } from './identity.ts';
import type { Caches } from './kube/cache.ts';
import type { KubeObject, V1PersistentVolumeClaim, V1Pod, V1StatefulSet } from './kube/kubernetes.ts';
import type { NamedSecrets } from './kube/named-secrets.ts';
import type { ReadWarnings } from './kube/warnings.ts';
import type { Certificates, Issued, Observed, Served } from './observed.ts';
import { type Prober, subjectOf } from './prober.ts';
import type { Registry } from './registry.ts';
import { isWaitingForItsNode } from './status/pod-cause.ts';

interface ObserveParts {
  readonly caches: Caches;
  readonly prober: Pick<Prober, 'findAnswers'>;
  readonly secrets: Pick<NamedSecrets, 'read' | 'readServiceAccount' | 'readCluster'>;
  readonly served: ReadonlySet<Served>;
  readonly warnings: ReadWarnings;
}

/** What is there; from it follows what has to be issued. */
export type Found = Omit<Observed, keyof Issued> & { readonly presentCertificates: Partial<Certificates> };

/** All that one run needs of the world. Nothing is made here, and nothing asked of the registry itself. */
export async function observe(parts: ObserveParts, registry: Registry): Promise<Found> {
  const { caches, secrets, served, warnings } = parts;
  const key = `${registry.namespace}/${registry.name}`;
  const nowMs = Date.now();
  const atHand = look(parts, registry);
  const account = overlayServiceAccount(registry);
  const statefulSets = caches.StatefulSet.list(key);
  return {
    nowMs,
    ...atHand,
    presentCertificates: readCertificates(registry, (name) => caches.Secret.findIntact(key, name)),
    warnings: await warnings(registry.namespace, waiting(atHand.claims, statefulSets, atHand.pods, nowMs)),
    served,
    namedSecrets: await secrets.read(
      registry,
      [
        ...namedSecrets(registry).map(({ name }) => name),
        ...certificateSecrets(registry),
        ...overlaySecrets(registry),
      ],
      served.has('Cluster') ? clusterOfOthers(registry) : undefined,
    ),
    cluster: await findCluster(parts, registry),
    serviceAccount: account === undefined ? undefined : await secrets.readServiceAccount(registry, account),
    hostsOfOthers: hostsOf(caches.SchemaRegistry, key),
    overruled: [],
    blocked: [],
  };
}

/** What costs nothing to look at, and so is looked at once more when something was written. */
export function look({ caches, prober }: Pick<ObserveParts, 'caches' | 'prober'>, registry: Registry) {
  const key = `${registry.namespace}/${registry.name}`;
  const { server, postgres, redis, auth, hashes } = names(registry);
  const deployment = caches.Deployment.find(key, server);
  const pods = caches.Pod.list(key);
  const secret = (name: string) => caches.Secret.findIntact(key, name);
  const answers = prober.findAnswers(key, subjectOf(deployment, pods));
  const children = childrenOf(caches, key);
  const { answer, unready } = answers ?? {};
  const { status } = caches.SchemaRegistry.find(key, registry.name) ?? {};
  return {
    children,
    deployment,
    postgres: caches.StatefulSet.find(key, postgres),
    redis: caches.StatefulSet.find(key, redis),
    autoscaler: caches.HorizontalPodAutoscaler.find(key, server),
    pods,
    claims: caches.PersistentVolumeClaim.list(key),
    secrets: {
      postgres: secret(postgres),
      redis: secret(redis),
      auth: secret(auth),
      hashes: secret(hashes),
    },
    answer,
    unready,
    isAnswered: answers !== undefined,
    databaseVersion:
      status?.dependencies?.database?.kind === 'managed' ? status.dependencies.database.version : undefined,
    identity: identityOf(registry, { children, status, answer, unready, nowMs: Date.now() }),
  } satisfies Partial<Observed>;
}

/** The Cluster of CloudNativePG that the spec names, and somebody else owns. */
function clusterOfOthers({ database }: Registry): string | undefined {
  return database.kind === 'cnpg' && database.owned === undefined ? database.cluster : undefined;
}

async function findCluster(
  { caches, secrets, served }: ObserveParts,
  registry: Registry,
): Promise<KubeObject | undefined> {
  const { database, namespace, name } = registry;
  if (database.kind !== 'cnpg' || !served.has('Cluster')) return undefined;
  const other = clusterOfOthers(registry);
  return other === undefined
    ? caches.Cluster.find(`${namespace}/${name}`, database.cluster)
    : secrets.readCluster(registry, other);
}

/** All that a registry has, as the caches hold it. */
export function childrenOf(caches: Caches, key: string): readonly KubeObject[] {
  return Object.values(caches)
    .flatMap((cache) => cache.list(key))
    .filter(({ kind }) => kind !== 'SchemaRegistry');
}

/** The certificates' Secrets that others write: the operator only looks at them. */
function certificateSecrets({ ingress, tls }: Registry): readonly string[] {
  return [
    ingress?.http.tlsSecretName,
    ingress?.grpc?.tlsSecretName,
    tls?.mode === 'CertManager' ? tls.secretName : undefined,
  ].filter((name) => name !== undefined);
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

/** The uids of the claims, StatefulSets and pods that wait, and of which nothing but an Event tells why. */
function waiting(
  claims: readonly V1PersistentVolumeClaim[],
  statefulSets: readonly V1StatefulSet[],
  pods: readonly V1Pod[],
  nowMs: number,
): readonly string[] {
  const pending = claims.filter(({ status }) => status?.phase === 'Pending');
  // One that its controller has not looked at has not been refused anything.
  const podless = statefulSets.filter(({ status }) => status?.observedGeneration && !status.replicas);
  const unmade = pods.filter(
    (pod) =>
      pod.metadata?.deletionTimestamp === undefined &&
      isWaitingForItsNode(pod) &&
      nowMs - new Date(pod.metadata?.creationTimestamp ?? nowMs).getTime() > usualStartMs,
  );
  return [...pending, ...podless, ...unmade].flatMap(({ metadata }) => metadata?.uid ?? []);
}
