import { isDeepStrictEqual } from 'node:util';
import type { Unfilled } from './desired/claim.ts';
import { isNotFound } from './kube/api-error.ts';
import type { Caches } from './kube/cache.ts';
import type { Cluster } from './kube/cluster.ts';
import type { KubeObject, OwnerReference } from './kube/kubernetes.ts';
import type { Log } from './log.ts';

/** Takes away what was made for volumes that never came to be. The StatefulSet goes first: it would make the same claim again. */
export async function removeUnfilled(
  cluster: Cluster,
  caches: Caches,
  unfilled: readonly Unfilled[],
  log: Log,
): Promise<void> {
  for (const { statefulSet, claim } of unfilled) {
    const written = (kind: string, name: string) =>
      log.info('child replaced', { kind, child: name, because: 'another volume is wanted' });
    if (statefulSet !== undefined) {
      const object = statefulSet as object as KubeObject;
      await tried(object, () => cluster.delete(object));
      caches.StatefulSet.drop(object);
      written('StatefulSet', object.metadata.name);
    }
    const object = claim as object as KubeObject | undefined;
    if (object === undefined || isDeepStrictEqual(object.metadata.ownerReferences, [nobody])) continue;
    await tried(object, async () => caches.PersistentVolumeClaim.put(await cluster.merge(left(object))));
    written('PersistentVolumeClaim', object.metadata.name);
  }
}

/** The operator has no right to delete a claim: one whose only owner is not there is taken by the garbage collector. */
const nobody: OwnerReference = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  name: 'replaced',
  uid: '00000000-0000-0000-0000-000000000000',
};

/** The claim without its owner. It has its version: one that has got its volume meanwhile stays (409). */
function left({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { name, namespace, resourceVersion } = metadata;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ownerReferences: [nobody],
    },
  };
}

async function tried(object: KubeObject, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!isNotFound(error))
      throw new Error(`replace ${object.kind} ${object.metadata.name}`, { cause: error });
  }
}
