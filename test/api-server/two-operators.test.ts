import { expect } from 'chai';
import type { Cluster } from '../../operator/cluster.ts';
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
  const lease = named('coordination.k8s.io/v1', 'Lease', 'llm-schema-registry-operator', 'kube-system');
  const holder = async () =>
    ((await find(cluster, lease))?.spec as { holderIdentity?: string } | undefined)?.holderIdentity;
  const takeLease = (holderIdentity: string) =>
    cluster.request(
      'PATCH',
      `/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/${lease.metadata.name}`,
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

  it('of two installs in namespaces of their own, one waits for the other', async () => {
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
      const looks = () => proxies[1].seen.filter(({ resource }) => resource.startsWith('leases'));
      await until('the second has looked at the lease', async () => looks().length >= 3, 20_000);
      expect(proxies[1].seen.filter(isWork)).to.deep.equal([]);
      expect(second.log()).to.match(/"install-one".*another operator leads/);
      await first.stop();
      await until('the second leads', async () => (await holder()) === 'install-two', 20_000);
    } finally {
      await Promise.all([first.stop(), second.stop()]);
      await Promise.all(proxies.map((proxy) => proxy.close()));
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
