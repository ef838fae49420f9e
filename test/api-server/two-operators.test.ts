import { expect } from 'chai';
import type { Cluster } from '../../operator/kube/cluster.ts';
import { leaseName } from '../../operator/kube/kinds.ts';
import { find, openApiServer, until } from '../build/api-server.ts';
import { aRegistryNamed, named } from '../build/children.ts';
import { openFaultyApi, type Seen } from '../build/faulty-api.ts';
import { startOperatorProcess } from '../build/operator-process.ts';

const isWork = ({ verb, resource }: Seen) =>
  ['create', 'patch', 'delete', 'update'].includes(verb) && !resource.startsWith('leases');

describe('two operators at one API server', function () {
  this.timeout(120_000);
  let server: Awaited<ReturnType<typeof openApiServer>>;
  let cluster: Cluster;
  const lease = named('coordination.k8s.io/v1', 'Lease', leaseName, 'default');
  const holder = async () =>
    ((await find(cluster, lease))?.spec as { holderIdentity?: string } | undefined)?.holderIdentity;
  const takeLease = (holderIdentity: string) =>
    cluster.request(
      'PATCH',
      `/apis/coordination.k8s.io/v1/namespaces/default/leases/${lease.metadata.name}`,
      {
        spec: {
          holderIdentity,
          leaseDurationSeconds: 600,
          renewTime: new Date().toISOString().replace('Z', '000Z'),
        },
      },
      'application/merge-patch+json',
    );

  before(async function () {
    this.timeout(30 * 60_000); // The first build of the binaries.
    server = await openApiServer();
    cluster = server.cluster;
  });
  after(() => server?.close());

  it('the second acts when the first is cut off, and not before the first has stopped', async () => {
    const proxies = [
      await openFaultyApi(process.env.KUBECONFIG ?? ''),
      await openFaultyApi(process.env.KUBECONFIG ?? ''),
    ] as const;
    const first = await startOperatorProcess(proxies[0].kubeconfig(), 'first');
    await until('the first leads', async () => (await holder()) === 'first', 20_000);
    const second = await startOperatorProcess(proxies[1].kubeconfig(), 'second');
    try {
      await cluster.apply(aRegistryNamed('shared'));
      await until('it acts', () => find(cluster, named('apps/v1', 'Deployment', 'shared')));
      expect(proxies[1].seen.filter(isWork)).to.deep.equal([]);
      // Half-open: the first is not told of anything.
      proxies[0].begin('stall');
      const isLeading = async (operator: typeof first) =>
        (await operator.metric('leader_election_master_status')) === 1;
      await until('the first has stopped leading', async () => !(await isLeading(first)), 15_000);
      const stoppedMs = performance.now();
      expect(await isLeading(second)).to.equal(false);
      await until('the second leads', () => isLeading(second), 20_000);
      await cluster.apply(aRegistryNamed('taken-over'));
      await until('it acts', () => find(cluster, named('apps/v1', 'Deployment', 'taken-over')));
      const firstOfSecond = proxies[1].seen.find(isWork)?.atMs ?? 0;
      expect(firstOfSecond).to.be.above(stoppedMs);
      // Back again, the first does not act, though it held the lease once.
      const from = proxies[0].seen.length;
      proxies[0].end();
      await until('the first sees the lease', async () => proxies[0].seen.length > from + 3, 30_000);
      expect(proxies[0].seen.slice(from).filter(isWork)).to.deep.equal([]);
      expect([first.hasEnded(), second.hasEnded()]).to.deep.equal([false, false]);
    } finally {
      await Promise.all([first.stop(), second.stop()]);
      await Promise.all(proxies.map((proxy) => proxy.close()));
    }
  });

  it('of two installs that watch every namespace, one says which other one there is, and waits until it is gone', async () => {
    await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'elsewhere' } });
    const proxies = [
      await openFaultyApi(process.env.KUBECONFIG ?? ''),
      await openFaultyApi(process.env.KUBECONFIG ?? ''),
    ] as const;
    const first = await startOperatorProcess(proxies[0].kubeconfig(), 'install-one');
    await until('the first leads', async () => (await holder()) === 'install-one', 30_000);
    const elsewhere = { POD_NAMESPACE: 'elsewhere' };
    const second = await startOperatorProcess(proxies[1].kubeconfig(), 'install-two', elsewhere);
    try {
      await cluster.apply(aRegistryNamed('contested'));
      await until('it acts', () => find(cluster, named('apps/v1', 'Deployment', 'contested')));
      await until(
        'the second is not ready, and says why',
        async () => {
          const { status, words } = await second.health('readyz');
          return (
            status === 503 &&
            /another install: the operator in namespace default \(install-one\) watches every namespace as well; remove one/.test(
              words,
            )
          );
        },
        30_000,
      );
      expect((await first.health('readyz')).status).to.equal(200);
      expect(proxies[1].seen.filter(isWork)).to.deep.equal([]);
      // Nor does it write a lease only to wait.
      const writes = ({ verb }: Seen) => ['create', 'update'].includes(verb);
      expect(proxies[1].seen.filter(writes)).to.deep.equal([]);
      expect(second.log()).to.match(/"install-one","namespace":"default".*another operator leads/);
      await first.kill();
      const isLeading = async () => (await second.metric('leader_election_master_status')) === 1;
      await until('the second leads', isLeading, 40_000);
      expect((await second.health('readyz')).status).to.equal(200);
    } finally {
      await Promise.all([first.kill(), second.stop()]);
      // What the dead one has left would hold up the next test.
      const left = await find(cluster, lease);
      if (left !== undefined) await cluster.delete(left);
      await Promise.all(proxies.map((proxy) => proxy.close()));
    }
  });

  it('an install that watches some namespaces holds up none', async () => {
    const proxy = await openFaultyApi(process.env.KUBECONFIG ?? '');
    const some = { POD_NAMESPACE: 'elsewhere', WATCH_NAMESPACES: 'elsewhere' };
    const first = await startOperatorProcess(proxy.kubeconfig(), 'of-some', some);
    const isLeading = async (operator: typeof first) =>
      (await operator.metric('leader_election_master_status')) === 1;
    await until('it leads', () => isLeading(first), 40_000);
    const second = await startOperatorProcess(proxy.kubeconfig(), 'of-all');
    try {
      await until('both lead', () => isLeading(second), 40_000);
      expect(await isLeading(first)).to.equal(true);
    } finally {
      await Promise.all([first.stop(), second.stop()]);
      await proxy.close();
    }
  });

  it('a leader that sees another hold the lease stops at its next look', async () => {
    const proxy = await openFaultyApi(process.env.KUBECONFIG ?? '');
    const operator = await startOperatorProcess(proxy.kubeconfig(), 'robbed');
    try {
      await until('it leads', async () => (await holder()) === 'robbed', 30_000);
      await cluster.apply(aRegistryNamed('robbed-one'));
      await until('it acts', () => find(cluster, named('apps/v1', 'Deployment', 'robbed-one')));
      await until('the lease is taken', async () => {
        await takeLease('somebody');
        return (await holder()) === 'somebody';
      });
      await until(
        'it does not lead',
        async () => (await operator.metric('leader_election_master_status')) === 0,
        5_000,
      );
      const from = proxy.seen.length;
      await cluster.apply(aRegistryNamed('robbed-two'));
      const looks = () => proxy.seen.slice(from).filter(({ resource }) => resource.startsWith('leases'));
      await until('it has looked twice', async () => looks().length >= 2, 15_000);
      expect(proxy.seen.slice(from).filter(isWork)).to.deep.equal([]);
      expect(await holder()).to.equal('somebody');
    } finally {
      await operator.stop();
      await proxy.close();
    }
  });
});
