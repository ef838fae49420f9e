import { expect } from 'chai';
import { Cache, type Caches } from '../../operator/cache.ts';
import { ApiError, type Cluster } from '../../operator/cluster.ts';
import type { Answer } from '../../operator/desired/child.ts';
import { kinds } from '../../operator/kinds.ts';
import type { KubeObject } from '../../operator/kubernetes.ts';
import { openLog } from '../../operator/log.ts';
import { WorkQueue } from '../../operator/queue.ts';
import { reconcile } from '../../operator/reconcile.ts';
import { until } from '../build/api-server.ts';
import { aSchemaRegistry, someDefaults } from '../build/registry.ts';

/** Takes all that is written, as an API server would. */
function pretendedCluster() {
  let version = 0;
  const take = async (object: KubeObject): Promise<KubeObject> => {
    version += 1;
    const uid = `${object.kind}/${object.metadata.name}`;
    return { ...object, metadata: { ...object.metadata, uid, resourceVersion: String(version) } };
  };
  const get = async () => {
    throw new ApiError(404, 'NotFound', 'not found');
  };
  return { apply: take, create: take, merge: take, get } as unknown as Cluster;
}

describe('a run (the API server and the registry are pretended)', () => {
  it('goes on repairing while the registry lets it wait for an answer', async () => {
    const [key, name] = ['team-a/sample', 'sample'];
    const caches = Object.fromEntries(
      Object.keys(kinds).map((kind) => [kind, new Cache()]),
    ) as unknown as Caches;
    caches.SchemaRegistry.put(aSchemaRegistry());
    const answer = Promise.withResolvers<Answer>();
    let isAsked = false;
    const parts = {
      cluster: pretendedCluster(),
      caches,
      defaults: someDefaults,
      probe: {
        ask: () => {
          isAsked = true;
          return answer.promise;
        },
        askPod: async () => undefined,
      },
      secrets: { read: async () => [], forget: () => undefined },
      warnings: async () => new Map<string, string>(),
      served: new Set<never>(),
      identity: 'test',
      log: openLog('silent'),
    };
    const events = { added: () => undefined, retried: () => undefined, depth: () => undefined };
    const queue = new WorkQueue((each, whenAdded) => reconcile(parts, each, whenAdded), 1, events);
    const find = (kind: 'Deployment' | 'Service') => caches[kind].find(key, name);
    const status = () => caches.SchemaRegistry.find(key, name)?.status as { version?: string } | undefined;
    queue.add(key);
    const deployment = await until('there is a Deployment', async () => find('Deployment'));
    caches.Deployment.put({ ...deployment, status: { readyReplicas: 1 } });
    queue.add(key);
    await until('the registry is asked', async () => isAsked);

    try {
      for (let time = 0; time < 3; time += 1) {
        const service = await until('there is a Service', async () => find('Service'));
        caches.Service.remove(service);
        queue.add(key);
        const repaired = await until('it is back', async () => find('Service'));
        expect(repaired.spec).to.deep.equal(service.spec);
      }
      expect(status()?.version).to.equal(undefined);
    } finally {
      answer.resolve({ isReady: true, isDegraded: false, isLocked: false, version: '0.1.0', checks: {} });
      await until('the status has the answer', async () => status()?.version === '0.1.0');
      await queue.stop();
    }
  });
});
