import { componentLabel, instanceLabel } from '../cache.ts';
import { apiVersion, type KindName, kinds } from '../kinds.ts';
import type {
  KubeObject,
  OwnerReference,
  V1Deployment,
  V1PersistentVolumeClaim,
  V1Pod,
  V1StatefulSet,
  V2HorizontalPodAutoscaler,
} from '../kubernetes.ts';
import type { Registry } from '../registry.ts';
import type { requestRateMetric } from './autoscaler.ts';
import type { Certificates } from './certificates.ts';

/** What a registry needs around it: a child per file, `undefined` where the spec does not want it. */
export type Child = (registry: Registry, observed: Observed) => KubeObject | undefined;

/** All that one run knows of the world; read once, then only looked at. */
export interface Observed {
  readonly nowMs: number;
  readonly children: readonly KubeObject[];
  readonly deployment: V1Deployment | undefined;
  readonly postgres: V1StatefulSet | undefined;
  readonly redis: V1StatefulSet | undefined;
  readonly autoscaler: V2HorizontalPodAutoscaler | undefined;
  readonly pods: readonly V1Pod[];
  readonly claims: readonly V1PersistentVolumeClaim[];
  /** Our own Secrets; one that somebody has deleted as it was before. */
  readonly secrets: Readonly<Record<'postgres' | 'redis' | 'auth' | 'hashes', KubeObject | undefined>>;
  /** For where there is none yet, and for where another is asked for. */
  readonly newPasswords: Readonly<Record<'postgres' | 'redis' | 'auth' | 'hashes', string>>;
  /** undefined: nothing is encrypted inside the cluster. */
  readonly certificates: Certificates | undefined;
  /** What controllers complained of, by the uid of the object that waits. */
  readonly warnings: ReadonlyMap<string, string>;
  readonly answer: Answer | undefined;
  /** What a server pod said that is not ready, asked by itself: no Service leads to it. */
  readonly unready: Unready | undefined;
  readonly served: ReadonlySet<Served>;
  /** Those of the Secrets that the spec names which are there. */
  readonly namedSecrets: readonly KubeObject[];
  /** The one that spec.podTemplate names, where it is there. */
  readonly serviceAccount?: KubeObject | undefined;
  /** Which other registry each host of an ingress leads to, as namespace/name. */
  readonly hostsOfOthers: ReadonlyMap<string, string>;
  /** What others make of our objects, an object in each text. */
  readonly overruled: readonly string[];
  /** What could not be written for a field that somebody else has set, an object in each text. */
  readonly blocked: readonly string[];
}

/** What a cluster may lack: kinds from CRDs of others, and the requests of pods as a metric. */
export type Served = KindName | typeof requestRateMetric;

/** What the registry itself said when it was asked through its Service. */
export type Answer =
  | {
      readonly isReady: true;
      readonly isDegraded: boolean;
      /** A request without credentials was refused. */
      readonly isLocked: boolean;
      /** undefined where it does not tell */
      readonly version: string | undefined;
      readonly checks: Checks;
    }
  | { readonly isReady: false; readonly words: string };

export interface Unready {
  readonly cause: string;
  readonly checks: Checks;
}

export interface Checks {
  readonly database?: {
    readonly status?: string;
    readonly cause?: string;
    readonly reason?: string;
    readonly version?: string;
    readonly migration?: number;
    readonly oldestServer?: string;
  };
  /** There while nothing can be written, though what is there can be read. */
  readonly writes?: { readonly status?: string; readonly cause?: string; readonly reason?: string };
  readonly cache?: { readonly status?: string; readonly cause?: string; readonly reason?: string };
  readonly archive?: {
    readonly status?: string;
    readonly cause?: string;
    readonly pending?: number;
    readonly lagSeconds?: number;
  };
}

export type Component = 'server' | 'postgres' | 'redis';

export const managedBy = 'llm-schema-registry-operator';
export const managedBySelector = `app.kubernetes.io/managed-by=${managedBy}`;

/** What selects the pods of one component; never the pods of another. */
export function selectorLabels(registry: Registry, component: Component): Record<string, string> {
  return {
    'app.kubernetes.io/name': 'llm-schema-registry',
    [instanceLabel]: registry.name,
    [componentLabel]: component,
  };
}

export function labels(registry: Registry, component: Component): Record<string, string> {
  return {
    ...selectorLabels(registry, component),
    'app.kubernetes.io/managed-by': managedBy,
    'app.kubernetes.io/part-of': 'llm-schema-registry',
  };
}

export function meta(registry: Registry, kind: KindName, component: Component, name: string) {
  return {
    apiVersion: kinds[kind].apiVersion,
    kind,
    metadata: {
      name,
      namespace: registry.namespace,
      labels: labels(registry, component),
      ownerReferences: [ownerReference(registry)],
    },
  };
}

function ownerReference(registry: Registry): OwnerReference {
  return {
    apiVersion,
    kind: 'SchemaRegistry',
    name: registry.name,
    uid: registry.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** Names of the objects of a registry, in one place because they refer to each other. */
export function names({ name }: { readonly name: string }) {
  return {
    server: name,
    grpc: `${name}-grpc`,
    config: `${name}-config`,
    postgres: `${name}-postgres`,
    redis: `${name}-redis`,
    authority: `${name}-ca`,
    auth: `${name}-auth`,
    hashes: `${name}-hashes`,
  };
}

export function host(registry: Registry, service: string): string {
  return `${service}.${registry.namespace}.svc`;
}
