/**
 * `npm run bench:thousand [registries]`: what the operator does and takes with a thousand registries. API server,
 * controllers and scheduler are real; the nodes are kwok's, whose pods are there without running. In their place one
 * process answers at every pod's address, so that the operator hears from each registry what a real one would say.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { down } from '../../hack/cluster/down.ts';
import { clusterFolders } from '../../hack/cluster/folders.ts';
import { inside } from '../../hack/cluster/network.ts';
import { processRecords, signalProcess } from '../../hack/cluster/processes.ts';
import { reportTo } from '../../hack/cluster/report.ts';
import { run } from '../../hack/cluster/run.ts';
import { up } from '../../hack/cluster/up.ts';
import { Cluster, openKubeConfig } from '../../operator/kube/cluster.ts';
import { kinds } from '../../operator/kube/kinds.ts';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import { openMetrics } from '../../operator/metrics.ts';
import type { Status } from '../../operator/registry.ts';
import { find, until } from '../build/api-server.ts';
import { aRegistryNamed, childrenNamed, named } from '../build/children.ts';
import { findGoTool } from '../build/go-tool.ts';
import { ownClusterName } from '../build/left-over-clusters.ts';
import { startOperatorProcess } from '../build/operator-process.ts';
import { end } from '../build/process.ts';

const wanted = Number(process.argv[2] ?? 1_000);
const idleSeconds = Number(process.env.BENCH_IDLE_SECONDS ?? 300);
const nodes = 20;
/** Of the pods that are not there; none of the cluster's own. */
const podNetwork = '10.128.0.0/14';
const spec = { replicas: 1, autoscaling: { enabled: false } };
const atOnce = 10;

const tool = findGoTool({ command: 'sigs.k8s.io/kwok/cmd/kwok', version: 'v0.8.0' });
if ('reason' in tool) throw new Error(tool.reason);

const report = reportTo(process.stderr);
const name = await ownClusterName('bench-kwok');
const { kubeconfigPath } = await up({ name, report });
process.env.KUBECONFIG = kubeconfigPath;
const folders = clusterFolders(name);
const within = (...command: string[]) => {
  const [program = '', ...args] = inside(folders, command);
  return { program, args };
};
const start = (...command: string[]) => {
  const { program, args } = within(...command);
  return spawn(program, args, { stdio: 'ignore' });
};
const children: ReturnType<typeof spawn>[] = [];
try {
  // Ten thousand Services are rules that nobody here follows: the API server dials pods by their addresses.
  signalProcess(processRecords(folders.processes).find('kube-proxy'), 'SIGSTOP');
  signalProcess(processRecords(folders.processes).find('kubelet'), 'SIGSTOP');
  const { program, args } = within('ip', 'route', 'replace', 'local', podNetwork, 'dev', 'lo');
  await run(program, args);
  children.push(start(process.execPath, fileURLToPath(new URL('./pretended-registry.ts', import.meta.url))));
  const kwok = [
    ...[tool.program, `--kubeconfig=${folders.config}/volumes.kubeconfig`, `--cidr=${podNetwork}`],
    '--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake',
    `--config=${fileURLToPath(new URL('./kwok-stages.yaml', import.meta.url))}`,
  ];
  children.push(start(...kwok));
  await measure();
} finally {
  for (const child of children) await end(child, 'SIGKILL');
  await down(name);
}

async function measure(): Promise<void> {
  const cluster = new Cluster(openKubeConfig(), openMetrics('bench'));
  await cluster.apply(
    parse(readFileSync(new URL('../../crds/schema-registry.yaml', import.meta.url), 'utf8')) as KubeObject,
  );
  for (let node = 0; node < nodes; node += 1) await cluster.apply(fakeNode(`fake-${node}`));
  await until('the kind is served', async () => (await cluster.list(kinds.SchemaRegistry, {})) !== undefined);

  const operator = await startOperatorProcess(readFileSync(kubeconfigPath, 'utf8'), 'bench');
  children.push(operator.child);
  const megabytes = async () => Math.round((await operator.residentBytes()) / 2 ** 20);
  const requests = () => operator.metric('rest_client_requests_total');
  const cpuSeconds = () => operator.metric('process_cpu_seconds_total');
  await until('the operator counts', requests);
  say('operator alone', `${await megabytes()} MB`);

  const begunMs = performance.now();
  const seconds = () => ((performance.now() - begunMs) / 1000).toFixed(1);
  const names = Array.from({ length: wanted }, (_, index) => `registry-${index}`);
  const waiting = names.values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const registry of waiting) await cluster.apply(aRegistryNamed(registry, spec));
    }),
  );
  say(`${wanted} registries applied`, `${seconds()} s`);
  await until(
    'all are Ready',
    async () => {
      const { items } = await cluster.list(kinds.SchemaRegistry, {});
      const ready = items.filter(isSettled).length;
      process.stderr.write(
        `  ${seconds()} s: ${ready} of ${wanted} are Ready, operator at ${await megabytes()} MB\n`,
      );
      await delay(5_000);
      return ready === wanted;
    },
    60 * 60_000,
  );
  say('all Ready and settled', `${seconds()} s, operator at ${await megabytes()} MB`);
  say('requests per registry until then', ((await requests()) / wanted).toFixed(1));

  const before = { requests: await requests(), writes: await writes(operator), cpu: await cpuSeconds() };
  const sizes: number[] = [];
  for (let second = 0; second < idleSeconds; second += 30) {
    await delay(30_000);
    sizes.push(await megabytes());
  }
  const perHour = ((await requests()) - before.requests) / wanted / (idleSeconds / 3_600);
  say(
    `idle for ${idleSeconds} s: memory`,
    `${Math.min(...sizes)} to ${Math.max(...sizes)} MB, last ${sizes.at(-1)} MB`,
  );
  say('idle: writes besides the lease', String((await writes(operator)) - before.writes));
  say('idle: requests per registry and hour', perHour.toFixed(0));
  say('idle: CPU', `${((((await cpuSeconds()) - before.cpu) / idleSeconds) * 1000).toFixed(0)} m`);

  const repairs: number[] = [];
  for (const registry of names.filter((_, index) => index % Math.ceil(wanted / 20) === 0)) {
    const [child] = childrenNamed(registry, spec).filter(({ kind }) => kind === 'Service');
    if (child === undefined) continue;
    const uid = (await cluster.get(child)).metadata.uid;
    const deletedMs = performance.now();
    await cluster.delete(child);
    await until('it is back', async () => {
      const found = await find(cluster, child);
      return found !== undefined && found.metadata.uid !== uid;
    });
    repairs.push(performance.now() - deletedMs);
  }
  say('a deleted Service is back', `${Math.round(Math.max(...repairs))} ms at most, of ${repairs.length}`);
  await operator.stop();
}

function say(what: string, figure: string): void {
  console.log(`${what.padEnd(44)} ${figure}`);
}

function isSettled({ status }: KubeObject): boolean {
  const { conditions = [] } = (status ?? {}) as Status;
  const is = (type: string) => conditions.find((condition) => condition.type === type)?.status;
  return is('Ready') === 'True' && is('Reconciling') === 'False';
}

async function writes(operator: Awaited<ReturnType<typeof startOperatorProcess>>): Promise<number> {
  let sum = 0;
  for (const line of (await operator.metricsText()).split('\n')) {
    if (
      /^rest_client_requests_total{.*method="(POST|PUT|PATCH|DELETE)"/.test(line) &&
      !line.includes('leases')
    )
      sum += Number(line.split(' ').at(-1));
  }
  return sum;
}

function fakeNode(node: string): KubeObject {
  const resources = { cpu: '1000', memory: '1000Gi', pods: '1000', 'ephemeral-storage': '1000Gi' };
  return {
    ...named('v1', 'Node', node),
    metadata: {
      name: node,
      annotations: { 'kwok.x-k8s.io/node': 'fake', 'node.alpha.kubernetes.io/ttl': '0' },
      labels: { 'kubernetes.io/hostname': node, 'kubernetes.io/os': 'linux', type: 'kwok' },
    },
    status: { allocatable: resources, capacity: resources },
  };
}
