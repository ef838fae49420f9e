import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { run } from '../../hack/cluster/run.ts';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import { find, openApiServer, until } from '../build/api-server.ts';
import { chartValues } from '../build/chart-values.ts';
import { aRegistryNamed, named } from '../build/children.ts';
import { chart, type Helm, home, openHelm } from '../build/helm.ts';

interface Pod extends KubeObject {
  readonly spec: {
    readonly containers: [
      {
        readonly command: readonly string[];
        readonly args: [string];
        readonly env: readonly { readonly name: string; readonly value: string }[];
      },
    ];
  };
}

const crd = 'schemaregistries.llm-schema-registry.io';
const deployment = named('apps/v1', 'Deployment', 'llm-schema-registry-operator', home);
const sample = aRegistryNamed('sample', {}, home);
const where = ['--namespace', home];

/** Without pods: the program of the Pod that waits for the kind is run by the test. */
describe('a release of the chart', function () {
  this.timeout(120_000);
  let server: Awaited<ReturnType<typeof openApiServer>>;
  let helm: Helm;
  let uid: string | undefined;
  before(async function () {
    this.timeout(30 * 60_000); // The first build of the binaries.
    server = await openApiServer();
    helm = await openHelm();
    await server.kubectl(['delete', 'crd', crd]);
    for (const name of [home, 'team-a', 'team-b', 'monitoring'])
      await server.cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  });
  after(async () => {
    helm?.close();
    await server?.close();
  });

  const there = (object: KubeObject) => find(server.cluster, object);
  const registry = async () => (await there(sample)) as KubeObject & { spec: { replicas: number } };
  const values = (replicas: number) => ({
    registries: { sample: { spec: { replicas, autoscaling: { enabled: false } } } },
  });
  /** Runs the program of a Pod here, until it ends well, with the rights of a ServiceAccount that has been given none. */
  const playProgram = async ({ spec }: Pod) => {
    const folder = mkdtempSync(join(tmpdir(), 'account-'));
    try {
      await server.cluster.apply(named('v1', 'ServiceAccount', 'default', home));
      const { status } = (await server.cluster.request(
        'POST',
        `/api/v1/namespaces/${home}/serviceaccounts/default/token`,
        { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } },
      )) as { status: { token: string } };
      writeFileSync(join(folder, 'token'), status.token);
      const { clusters } = parse(readFileSync(process.env.KUBECONFIG ?? '', 'utf8')) as {
        clusters: [{ cluster: { server: string; 'certificate-authority-data': string } }];
      };
      const { server: address, 'certificate-authority-data': authority } = clusters[0].cluster;
      writeFileSync(join(folder, 'ca.crt'), Buffer.from(authority, 'base64'));
      const [{ command, args, env }] = spec.containers;
      const url = env.find(({ name }) => name === 'URL')?.value ?? '';
      const program = args[0].replace('/var/run/secrets/kubernetes.io/serviceaccount', folder);
      await run(process.execPath, [...command.slice(1), program], {
        env: {
          URL: url.replace('https://kubernetes.default.svc', address),
          NODE_EXTRA_CA_CERTS: join(folder, 'ca.crt'),
        },
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };

  it('brings the kind, the operator and a registry at once', async () => {
    const installed = helm(['install', 'schemas', chart, ...where], values(1));
    const pod = named('v1', 'Pod', 'llm-schema-registry-operator-kind', home);
    await until(
      'a Pod waits for the kind',
      async () => (await there(pod)) !== undefined || undefined,
      60_000,
    );
    await playProgram((await there(pod)) as Pod);
    await server.cluster.request(
      'PATCH',
      `/api/v1/namespaces/${home}/pods/${pod.metadata.name}/status`,
      { status: { phase: 'Succeeded' } },
      'application/merge-patch+json',
    );
    const said = await installed;
    expect(said).to.include('http://sample.llm-schema-registry.svc').and.include('OPEN: no authentication');
    const made = await registry();
    expect(made.spec.replicas).to.equal(1);
    uid = made.metadata.uid;
    expect(await there(deployment)).to.have.nested.property('spec.replicas', 2);
    expect(await there(pod), 'the Pod that waited').to.equal(undefined);
  });

  it('takes its registries over with the next revision, and changes them', async () => {
    await helm(['upgrade', 'schemas', chart, ...where], values(2));
    const changed = await registry();
    expect([changed.spec.replicas, changed.metadata.uid]).to.deep.equal([2, uid]);
    expect(await helm(['get', 'manifest', 'schemas', ...where])).to.include('kind: SchemaRegistry');
    await helm(['upgrade', 'schemas', chart, ...where], values(3));
    expect((await registry()).spec.replicas).to.equal(3);
  });

  it('takes a spec without any field, which means the defaults', async () => {
    await helm(['upgrade', 'schemas', chart, ...where], { registries: { sample: {} } });
    expect((await registry()).spec).to.deep.equal({ paused: false });
  });

  it('goes back to a former revision, and to the first, which leaves registries as they are', async () => {
    await helm(['rollback', 'schemas', '2', ...where]);
    expect((await registry()).spec.replicas).to.equal(2);
    await helm(['rollback', 'schemas', '1', ...where]);
    const left = await registry();
    expect([left.spec.replicas, left.metadata.uid]).to.deep.equal([2, uid]);
  });

  it('upgrades the kind', async () => {
    await server.kubectl(['label', 'crd', crd, 'helm.sh/chart=older', '--overwrite']);
    await helm(['upgrade', 'schemas', chart, ...where, '--force-conflicts'], values(2));
    const found = JSON.parse(await server.kubectl(['get', 'crd', crd, '-o', 'json'])) as KubeObject;
    expect(found.metadata.labels?.['helm.sh/chart']).to.match(/^llm-schema-registry-/);
  });

  it('leaves a registry whose entry is taken out, and takes it again when it is back', async () => {
    await helm(['upgrade', 'schemas', chart, ...where], {});
    expect((await registry()).metadata.uid).to.equal(uid);
    await helm(['upgrade', 'schemas', chart, ...where], values(4));
    const again = await registry();
    expect([again.spec.replicas, again.metadata.uid]).to.deep.equal([4, uid]);
  });

  it('does not touch a registry of somebody else that has the name', async () => {
    await server.cluster.apply(aRegistryNamed('theirs', { replicas: 5 }, home), { manager: 'somebody' });
    const taken = { registries: { theirs: { spec: { replicas: 1 } } } };
    const words = await helm(['upgrade', 'schemas', chart, ...where], taken).then(
      () => 'taken',
      (error: Error) => error.message,
    );
    expect(words).to.include('theirs').and.include('ownership');
    const theirs = await there(aRegistryNamed('theirs', {}, home));
    expect(theirs).to.have.nested.property('spec.replicas', 5);
  });

  it('leaves the kind and every registry when it is uninstalled, and finds them when it comes back', async () => {
    await helm(['uninstall', 'schemas', ...where]);
    expect(await there(deployment)).to.equal(undefined);
    expect((await registry()).metadata.uid).to.equal(uid);
    await helm(['install', 'schemas', chart, ...where], values(1));
    const again = await registry();
    expect([again.spec.replicas, again.metadata.uid]).to.deep.equal([1, uid]);
    await helm(['uninstall', 'schemas', ...where]);
  });

  for (const [name, given] of Object.entries(chartValues))
    it(`is taken by the API server with all its fields: ${name}`, async () => {
      const objects = await helm.rendered(given, ['--api-versions', 'llm-schema-registry.io/v1alpha1']);
      for (const object of objects.filter(
        ({ apiVersion }) => !apiVersion.startsWith('monitoring.coreos.com/'),
      ))
        await server.cluster.apply(object, { isDryRun: true, manager: 'helm' });
    });

  it('takes over what kubectl has installed', async () => {
    await server.kubectl(['apply', '--server-side', '--force-conflicts', '-k', `${chart}/../../crds`]);
    await server.kubectl(['apply', '--server-side', '-k', `${chart}/../default`]);
    const before = await there(deployment);
    await helm(['upgrade', '--install', 'schemas', chart, ...where, '--take-ownership', '--force-conflicts']);
    const now = await there(deployment);
    expect(now?.metadata.uid).to.equal(before?.metadata.uid);
    expect(now?.metadata.labels).to.include({ 'app.kubernetes.io/managed-by': 'Helm' });
  });
});
