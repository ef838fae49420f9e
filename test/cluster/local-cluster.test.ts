import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { findCluster } from '../../hack/cluster/cluster.ts';
import { components } from '../../hack/cluster/components.ts';
import { down } from '../../hack/cluster/down.ts';
import { expose } from '../../hack/cluster/expose.ts';
import { clusterFolders } from '../../hack/cluster/folders.ts';
import { isAlive, processRecords, signalProcess } from '../../hack/cluster/processes.ts';
import { run } from '../../hack/cluster/run.ts';
import { isRoot } from '../../hack/cluster/tools.ts';
import { isComplete, type RunningCluster, up } from '../../hack/cluster/up.ts';
import { waitFor } from '../../hack/cluster/wait.ts';
import { ownClusterName } from '../build/left-over-clusters.ts';

const name = await ownClusterName('test-local');
const folders = clusterFolders(name);
const records = processRecords(folders.processes);

const getCluster = () => {
  const cluster = findCluster(name);
  if (!cluster) throw new Error(`no cluster ${name}`);
  return cluster;
};

/** What a cluster that was taken down could have left: processes that name it, mounts, namespaces, cgroups, folders. */
const traces = (): string[] => {
  const processes = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return ''; // It ended while the list was read.
      }
    })
    .filter((command) => command.includes(`/${name}/`) || command.includes(`supervisor.ts ${name}`));
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(name));
  const cgroups = existsSync('/sys/fs/cgroup/cgroup.controllers')
    ? [`/sys/fs/cgroup/${folders.cgroup}`]
    : readdirSync('/sys/fs/cgroup').map((hierarchy) => `/sys/fs/cgroup/${hierarchy}/${folders.cgroup}`);
  const left = [folders.state, folders.run, folders.kubelet, folders.networkNamespace, ...cgroups].filter(
    (path) => existsSync(path),
  );
  return [...processes, ...mounts, ...left];
};

describe('the local cluster', function () {
  this.timeout(120_000);
  let cluster: RunningCluster;
  const kubectl = (...args: string[]) =>
    run(cluster.kubectlPath, args, { env: { KUBECONFIG: cluster.kubeconfigPath } });

  before(async function () {
    if (!isRoot()) {
      process.stderr.write('    skipped: a cluster with a node needs root\n');
      return this.skip();
    }
    this.timeout(30 * 60_000); // The first build of the binaries.
    cluster = await up({ name });
  });
  after(() => down(name));

  it('is found complete by a second start', async () => {
    const startedAt = performance.now();
    expect(await up({ name })).to.deep.equal(cluster);
    expect(performance.now() - startedAt).to.be.below(3_000);
  });

  it('resolves names and reaches a Service from the host at an exposed port', async () => {
    const port = await expose(name, { target: '10.96.0.10:9153' });
    const metrics = await waitFor('metrics of CoreDNS', { timeoutMs: 10_000 }, () =>
      fetch(`http://127.0.0.1:${port}/metrics`).then(
        (answer) => answer.text(),
        () => undefined,
      ),
    );
    expect(metrics).to.contain('coredns_build_info');
  });

  const parts = ['etcd', 'containerd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];
  for (const part of [...parts, 'kubelet', 'kube-proxy', 'volumes', 'relay']) {
    it(`starts ${part} again after kill -9`, async () => {
      const before = records.find(part);
      expect(signalProcess(before, 'SIGKILL')).to.equal(true);
      await waitFor(`${part} runs anew and the cluster is complete`, { timeoutMs: 60_000 }, async () => {
        const now = records.find(part);
        return now?.pid !== before?.pid && isAlive(now) && (await isComplete(getCluster()));
      });
    });
  }

  it('keeps running without its supervisor, and gets it back from the next start', async () => {
    const supervisor = records.find('supervisor');
    signalProcess(supervisor, 'SIGKILL');
    // A signal is on its way for a moment; a start before it arrives finds nothing missing.
    await waitFor('the supervisor has ended', { timeoutMs: 10_000 }, () => !isAlive(supervisor));
    const apiServer = records.find('kube-apiserver');
    await up({ name });
    expect(records.find('kube-apiserver')).to.deep.equal(apiServer);
    expect(await isComplete(getCluster())).to.equal(true);
  });

  it('has a component record for each line of the table', () => {
    const expected = ['supervisor', ...components(getCluster()).map((component) => component.name)];
    expect(records.list().sort()).to.deep.equal(expected.sort());
  });

  it('gives a pod of any user a volume, and takes its folder away with the claim', async () => {
    const pod = JSON.stringify({
      apiVersion: 'v1',
      kind: 'List',
      items: [
        {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: { name: 'data', namespace: 'default' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
        },
        {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'user', namespace: 'default' },
          spec: {
            securityContext: { runAsUser: 999, fsGroup: 999 },
            terminationGracePeriodSeconds: 0,
            // Its own image is there in every cluster.
            containers: [
              {
                name: 'user',
                image: 'localhost/llm-schema-registry/pause:1',
                volumeMounts: [{ name: 'data', mountPath: '/data' }],
              },
            ],
            volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }],
          },
        },
      ],
    });
    await run(cluster.kubectlPath, ['apply', '-f', '-'], {
      input: pod,
      env: { KUBECONFIG: cluster.kubeconfigPath },
    });
    await kubectl('wait', 'pod/user', '--for=condition=Ready', '--timeout=60s');
    expect(readdirSync(folders.volumes)).to.have.length(1);
    await kubectl('delete', 'pod/user', 'pvc/data', '--timeout=60s');
    await waitFor(
      'the folder is gone',
      { timeoutMs: 60_000 },
      () => readdirSync(folders.volumes).length === 0,
    );
  });

  it('leaves nothing behind', async () => {
    await down(name);
    await waitFor('no trace', { timeoutMs: 5_000 }, () => traces().length === 0).catch(() => undefined);
    expect(traces()).to.deep.equal([]);
  });
});
