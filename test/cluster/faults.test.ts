import { randomBytes } from 'node:crypto';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { processesInCgroups } from '../../hack/cluster/cgroups.ts';
import { clusterFolders } from '../../hack/cluster/folders.ts';
import { findProcess, isAlive, processRecords, signalProcess } from '../../hack/cluster/processes.ts';
import { operatorNamespace } from '../../hack/install.ts';
import { leaseName } from '../../operator/kube/kinds.ts';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import { until } from '../build/api-server.ts';
import {
  type Pod,
  type RegistryInCluster,
  registryIn,
  restartsOf,
  small,
} from '../build/registry-in-cluster.ts';
import { type RunningCluster, runningCluster } from '../build/running-cluster.ts';
import { scaleOperator } from '../build/scale-operator.ts';
import { errorsOf, type Seen, type SteadyLoad, steadyLoad } from '../build/steady-load.ts';

interface Fault {
  readonly title: string;
  /** Resolves when the fault has begun and can be seen. */
  readonly begin: () => Promise<unknown>;
  /** Besides that the registry is Ready: what must be so again. */
  readonly isOver: () => Promise<unknown>;
  /** Without an answer 200 for clients; undefined: no request may fail at all. */
  readonly mostSeconds?: { readonly reads: number; readonly registrations: number };
}

describe('a registry under load, and a fault', function () {
  this.timeout(300_000);
  let cluster: RunningCluster;
  let registry: RegistryInCluster;
  let load: SteadyLoad;
  const told: string[] = [];

  before(async function () {
    this.timeout(40 * 60_000); // The first build of the binaries and images.
    cluster = await runningCluster();
    registry = await registryIn(cluster, 'faults', {
      ...small,
      replicas: 2,
      database: {
        ...small.database,
        managed: { ...small.database?.managed, storage: { size: '1Gi', storageClassName: 'sized' } },
      },
    });
    await registry.ready();
    load = await steadyLoad(cluster, { namespace: 'faults', registry: 'faults', prefix: 'faults' });
  });
  after(async () => {
    await load?.stop();
    await registry?.remove();
    console.log(`\n${told.join('\n')}`);
  });

  const podsOf = (component: string): Promise<readonly Pod[]> =>
    component === 'operator' ? operatorPods() : registry.pods(component);
  const operatorPods = async () =>
    ((await cluster.kubectl.json(['get', 'pods', '-n', operatorNamespace])) as { items: Pod[] }).items.filter(
      ({ metadata }) => metadata.deletionTimestamp === undefined,
    );
  const isReady = ({ status }: Pod) =>
    status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
  const kill = (pod: Pod, namespace: string) =>
    cluster.kubectl(['delete', 'pod', pod.metadata.name, '-n', namespace, '--grace-period=0', '--force']);
  const leader = async () => {
    const path = 'jsonpath={.spec.holderIdentity}';
    return cluster.kubectl([...['get', 'lease', leaseName], ...['-n', operatorNamespace, '-o', path]]);
  };
  /** An operator that acts puts back what somebody deletes. */
  const operatorActs = async () => {
    const uid = async () =>
      ((await registry.json('get', 'service', 'faults-metrics')) as { metadata: { uid: string } }).metadata
        .uid;
    const before = await until('the Service is there', uid, 60_000);
    await until(
      'the Service is deleted',
      () => registry.kubectl('delete', 'service', 'faults-metrics'),
      30_000,
    );
    await until('a deleted Service is back', async () => (await uid()) !== before, 60_000);
  };
  const part = (name: string) => processRecords(clusterFolders(cluster.name).processes).find(name);

  /** As the kernel does when memory runs out: without a word, and the container is started again in its pod. */
  const endProcessOf = async (component: string) => {
    const [pod] = await registry.pods(component);
    const environment = `HOSTNAME=${pod?.metadata.name}`;
    const isMain = (pid: number) => /^NSpid:.*\s1$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    const pid = processesInCgroups(clusterFolders(cluster.name).cgroup).find((candidate) => {
      try {
        const variables = readFileSync(`/proc/${candidate}/environ`, 'utf8').split('\0');
        return variables.includes(environment) && isMain(candidate);
      } catch {
        return false; // It has ended meanwhile.
      }
    });
    if (!signalProcess(pid === undefined ? undefined : findProcess(pid), 'SIGKILL'))
      throw new Error(`no process of ${component}`);
  };
  const hasRestarted = (component: string) =>
    until(
      `a container of ${component} runs anew`,
      async () => {
        const pods = await registry.pods(component);
        return pods.every(isReady) && pods.some((pod) => restartsOf(pod) > 0);
      },
      90_000,
    );

  const kills = (component: string, count: number): Omit<Fault, 'title' | 'mostSeconds'> => {
    let killed: readonly Pod[] = [];
    return {
      begin: async () => {
        killed = (await podsOf(component)).slice(0, 1);
        for (const pod of killed) await kill(pod, component === 'operator' ? operatorNamespace : 'faults');
      },
      isOver: () =>
        until(
          `${count} ${component} pods are ready, and none is the killed one`,
          async () => {
            const pods = await podsOf(component);
            const isThere = ({ metadata }: Pod) => killed.some((pod) => pod.metadata.uid === metadata.uid);
            return pods.length === count && pods.every(isReady) && !pods.some(isThere);
          },
          120_000,
        ),
    };
  };

  const faults: readonly Fault[] = [
    { title: 'a server pod is killed', ...kills('server', 2), mostSeconds: { reads: 6, registrations: 6 } },
    { title: 'PostgreSQL is killed', ...kills('postgres', 1), mostSeconds: { reads: 30, registrations: 40 } },
    {
      title: 'the process of a server ends',
      begin: () => endProcessOf('server'),
      isOver: () => hasRestarted('server'),
      mostSeconds: { reads: 6, registrations: 6 },
    },
    {
      title: 'the process of PostgreSQL ends',
      begin: () => endProcessOf('postgres'),
      isOver: () => hasRestarted('postgres'),
      mostSeconds: { reads: 30, registrations: 40 },
    },
    { title: 'Redis is killed', ...kills('redis', 1), mostSeconds: { reads: 5, registrations: 5 } },
    {
      title: 'the operator that leads is killed',
      begin: async () => {
        const name = await leader();
        const pod = (await operatorPods()).find(({ metadata }) => metadata.name === name);
        if (pod === undefined) throw new Error(`no pod ${name}`);
        await kill(pod, operatorNamespace);
        await until('another leads', async () => (await leader()) !== name, 60_000);
      },
      isOver: operatorActs,
    },
    {
      title: 'the operator that waits is killed',
      begin: async () => {
        const name = await leader();
        const pod = (await operatorPods()).find(({ metadata }) => metadata.name !== name);
        if (pod !== undefined) await kill(pod, operatorNamespace);
      },
      isOver: operatorActs,
    },
    {
      title: 'the API server is killed',
      begin: async () => {
        const before = part('kube-apiserver');
        signalProcess(before, 'SIGKILL');
        await until('it runs anew', async () => part('kube-apiserver')?.pid !== before?.pid, 30_000);
      },
      isOver: operatorActs,
    },
    {
      title: 'the node is restarted',
      begin: async () => {
        // As a machine that loses its power: nothing is told, and what ran has to be started again.
        const before = ['kubelet', 'containerd'].map((name) => ({ name, record: part(name) }));
        for (const { record } of before) signalProcess(record, 'SIGKILL');
        const ran = processesInCgroups(clusterFolders(cluster.name).cgroup).map((pid) => findProcess(pid));
        for (const process of ran) signalProcess(process, 'SIGKILL');
        // The operator ran there too: it may be back after all is well again, and have nothing to tell.
        await until('all that ran is gone', async () => !ran.some(isAlive), 30_000);
        for (const { name, record } of before)
          await until(`${name} runs anew`, async () => part(name)?.pid !== record?.pid, 30_000);
      },
      isOver: operatorActs,
      mostSeconds: { reads: 90, registrations: 90 },
    },
  ];

  // First: the pause before a container is started again grows with each time that it ended.
  it('the disk of PostgreSQL is full: it says so, and ends Ready with all that was acknowledged once there is room', async () => {
    const folder = await volume();
    const most = { reads: 60, registrations: 150 };
    await underLoad('the disk of PostgreSQL is full, until its volume grows', most, async () => {
      const restarts = async () => restartsOf((await registry.pods('postgres'))[0]);
      const before = await restarts();
      fill(folder);
      await registry.says('Degraded', 'True', 'DiskFull', {
        saying: /no room left on its disk: schemas are read.*raise spec\.database\.managed\.storage\.size/,
      });
      expect((await registry.condition('Ready'))?.status).to.equal('True');
      // A log of changes that cannot go on ends PostgreSQL, here or by what the load wrote before.
      const exec = ['exec', '-n', 'faults', 'faults-postgres-0', '-c', 'postgres', '--'];
      const psql = ['psql', '-qAt', '-U', 'postgres', '-d', 'registry', '-h', '/var/run/postgresql'];
      await until(
        'PostgreSQL gives up',
        async () => {
          if ((await restarts()) > before) return true;
          await cluster.kubectl([...exec, ...psql, '-c', 'select pg_switch_wal()']);
          return false;
        },
        60_000,
      );
      const names = /No space left on device; raise spec\.database\.managed\.storage\.size/;
      await until(
        'it says why PostgreSQL is down',
        async () => names.test((await registry.condition('DatabaseReady'))?.message ?? ''),
        120_000,
      );
      const storage = { size: '1536Mi', storageClassName: 'sized' };
      await registry.patch({ database: { managed: { storage } } });
      await registry.says('Degraded', 'False', 'AllWell', { timeoutMs: 120_000 });
      await registry.ready();
    });
  });

  const base64 = (bytes: Buffer | string) => Buffer.from(bytes).toString('base64');
  const dataOf = async (secret: string) =>
    ((await registry.json('get', 'secret', secret)) as { data: Record<string, string> }).data;
  const spoils: readonly { title: string; secret: string; change: object }[] = [
    {
      title: 'has another password',
      secret: 'faults-postgres',
      change: { password: base64('w'.repeat(43)) },
    },
    { title: 'lacks a key', secret: 'faults-postgres', change: { password: null, DATABASE_URL: null } },
    { title: 'has a key more', secret: 'faults-postgres', change: { foreign: base64('foreign') } },
    {
      title: 'holds garbage',
      secret: 'faults-postgres',
      change: { password: base64(randomBytes(43)), DATABASE_URL: base64(randomBytes(99)) },
    },
    {
      title: 'of Redis holds garbage',
      secret: 'faults-redis',
      change: { password: base64(randomBytes(43)) },
    },
  ];
  for (const { title, secret, change } of spoils) {
    it(`a generated Secret ${title}: it comes back as it was, and nobody notices`, async () => {
      await underLoad(`a generated Secret ${title}`, undefined, async () => {
        const before = await dataOf(secret);
        await registry.kubectl(
          'patch',
          'secret',
          secret,
          '--type=merge',
          '-p',
          JSON.stringify({ data: change }),
        );
        await until(
          'it is as it was',
          async () => {
            const now = await dataOf(secret);
            return Object.entries(before).every(([key, value]) => now[key] === value);
          },
          5_000,
        );
        await registry.ready();
      });
    });
  }

  it('a generated Secret has another password while no operator runs: it ends Ready with all that was acknowledged', async () => {
    const most = { reads: 60, registrations: 60 };
    await underLoad('a generated Secret has another password while no operator runs', most, async () => {
      // The status of before says Ready until somebody writes another one: the pods are what tells.
      const hash = async () => {
        const { spec } = (await registry.json('get', 'deployment', 'faults')) as {
          spec: { template: { metadata: { annotations: Record<string, string> } } };
        };
        return spec.template.metadata.annotations['llm-schema-registry.io/secret-hash'];
      };
      const before = await hash();
      await scaleOperator(cluster.kubectl, 0);
      await cluster.kubectl([
        ...[
          'wait',
          'pods',
          '-n',
          operatorNamespace,
          '-l',
          'app.kubernetes.io/name=llm-schema-registry-operator',
        ],
        ...['--for=delete', '--timeout=60s'],
      ]);
      const data = { password: base64('w'.repeat(43)) };
      await registry.kubectl(
        'patch',
        'secret',
        'faults-postgres',
        '--type=merge',
        '-p',
        JSON.stringify({ data }),
      );
      await scaleOperator(cluster.kubectl, 2);
      const url = async () =>
        Buffer.from((await dataOf('faults-postgres')).DATABASE_URL ?? '', 'base64').toString();
      const password = async () =>
        Buffer.from((await dataOf('faults-postgres')).password ?? '', 'base64').toString();
      await until('the Secret is of one piece', async () => (await url()).includes(await password()), 60_000);
      await until('the servers get the password', async () => (await hash()) !== before, 30_000);
      await registry.kubectl('rollout', 'status', 'deployment/faults', '--timeout=120s');
      await registry.ready();
    });
  });

  for (const { title, begin, isOver, mostSeconds } of faults) {
    it(`${title}: it ends Ready with all that was acknowledged`, async () => {
      await underLoad(title, mostSeconds, async () => {
        await begin();
        await isOver();
        await registry.ready();
      });
    });
  }

  it('a second operator is installed in another namespace: it waits, and nobody notices', async () => {
    const second = 'second-operator';
    const overlay = mkdtempSync(join(tmpdir(), 'overlay-'));
    const label = 'app.kubernetes.io/name=llm-schema-registry-operator';
    const here = ['-n', second];
    try {
      const installed = fileURLToPath(new URL('../../config/default', import.meta.url));
      const kustomization = {
        namespace: second,
        nameSuffix: '-second',
        resources: [relative(overlay, installed)],
      };
      writeFileSync(join(overlay, 'kustomization.yaml'), JSON.stringify(kustomization));
      const manifests = parseAllDocuments(await cluster.kubectl(['kustomize', overlay])).map(
        (document) => document.toJS() as KubeObject,
      );
      // The kind and the namespace are the cluster's.
      const items = [
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name: second } },
        ...manifests.filter(({ kind }) => kind !== 'CustomResourceDefinition' && kind !== 'Namespace'),
      ];
      const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
      await underLoad('a second operator is installed', undefined, async () => {
        const before = await leader();
        await cluster.kubectl(['apply', '--server-side', '-f', '-'], list);
        const logs = () => cluster.kubectl(['logs', '-l', label, ...here, '--prefix', '--tail=-1']);
        await until(
          'both of its pods wait',
          async () => (await logs()).match(/another operator leads/g)?.length === 2,
          60_000,
        );
        await operatorActs();
        expect(await leader()).to.equal(before);
        expect(await logs()).not.to.match(/child made/);
        await registry.ready();
      });
      await cluster.kubectl(['delete', '-f', '-', '--wait=false'], list);
    } finally {
      rmSync(overlay, { recursive: true });
    }
  });

  /** Where the volume of its PostgreSQL is on this machine. */
  const volume = async () => {
    const path = 'jsonpath={.spec.volumeName}';
    const name = await registry.kubectl('get', 'pvc', 'data-faults-postgres-0', '-o', path);
    return join(clusterFolders(cluster.name).volumes, name);
  };
  const fill = (folder: string) => {
    const file = openSync(join(folder, 'filler'), 'a');
    const block = Buffer.alloc(65_536);
    try {
      while (statfsSync(folder).bavail > 0) writeSync(file, block);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(file);
    }
  };

  /**
   * To see that an operator acts, a Service is deleted: while kube-proxy writes its tables anew, a new connection may
   * find no route. No pod of ours can do anything about it.
   */
  const unrouted = /^new connection, \w+: EHOSTUNREACH$/;

  /** What clients see while something happens, and whether all that was acknowledged is there afterwards. */
  const underLoad = async (
    title: string,
    mostSeconds: Fault['mostSeconds'],
    happens: () => Promise<void>,
  ): Promise<Seen> => {
    let startedMs = 0;
    let seconds = 0;
    const seen = await load.during(async () => {
      startedMs = performance.now();
      await happens();
      seconds = (performance.now() - startedMs) / 1000;
      await load.registers();
    });
    tell(title, seconds, seen);
    expect((await load.lost()).join('\n')).to.equal('');
    const errors = Object.keys(seen.errors).filter((words) => !unrouted.test(words));
    if (mostSeconds === undefined) expect(errors).to.deep.equal([]);
    else {
      expect(seen.longestGapMs.reads / 1000, 'reads').to.be.below(mostSeconds.reads);
      expect(seen.longestGapMs.registrations / 1000, 'registrations').to.be.below(mostSeconds.registrations);
    }
    return seen;
  };

  const tell = (title: string, seconds: number, seen: Seen) => {
    const { reads, registrations } = seen.longestGapMs;
    told.push(
      `      ${title}: Ready after ${seconds.toFixed(1)} s; ${seen.requests} requests, ${errorsOf(seen)} errors; ` +
        `longest gap ${(reads / 1000).toFixed(1)} s (reads), ${(registrations / 1000).toFixed(1)} s (registrations)`,
      ...Object.entries(seen.errors).map(([words, count]) => `          ${count} × ${words}`),
    );
  };
});
