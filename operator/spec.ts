import type { SchemaRegistryFields } from './generated/schema-registry.ts';
import type { KubeObject, Metadata, V1ResourceRequirements } from './kubernetes.ts';
import { parseDurationSeconds, parseQuantity } from './quantity.ts';

export type Spec = SchemaRegistryFields['spec'];
export type Status = NonNullable<SchemaRegistryFields['status']>;

/** What the operator was released with, for what a spec leaves open. */
export interface Defaults {
  readonly images: { readonly server: string; readonly postgres: string; readonly redis: string };
}

/** A SchemaRegistry with every default filled in. */
export interface Registry {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly generation: number;
  readonly image: string;
  readonly pullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  readonly pullSecrets: readonly { readonly name: string }[];
  /** Where autoscaling is on, the number to begin with. */
  readonly replicas: number;
  readonly config: {
    readonly logLevel: string;
    readonly logFormat: string;
    readonly cacheTtlSeconds: number;
    readonly cacheMaxEntries: number;
    readonly maxSchemaBytes: number;
    readonly requestTimeoutSeconds: number;
    readonly shutdownTimeoutSeconds: number;
    readonly defaultCompatibility: string;
  };
  readonly database: {
    readonly image: string;
    readonly storage: Storage;
    readonly resources: V1ResourceRequirements;
    readonly pool: { readonly min: number; readonly max: number; readonly acquireTimeoutSeconds: number };
  };
  /** undefined: the registry runs without Redis. */
  readonly cache: Cache | undefined;
  readonly service: { readonly type: string; readonly annotations: Readonly<Record<string, string>> };
  readonly autoscaling: Autoscaling | undefined;
  /** undefined: no budget is wanted, or it would block every drain. */
  readonly minAvailable: number | undefined;
  readonly resources: V1ResourceRequirements;
  readonly deletionPolicy: 'Retain' | 'Delete';
  readonly isPaused: boolean;
}

export interface Storage {
  readonly size: string;
  readonly storageClassName: string | undefined;
}

export interface Cache {
  readonly image: string;
  readonly storage: Storage;
  readonly maxMemoryBytes: number;
  readonly resources: V1ResourceRequirements;
}

export interface Autoscaling {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly targetCpuPercent: number;
  readonly targetMemoryPercent: number;
}

/** The spec cannot be carried out until somebody edits it; it becomes the condition Stalled. */
export class BadSpec extends Error {
  override readonly name = 'BadSpec';
}

/** Server, PostgreSQL and Redis as in rows C11, C32 and C34. */
const defaultResources = {
  server: { requests: { cpu: '500m', memory: '512Mi' }, limits: { cpu: '2', memory: '2Gi' } },
  postgres: { requests: { cpu: '500m', memory: '1Gi' }, limits: { cpu: '2', memory: '4Gi' } },
  redis: { requests: { cpu: '250m', memory: '512Mi' }, limits: { cpu: '1', memory: '2Gi' } },
};

/** @throws BadSpec that names the field, what was found and what would be right */
export function completeSpec(found: KubeObject, defaults: Defaults): Registry {
  const spec = (found.spec ?? {}) as Spec;
  const { name, namespace = '', uid = '', generation = 0 } = found.metadata as Metadata;
  const config = spec.config ?? {};
  const managed = spec.database?.managed ?? {};
  const pool = spec.database?.pool ?? {};
  const isAutoscaled = spec.autoscaling?.enabled ?? true;
  const autoscaling: Autoscaling | undefined = isAutoscaled
    ? {
        minReplicas: spec.autoscaling?.minReplicas ?? 3,
        maxReplicas: spec.autoscaling?.maxReplicas ?? 10,
        targetCpuPercent: spec.autoscaling?.targetCPUUtilizationPercentage ?? 70,
        targetMemoryPercent: spec.autoscaling?.targetMemoryUtilizationPercentage ?? 80,
      }
    : undefined;
  const replicas = autoscaling?.minReplicas ?? spec.replicas ?? 3;
  return {
    name,
    namespace,
    uid,
    generation,
    image: serverImage(spec, defaults.images.server),
    pullPolicy: spec.image?.pullPolicy ?? 'IfNotPresent',
    pullSecrets: spec.image?.pullSecrets ?? [],
    replicas,
    config: {
      logLevel: config.logLevel ?? 'info',
      logFormat: config.logFormat ?? 'json',
      cacheTtlSeconds: duration('spec.config.cacheTtl', config.cacheTtl ?? '1h', yearSeconds),
      cacheMaxEntries: config.cacheMaxEntries ?? 50_000,
      maxSchemaBytes: quantity('spec.config.maxSchemaSize', config.maxSchemaSize ?? '1Mi', 2 ** 28),
      requestTimeoutSeconds: duration(
        'spec.config.requestTimeout',
        config.requestTimeout ?? '30s',
        hourSeconds,
      ),
      shutdownTimeoutSeconds: duration(
        'spec.config.shutdownTimeout',
        config.shutdownTimeout ?? '10s',
        hourSeconds,
      ),
      defaultCompatibility: config.defaultCompatibility ?? 'BACKWARD',
    },
    database: {
      image: managed.image ?? defaults.images.postgres,
      storage: storage(managed.storage, '50Gi'),
      resources: resources('spec.database.managed.resources', managed.resources, defaultResources.postgres),
      pool: {
        min: pool.min ?? 10,
        max: pool.max ?? 50,
        acquireTimeoutSeconds: duration(
          'spec.database.pool.acquireTimeout',
          pool.acquireTimeout ?? '30s',
          hourSeconds,
        ),
      },
    },
    cache: cache(spec, defaults),
    service: { type: spec.service?.type ?? 'ClusterIP', annotations: spec.service?.annotations ?? {} },
    autoscaling,
    minAvailable: minAvailable(spec, replicas),
    resources: resources('spec.resources', spec.resources, defaultResources.server),
    deletionPolicy: spec.deletionPolicy ?? 'Retain',
    isPaused: spec.paused ?? false,
  };
}

function cache(spec: Spec, defaults: Defaults): Cache | undefined {
  if (spec.cache?.disabled) return undefined;
  const managed = spec.cache?.managed ?? {};
  return {
    image: managed.image ?? defaults.images.redis,
    storage: storage(managed.storage, '10Gi'),
    maxMemoryBytes: quantity('spec.cache.managed.maxMemory', managed.maxMemory ?? '1Gi'),
    resources: resources('spec.cache.managed.resources', managed.resources, defaultResources.redis),
  };
}

function serverImage(spec: Spec, released: string): string {
  const { repository, tag, digest } = spec.image ?? {};
  const { repository: releasedRepository, tag: releasedTag } = splitImage(released);
  const path = repository ?? releasedRepository;
  if (digest !== undefined) return `${path}@${digest}`;
  return `${path}:${tag ?? spec.version ?? releasedTag}`;
}

/** `host:5000/path:tag` has two colons; only one after the last slash begins a tag. */
function splitImage(image: string): { repository: string; tag: string } {
  const colon = image.indexOf(':', image.lastIndexOf('/'));
  return colon < 0
    ? { repository: image, tag: 'latest' }
    : { repository: image.slice(0, colon), tag: image.slice(colon + 1) };
}

function storage(given: { size?: string; storageClassName?: string } | undefined, size: string): Storage {
  return { size: given?.size ?? size, storageClassName: given?.storageClassName };
}

/** With one replica a budget would block every node drain; with more it leaves one to take away. */
function minAvailable(spec: Spec, replicas: number): number | undefined {
  if (spec.podDisruptionBudget?.enabled === false || replicas < 2) return undefined;
  return spec.podDisruptionBudget?.minAvailable ?? Math.min(2, replicas - 1);
}

function resources(
  field: string,
  given: { requests?: Record<string, unknown>; limits?: Record<string, unknown> } | undefined,
  usual: { requests: Record<string, string>; limits: Record<string, string> },
): V1ResourceRequirements {
  const limits = { ...usual.limits, ...asText(given?.limits) };
  const requests = { ...usual.requests, ...asText(given?.requests) };
  for (const [resource, wanted] of Object.entries(requests)) {
    const limit = limits[resource];
    if (limit === undefined || parseQuantity(wanted) <= parseQuantity(limit)) continue;
    const isAsked = given?.requests?.[resource] !== undefined;
    // A limit that somebody lowers below our own default request takes the request along.
    if (!isAsked) requests[resource] = limit;
    else if (given?.limits?.[resource] === undefined) limits[resource] = wanted;
    else
      throw new BadSpec(
        `${field}.requests.${resource}: "${wanted}" is above limits.${resource} "${limit}"; write at most "${limit}"`,
      );
  }
  return { requests, limits };
}

function asText(given: Record<string, unknown> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(given ?? {}).map(([key, value]) => [key, String(value)]));
}

/** The server takes an hour at most for what a request waits for, and a year for what a cache keeps. */
const hourSeconds = 3_600;
const yearSeconds = 31_536_000;

function duration(field: string, text: string, mostSeconds: number): number {
  const seconds = parseDurationSeconds(text);
  if (seconds > 0 && seconds <= mostSeconds) return seconds;
  throw new BadSpec(`${field}: "${text}" is not a time from 1s to ${mostSeconds}s; write 30s`);
}

function quantity(field: string, value: string | number, most = Number.MAX_SAFE_INTEGER): number {
  const bytes = parseQuantity(String(value));
  if (bytes > 0 && bytes <= most) return bytes;
  throw new BadSpec(`${field}: "${value}" is not a size from 1 to ${most} bytes; write 1Mi`);
}
