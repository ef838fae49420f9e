import { expect } from 'chai';
import type { Spec } from '../../operator/spec.ts';
import { openApiServer, until } from '../build/api-server.ts';
import { aSchemaRegistry } from '../build/registry.ts';

/** Refused at apply: the field, and what would be right. */
const refused: readonly { title: string; spec: unknown; name?: string; says: RegExp }[] = [
  {
    title: 'more replicas at least than at most',
    spec: { autoscaling: { minReplicas: 5, maxReplicas: 2 } },
    says: /spec\.autoscaling: .*minReplicas must not be above autoscaling\.maxReplicas/,
  },
  {
    title: 'a size that is none',
    spec: { database: { managed: { storage: { size: '10 GB' } } } },
    says: /spec\.database\.managed\.storage\.size: .*"10 GB" is not a size; write 10Gi/,
  },
  {
    title: 'a time that is none',
    spec: { config: { requestTimeout: 'soon' } },
    says: /spec\.config\.requestTimeout: .*"soon" is not a time; write 30s/,
  },
  {
    title: 'an unknown level',
    spec: { config: { defaultCompatibility: 'BACKWARDS' } },
    says: /spec\.config\.defaultCompatibility: .*supported values: "NONE", "BACKWARD"/,
  },
  {
    title: 'both a Redis and none',
    spec: { cache: { managed: {}, disabled: true } },
    says: /spec\.cache: .*not both/,
  },
  {
    title: 'a pool upside down',
    spec: { database: { pool: { min: 20, max: 5 } } },
    says: /spec\.database\.pool: .*pool\.min must not be above pool\.max/,
  },
  {
    title: 'a budget that blocks every drain, beside autoscaling',
    spec: { podDisruptionBudget: { minAvailable: 3 } },
    says: /podDisruptionBudget\.minAvailable must be less than the fewest replicas/,
  },
  {
    title: 'a budget that blocks every drain, beside fixed replicas',
    spec: { replicas: 2, autoscaling: { enabled: false }, podDisruptionBudget: { minAvailable: 2 } },
    says: /podDisruptionBudget\.minAvailable must be less than the fewest replicas/,
  },
  {
    title: 'a Redis with a host and with sentinels',
    spec: {
      cache: { external: { host: 'redis', sentinel: { masterName: 'cache', nodes: [{ host: 'one' }] } } },
    },
    says: /spec\.cache\.external: .*set host, or sentinel/,
  },
  {
    title: 'two caches',
    spec: { cache: { managed: {}, external: { host: 'redis' } } },
    says: /spec\.cache: .*not both/,
  },
  {
    title: 'two databases',
    spec: { database: { managed: {}, external: { host: 'db', credentialsSecretRef: { name: 'db' } } } },
    says: /spec\.database: .*not both/,
  },
  {
    title: 'a URL for a host',
    spec: { database: { external: { host: 'postgres://db', credentialsSecretRef: { name: 'db' } } } },
    says: /spec\.database\.external\.host: .*"postgres:\/\/db" is not a host; write db\.example\.com/,
  },
  {
    title: 'an archive without a bucket',
    spec: { artifacts: { s3: { region: 'eu-central-1' } } },
    says: /spec\.artifacts\.s3\.bucket: Required/,
  },
  {
    title: 'an archive at an endpoint that is no URL',
    spec: { artifacts: { s3: { bucket: 'team-a', endpoint: 'minio:9000' } } },
    says: /spec\.artifacts\.s3\.endpoint: .*"minio:9000" is not a URL; write https:\/\/s3\.example\.com/,
  },
  {
    title: 'more workers than connections',
    spec: { config: { workers: 8 }, database: { pool: { min: 1, max: 4 } } },
    says: /config\.workers must not be above database\.pool\.max/,
  },
  {
    title: 'a name that no Service can have',
    spec: {},
    name: '4you',
    says: /metadata\.name: lower-case letters/,
  },
  {
    title: 'a name too long for its children',
    spec: {},
    name: 'a'.repeat(41),
    says: /metadata\.name: at most 40 characters/,
  },
  {
    title: 'a peer that names nobody',
    spec: { networkPolicy: { ingressFrom: [{}] } },
    says: /spec\.networkPolicy\.ingressFrom\[0\]: .*name a namespaceSelector, a podSelector or an ipBlock/,
  },
  {
    title: 'a block of addresses that is none',
    spec: { networkPolicy: { extraEgress: [{ to: [{ ipBlock: { cidr: '10.0.0.1' } }] }] } },
    says: /ipBlock\.cidr: .*"10\.0\.0\.1" is no block of addresses; write 10\.0\.0\.0\/8/,
  },
  {
    title: 'pods and addresses in one peer',
    spec: { networkPolicy: { monitoringFrom: [{ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }] } },
    says: /spec\.networkPolicy\.monitoringFrom\[0\]: .*ipBlock stands alone/,
  },
  {
    title: 'an ingress without a host',
    spec: { ingress: { enabled: true, http: { hosts: [] } } },
    says: /spec\.ingress: .*ingress\.http\.hosts must name at least one host .*registry\.example\.com/,
  },
  ...['https://a.example.com', 'a.*.example.com', '*', 'a*.example.com', 'A.example.com'].map((host) => ({
    title: `the host ${host}`,
    spec: { ingress: { enabled: true, http: { hosts: ['registry.example.com', host] } } },
    says: /spec\.ingress\.http\.hosts\[1\]: .*" is not the name of a host; write registry\.example\.com/,
  })),
  {
    title: 'a host twice',
    spec: { ingress: { enabled: true, http: { hosts: ['a.example.com', 'a.example.com'] } } },
    says: /spec\.ingress\.http\.hosts: duplicate entries/,
  },
  {
    title: 'a host for both protocols',
    spec: {
      ingress: {
        enabled: true,
        http: { hosts: ['a.example.com'] },
        grpc: { hosts: ['b.example.com', 'a.example.com'] },
      },
    },
    says: /spec\.ingress: .*ingress\.grpc\.hosts must not name a host of ingress\.http\.hosts.*registry-grpc\.example\.com/,
  },
  {
    title: 'a host for gRPC that is none',
    spec: { ingress: { enabled: true, http: { hosts: ['a.example.com'] }, grpc: { hosts: ['b:443'] } } },
    says: /spec\.ingress\.grpc\.hosts\[0\]: .*"b:443" is not the name of a host/,
  },
  {
    title: 'two issuers',
    spec: { ingress: { certManager: { issuer: 'a', clusterIssuer: 'b' } } },
    says: /spec\.ingress\.certManager: .*name one of issuer and clusterIssuer/,
  },
  { title: 'a digest that is none', spec: { image: { digest: 'sha256:abc' } }, says: /spec\.image\.digest/ },
];

const accepted: readonly { title: string; spec: Spec }[] = [
  { title: 'an empty spec', spec: {} },
  { title: 'one replica', spec: { replicas: 1, autoscaling: { enabled: false } } },
  {
    title: 'a budget of all replicas when it is off',
    spec: { podDisruptionBudget: { enabled: false, minAvailable: 3 } },
  },
  { title: 'sizes as numbers', spec: { config: { maxSchemaSize: 1_048_576 } } },
  {
    title: 'peers of all kinds',
    spec: {
      networkPolicy: {
        ingressFrom: [
          { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ingress-nginx' } } },
          { ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } },
        ],
        monitoringFrom: [],
        extraEgress: [{ ports: [{ port: 443 }] }],
      },
    },
  },
  {
    title: 'an ingress with a wildcard and an issuer',
    spec: {
      ingress: {
        enabled: true,
        http: { hosts: ['registry.example.com', '*.registry.example.com'] },
        grpc: { hosts: ['registry-grpc.example.com'] },
        certManager: { clusterIssuer: 'letsencrypt-prod' },
      },
    },
  },
  { title: 'a cache that is disabled', spec: { cache: { disabled: true } } },
];

describe('a SchemaRegistry at the API server', function () {
  this.timeout(120_000);
  let server: Awaited<ReturnType<typeof openApiServer>>;
  before(async function () {
    this.timeout(30 * 60_000); // The first build of the binaries.
    server = await openApiServer();
  });
  after(() => server?.close());

  const create = (spec: unknown, name = 'sample') =>
    server.cluster.apply(
      { ...aSchemaRegistry(spec as Spec, name), metadata: { name, namespace: 'default' } },
      { isDryRun: true },
    );

  for (const { title, spec, name, says } of refused) {
    it(`is refused with ${title}`, async () => {
      const error = await create(spec, name).then(
        () => undefined,
        (reason: Error) => reason,
      );
      expect(error?.message).to.match(says);
    });
  }

  for (const { title, spec } of accepted) {
    it(`is taken with ${title}`, async () => {
      await create(spec);
    });
  }

  it('says in kubectl explain what every field means, its unit and its default', async () => {
    const path = '/openapi/v3/apis/llm-schema-registry.io/v1alpha1';
    const document = (await until('the API server describes it', () =>
      server.cluster.request('GET', path),
    )) as {
      components: { schemas: Record<string, { properties?: Record<string, unknown> }> };
    };
    const schema = document.components.schemas['io.llm-schema-registry.v1alpha1.SchemaRegistry'];
    const silent: string[] = [];
    const walk = (node: unknown, path: string) => {
      const {
        description,
        properties = {},
        items,
      } = node as { description?: string; properties?: object; items?: unknown };
      if (description === undefined && !path.endsWith('[]')) silent.push(path);
      for (const [name, property] of Object.entries(properties)) walk(property, `${path}.${name}`);
      if (items !== undefined) walk(items, `${path}[]`);
    };
    for (const part of ['spec', 'status']) walk(schema?.properties?.[part], part);
    expect(silent).to.deep.equal([]);
  });
});
