import { expect } from 'chai';
import { down } from '../../hack/cluster/down.ts';
import { loadImages } from '../../hack/cluster/load-images.ts';
import { reportTo } from '../../hack/cluster/report.ts';
import { up } from '../../hack/cluster/up.ts';
import { buildImages } from '../../hack/images/build-images.ts';
import { usedImages } from '../../hack/images/used-images.ts';
import { waitForReady } from '../../hack/install.ts';
import { type Kubectl, kubectlOf } from '../../hack/kubectl.ts';
import type { Spec } from '../../operator/registry.ts';
import { chartValues } from '../build/chart-values.ts';
import { findGoTool, type GoTool } from '../build/go-tool.ts';
import { chart, type Helm, home, openHelm } from '../build/helm.ts';
import { ownClusterName } from '../build/left-over-clusters.ts';
import { small } from '../build/registry-in-cluster.ts';

const crd = 'schemaregistries.llm-schema-registry.io';
const where = ['--namespace', home];
/** Both that are maintained; undefined is ours, which takes seconds to build, while a release of Helm takes minutes. */
const helms: Readonly<Record<string, GoTool | undefined>> = {
  'Helm 4': undefined,
  'Helm 3': { command: 'helm.sh/helm/v3/cmd/helm', version: 'v3.22.0' },
};
/** The Pods of the chart's own keep to it, too. */
const restricted = { 'pod-security.kubernetes.io/enforce': 'restricted' };

describe('the chart on a cluster', function () {
  this.timeout(8 * 60_000);
  let clusterName: string;
  let kubectl: Kubectl;
  let images: object;

  before(async function () {
    this.timeout(40 * 60_000); // The first build of the binaries and the images.
    const report = reportTo(process.stderr);
    clusterName = await ownClusterName('test-chart');
    const { kubeconfigPath, kubectlPath } = await up({ name: clusterName, report });
    process.env.KUBECONFIG = kubeconfigPath;
    kubectl = kubectlOf(kubectlPath, kubeconfigPath);
    const built = await buildImages(report);
    const archives = built.map(({ archivePath }) => archivePath);
    await loadImages(clusterName, archives, report);
    const { server, postgres, redis } = usedImages(built);
    images = {
      registryImages: { server: inParts(server), postgres: inParts(postgres), redis: inParts(redis) },
    };
  });
  after(async function () {
    this.timeout(2 * 60_000);
    if (clusterName !== undefined) await down(clusterName);
  });

  for (const [title, tool] of Object.entries(helms))
    describe(`with ${title}`, () => {
      const takesRegistries = tool === undefined;
      let helm: Helm;
      let uid: string;
      const ready = () => waitForReady(kubectl, home, 'sample', () => undefined);
      const sample = async () =>
        (await kubectl.json(['get', 'sr', 'sample', ...where])) as { metadata: { uid: string }; spec: Spec };
      /** Helm 3 has no registries: they are applied beside the release. */
      const values = (spec: Spec, more: object = {}) => ({
        ...images,
        ...more,
        ...(takesRegistries ? { registries: { sample: { spec: { ...small, ...spec } } } } : {}),
      });
      const applied = async (spec: Spec) => {
        if (takesRegistries) return;
        const metadata = { name: 'sample', namespace: home };
        await kubectl(
          ['apply', '-f', '-'],
          JSON.stringify({
            apiVersion: 'llm-schema-registry.io/v1alpha1',
            kind: 'SchemaRegistry',
            metadata,
            spec: { ...small, ...spec },
          }),
        );
      };

      before(async function () {
        this.timeout(20 * 60_000); // The first build of that Helm.
        const found = tool === undefined ? undefined : findGoTool(tool);
        if (found !== undefined && 'reason' in found) throw new Error(found.reason);
        helm = await openHelm(found?.program);
        await kubectl(
          ['apply', '-f', '-'],
          JSON.stringify({
            apiVersion: 'v1',
            kind: 'Namespace',
            metadata: { name: home, labels: restricted },
          }),
        );
      });
      after(async () => {
        helm?.close();
        await kubectl(['delete', 'sr', '--all', ...where, '--timeout=60s']);
        await kubectl(['delete', 'crd', crd, '--timeout=60s']);
        await kubectl(['delete', 'namespace', home, '--timeout=180s']);
      });

      it('renders the same objects as the other does', async () => {
        const ours = await openHelm();
        try {
          for (const [name, given] of Object.entries(chartValues)) {
            if (!takesRegistries && 'registries' in given) continue;
            const version = ['--kube-version', '1.34.0'];
            const wanted = await ours.rendered(given, version);
            expect(await helm.rendered(given, version), name).to.have.deep.members([...wanted]);
          }
        } finally {
          ours.close();
        }
      });

      it('one command gives an operator and a registry that answers', async () => {
        const said = await helm(['install', 'schemas', chart, ...where, '--timeout', '5m'], values({}));
        if (takesRegistries) expect(said).to.include('OPEN: no authentication').and.include('OPEN: no TLS');
        await applied({});
        await ready();
        uid = (await sample()).metadata.uid;
      });

      if (!takesRegistries)
        it('refuses registries, and says what to do', async () => {
          const asked = helm(['template', 'other', chart, ...where, '--kube-version', '1.34.0'], {
            registries: { other: { spec: {} } },
          });
          const words = await asked.then(
            () => '',
            (error: Error) => error.message,
          );
          expect(words).to.include('Helm 3 takes a registry over at the first upgrade without changing it');
        });

      it('helm test asks the operator and the registry', async () => {
        const said = await helm(['test', 'schemas', ...where, '--logs', '--timeout', '5m']);
        expect(said).to.match(/Phase: +Succeeded/);
        expect(said).to.match(/:8081\/readyz 200/);
        if (takesRegistries) expect(said).to.match(/sample\.llm-schema-registry\.svc\/subjects 200/);
      });

      it('an upgrade changes the operator and the registry', async () => {
        const changed = { settings: { logLevel: 'debug' } };
        await helm(
          ['upgrade', 'schemas', chart, ...where, '--wait', '--timeout', '5m'],
          values({ config: { logLevel: 'debug' } }, changed),
        );
        await applied({ config: { logLevel: 'debug' } });
        await ready();
        const { metadata, spec } = await sample();
        expect([metadata.uid, spec.config?.logLevel]).to.deep.equal([uid, 'debug']);
        const told = await kubectl([
          'get',
          'configmap',
          'llm-schema-registry-operator',
          ...where,
          '-o',
          'jsonpath={.data.LOG_LEVEL}',
        ]);
        expect(told).to.equal('debug');
        await helm(
          ['upgrade', 'schemas', chart, ...where, '--wait', '--timeout', '5m'],
          values({ config: { logLevel: 'warn' } }),
        );
        await ready();
      });

      it('a rollback brings both back', async () => {
        await helm(['rollback', 'schemas', '2', ...where, '--wait', '--timeout', '5m']);
        await ready();
        const { metadata, spec } = await sample();
        expect([metadata.uid, spec.config?.logLevel]).to.deep.equal([uid, 'debug']);
        expect(await helm(['test', 'schemas', ...where, '--timeout', '5m'])).to.match(/Phase: +Succeeded/);
      });

      it('an uninstall leaves the registry, which serves on, and another install finds it', async () => {
        await helm(['uninstall', 'schemas', ...where, '--wait', '--timeout', '5m']);
        expect(await kubectl(['get', 'deployments', ...where, '-o', 'name'])).to.equal(
          'deployment.apps/sample\n',
        );
        const { status } = (await kubectl.json(['get', 'deployment', 'sample', ...where])) as {
          status: { readyReplicas?: number };
        };
        expect(status.readyReplicas).to.equal(1);
        await helm(['install', 'schemas', chart, ...where, '--wait', '--timeout', '5m'], values({}));
        await ready();
        expect((await sample()).metadata.uid).to.equal(uid);
        await helm(['uninstall', 'schemas', ...where, '--wait', '--timeout', '5m']);
      });
    });
});

/** An image's name as the chart's values have it. */
function inParts(image = ''): { registry: string; repository: string; tag: string } {
  const [, registry = '', repository = '', tag = ''] = /^([^/]+)\/(.+):([^:]+)$/.exec(image) ?? [];
  return { registry, repository, tag };
}
