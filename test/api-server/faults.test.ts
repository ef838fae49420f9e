import { expect } from 'chai';
import { clusterFolders } from '../../hack/cluster/folders.ts';
import { processRecords } from '../../hack/cluster/processes.ts';
import type { Cluster } from '../../operator/kube/cluster.ts';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import { find, openApiServer, until } from '../build/api-server.ts';
import { aRegistryNamed, childrenNamed, named } from '../build/children.ts';
import { type Fault, openFaultyApi, retryAfterSeconds, type Seen } from '../build/faulty-api.ts';
import { startOperatorProcess } from '../build/operator-process.ts';

/** Longer than the grace of /readyz and the deadline of the lease, so that both show. */
const faultMs = 14_000;
const silenceSeconds = '8';

/** Requests that the API server may see in that time, the lease's (one a second) among them. */
const most: Record<Fault, number> = {
  // The lease goes on, and so does what can be done without a watch.
  gone: 350,
  'too-many-requests': 150,
  'internal-error': 300,
  // Each waits for its answer.
  stall: 60,
  reset: 300,
};

describe('the operator at an API server with faults', function () {
  this.timeout(120_000);
  let server: Awaited<ReturnType<typeof openApiServer>>;
  let proxy: Awaited<ReturnType<typeof openFaultyApi>>;
  let operator: Awaited<ReturnType<typeof startOperatorProcess>>;
  let cluster: Cluster;

  before(async function () {
    this.timeout(30 * 60_000); // The first build of the binaries.
    server = await openApiServer();
    cluster = server.cluster;
    proxy = await openFaultyApi(process.env.KUBECONFIG ?? '');
    operator = await startOperatorProcess(proxy.kubeconfig(), 'faulty', {
      WATCH_SILENCE_SECONDS: silenceSeconds,
    });
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(operator.log().slice(-3000));
  });
  after(async () => {
    await operator?.stop();
    await proxy?.close();
    await server?.close();
  });

  const areThere = (children: readonly KubeObject[], timeoutMs: number) =>
    until(
      'all children are there',
      async () => {
        for (const child of children)
          if ((await find(cluster, child)) === undefined)
            throw new Error(`no ${child.kind} ${child.metadata.name}`);
        return true;
      },
      timeoutMs,
    );
  const isReady = async () => (await operator.health('readyz')).status === 200;

  for (const fault of Object.keys(most) as Fault[]) {
    it(`outlives "${fault}": tells it, asks little, and ends with all as wanted`, async () => {
      const before = `before-${fault}`;
      const during = `during-${fault}`;
      await cluster.apply(aRegistryNamed(before));
      await areThere(childrenNamed(before), 20_000);
      await until('it is ready', isReady, 45_000);

      const from = proxy.seen.length;
      proxy.begin(fault);
      const begunMs = performance.now();
      // What it cannot see, or cannot write: a new registry, a spoiled child, a missing child.
      await cluster.apply(aRegistryNamed(during));
      await cluster.request(
        'PATCH',
        `/api/v1/namespaces/default/configmaps/${before}-config?fieldManager=somebody`,
        { data: { LOG_LEVEL: 'spoiled' } },
        'application/merge-patch+json',
      );
      await cluster.request('DELETE', `/api/v1/namespaces/default/services/${before}-metrics`);
      const told = await until(
        '/readyz tells it',
        async () => {
          const { status, words } = await operator.health('readyz');
          return status === 503 ? words : undefined;
        },
        45_000,
      );
      expect(told).to.match(/lease|watch of/);
      expect((await operator.health('healthz')).status).to.equal(200);
      await until('the fault has lasted', async () => performance.now() - begunMs > faultMs, faultMs + 5_000);
      const asked = proxy.seen.slice(from);
      proxy.end();
      const seconds = (performance.now() - begunMs) / 1000;
      expect(asked.length, `requests in ${seconds} s`).to.be.below((most[fault] * seconds * 1000) / faultMs);
      if (fault === 'too-many-requests') expect(tooEarly(asked)).to.deep.equal([]);

      await areThere([...childrenNamed(during), ...childrenNamed(before)], 60_000);
      await until(
        'the spoiled child is as wanted',
        async () => {
          const { data } = await cluster.get(named('v1', 'ConfigMap', `${before}-config`));
          return (data as Record<string, string>).LOG_LEVEL === 'info';
        },
        60_000,
      );
      await until('it is ready again', isReady, 60_000);
      expect(operator.hasEnded()).to.equal(false);
    });
  }

  it('goes on after the API server was killed', async () => {
    const records = processRecords(clusterFolders(server.name).processes);
    process.kill(records.find('kube-apiserver')?.pid ?? 0, 'SIGKILL');
    await until('a registry can be made again', () => cluster.apply(aRegistryNamed('risen')), 30_000);
    await areThere(childrenNamed('risen'), 60_000);
    await until('it is ready', isReady, 30_000);
    expect(operator.hasEnded()).to.equal(false);
  });

  it('has not grown by all that', async () => {
    expect((await operator.residentBytes()) / 2 ** 20).to.be.below(250);
  });

  it('ends in seconds when it is told to while nothing answers', async () => {
    proxy.begin('stall');
    const startedMs = performance.now();
    await operator.stop();
    expect(performance.now() - startedMs).to.be.below(12_000);
    proxy.end();
  });
});

/** Requests that came before the server wanted any; the lease waits by itself. Those sent together are told together. */
function tooEarly(asked: readonly Seen[]): readonly string[] {
  const togetherMs = 100;
  let toldMs = Number.NEGATIVE_INFINITY;
  return asked
    .filter(({ resource }) => !resource.startsWith('leases'))
    .flatMap(({ atMs, verb, resource }) => {
      const sinceMs = atMs - toldMs;
      if (sinceMs <= togetherMs) return [];
      toldMs = atMs;
      return sinceMs < retryAfterSeconds * 1000 - togetherMs
        ? [`${verb} ${resource} after ${Math.round(sinceMs)} ms`]
        : [];
    });
}
