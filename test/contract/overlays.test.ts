import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { binariesOf, buildBinaries } from '../../hack/cluster/binaries.ts';
import { reportTo } from '../../hack/cluster/report.ts';
import { run } from '../../hack/cluster/run.ts';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import { readSettings } from '../../operator/settings.ts';
import { objectsOf } from '../build/helm.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = `${root}config/overlays`;

interface Binding extends KubeObject {
  readonly subjects: readonly { readonly kind: string; readonly name: string; readonly namespace: string }[];
}

describe('the overlays', function () {
  this.timeout(30 * 60_000); // The first build of kubectl.
  const kustomized = async (name: string): Promise<readonly KubeObject[]> => {
    const kubectl = join(binariesOf('node'), 'kubectl');
    return objectsOf(await run(kubectl, ['kustomize', join(folder, name)]));
  };
  before(() => buildBinaries(['node'], reportTo(process.stderr)));

  const rightsIn = (objects: readonly KubeObject[]) =>
    objects.find(
      ({ kind, metadata }) => kind === 'ClusterRole' && metadata.name === 'llm-schema-registry-operator',
    )?.rules;

  for (const name of readdirSync(folder)) {
    it(`${name} gives the operator the rights that it has without, and no other`, async () => {
      expect(rightsIn(await kustomized(name)))
        .to.be.an('array')
        .and.deep.equal(rightsIn(await kustomized('../default')));
    });

    it(`${name} has each namespace, account and ConfigMap that it names`, async () => {
      const objects = await kustomized(name);
      const has = (kind: string, wanted: string, namespace?: string) =>
        objects.some(
          ({ kind: found, metadata }) =>
            found === kind &&
            metadata.name === wanted &&
            (namespace ?? metadata.namespace) === metadata.namespace,
        );
      for (const { metadata } of objects)
        if (metadata.namespace !== undefined)
          expect(has('Namespace', metadata.namespace), metadata.namespace).to.equal(true);
      const bindings = objects.filter(({ kind }) =>
        kind.endsWith('RoleBinding'),
      ) as unknown as readonly Binding[];
      expect(bindings).to.have.length(1);
      for (const subject of bindings.flatMap(({ subjects }) => subjects))
        expect(has(subject.kind, subject.name, subject.namespace), subject.namespace).to.equal(true);
      const [configMap] = JSON.stringify(objects).match(/(?<="configMapRef":\{"name":")[^"]+/) ?? [];
      expect(has('ConfigMap', configMap ?? ''), configMap).to.equal(true);
    });

    it(`${name} tells the operator nothing that it does not know`, async () => {
      const found = (await kustomized(name)).find(({ kind }) => kind === 'ConfigMap') as unknown as {
        data: Record<string, string>;
      };
      const asked = new Set<string>();
      const telling = new Proxy(found.data, {
        get: (data, key) => {
          asked.add(String(key));
          return data[String(key)];
        },
      });
      readSettings(telling);
      expect([...asked]).to.include.members(Object.keys(found.data));
    });
  }

  it('that come before and with production have its locks', async () => {
    for (const name of ['staging', 'prod']) {
      const registry = (await kustomized(name)).find(({ kind }) => kind === 'SchemaRegistry');
      expect(registry?.spec, name).to.deep.include({ auth: { mode: 'ApiKey' }, tls: { mode: 'Operator' } });
    }
  });

  it('from a mirror take every image from there, whatever version is released', async () => {
    const text = JSON.stringify(await kustomized('mirror'));
    const images = text.match(/"(image|\w+_IMAGE)":"[^"]+"/g) ?? [];
    expect(images).to.have.length(4);
    for (const image of images) expect(image).to.include('":"mirror.example.com/');
    const { images: released } = readSettings({});
    for (const image of Object.values(released))
      expect(text).to.include(image.replace(/^(ghcr|docker)\.io/, 'mirror.example.com'));
  });
});

describe('the examples for Argo CD and Flux', () => {
  const files = ['argocd', 'flux'].flatMap((name) =>
    readdirSync(`${root}config/${name}`)
      .filter((file) => file.endsWith('.yaml'))
      .map((file) => `config/${name}/${file}`),
  );
  for (const file of files)
    it(`${file} names folders and objects that are there`, () => {
      const documents = parseAllDocuments(readFileSync(`${root}${file}`, 'utf8'));
      const objects = documents.map((document) => document.toJS() as KubeObject);
      const names = objects.map(({ metadata }) => metadata.name);
      for (const { spec } of objects) {
        const {
          path,
          source,
          chart,
          dependsOn = [],
          sourceRef,
        } = spec as {
          path?: string;
          source?: { path: string; directory?: { include: string } };
          chart?: { spec: { chart: string; sourceRef: { name: string } } };
          dependsOn?: readonly { name: string }[];
          sourceRef?: { name: string };
        };
        for (const found of [path, source?.path, chart?.spec.chart])
          if (found !== undefined) expect(existsSync(join(root, found)), found).to.equal(true);
        if (source?.directory !== undefined)
          expect(existsSync(join(root, source.path, source.directory.include))).to.equal(true);
        const named = [...dependsOn, sourceRef, chart?.spec.sourceRef].flatMap((one) => one?.name ?? []);
        expect(names).to.include.members(named);
      }
    });
});
