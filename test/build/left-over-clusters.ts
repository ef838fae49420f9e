import { listClusters } from '../../hack/cluster/cluster.ts';
import { down } from '../../hack/cluster/down.ts';
import { findProcess } from '../../hack/cluster/processes.ts';

/**
 * A name for a cluster of this process alone, so that two runs on one machine do not take it from each other. Those of
 * processes that ended without taking theirs down go now.
 */
export async function ownClusterName(prefix: string): Promise<string> {
  const pattern = new RegExp(`^${prefix}-(\\d+)$`);
  for (const left of listClusters()) {
    const owner = pattern.exec(left)?.[1];
    if (owner === undefined) continue;
    const pid = Number(owner);
    if (pid === process.pid || findProcess(pid) === undefined) await down(left);
  }
  return `${prefix}-${process.pid}`;
}
