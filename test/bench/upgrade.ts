/**
 * `npm run bench:upgrade -- REF`: the operator of a tag or commit, with a registry under load, is replaced by the one of
 * this work tree. Tells what clients saw, and which pods were replaced for which cause.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { down } from '../../hack/cluster/down.ts';
import { loadImages } from '../../hack/cluster/load-images.ts';
import { reportTo } from '../../hack/cluster/report.ts';
import { run } from '../../hack/cluster/run.ts';
import { up } from '../../hack/cluster/up.ts';
import { buildImages } from '../../hack/images/build-images.ts';
import { usedImages } from '../../hack/images/used-images.ts';
import { installOperator, waitForReady } from '../../hack/install.ts';
import { kubectlOf } from '../../hack/kubectl.ts';
import { until } from '../build/api-server.ts';
import { ownClusterName } from '../build/left-over-clusters.ts';
import { tagServer } from '../build/local-images.ts';
import { openTree } from '../build/other-tree.ts';
import { registryIn, small } from '../build/registry-in-cluster.ts';
import { steadyLoad } from '../build/steady-load.ts';

const nextVersion = '0.1.1';
/** Late news of an old pod would show then. */
const afterMs = 10_000;

const [ref = (await run('git', ['describe', '--tags', '--abbrev=0'])).trim()] = process.argv.slice(2);
const report = reportTo(process.stderr);
const name = await ownClusterName('bench-upgrade');
report(`The programs of ${ref}`);
const before = await openTree(ref);
try {
  await measure();
} finally {
  await down(name);
  before.remove();
}

async function measure(): Promise<void> {
  const { kubeconfigPath, kubectlPath } = await up({ name, report });
  const kubectl = kubectlOf(kubectlPath, kubeconfigPath);
  const load = async (images: Awaited<ReturnType<typeof buildImages>>) => {
    const paths = images.map(({ archivePath }) => archivePath);
    await loadImages(name, paths, report);
    return usedImages(images);
  };
  const old = {
    ...((await import(moduleOf('hack/images/build-images.ts'))) as { buildImages: typeof buildImages }),
    ...((await import(moduleOf('hack/install.ts'))) as { installOperator: typeof installOperator }),
  };
  // Without a source: to installOperator another one is a reason to restart the servers.
  const { source: _, ...oldImages } = await load(await old.buildImages(report));
  await old.installOperator(kubectl, oldImages, report);
  const cluster = {
    name,
    kubectl,
    ready: (registry = '', namespace = '') => waitForReady(kubectl, namespace, registry, report),
  };
  const registry = await registryIn(cluster, 'upgraded', { ...small, replicas: 2 });
  await registry.ready();
  const built = await buildImages(report);

  const clients = await steadyLoad(cluster, {
    namespace: registry.namespace,
    registry: registry.name,
    prefix: 'upgraded',
  });
  const parts = ['server', 'postgres', 'redis'] as const;
  const pods = async () => {
    const found = await Promise.all(parts.map((component) => registry.pods(component)));
    return found.flat().map(({ metadata }) => metadata.name);
  };
  const podsBefore = await pods();
  const begunMs = performance.now();
  const seen = await clients.during(async () => {
    const images = await load(built);
    const server = await tagServer({ name, images }, nextVersion);
    await installOperator(kubectl, { ...images, server }, report);
    await until('the server has its new image', async () => isRolled(await registry.get()), 180_000);
    await registry.ready();
    const endMs = performance.now() + afterMs;
    await until('the load went on', async () => performance.now() > endMs, afterMs * 2);
  });
  const lost = await clients.lost();
  await clients.stop();
  const podsAfter = await pods();
  const { items } = (await registry.json('get', 'events')) as {
    items: {
      reason: string;
      message: string;
      reportingComponent?: string;
      involvedObject: { kind: string };
    }[];
  };
  console.log(
    `${ref} to this tree: ${seen.requests} requests in ${Math.round((performance.now() - begunMs) / 1000)} s`,
  );
  console.log(`errors ${JSON.stringify(seen.errors)}, longest gap ${JSON.stringify(seen.longestGapMs)}`);
  console.log(`acknowledged schemas that are lost: ${lost.length}`);
  console.log(`kept: ${podsAfter.filter((pod) => podsBefore.includes(pod)).join(', ') || 'none'}`);
  console.log(`gone: ${podsBefore.filter((pod) => !podsAfter.includes(pod)).join(', ') || 'none'}`);
  console.log(`last rollout: ${(await registry.get()).status?.lastRollout?.cause}`);
  for (const { reason, message, involvedObject } of items)
    if (involvedObject.kind === 'SchemaRegistry') console.log(`  ${reason}: ${message}`);
}

function isRolled({ status }: { status?: { lastRollout?: { cause: string } } }): boolean {
  return status?.lastRollout?.cause.includes('image') ?? false;
}

function moduleOf(path: string): string {
  return pathToFileURL(join(before.folder, path)).href;
}
