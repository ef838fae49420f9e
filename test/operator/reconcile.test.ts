import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import { issue } from '../../operator/issue.ts';
import { ApiError } from '../../operator/kube/api-error.ts';
import { openCaches } from '../../operator/kube/cache.ts';
import type { Cluster } from '../../operator/kube/cluster.ts';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import { Ledger } from '../../operator/ledger.ts';
import { openLog } from '../../operator/log.ts';
import { observe } from '../../operator/observe.ts';
import type { Answer } from '../../operator/observed.ts';
import { Prober } from '../../operator/prober.ts';
import { WorkQueue } from '../../operator/queue.ts';
import { reconcile } from '../../operator/reconcile.ts';
import type { Registry, Spec, Status } from '../../operator/registry.ts';
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
    const isChanged =
      before?.spec !== undefined && !isDeepStrictEqual(before.spec, object.spec ?? before.spec);
    const generation = (before?.metadata.generation ?? 1) + (isChanged ? 1 : 0);
    const taken = { ...before, ...object, metadata: { ...metadata, generation } };
    objects.set(path, taken);
    return taken;
  };
  const get = async () => {
    throw new ApiError(404, 'NotFound', 'not found');
  };
  const cluster = { apply: take, create: take, merge: take, get } as unknown as Cluster;
  /** What a controller writes. */
  const set = (object: KubeObject) => objects.set(pathOf(object), object);
  return { cluster, set };
}

/** A registry with a ready pod, whose operator has asked it how it does, and has got no answer yet. */
async function askedRegistry() {
  const [key, name] = ['team-a/sample', 'sample'];
  const caches = openCaches();
  const spec: Spec = { replicas: 1, autoscaling: { enabled: false } };
  caches.SchemaRegistry.put(aSchemaRegistry(spec));
  const { cluster, set } = pretendedCluster(aSchemaRegistry(spec));
  const asked: { readonly answers: (answer: Answer) => void }[] = [];
  const prober = new Prober(
    {
      ask: () => {
        const { promise, resolve } = Promise.withResolvers<Answer>();
        asked.push({ answers: resolve });
        return promise;
      },
      askPod: async () => undefined,
    },
    (each) => queue.add(each),
  );
  const parts = {
    cluster,
    caches,
    ledger: new Ledger(),
    defaults: someDefaults,
    prober,
    secrets: {
      read: async () => [],
      readCluster: async () => undefined,
      readServiceAccount: async () => undefined,
      forget: () => undefined,
    },
    warnings: async () => new Map<string, string>(),
    served: new Set<never>(),
    identity: 'test',
    log: openLog('silent'),
  };
  const queue: WorkQueue = new WorkQueue((each) => reconcile(parts, each), 1);
  const find = (kind: 'Deployment' | 'Service' | 'SchemaRegistry') => caches[kind].find(key, name);
  /** What the Deployment's controller says once all pods are as wanted. */
  const rollOut = () => {
    const { metadata, spec, ...deployment } = find('Deployment') ?? {};
    const replicas = (spec as { replicas: number }).replicas;
    const counts = {
      replicas,
      updatedReplicas: replicas,
      readyReplicas: replicas,
      availableReplicas: replicas,
    };
    const status = { observedGeneration: metadata?.generation, ...counts };
    const rolledOut = { ...deployment, metadata, spec, status } as KubeObject;
    set(rolledOut);
    caches.Deployment.put(rolledOut);
    queue.add(key);
  };
  queue.add(key);
  await until('there is a Deployment', async () => find('Deployment'));
  rollOut();
  await until('the registry is asked', async () => asked.length > 0);
  const status = () => (find('SchemaRegistry')?.status ?? {}) as Status;
  return {
    find,
    asked,
    rollOut,
    changed: () => queue.add(key),
    edit: (changes: Spec) => {
      const registry = find('SchemaRegistry');
      const { metadata, ...rest } = registry as KubeObject;
      const generation = (metadata.generation ?? 1) + 1;
      caches.SchemaRegistry.put({
        ...rest,
        metadata: { ...metadata, generation },
        spec: { ...spec, ...changes },
      });
      queue.add(key);
    },
    /** What a watch tells. */
    remove: (kind: 'Service' | 'SchemaRegistry') => {
      const object = find(kind);
      if (object !== undefined) caches[kind].remove(object);
    },
    version: () => status().version,
    condition: (type: string) => status().conditions?.find((condition) => condition.type === type),
    answers: (version = '0.1.0') =>
      asked.at(-1)?.answers({ isReady: true, isDegraded: false, isLocked: false, version, checks: {} }),
    stop: async () => {
      for (const { answers } of asked) answers({ isReady: false, words: 'the test has ended' });
      await Promise.all([queue.stop(), prober.stop()]);
    },
  };
}

describe('runs of a registry that has been asked how it does (it is pretended, as the API server is)', () => {
  let registry: Awaited<ReturnType<typeof askedRegistry>>;
  beforeEach(async () => {
    registry = await askedRegistry();
  });
  afterEach(() => registry.stop());

  it('go on repairing, and take the answer when it comes', async () => {
    for (let time = 0; time < 3; time += 1) {
      const service = await until('there is a Service', async () => registry.find('Service'));
      registry.remove('Service');
      registry.changed();
      const repaired = await until('it is back', async () => registry.find('Service'));
      expect(repaired.spec).to.deep.equal(service.spec);
    }
    expect(registry.version()).to.equal(undefined);
    await until('the status has the answer', async () => {
      registry.answers();
      return registry.version() === '0.1.0';
    });
  });

  it('make nothing again for a registry that is gone', async () => {
    registry.remove('SchemaRegistry');
    registry.remove('Service');
    registry.changed();
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(registry.find('Service')).to.equal(undefined);
  });

  it('never say that it is ready and settled by an answer from before a change', async () => {
    registry.answers();
    await until('it is ready', async () => registry.condition('Ready')?.status === 'True');
    const before = registry.asked.length;
    registry.edit({ replicas: 5 });
    await until('the Deployment is changed', async () => {
      const { spec } = registry.find('Deployment') ?? {};
      return (spec as { replicas?: number }).replicas === 5;
    });
    registry.rollOut();
    await until('it is asked again', async () => registry.asked.length > before);
    // The rollout has ended, and nobody has answered since: nothing is said of the new generation yet.
    expect(registry.condition('Ready')?.observedGeneration).to.equal(1);
    await until('the answer of the new pods is told', async () => {
      registry.answers('0.2.0');
      return registry.version() === '0.2.0';
    });
    expect(registry.condition('Ready')).to.include({ status: 'True', observedGeneration: 2 });
    expect(registry.condition('Reconciling')?.message).not.to.include('server pod');
  });
});

describe('a paused registry whose certificates are the operator’s and are not there', () => {
  it('has no keys made that nobody would write', async () => {
    const registry = aRegistry({ paused: true, tls: { mode: 'Operator' } });
    const parts = {
      caches: openCaches(),
      prober: { findAnswers: () => undefined },
      secrets: {
        read: async () => [],
        readCluster: async () => undefined,
        readServiceAccount: async () => undefined,
      },
      served: new Set<never>(),
      warnings: async () => new Map<string, string>(),
    };
    const certificatesOf = async (each: Registry) =>
      (await issue(each, await observe(parts, each))).certificates;
    expect(await certificatesOf(registry)).to.equal(undefined);
    expect(await certificatesOf({ ...registry, isPaused: false })).not.to.equal(undefined);
  });
});
