import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { binariesOf, buildBinaries } from '../../hack/cluster/binaries.ts';
import { reportTo } from '../../hack/cluster/report.ts';
import { run } from '../../hack/cluster/run.ts';
import { packChart, writeChartLayout } from '../../hack/release/pack-chart.ts';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import { readSettings } from '../../operator/settings.ts';
import { chartValues, notes, refusedValues } from '../build/chart-values.ts';
import { fromSchema } from '../build/from-schema.ts';
import { chart, type Helm, home, objectsOf, openHelm } from '../build/helm.ts';
import { roundsOr, seeded } from '../build/random.ts';

const config = fileURLToPath(new URL('../../config/', import.meta.url));
const schema = JSON.parse(readFileSync(`${chart}/values.schema.json`, 'utf8'));
const title = ({ kind, metadata }: KubeObject) => `${kind} ${metadata.name}`;
const isHook = ({ metadata }: KubeObject) => metadata.annotations?.['helm.sh/hook'] !== undefined;

describe('the Helm chart', () => {
  let helm: Helm;
  before(async function () {
    this.timeout(30 * 60_000); // The first build of the binaries.
    helm = await openHelm();
    await buildBinaries(['node'], reportTo(process.stderr));
  });
  after(() => helm?.close());

  const kustomized = async (...paths: readonly string[]) => {
    const kubectl = join(binariesOf('node'), 'kubectl');
    const texts = await Promise.all(paths.map((path) => run(kubectl, ['kustomize', `${config}${path}`])));
    return texts.flatMap(objectsOf);
  };

  it('has nothing that helm lint minds', async () => {
    expect(await helm(['lint', '--strict', chart])).to.include('0 chart(s) failed');
  });

  for (const [name, values] of Object.entries(chartValues))
    it(`renders whole objects of ${name}`, async () => {
      await helm(['lint', '--strict', chart], values);
      mustBeWhole(await helm.rendered(values));
    });

  for (const { title, values, words } of refusedValues)
    it(`refuses ${title} in words that name it`, async () => {
      const said = await helm.rendered(values).then(
        () => 'rendered',
        (error: Error) => error.message,
      );
      expect(said).to.match(words);
    });

  for (const { title, values, says, saysNot = [] } of notes)
    it(`tells in its notes ${title}`, async () => {
      const said = await helm(['install', 'schemas', chart, '--namespace', home, '--dry-run=client'], values);
      const [, told = ''] = said.split('\nNOTES:\n');
      for (const words of says) expect(told).to.include(words);
      for (const words of saysNot) expect(told).not.to.include(words);
    });

  it('installs what kubectl apply -k crds and -k config/default do, object by object', async () => {
    const kinds = objectsOf(readFileSync(`${config}../crds/schema-registry.yaml`, 'utf8'));
    const wanted = [...kinds, ...(await kustomized('default'))].filter(({ kind }) => kind !== 'Namespace');
    mustBeTheSame(await helm.rendered(), wanted);
  });

  it('for some namespaces installs what config/namespaced and its watched/ do', async () => {
    const values = {
      watchNamespaces: ['team-a', 'team-b'],
      crds: { install: false },
      rbac: { userRoles: { create: false } },
    };
    const watched = await kustomized('namespaced/watched');
    const wanted = [
      ...(await kustomized('namespaced')).filter(({ kind }) => kind !== 'Namespace'),
      ...['team-a', 'team-b'].flatMap((namespace) =>
        watched.map((object) => ({ ...object, metadata: { ...object.metadata, namespace } })),
      ),
    ];
    mustBeTheSame(await helm.rendered(values), wanted);
  });

  it('watches the operator as config/monitoring does', async () => {
    const on = { enabled: true };
    const wanted = readdirSync(`${config}monitoring`)
      .filter((file) => file !== 'kustomization.yaml')
      .flatMap((file) => objectsOf(readFileSync(`${config}monitoring/${file}`, 'utf8')));
    const rendered = await helm.rendered({
      monitoring: { podMonitor: on, prometheusRule: on, dashboard: on },
    });
    const titles = new Set(wanted.map(title));
    expect(rendered.filter((object) => titles.has(title(object))).map(withoutHelm)).to.have.deep.members(
      wanted,
    );
  });

  it('tells the operator what it would do anyway, and can tell it everything', async () => {
    const data = settingsIn(await helm.rendered());
    const own = { POD_NAME: 'operator-1', POD_NAMESPACE: home };
    expect(readSettings({ ...data, ...own })).to.deep.equal(readSettings(own));
    const asked = new Set<string>();
    readSettings(
      new Proxy(own, { get: (_, name) => void asked.add(String(name)) }) as Record<string, string>,
    );
    const bySomebodyElse = ['POD_NAME', 'POD_NAMESPACE', 'KUBERNETES_SERVICE_HOST'];
    expect([...asked].filter((name) => !bySomebodyElse.includes(name))).to.have.members(Object.keys(data));
  });

  it('puts what a platform wants on everything where it belongs, and keeps what is its own', async () => {
    const objects = await helm.rendered(chartValues['what a platform wants on everything']);
    const find = (wanted: string) => objects.find((object) => title(object) === wanted);
    const deployment = find('Deployment llm-schema-registry-operator');
    expect(deployment?.metadata.labels).to.include({
      'example.com/tier': 'platform',
      'app.kubernetes.io/name': 'llm-schema-registry-operator',
    });
    expect(deployment?.spec).to.deep.include({ minReadySeconds: 5, revisionHistoryLimit: 2 });
    const kinds = ['PodMonitor', 'PrometheusRule'] as const;
    for (const kind of kinds)
      expect(find(`${kind} llm-schema-registry-operator`)?.metadata.namespace).to.equal('monitoring');
    // It looks for the pods where they are, not where it is.
    expect(find('PodMonitor llm-schema-registry-operator')?.spec).to.deep.include({
      namespaceSelector: { matchNames: [home] },
    });
    const { groups } = (find('PrometheusRule llm-schema-registry-operator') as KubeObject).spec as {
      groups: readonly { rules: readonly { labels: Record<string, string> }[] }[];
    };
    for (const { labels } of groups.flatMap(({ rules }) => rules))
      expect(labels).to.include({ team: 'data' }).and.have.property('severity');
    const hooks = objects.filter((object) => object.kind === 'Pod');
    expect(hooks).to.have.length(2);
    for (const hook of hooks) {
      expect(hook.metadata.annotations).to.include({ 'sidecar.istio.io/inject': 'false' });
      expect(hook.metadata.annotations?.['helm.sh/hook']).not.to.equal('never');
      expect(JSON.stringify(hook.spec)).to.include('"limits":{"cpu":"100m","memory":"64Mi"}');
    }
    expect((find('ConfigMap extra') as unknown as { data: object }).data).to.deep.equal({
      text: '{{ .Values }}',
    });
  });

  it('takes every image from the mirror that is named', async () => {
    const objects = await helm.rendered({ global: { imageRegistry: 'mirror.example.com' } });
    const images = JSON.stringify(objects).match(/"(image|\w+_IMAGE)":"[^"]+"/g) ?? [];
    expect(images).to.have.length(5);
    for (const image of images) expect(image).to.include('":"mirror.example.com/');
  });

  it('starts the operator again when its settings change', async () => {
    const checksum = async (values: object) => {
      const deployment = (await helm.rendered(values)).find(({ kind }) => kind === 'Deployment');
      return JSON.stringify(deployment).match(/"checksum\/config":"(\w+)"/)?.[1];
    };
    expect(await checksum({ settings: { workers: 5 } })).not.to.equal(await checksum({}));
  });

  it('hands the samples over as they are', async () => {
    const samples = readdirSync(`${config}samples`).flatMap((file) =>
      objectsOf(readFileSync(`${config}samples/${file}`, 'utf8')),
    );
    const registries = Object.fromEntries(samples.map(({ metadata, spec }) => [metadata.name, { spec }]));
    const found = (await helm.rendered({ registries })).filter(({ kind }) => kind === 'SchemaRegistry');
    expect(found.map(({ spec }) => spec)).to.have.deep.members(samples.map(({ spec }) => spec));
  });

  it('makes a registry an ordinary object as soon as the kind is served', async () => {
    const registry = async (...args: string[]) =>
      (await helm.rendered({ registries: { sample: {} } }, args)).find(
        ({ kind }) => kind === 'SchemaRegistry',
      );
    expect((await registry())?.metadata.annotations).to.include({
      'helm.sh/hook': 'post-install,post-upgrade',
    });
    const annotations = (await registry('--api-versions', 'llm-schema-registry.io/v1alpha1'))?.metadata
      .annotations;
    expect(annotations).to.deep.equal({ 'helm.sh/resource-policy': 'keep' });
  });

  it('is released with the images by digest, as the same file for the same images', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'released-'));
    try {
      const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
      const digests = new Map([
        ['ghcr.io/llm-schema-registry/operator:1.2.3', digest('a')],
        ['ghcr.io/llm-schema-registry/schema-registry:1.2.3', digest('b')],
        ['docker.io/library/postgres:17-bookworm', digest('c')],
        ['docker.io/valkey/valkey:8.1', digest('d')],
      ]);
      const archive = await packChart('1.2.3', digests, folder);
      expect(archive).to.equal(join(folder, 'llm-schema-registry-1.2.3.tgz'));
      const first = readFileSync(archive);
      expect(readFileSync(await packChart('1.2.3', digests, folder)).equals(first)).to.equal(true);
      await helm(['lint', '--strict', archive]);
      const layout = join(folder, 'layout');
      const found = writeChartLayout(layout, archive, ['1.2.3', 'latest']);
      const blob = (named: string) => readFileSync(join(layout, 'blobs', ...named.split(':')));
      const json = (content: Buffer) => JSON.parse(content.toString()) as Record<string, never>;
      const { manifests } = json(readFileSync(join(layout, 'index.json'))) as unknown as {
        manifests: readonly { digest: string; annotations: object }[];
      };
      expect(manifests.map(({ digest, annotations }) => [digest, annotations])).to.deep.equal(
        ['1.2.3', 'latest'].map((tag) => [found, { 'org.opencontainers.image.ref.name': tag }]),
      );
      const { config, layers } = json(blob(found)) as unknown as {
        config: { digest: string };
        layers: readonly { digest: string }[];
      };
      expect(json(blob(config.digest))).to.include({ name: 'llm-schema-registry', apiVersion: 'v2' });
      expect(layers).to.have.length(1);
      expect(blob(layers[0]?.digest ?? '').equals(first)).to.equal(true);
      expect(createHash('sha256').update(first).digest('hex')).to.equal(layers[0]?.digest.slice(7));
      const objects = objectsOf(await helm(['template', 'schemas', archive, '--namespace', home]));
      expect(settingsIn(objects).SERVER_IMAGE).to.match(new RegExp(`/schema-registry:\\S+@${digest('b')}$`));
      expect(settingsIn(objects)).to.include({
        POSTGRES_IMAGE: `docker.io/library/postgres:17-bookworm@${digest('c')}`,
        REDIS_IMAGE: `docker.io/valkey/valkey:8.1@${digest('d')}`,
      });
      const deployment = objects.find(({ kind }) => kind === 'Deployment');
      expect(JSON.stringify(deployment)).to.include(`@${digest('a')}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('renders whole objects of whatever its schema allows', async () => {
    const random = seeded();
    const isAllowed = new Ajv({ strict: false, logger: false }).compile(schema);
    for (let round = 0; round < roundsOr(25); round++) {
      const values = fromSchema(random, schema) as {
        registries?: Record<string, { spec?: object }>;
        extraObjects?: readonly object[];
      };
      if (!isAllowed(values)) continue;
      // It asks for a name in words of its own.
      const priorityClass = { ...(values as { priorityClass?: object }).priorityClass, create: false };
      // Two of one name are their writer's business.
      const extraObjects = (values.extraObjects ?? []).slice(0, 1);
      const told = `TEST_SEED=${random.seed}, round ${round}: ${JSON.stringify(values)}`;
      let objects: readonly KubeObject[];
      try {
        objects = await helm.rendered({ ...values, priorityClass, extraObjects });
        mustBeWhole(objects);
      } catch (error) {
        throw new Error(`${(error as Error).message}\n${told}`, { cause: error });
      }
      for (const [name, { spec = {} }] of Object.entries(values.registries ?? {}))
        expect(
          objects.find((object) => object.kind === 'SchemaRegistry' && object.metadata.name === name)?.spec,
          told,
        ).to.deep.equal(Object.keys(spec).length === 0 ? { paused: false } : spec);
    }
  });

  function mustBeTheSame(rendered: readonly KubeObject[], wanted: readonly KubeObject[]): void {
    const byTitle = (objects: readonly KubeObject[]) =>
      Object.fromEntries(
        objects.map((object) => [`${title(object)} in ${object.metadata.namespace}`, withoutHelm(object)]),
      );
    // What kubectl's users may make themselves; that it says nothing new is another test.
    const own = rendered.filter((object) => !isHook(object) && object.kind !== 'ConfigMap');
    expect(byTitle(own)).to.deep.equal(byTitle(wanted));
  }
});

function settingsIn(objects: readonly KubeObject[]): Record<string, string> {
  const found = objects.find((object) => title(object) === 'ConfigMap llm-schema-registry-operator');
  return (found as unknown as { data: Record<string, string> }).data;
}

/** The object without what Helm and the chart note on it about the release. */
function withoutHelm(object: KubeObject): unknown {
  const ofHelm = new Set([
    ...['app.kubernetes.io/instance', 'app.kubernetes.io/managed-by', 'app.kubernetes.io/version'],
    ...['helm.sh/chart', 'helm.sh/resource-policy', 'checksum/config'],
  ]);
  return JSON.parse(JSON.stringify(object), (key, value) => (ofHelm.has(key) ? undefined : value));
}

/** Each has a kind and a name, no key and no object twice, text where text is asked for, and nothing that a template has left open. */
function mustBeWhole(objects: readonly KubeObject[]): void {
  const seen = new Set<string>();
  for (const object of objects) {
    const { apiVersion, kind, metadata } = object;
    expect([apiVersion, kind, metadata?.name], JSON.stringify(object)).to.satisfy((all: unknown[]) =>
      all.every((text) => typeof text === 'string' && text !== ''),
    );
    const key = `${title(object)} in ${metadata.namespace}`;
    expect(seen.has(key), `${key} twice`).to.equal(false);
    seen.add(key);
    expect(JSON.stringify(object), key).not.to.match(/<no value>|<nil>|%!\w?\(|map\[/);
    mustHaveText(object, key);
  }
  const deployment = objects.find(({ kind }) => kind === 'Deployment') as unknown as {
    spec: { selector: { matchLabels: object }; template: { metadata: { labels: object } } };
  };
  expect(deployment.spec.template.metadata.labels).to.include(deployment.spec.selector.matchLabels);
}

function mustHaveText(node: unknown, path: string): void {
  if (node === null || typeof node !== 'object') return;
  for (const [key, value] of Object.entries(node)) {
    const here = `${path}.${key}`;
    if (
      ['labels', 'annotations', 'matchLabels', 'nodeSelector'].includes(key) &&
      value !== null &&
      typeof value === 'object'
    )
      for (const [name, text] of Object.entries(value)) expect(text, `${here}.${name}`).to.be.a('string');
    // A CRD describes fields that have such names.
    if (!path.startsWith('CustomResourceDefinition')) mustHaveText(value, here);
  }
}
