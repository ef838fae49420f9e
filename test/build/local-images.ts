import { clusterFolders } from '../../hack/cluster/folders.ts';
import { run } from '../../hack/cluster/run.ts';
import type { RunningCluster } from './running-cluster.ts';

/** The server image of this tree under another version, for upgrades; returns its name. */
export async function tagServer(
  { name, images }: Pick<RunningCluster, 'name' | 'images'>,
  version: string,
): Promise<string> {
  const image = images.server ?? '';
  const tagged = `${image.slice(0, image.lastIndexOf(':'))}:${version}`;
  await run('ctr', [
    ...['--address', clusterFolders(name).containerdSocket, '--namespace', 'k8s.io'],
    ...['images', 'tag', '--force', image, tagged],
  ]);
  return tagged;
}
