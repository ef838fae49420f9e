import { desired } from '../../operator/desired/table.ts';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import type { Observed } from '../../operator/observed.ts';
import type { Spec } from '../../operator/registry.ts';
import { anObserved, aRegistry, aSecret, someCertificates } from './registry.ts';

/** Every part of a SchemaRegistry that can be turned on, off or another way. */
export const switches: Readonly<Record<string, Spec>> = {
  'no autoscaling': { autoscaling: { enabled: false } },
  'one replica': { replicas: 1, autoscaling: { enabled: false } },
  'autoscaling by requests': { autoscaling: { requestsPerSecond: 1000 } },
  'autoscaling of another pace': {
    autoscaling: { behavior: { scaleDown: { stabilizationWindowSeconds: 60 } } },
  },
  'external database': {
    database: { external: { host: 'db.example.com', credentialsSecretRef: { name: 'db' } } },
  },
  'Cluster of CloudNativePG': { database: { cnpg: { instances: 2, storage: { size: '20Gi' } } } },
  'Cluster of CloudNativePG that is there': {
    database: { cnpg: { clusterRef: { name: 'pg' }, database: 'schemas' } },
  },
  'larger volume of PostgreSQL': {
    database: { managed: { storage: { size: '80Gi', storageClassName: 'fast' } } },
  },
  'image of PostgreSQL': { database: { managed: { image: 'mirror.example.com/postgres:17' } } },
  'pool of connections': { database: { pool: { min: 1, max: 5, acquireTimeout: '5s' } } },
  'external cache': { cache: { external: { host: 'redis.example.com', tls: { mode: 'Disable' } } } },
  'no cache': { cache: { disabled: true } },
  'memory of Redis': { cache: { managed: { maxMemory: '2Gi' } } },
  archive: {
    artifacts: {
      s3: { bucket: 'schemas', endpoint: 'http://s3:9000', credentialsSecretRef: { name: 'keys' } },
    },
  },
  'drill of an archive': {
    artifacts: {
      s3: {
        bucket: 'schemas',
        endpoint: 'http://s3:9000',
        credentialsSecretRef: { name: 'keys' },
        drill: { schedule: '30 3 * * 0', reads: 10, resources: { limits: { memory: '3Gi' } } },
      },
    },
  },
  'snapshots of an archive': {
    artifacts: {
      s3: {
        bucket: 'schemas',
        endpoint: 'http://s3:9000',
        credentialsSecretRef: { name: 'keys' },
        restoreAt: '2026-11-26T22:00:00Z',
        snapshots: { schedule: '0 */6 * * *', keep: { hourly: 4, weekly: 52 } },
      },
    },
  },
  'archive of another registry': {
    bootstrap: {
      archive: {
        s3: {
          bucket: 'others',
          prefix: 'team-b',
          endpoint: 'http://s3:9000',
          credentialsSecretRef: { name: 'keys' },
        },
      },
    },
  },
  'TLS of its own': { tls: { mode: 'Operator' } },
  'TLS by cert-manager': { tls: { mode: 'CertManager', issuerRef: { name: 'issuer' } } },
  'TLS from a Secret': { tls: { mode: 'Secret', secretRef: { name: 'api-tls' } } },
  'API keys': { auth: { mode: 'ApiKey' } },
  'API keys of a Secret': {
    auth: { mode: 'ApiKey', apiKeyHeader: 'X-Team-Key', apiKeys: { secretRef: { name: 'api-keys' } } },
  },
  'tokens of a secret': { auth: { mode: 'JWT', jwt: { secretRef: { name: 'jwt' }, roleClaim: 'scope' } } },
  'API keys and tokens of an identity provider': {
    auth: {
      mode: 'Any',
      jwt: {
        jwksUrl: 'https://login.example.com/keys',
        issuer: 'https://login.example.com',
        audience: 'schemas',
      },
    },
  },
  'load balancer': { service: { type: 'LoadBalancer', annotations: { 'example.com/kind': 'nlb' } } },
  'session affinity': { service: { sessionAffinity: 'ClientIP' } },
  ingress: { ingress: { enabled: true, className: 'nginx', http: { hosts: ['a.example.com'] } } },
  'ingress with TLS': {
    ingress: { enabled: true, http: { hosts: ['a.example.com'], tlsSecretName: 'web-tls' } },
  },
  'ingress with cert-manager': {
    ingress: { enabled: true, http: { hosts: ['a.example.com'] }, certManager: { clusterIssuer: 'public' } },
  },
  'ingress for gRPC': {
    ingress: { enabled: true, http: { hosts: ['a.example.com'] }, grpc: { hosts: ['b.example.com'] } },
  },
  gateway: {
    gateway: {
      parentRefs: [{ name: 'public', namespace: 'gateways', sectionName: 'https', port: 443 }],
      hostnames: ['a.example.com'],
      tls: false,
    },
  },
  'gateway for gRPC': {
    gateway: {
      parentRefs: [{ name: 'public' }],
      hostnames: ['a.example.com'],
      grpc: { hostnames: ['b.example.com'] },
    },
  },
  'no disruption budget': { podDisruptionBudget: { enabled: false } },
  'no network policy': { networkPolicy: { enabled: false } },
  'narrow network policy': {
    networkPolicy: {
      ingressFrom: [{ podSelector: { matchLabels: { app: 'client' } } }],
      extraEgress: [{ to: [{ ipBlock: { cidr: '192.0.2.0/24' } }], ports: [{ port: 443 }] }],
    },
  },
  'no service monitor': { monitoring: { serviceMonitor: { enabled: false } } },
  'no alerts': { monitoring: { prometheusRule: { enabled: false } } },
  dashboard: { monitoring: { dashboards: { enabled: true } } },
  tracing: { monitoring: { tracing: { endpoint: 'http://otel-collector.monitoring.svc:4318' } } },
  'tracing of everything': {
    monitoring: { tracing: { endpoint: 'https://otel.example.com/otlp', ratio: '1' } },
  },
  'pod template': {
    podTemplate: { metadata: { labels: { team: 'a' } }, spec: { nodeSelector: { disk: 'fast' } } },
  },
  'pod templates of PostgreSQL and Redis': {
    database: { managed: { podTemplate: { spec: { nodeSelector: { disk: 'fast' } } } } },
    cache: { managed: { podTemplate: { metadata: { labels: { team: 'a' } } } } },
  },
  'image of the server': {
    image: { repository: 'mirror.example.com/registry', tag: '2.0.0', pullPolicy: 'Always' },
  },
  'pull secrets': { image: { pullSecrets: [{ name: 'mirror' }] } },
  version: { version: '2.0.0' },
  resources: { resources: { limits: { cpu: '4', memory: '4Gi' } } },
  workers: { config: { workers: 4 } },
  'pages of other origins': { config: { cors: { origins: ['https://*.example.com'] } } },
  settings: { config: { logLevel: 'debug', cacheTtl: '30m', maxSchemaSize: '2Mi', shutdownTimeout: '20s' } },
  'passwords by the clock': { credentials: { rotationPeriod: '90d' } },
  'data that goes with it': { deletionPolicy: 'Delete' },
};

const namedSecrets = [
  aSecret('db', { username: 'me', password: 'secret' }),
  aSecret('keys', { accessKeyId: 'me', secretAccessKey: 'secret' }),
  aSecret('api-keys', { 'keys.yaml': `- {name: team-a, role: writer, key: ${'k'.repeat(32)}}` }),
  aSecret('jwt', { secret: 's'.repeat(32) }),
  // Those that CloudNativePG makes for the two Clusters.
  aSecret('sample-postgres-app', { username: 'registry', password: 'secret' }),
  aSecret('sample-postgres-ca', { 'ca.crt': 'PEM' }),
  aSecret('pg-app', { username: 'app', password: 'secret', dbname: 'app' }),
  aSecret('pg-ca', { 'ca.crt': 'PEM' }),
  aSecret('api-tls', { 'tls.crt': 'PEM', 'tls.key': 'PEM' }),
];

export function childrenOf(spec: Spec): readonly KubeObject[] {
  const observed: Partial<Observed> = {
    namedSecrets,
    served: new Set([
      ...['ServiceMonitor', 'PrometheusRule', 'Certificate', 'Cluster'],
      ...['HTTPRoute', 'GRPCRoute', 'BackendTLSPolicy', 'http_requests_per_second'],
    ] as const),
    certificates: (spec.tls?.mode ?? 'Disabled') === 'Disabled' ? undefined : someCertificates,
  };
  return desired(aRegistry(spec), anObserved(observed));
}

type Fields = Record<string, unknown>;

/** The second laid over the first; undefined where both say something of the same field, or exclude each other. */
export function together(first: Spec, second: Spec): Spec | undefined {
  const merged = merge(first, second);
  const isWhole = (spec: Spec) =>
    [
      [spec.database?.managed, spec.database?.external, spec.database?.cnpg],
      [spec.database?.cnpg?.clusterRef, spec.database?.cnpg?.instances],
      [spec.cache?.managed, spec.cache?.external, spec.cache?.disabled],
    ].every((kinds) => kinds.filter((kind) => kind !== undefined).length < 2);
  return merged !== undefined && isWhole(merged as Spec) ? (merged as Spec) : undefined;
}

function merge(first: unknown, second: unknown): unknown {
  if (JSON.stringify(first) === JSON.stringify(second)) return first;
  if (!isFields(first) || !isFields(second)) return undefined;
  const merged: Fields = { ...first };
  for (const [key, value] of Object.entries(second)) {
    const both = key in merged ? merge(merged[key], value) : value;
    if (both === undefined) return undefined;
    merged[key] = both;
  }
  return merged;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
