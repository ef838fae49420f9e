import { expect } from 'chai';
import { serverConfig } from '../../operator/desired/config-map.ts';
import { desired } from '../../operator/desired/table.ts';
import type { V1PodSpec } from '../../operator/kube/kubernetes.ts';
import type { Spec } from '../../operator/registry.ts';
import { BadSpec } from '../../operator/spec.ts';
import { readSettings, settingsTable } from '../../registry-server/settings.ts';
import { anObserved, aRegistry, aSecret } from '../build/registry.ts';

/** What the spec names, and somebody else makes. */
const namedSecrets = [
  aSecret('keys', { accessKeyId: 'me', secretAccessKey: 'a+/=' }),
  aSecret('db', { username: 'me', password: 'p@ss/w:rd#' }),
  aSecret('redis', { username: 'me', password: 'p@ss/w:rd#' }),
  aSecret('ca', { 'ca.crt': 'PEM' }),
  aSecret('api-keys', { 'keys.yaml': `- {name: a, role: reader, key: ${'k'.repeat(24)}}` }),
  aSecret('jwt', { secret: 's'.repeat(32) }),
];
const s3 = { bucket: 'team-a', endpoint: 'http://minio:9000', credentialsSecretRef: { name: 'keys' } };
const database = {
  external: {
    host: 'db.example.com',
    credentialsSecretRef: { name: 'db' },
    tls: { caSecretRef: { name: 'ca' } },
  },
};
const cache = {
  external: {
    host: 'redis.example.com',
    credentialsSecretRef: { name: 'redis' },
    tls: { caSecretRef: { name: 'ca' } },
  },
};
const provider = {
  jwksUrl: 'https://login.example.com/keys',
  issuer: 'https://login.example.com',
  audience: 'us',
};
const tracing = { endpoint: 'http://otel-collector.monitoring.svc:4318', ratio: '0.25' };
type Sentinel = NonNullable<NonNullable<NonNullable<Spec['cache']>['external']>['sentinel']>;
const sentinel: Sentinel = {
  masterName: 'cache',
  nodes: [{ host: 'one' }, { host: 'fd00::1', port: 26380 }],
};
const everything: readonly Spec[] = [
  {},
  { artifacts: { s3: { ...s3, restore: 'WhenEmpty', restoreAt: 'first', snapshots: {} } }, database, cache },
  { bootstrap: { archive: { s3, at: 'before-the-move' } } },
  { cache: { external: { sentinel } } },
  { tls: { mode: 'Operator' } },
  { config: { cors: { origins: ['https://app.example.com', 'https://*.example.com'] } } },
  { auth: { mode: 'JWT', jwt: { secretRef: { name: 'jwt' } } } },
  { auth: { mode: 'Any', jwt: provider } },
  { monitoring: { tracing } },
];

/** The environment of the server's container, with the Secrets' values in place. */
function environmentOf(spec: Spec): Record<string, string> {
  const registry = aRegistry(spec);
  const all = [...desired(registry, anObserved({ namedSecrets })), ...namedSecrets];
  const get = (wanted: string, name: string) => {
    const found = all.find(({ kind, metadata }) => kind === wanted && metadata.name === name);
    if (found === undefined) throw new Error(`no ${wanted} ${name} among the children`);
    return found;
  };
  const { spec: deployment } = get('Deployment', registry.name);
  const [container] = (deployment as { template: { spec: V1PodSpec } }).template.spec.containers;
  const secret = (name = '', key = '') =>
    Buffer.from((get('Secret', name).data as Record<string, string>)[key] ?? '', 'base64').toString();
  const secrets = (container?.env ?? []).map(({ name, valueFrom }) => [
    name,
    valueFrom?.fieldRef ? 'sample-0' : secret(valueFrom?.secretKeyRef?.name, valueFrom?.secretKeyRef?.key),
  ]);
  return { ...serverConfig(registry), ...Object.fromEntries(secrets) };
}

const variablesOf = (spec: Spec) => Object.keys(environmentOf(spec));

describe('the environment that the operator sets and the server reads', () => {
  const specs: Readonly<Record<string, Spec>> = {
    'an empty spec': {},
    'a Redis of somebody else': { cache },
    'a Redis Cluster': { cache: { external: { host: 'redis', cluster: true, tls: { mode: 'Disable' } } } },
    'Redis Sentinel': { cache: { external: { sentinel } } },
    'an archive': { artifacts: { s3 } },
    'the archive of another registry': {
      bootstrap: { archive: { s3, at: '2026-11-26T22:00:00Z', partial: true } },
    },
    'the archive of another registry beside its own': {
      artifacts: { s3: { ...s3, prefix: 'own' } },
      bootstrap: { archive: { s3: { bucket: 'team-b' } } },
    },
    'a PostgreSQL of somebody else': { database },
    'a PostgreSQL of somebody else, with workers': { database, config: { workers: 2 } },
    'an archive with nothing but its bucket': { artifacts: { s3: { bucket: 'team-a' } } },
    'API keys': { auth: { mode: 'ApiKey' } },
    'API keys of somebody else': {
      auth: { mode: 'ApiKey', apiKeyHeader: 'X-Key', apiKeys: { secretRef: { name: 'api-keys' } } },
    },
    'tokens of a secret': { auth: { mode: 'JWT', jwt: { secretRef: { name: 'jwt' } } } },
    'tokens of an identity provider': { auth: { mode: 'JWT', jwt: provider } },
    traces: { monitoring: { tracing } },
    'no cache': { cache: { disabled: true } },
    'certificates of its own': { tls: { mode: 'Operator' } },
    'certificates of its own, beside a PostgreSQL and a Redis of somebody else': {
      tls: { mode: 'Operator' },
      database,
      cache,
    },
    'the least of everything': {
      config: {
        cacheTtl: '1s',
        cacheMaxEntries: 1,
        maxSchemaSize: 1,
        requestTimeout: '1s',
        shutdownTimeout: '1s',
        workers: 1,
      },
      database: { pool: { min: 0, max: 1, acquireTimeout: '1s' } },
    },
    'the most of everything': {
      config: {
        cacheTtl: '365d',
        cacheMaxEntries: 10_000_000,
        maxSchemaSize: '256Mi',
        requestTimeout: '60m',
        shutdownTimeout: '60m',
        workers: 256,
      },
      database: { pool: { min: 1000, max: 1000, acquireTimeout: '60m' } },
    },
  };
  for (const [title, spec] of Object.entries(specs)) {
    it(`is taken by the server: ${title}`, () => {
      readSettings(environmentOf(spec));
    });
  }

  it('has no variable that the server does not know', () => {
    const known = new Set(settingsTable.map(({ name }) => name));
    expect(everything.flatMap(variablesOf).filter((name) => !known.has(name))).to.deep.equal([]);
  });

  it('sets every variable but the folder of a server without a database', () => {
    const set = new Set(everything.flatMap(variablesOf));
    expect(settingsTable.map(({ name }) => name).filter((name) => !set.has(name))).to.deep.equal([
      'DATA_FOLDER',
    ]);
  });

  it('means by an empty spec what the server does without any variable', () => {
    // What is set where somebody else runs it.
    const optional = /^(S3_|BOOTSTRAP_|OTEL_|DATABASE_PORT$|REDIS_CLUSTER$|API_KEY_HEADER$|JWT_ROLE_CLAIM$)/;
    const defaults = Object.fromEntries(
      settingsTable.flatMap(({ name, default: text }) =>
        text === undefined || optional.test(name) ? [] : [[name, text]],
      ),
    );
    // A server that nobody watches over has nobody to tell it.
    const { REGISTRY_IDENTITY_FILE: _, ...config } = serverConfig(aRegistry());
    expect(config).to.deep.equal(defaults);
  });

  it('is refused by the operator where the server would not take it', () => {
    expect(() => aRegistry({ config: { requestTimeout: '2000m' } })).to.throw(
      BadSpec,
      'spec.config.requestTimeout: "2000m"',
    );
    expect(() => aRegistry({ config: { maxSchemaSize: '999Mi' } })).to.throw(
      BadSpec,
      'spec.config.maxSchemaSize: "999Mi"',
    );
  });
});
