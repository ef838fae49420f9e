import { expect } from 'chai';
import type { V1Deployment, V1Pod } from '../../operator/kube/kubernetes.ts';
import type { Answer, Unready } from '../../operator/observed.ts';
import { Prober, subjectOf } from '../../operator/prober.ts';
import { until } from '../build/api-server.ts';
import { aRegistry } from '../build/registry.ts';

const key = 'team-a/sample';
const registry = aRegistry();
const ready: Answer = { isReady: true, isDegraded: false, isLocked: false, version: '1.0.0', checks: {} };
const silent: Answer = { isReady: false, words: 'no answer in 3 s' };

/** A Deployment whose rollout has ended. */
function deployment(generation: number, readyReplicas = 1): V1Deployment {
  const status = { observedGeneration: generation, replicas: 1, updatedReplicas: 1 };
  return {
    metadata: { uid: 'deployment', generation },
    spec: { replicas: 1 } as V1Deployment['spec'] & object,
    status: { ...status, readyReplicas, availableReplicas: readyReplicas },
  };
}

function unreadyPod(containerID: string): V1Pod {
  return {
    metadata: { uid: 'pod', labels: { 'app.kubernetes.io/component': 'server' } },
    status: {
      podIP: '10.0.0.1',
      containerStatuses: [
        { name: 'server', containerID, ready: false, state: { running: {} } },
      ] as unknown as NonNullable<V1Pod['status']>['containerStatuses'] & object,
    },
  };
}

/** Registries that answer when the test says so. */
function pretendedRegistries() {
  const asked: { answer: (answer: Answer) => void; signal: AbortSignal | undefined }[] = [];
  const pods: { answer: (answer: Unready) => void }[] = [];
  const turns: string[] = [];
  const probe = {
    ask: (_registry: unknown, _trust: unknown, signal?: AbortSignal) => {
      const { promise, resolve } = Promise.withResolvers<Answer>();
      signal?.addEventListener('abort', () => resolve(silent));
      asked.push({ answer: resolve, signal });
      return promise;
    },
    askPod: () => {
      const { promise, resolve } = Promise.withResolvers<Unready | undefined>();
      pods.push({ answer: resolve });
      return promise;
    },
  };
  const prober = new Prober(probe, (each) => turns.push(each));
  const follow = (found: V1Deployment, pod?: V1Pod, name = key) =>
    prober.follow(name, { registry, subject: subjectOf(found, pod ? [pod] : []), trust: {} });
  const find = (found: V1Deployment, pod?: V1Pod) =>
    prober.findAnswers(key, subjectOf(found, pod ? [pod] : []));
  const turned = (times: number) => until(`${times} answers are new`, async () => turns.length === times);
  return { prober, asked, pods, turns, turned, follow, find };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('what registries are asked beside their runs', () => {
  it('is nothing as long as no pod is up, and that is known at once', async () => {
    const { asked, follow, find, prober } = pretendedRegistries();
    follow(deployment(1, 0));
    await turn();
    expect(asked).to.have.length(0);
    expect(find(deployment(1, 0))).to.deep.equal({ answer: undefined, unready: undefined });
    await prober.stop();
  });

  it('is asked at once when a pod is ready, and told when it is answered', async () => {
    const { asked, follow, find, turned, prober } = pretendedRegistries();
    follow(deployment(1, 0));
    follow(deployment(1));
    expect(asked).to.have.length(1);
    expect(find(deployment(1))).to.equal(undefined);
    asked[0]?.answer(ready);
    await turned(1);
    expect(find(deployment(1))).to.deep.equal({ answer: ready, unready: undefined });
    await prober.stop();
  });

  it('is asked once by runs that follow each other closely', async () => {
    const { asked, follow, turned, prober } = pretendedRegistries();
    follow(deployment(1));
    follow(deployment(1));
    asked[0]?.answer(ready);
    await turned(1);
    follow(deployment(1));
    await turn();
    expect(asked).to.have.length(1);
    await prober.stop();
  });

  it('brings a run only where the answer is another, or of something else', async () => {
    const { asked, follow, turns, turned, prober } = pretendedRegistries();
    const askAgain = async (found: V1Deployment, answer: Answer) => {
      const before = asked.length;
      await until('it is asked again', async () => {
        follow(found);
        return asked.length > before;
      });
      asked.at(-1)?.answer(answer);
      await turn();
    };
    await askAgain(deployment(1), ready);
    await turned(1);
    await askAgain(deployment(1), { ...ready });
    expect(turns).to.have.length(1);
    await askAgain(deployment(1), silent);
    await turned(2);
    await askAgain(deployment(2), silent);
    await turned(3);
    await prober.stop();
  });

  it('does not count for a Deployment that was changed, nor for one whose rollout has ended since', async () => {
    const { asked, follow, find, turned, prober } = pretendedRegistries();
    const rolling = { ...deployment(2), status: { ...deployment(2).status, updatedReplicas: 0 } };
    follow(deployment(1));
    asked[0]?.answer(ready);
    await turned(1);
    for (const found of [rolling, deployment(2)]) {
      expect(find(found)).to.equal(undefined);
      follow(found);
      expect(find(found)).to.equal(undefined);
      await until('it is asked', async () => asked.at(-1)?.signal?.aborted === false);
      asked.at(-1)?.answer(ready);
      await until('it is answered', async () => find(found));
    }
    expect(asked).to.have.length(3);
    await prober.stop();
  });

  it('does not count after a write of the operator, also where it comes later than that', async () => {
    const { asked, follow, find, turns, turned, prober } = pretendedRegistries();
    follow(deployment(1));
    prober.outdate(key);
    follow(deployment(1));
    expect(asked[0]?.signal?.aborted).to.equal(true);
    asked[0]?.answer(ready);
    await until('it is asked again', async () => asked.length === 2);
    expect(find(deployment(1))).to.equal(undefined);
    expect(turns).to.deep.equal([]);
    asked[1]?.answer(silent);
    await turned(1);
    expect(find(deployment(1))?.answer).to.equal(silent);
    prober.outdate(key);
    expect(find(deployment(1))).to.equal(undefined);
    await prober.stop();
  });

  it('is of one container of a pod that is up and not ready', async () => {
    const { pods, follow, find, turned, prober } = pretendedRegistries();
    const unready = { cause: 'the database refuses connections', checks: {} };
    follow(deployment(1, 0), unreadyPod('first'));
    pods[0]?.answer(unready);
    await turned(1);
    expect(find(deployment(1, 0), unreadyPod('first'))).to.deep.equal({ answer: undefined, unready });
    expect(find(deployment(1, 0), unreadyPod('second'))).to.equal(undefined);
    await prober.stop();
  });

  it('ends for a registry that is gone', async () => {
    const { asked, follow, find, turns, prober } = pretendedRegistries();
    follow(deployment(1));
    prober.forget(key);
    expect(asked[0]?.signal?.aborted).to.equal(true);
    await turn();
    expect(turns).to.deep.equal([]);
    expect(find(deployment(1))).to.equal(undefined);
    await prober.stop();
  });

  it('ends with the leadership: what is under way is given up, and nothing begins', async () => {
    const { asked, follow, turns, prober } = pretendedRegistries();
    for (let at = 0; at < 100; at += 1) follow(deployment(1), undefined, `team-a/sample-${at}`);
    // The rest wait for their turn.
    expect(asked.length).to.be.within(4, 32);
    const before = asked.length;
    await prober.stop();
    follow(deployment(1));
    await turn();
    expect(asked).to.have.length(before);
    expect(turns).to.deep.equal([]);
  });
});
