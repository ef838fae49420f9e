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

  it('keeps its volume from shrinking', async () => {
    const sized = (size: string) => ({
      ...aSchemaRegistry({ database: { managed: { storage: { size } } } }),
      metadata: { name: 'shrinking', namespace: 'default' },
    });
    await server.cluster.apply(sized('20Gi'));
    await server.cluster.apply(sized('30Gi'));
    const error = await server.cluster.apply(sized('10Gi')).then(
      () => undefined,
      (reason: Error) => reason,
    );
    expect(error?.message).to.match(/storage\.size: .*cannot shrink/);
  });

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
