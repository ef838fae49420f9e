import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { Health } from '../../operator/health.ts';
import { ApiError } from '../../operator/kube/api-error.ts';
import type { Cluster } from '../../operator/kube/cluster.ts';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import { campaign } from '../../operator/leader.ts';
import { openLog } from '../../operator/log.ts';
import { type Random, roundsOr, seeded } from '../build/random.ts';

/** The leases of an API server whose answers take their time, so that installs overtake each other. */
function pretendedLeases(random: Random, mayList = true) {
  const leases = new Map<string, KubeObject>();
  let version = 0;
  const some = () => pause(random.below(4));
  const slow = async <Result>(act: () => Result): Promise<Result> => {
    await some();
    const result = structuredClone(act());
    await some();
    return result;
  };
  const keyOf = ({ metadata }: KubeObject) => metadata.namespace ?? '';
  const kept = (object: KubeObject) => {
    version += 1;
    const lease = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
    leases.set(keyOf(object), lease);
    return lease;
  };
  const found = (object: KubeObject) => {
    const lease = leases.get(keyOf(object));
    if (lease === undefined) throw new ApiError(404, 'NotFound', 'not found');
    return lease;
  };
  const cluster = {
    fenced: () => cluster,
    get: (object: KubeObject) => slow(() => found(object)),
    create: (object: KubeObject) =>
      slow(() => {
        if (leases.has(keyOf(object))) throw new ApiError(409, 'AlreadyExists', 'it is there');
        return kept(object);
      }),
    update: (object: KubeObject) =>
      slow(() => {
        if (found(object).metadata.resourceVersion !== object.metadata.resourceVersion)
          throw new ApiError(409, 'Conflict', 'it has changed');
        return kept(object);
      }),
    request: () =>
      slow(() => {
        if (!mayList) throw new ApiError(403, 'Forbidden', 'leases is forbidden');
        return { items: [...leases.values()] };
      }),
  };
  return { cluster: cluster as object as Cluster, leases };
}

// Nothing runs out: whoever leads goes because it is told to.
const times = { leaseMs: 600_000, renewDeadlineMs: 400_000, retryMs: 50 };

function replica(cluster: Cluster, namespace: string, identity: string, watchesAll = true) {
  const stopping = new AbortController();
  const parts = { cluster, namespace, leaseName: 'operator', watchesAll, identity, log: openLog('silent') };
  return {
    identity,
    run: (lead: (signal: AbortSignal) => Promise<void>) =>
      campaign({ ...parts, health: new Health(), times }, stopping.signal, lead),
    stop: () => stopping.abort(),
  };
}

const until = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
  });

describe('installs of the operator that watch every namespace', () => {
  it('lead one at a time, however they begin, and each has its turn', async () => {
    const { seed } = seeded(Number(process.env.TEST_SEED ?? 20_261_126));
    for (let round = 0; round < roundsOr(2); round += 1) {
      const { cluster } = pretendedLeases(seeded(seed + round));
      const replicas = ['one-a', 'one-b', 'two-a', 'three-a'].map((identity) =>
        replica(cluster, identity.split('-')[0] ?? '', identity),
      );
      let leading = 0;
      const most: number[] = [];
      const turns: string[] = [];
      await Promise.all(
        replicas.map(({ identity, run, stop }) =>
          run(async (signal) => {
            leading += 1;
            most.push(leading);
            turns.push(identity);
            // Long enough for every other one to look.
            setTimeout(stop, 30);
            await until(signal);
            leading -= 1;
          }),
        ),
      );
      expect(Math.max(...most), `seed ${seed}, round ${round}`).to.equal(1);
      expect(turns, `seed ${seed}, round ${round}`).to.have.members(replicas.map(({ identity }) => identity));
    }
  });

  it('are not held up by one of some namespaces, nor by a role that does not let them look', async () => {
    for (const [mayList, otherWatchesAll] of [
      [true, false],
      [false, true],
    ] as const) {
      const { cluster } = pretendedLeases(seeded(1), mayList);
      const other = replica(cluster, 'other', 'other', otherWatchesAll);
      const all = replica(cluster, 'all', 'all');
      const led = Promise.withResolvers<void>();
      const ended = other.run(async (signal) => {
        const second = all.run(async () => led.resolve());
        await led.promise;
        all.stop();
        await second;
        other.stop();
        await until(signal);
      });
      await ended;
    }
  });

  it('wait for one of the version that had its lease in kube-system', async () => {
    const { cluster, leases } = pretendedLeases(seeded(1));
    const before: KubeObject = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'operator', namespace: 'kube-system', resourceVersion: '1' },
      spec: { holderIdentity: 'before', leaseDurationSeconds: 600, renewTime: '2026-01-01T00:00:00.000000Z' },
    };
    leases.set('kube-system', before);
    const after = replica(cluster, 'own', 'after');
    let isGone = false;
    setTimeout(() => {
      isGone = true;
      leases.set('kube-system', { ...before, spec: { holderIdentity: '', leaseDurationSeconds: 1 } });
    }, 50);
    await after.run(async () => {
      expect(isGone).to.equal(true);
      after.stop();
    });
  });
});
