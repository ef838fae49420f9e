import { clusterFolders } from '../../hack/cluster/folders.ts';
import { run } from '../../hack/cluster/run.ts';
import type { RunningCluster } from './running-cluster.ts';

/** The server image of this tree under another version, for upgrades. */
export async function tagServer({ name, images }: RunningCluster, version: string): Promise<void> {
  const image = images.server ?? '';
  await run('ctr', [
    ...['--address', clusterFolders(name).containerdSocket, '--namespace', 'k8s.io'],
    ...['images', 'tag', '--force', image, `${image.slice(0, image.lastIndexOf(':'))}:${version}`],
  ]);
}
