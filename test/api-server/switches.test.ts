import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { type Kind, type KindName, kinds } from '../../operator/kube/kinds.ts';
import type { KubeObject, V1PodTemplateSpec } from '../../operator/kube/kubernetes.ts';
import type { Spec } from '../../operator/registry.ts';
import { openApiServer, until } from '../build/api-server.ts';
import { aRegistryNamed, isOptional, named } from '../build/children.ts';
import { findGoTool } from '../build/go-tool.ts';
import { type OpenApi, schemaLocation, writeKubernetesSchemas } from '../build/kubernetes-schemas.ts';
import { childrenOf, switches, together } from '../build/switches.ts';

const namespace = 'team-a';
const kubeconform = findGoTool({
  command: 'github.com/yannh/kubeconform/cmd/kubeconform',
  version: 'v0.7.0',
});
const level = { 'pod-security.kubernetes.io/enforce': 'restricted' };

/** Every switch alone, and every two that go together. */
const specs: readonly { readonly title: string; readonly spec: Spec }[] = (() => {
  const entries = Object.entries(switches);
  const pairs = entries.flatMap(([first, spec], index) =>
    entries.slice(index + 1).flatMap(([second, other]) => {
      const both = together(spec, other);
      return both === undefined ? [] : [{ title: `${first} + ${second}`, spec: both }];
    }),
  );
  return [...entries.map(([title, spec]) => ({ title, spec })), ...pairs];
})();

/** Each object once, however many specs make it. */
function unique<Item>(items: readonly Item[]): readonly Item[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}

describe('the switches of a registry, alone and in pairs, at an API server', function () {
  this.timeout(300_000);
  let server: Awaited<ReturnType<typeof openApiServer>>;
  before(async function () {
    this.timeout(30 * 60_000); // The first build of the binaries.
    server = await openApiServer();
    await until('the namespace is there', () =>
      server.cluster.apply({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: namespace, labels: level },
      }),
    );
  });
  after(() => server?.close());

  const refusals = async (objects: readonly (readonly [title: string, object: KubeObject])[]) => {
    const waiting = objects.values();
    const refused: string[] = [];
    const tryThem = async () => {
      for (const [title, object] of waiting) {
        try {
          await server.cluster.apply(object, { isDryRun: true });
        } catch (error) {
          refused.push(`${title}: ${object.kind} ${object.metadata.name}: ${(error as Error).message}`);
        }
      }
    };
    await Promise.all(Array.from({ length: 8 }, tryThem));
    return refused;
  };

  it('are specs that the CRD takes', async () => {
    const registries = specs.map(({ title, spec }) => [title, aRegistryNamed('sample', spec)] as const);
    expect(registries.length).to.be.above(400);
    expect(await refusals(registries)).to.deep.equal([]);
  });

  it('make objects without a field that it does not know', async () => {
    const children = unique(specs.flatMap(({ spec }) => childrenOf(spec))).filter(
      ({ kind }) => !isOptional(kinds[kind as KindName] as Kind),
    );
    expect(children.length).to.be.above(100);
    expect(await refusals(children.map((child) => ['a spec', child] as const))).to.deep.equal([]);
  });

  it('make objects that kubeconform finds valid by the schemas of this API server', async function () {
    if ('reason' in kubeconform) {
      process.stderr.write(`    skipped: ${kubeconform.reason}\n`);
      return this.skip();
    }
    const registries = specs.map(({ spec }) => aRegistryNamed('sample', spec));
    const children = unique(specs.flatMap(({ spec }) => childrenOf(spec))).filter(
      ({ kind }) => !isOptional(kinds[kind as KindName] as Kind),
    );
    const objects = [...registries, ...children];
    const folder = mkdtempSync(join(tmpdir(), 'schemas-'));
    try {
      writeKubernetesSchemas((await server.cluster.request('GET', '/openapi/v2')) as OpenApi, folder);
      const valid = (input: string, ...files: string[]) => {
        const flags = ['-strict', '-summary', '-output=json', `-schema-location=${folder}/${schemaLocation}`];
        const output = execFileSync(kubeconform.program, [...flags, ...files], { encoding: 'utf8', input });
        return (JSON.parse(output) as { summary: object }).summary;
      };
      const all = { invalid: 0, errors: 0, skipped: 0 };
      const made = valid(objects.map((object) => JSON.stringify(object)).join('\n---\n'), '-');
      expect(made).to.deep.equal({ ...all, valid: objects.length });
      expect(() => valid(JSON.stringify({ ...objects.at(-1), nonsense: true }), '-')).to.throw();
      const samples = fileURLToPath(new URL('../../config/samples', import.meta.url));
      expect(valid('', samples)).to.include(all);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('make pods that a namespace takes which enforces Pod Security restricted', async () => {
    const templates = unique(
      specs
        .flatMap(({ spec }) => childrenOf(spec))
        .flatMap(({ spec }) => (spec as { template?: V1PodTemplateSpec } | undefined)?.template ?? []),
    );
    expect(templates.length).to.be.above(20);
    const pods = templates.map((template) => {
      const { volumes = [] } = template.spec ?? {};
      // A StatefulSet's controller adds the volume of the claim.
      const all = volumes.some(({ name }) => name === 'data')
        ? volumes
        : [...volumes, { name: 'data', emptyDir: {} }];
      const pod = {
        ...named('v1', 'Pod', 'pod', namespace),
        spec: { ...template.spec, volumes: all },
      };
      return ['a template', pod] as const;
    });
    expect(await refusals(pods)).to.deep.equal([]);
  });
});
