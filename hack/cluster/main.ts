import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { buildBinaries } from './binaries.ts';
import { findCluster, listClusters } from './cluster.ts';
import { down } from './down.ts';
import { expose, unexpose } from './expose.ts';
import { clusterFolders } from './folders.ts';
import { kubeconfigOf } from './kind.ts';
import { loadImages } from './load-images.ts';
import { Problem } from './problem.ts';
import { reportTo } from './report.ts';
import { status } from './status.ts';
import { packSystemImages } from './system-images.ts';
import { defaultName, linkKubectl, up } from './up.ts';

const usage = `A local Kubernetes, without a container engine.

  npm run cluster -- build                            build its binaries and images (once)
  npm run cluster -- up [--no-node]                   start it, repair it, or do nothing; --no-node: API server only
  npm run cluster -- down
  npm run cluster -- status
  npm run cluster -- load-image FILE...               load OCI archives into its node
  npm run cluster -- expose IP:PORT [--port N]        reach a Service's ClusterIP at 127.0.0.1:N
  npm run cluster -- unexpose --port N
  npm run cluster -- kubeconfig                       print the path of its kubeconfig
  npm run cluster -- kubectl -- ARGS...
  npm run cluster -- list

  --name NAME   which one (default ${defaultName})`;

const readArguments = () => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        name: { type: 'string', default: defaultName },
        'no-node': { type: 'boolean', default: false },
        port: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return process.exit(2);
  }
};

const { values, positionals } = readArguments();
const { name } = values;
const [command = '', ...args] = positionals;
const report = reportTo(process.stderr);
const interrupted = new AbortController();

const requireCluster = () => {
  if (!findCluster(name))
    throw new Problem(`There is no cluster ${name}; start it with "npm run cluster -- up".`);
  return clusterFolders(name);
};

const commands: Record<string, () => Promise<void>> = {
  async build() {
    await buildBinaries(['node', 'pause', 'addons'], report, interrupted.signal);
    await packSystemImages(report);
    console.log(linkKubectl());
  },
  async up() {
    const cluster = await up({ name, hasNode: !values['no-node'], report, signal: interrupted.signal });
    report(`Cluster ${name} is up at ${cluster.server}`);
    console.log(`export KUBECONFIG=${cluster.kubeconfigPath}\nkubectl: ${cluster.kubectlPath}`);
  },
  async down() {
    const existed = findCluster(name) !== undefined;
    await down(name);
    console.log(existed ? `Cluster ${name} is gone.` : `There was no cluster ${name}.`);
  },
  async status() {
    const found = await status(name);
    if (!found) throw new Problem(`There is no cluster ${name}.`);
    console.log(JSON.stringify({ ...found, components: undefined }, undefined, 2));
    for (const [part, pid] of Object.entries(found.components))
      console.log(`${part.padEnd(26)}${pid ?? 'not running'}`);
    if (!found.isApiReady || Object.values(found.components).includes(undefined)) process.exitCode = 1;
  },
  async 'load-image'() {
    requireCluster();
    if (args.length === 0) throw new Problem('load-image: name the OCI archives to load.');
    await loadImages(name, args, report);
  },
  async expose() {
    const hostPort = values.port === undefined ? undefined : Number(values.port);
    console.log(`127.0.0.1:${await expose(name, { hostPort, target: args[0] ?? '' })}`);
  },
  async unexpose() {
    await unexpose(name, Number(values.port));
  },
  async kubeconfig() {
    console.log(requireCluster().kubeconfig);
  },
  async kubectl() {
    // Without a local one of this name there may be kind's, which npm start makes by the same name.
    const ofKind = findCluster(name) === undefined ? kubeconfigOf(name) : undefined;
    const isKind = ofKind !== undefined && existsSync(ofKind);
    const kubeconfig = isKind ? ofKind : requireCluster().kubeconfig;
    const child = spawn(isKind ? 'kubectl' : linkKubectl(), args, {
      stdio: 'inherit',
      env: { ...process.env, KUBECONFIG: kubeconfig },
    });
    const [code] = await once(child, 'exit');
    process.exitCode = code ?? 1;
  },
  async list() {
    for (const cluster of listClusters()) console.log(cluster);
  },
};

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort());
try {
  const chosen = commands[command];
  if (values.help) console.log(usage);
  else if (!chosen) throw new Problem(command === '' ? usage : `"${command}" is no command.\n\n${usage}`);
  else await chosen();
} catch (error) {
  console.error(error instanceof Problem ? error.message : error);
  process.exitCode = 1;
}
