import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { down } from '../../hack/cluster/down.ts';
import { expose } from '../../hack/cluster/expose.ts';
import { loadImages } from '../../hack/cluster/load-images.ts';
import { reportTo } from '../../hack/cluster/report.ts';
import { up } from '../../hack/cluster/up.ts';
import { type BuiltImage, buildImages } from '../../hack/images/build-images.ts';
import { usedImages } from '../../hack/images/used-images.ts';
import { type Images, installOperator, waitForReady } from '../../hack/install.ts';
import { type Kubectl, kubectlOf } from '../../hack/kubectl.ts';
import { ownClusterName } from './left-over-clusters.ts';

const sample = fileURLToPath(new URL('../../config/samples/minimal.yaml', import.meta.url));

export interface RunningCluster {
  readonly name: string;
  readonly kubectl: Kubectl;
  /** The archives that its node has. */
  readonly built: readonly BuiltImage[];
  /** What the operator was told to use. */
  readonly images: Images;
  /** Where `config/samples/minimal.yaml` answers, on loopback; another one when its Service was made anew. */
  readonly url: () => Promise<string>;
  /** Waits until the registry is Ready and all of its objects are as wanted. */
  readonly ready: (registry?: string, namespace?: string) => Promise<void>;
}

let running: Promise<RunningCluster> | undefined;

/**
 * A cluster with a node, the operator and the minimal sample; made once for all files of a run. Whoever writes tests
 * keeps one: with TEST_CLUSTER=NAME it is started where it is not up, brought up to date, and stays.
 */
export function runningCluster(): Promise<RunningCluster> {
  running ??= start();
  return running;
}

export async function stopCluster(): Promise<void> {
  if (running === undefined || process.env.TEST_CLUSTER) return;
  await down(await ownClusterName('test-node'));
}

async function start(): Promise<RunningCluster> {
  const name = process.env.TEST_CLUSTER || (await ownClusterName('test-node'));
  const report = reportTo(process.stderr);
  const { kubeconfigPath, kubectlPath } = await up({ name, report });
  // For what speaks to the API server itself.
  process.env.KUBECONFIG = kubeconfigPath;
  const built = await buildImages(report);
  await loadImages(
    name,
    built.map(({ archivePath }) => archivePath),
    report,
  );
  const images = usedImages(built);
  const kubectl = kubectlOf(kubectlPath, kubeconfigPath);
  await installOperator(kubectl, images, report);
  const ready = (registry = 'sample', namespace = 'default') =>
    waitForReady(kubectl, namespace, registry, () => undefined);
  const url = async () => {
    const { spec } = (await kubectl.json(['get', 'service', 'sample'])) as {
      spec: { clusterIP: string; ports: { port: number }[] };
    };
    return `http://127.0.0.1:${await expose(name, { target: `${spec.clusterIP}:${spec.ports[0]?.port}` })}`;
  };
  await kubectl(['apply', '-f', '-'], await readFile(sample, 'utf8'));
  report('Waiting for the sample');
  await ready();
  return { name, kubectl, built, images, url, ready };
}
