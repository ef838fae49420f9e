import { expect } from 'chai';
import { ApiError } from '../../operator/kube/api-error.ts';
import { openCaches } from '../../operator/kube/cache.ts';
import type { Cluster } from '../../operator/kube/cluster.ts';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import { Ledger } from '../../operator/ledger.ts';
import { openLog } from '../../operator/log.ts';
import { observe } from '../../operator/observe.ts';
import type { Answer } from '../../operator/observed.ts';
import { WorkQueue } from '../../operator/queue.ts';
import { reconcile } from '../../operator/reconcile.ts';
import { until } from '../build/api-server.ts';
import { aRegistry, aSchemaRegistry, someDefaults } from '../build/registry.ts';

/** Takes all that is written, as an API server would. */
function pretendedCluster(...present: readonly KubeObject[]) {
  const pathOf = ({ kind, metadata }: KubeObject) => `${kind}/${metadata.name}`;
  const objects = new Map(present.map((object) => [pathOf(object), object]));
  let version = 0;
  const take = async (object: KubeObject): Promise<KubeObject> => {
    version += 1;
    const path = pathOf(object);
    const before = objects.get(path);
    const metadata = { uid: path, ...before?.metadata, ...object.metadata, resourceVersion: String(version) };
    const taken = { ...before, ...object, metadata };
    objects.set(path, taken);
    return taken;
  };
  const get = async () => {
    throw new ApiError(404, 'NotFound', 'not found');
  };
  return { apply: take, create: take, merge: take, get } as unknown as Cluster;
}

/** A registry whose operator has asked it how it does, and waits for the answer. */
async function askedRegistry() {
  const [key, name] = ['team-a/sample', 'sample'];
  const caches = openCaches();
  caches.SchemaRegistry.put(aSchemaRegistry());
  const answer = Promise.withResolvers<Answer>();
  let isAsked = false;
  const parts = {
    cluster: pretendedCluster(aSchemaRegistry()),
    caches,
    ledger: new Ledger(),
    defaults: someDefaults,
    probe: {
      ask: () => {
        isAsked = true;
        return answer.promise;
      },
      askPod: async () => undefined,
    },
    secrets: { read: async () => [], readServiceAccount: async () => undefined, forget: () => undefined },
    warnings: async () => new Map<string, string>(),
    served: new Set<never>(),
    identity: 'test',
    log: openLog('silent'),
  };
  const events = { added: () => undefined, retried: () => undefined, depth: () => undefined };
  const queue = new WorkQueue((each, whenAdded) => reconcile(parts, each, whenAdded), 1, events);
  const find = (kind: 'Deployment' | 'Service' | 'SchemaRegistry') => caches[kind].find(key, name);
  queue.add(key);
  const deployment = await until('there is a Deployment', async () => find('Deployment'));
  caches.Deployment.put({ ...deployment, status: { readyReplicas: 1 } });
  queue.add(key);
  await until('the registry is asked', async () => isAsked);
  return {
    find,
    changed: () => queue.add(key),
    /** What a watch tells. */
    remove: (kind: 'Service' | 'SchemaRegistry') => {
      const object = find(kind);
      if (object !== undefined) caches[kind].remove(object);
    },
    version: () => (find('SchemaRegistry')?.status as { version?: string } | undefined)?.version,
    answers: () =>
      answer.resolve({ isReady: true, isDegraded: false, isLocked: false, version: '0.1.0', checks: {} }),
    stop: () => queue.stop(),
  };
}

describe('a run that waits for the answer of its registry (which is pretended, as the API server is)', () => {
  let registry: Awaited<ReturnType<typeof askedRegistry>>;
  beforeEach(async () => {
    registry = await askedRegistry();
  });
  afterEach(async () => {
    registry.answers();
    await registry.stop();
  });

  it('goes on repairing, and takes the answer when it comes', async () => {
    for (let time = 0; time < 3; time += 1) {
      const service = await until('there is a Service', async () => registry.find('Service'));
      registry.remove('Service');
      registry.changed();
      const repaired = await until('it is back', async () => registry.find('Service'));
      expect(repaired.spec).to.deep.equal(service.spec);
    }
    expect(registry.version()).to.equal(undefined);
    registry.answers();
    await until('the status has the answer', async () => registry.version() === '0.1.0');
  });

  it('makes nothing again for a registry that is gone', async () => {
    registry.remove('SchemaRegistry');
    registry.remove('Service');
    registry.changed();
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(registry.find('Service')).to.equal(undefined);
  });
});

describe('a paused registry whose certificates are the operator’s and are not there', () => {
  it('has no keys made that nobody would write', async () => {
    const registry = aRegistry({ paused: true, tls: { mode: 'Operator' } });
    const parts = {
      caches: openCaches(),
      nowMs: Date.now,
      secrets: { read: async () => [], readServiceAccount: async () => undefined },
      served: new Set<never>(),
      warnings: async () => new Map<string, string>(),
    };
    expect((await observe(parts, registry)).certificates).to.equal(undefined);
    expect((await observe(parts, { ...registry, isPaused: false })).certificates).not.to.equal(undefined);
  });
});
