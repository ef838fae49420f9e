import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { run } from '../../hack/cluster/run.ts';
import { installTools } from '../../hack/cluster/tools.ts';
import { eventually } from '../build/eventually.ts';
import { end, findOnPath, freePort } from '../build/process.ts';
import { composeProgram } from './compose-program.ts';
import { hasStandIn, localImages } from './local-images.ts';

/** docker-compose.yml in a folder of its own, with ports of its own, and something to run it. */
export interface Engine {
  readonly folder: string;
  /** The port of this machine for a variable of docker-compose.yml, such as HTTP_PORT. */
  readonly ports: Readonly<Record<string, number>>;
  /** Whether the image is to be had: pulled, or made here. */
  hasImage(image: string): boolean;
  /** Standard output of `docker compose …`. */
  compose(...args: string[]): Promise<string>;
  /** The state of each container by the name of its service: healthy, starting, exited 0 and so on. */
  states(): Promise<Record<string, string>>;
  close(): Promise<void>;
}

const root = join(import.meta.dirname, '..', '..');
const project = 'llm-schema-registry-test';
const say = (text: string) => process.stderr.write(`    ${text}\n`);

/** Docker where it runs; else Podman, with images that are made here of Debian packages. */
export async function openEngine(images: readonly string[]): Promise<Engine> {
  const folder = mkdtempSync(join(tmpdir(), 'compose-'));
  for (const path of ['docker-compose.yml', 'config/compose', 'hack/compose', 'package.json']) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(join(root, path), join(folder, path), { recursive: true });
  }
  const ports = await freePorts(readFileSync(join(root, 'docker-compose.yml'), 'utf8'));
  const env = {
    COMPOSE_PROJECT_NAME: project,
    ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, String(port)])),
  };
  const hasDocker =
    findOnPath('docker') !== undefined &&
    (await run('docker', ['compose', 'version']).then(
      () => true,
      () => false,
    ));
  return hasDocker ? openDocker(folder, ports, env) : openPodman(folder, ports, env, images);
}

async function freePorts(text: string): Promise<Record<string, number>> {
  const ports: Record<string, number> = {};
  for (const [, name = ''] of text.matchAll(/\$\{([A-Z_]+_PORT):-/g)) ports[name] = await freePort();
  return ports;
}

type Parts = Pick<Engine, 'folder' | 'ports'> & { readonly env: NodeJS.ProcessEnv; readonly program: string };

function openDocker(folder: string, ports: Engine['ports'], env: NodeJS.ProcessEnv): Engine {
  return {
    folder,
    ports,
    hasImage: () => true,
    compose: (...args) => run('docker', ['compose', ...args], { cwd: folder, env }),
    states: () => statesOf({ folder, ports, env, program: 'docker' }),
    async close() {
      await run('docker', ['compose', '--profile', 'monitoring', 'down', '--volumes'], { cwd: folder, env });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function openPodman(
  folder: string,
  ports: Engine['ports'],
  given: NodeJS.ProcessEnv,
  images: readonly string[],
): Promise<Engine> {
  await installTools(['podman', 'netavark', 'aardvark-dns'], say);
  const program = await composeProgram(say);
  const archives = await localImages(images.filter(hasStandIn), say);
  const home = mkdtempSync(join(tmpdir(), 'podman-'));
  const socket = `unix://${join(home, 'podman.sock')}`;
  writeFileSync(
    join(home, 'containers.conf'),
    // Podman asks for more open files and processes than the root of a small machine may give.
    `[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
exit_command_delay = 1
[network]
network_backend = "netavark"
network_config_dir = "${join(home, 'networks')}"
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
`,
  );
  writeFileSync(
    join(home, 'storage.conf'),
    `[storage]
driver = "overlay"
graphroot = "${join(home, 'root')}"
runroot = "${join(home, 'run')}"
`,
  );
  const env = {
    ...given,
    CONTAINERS_CONF: join(home, 'containers.conf'),
    CONTAINERS_STORAGE_CONF: join(home, 'storage.conf'),
    DOCKER_HOST: socket,
    // Podman leaves the asking to systemd, which is not everywhere; here it is asked below.
    DISABLE_HC_SYSTEMD: 'true',
  };
  const podman = (...args: string[]) => run('podman', args, { env });
  for (const archive of archives) await podman('load', '--quiet', '--input', archive);
  const service = spawn('podman', ['system', 'service', '--time=0', socket], {
    env: { ...process.env, ...env },
    stdio: 'ignore',
  });
  const healthChecks = askForHealth(podman);
  await eventually(() => podman('--remote', '--url', socket, 'version'), 20_000);
  const compose = (...args: string[]) => run(program, args, { cwd: folder, env });
  return {
    folder,
    ports,
    hasImage: hasStandIn,
    compose: (...args) =>
      compose(...args.flatMap((arg) => (arg === '--wait' ? ['--wait', '--no-build'] : [arg]))),
    states: () => statesOf({ folder, ports, env, program: 'podman' }),
    async close() {
      await compose('--profile', 'monitoring', 'down', '--volumes', '--timeout', '5').catch((error: Error) =>
        say(error.message),
      );
      await healthChecks.stop();
      await end(service, 'SIGTERM');
      await podman('rm', '--all', '--force');
      await podman('system', 'reset', '--force').catch(() => undefined);
      rmSync(home, { recursive: true, force: true });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function askForHealth(podman: (...args: string[]) => Promise<string>): { stop(): Promise<void> } {
  const stopped = new AbortController();
  const asking = (async () => {
    while (!stopped.signal.aborted) {
      const ids = (await podman('ps', '--quiet').catch(() => '')).split('\n').filter((id) => id !== '');
      for (const id of ids) await podman('healthcheck', 'run', id).catch(() => undefined);
      await delay(500, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  })();
  return {
    async stop() {
      stopped.abort();
      await asking;
    },
  };
}

async function statesOf({ env, program }: Parts): Promise<Record<string, string>> {
  const filter = `label=com.docker.compose.project=${project}`;
  const ids = (await run(program, ['ps', '--all', '--quiet', '--filter', filter], { env })).trim();
  if (ids === '') return {};
  const containers = JSON.parse(await run(program, ['inspect', ...ids.split('\n')], { env })) as {
    Config: { Labels: Record<string, string> };
    State: { Status: string; ExitCode: number; Health?: { Status: string } };
  }[];
  return Object.fromEntries(
    containers.map(({ Config, State }) => [
      Config.Labels['com.docker.compose.service'] ?? '',
      State.Status === 'running' ? State.Health?.Status || 'running' : `${State.Status} ${State.ExitCode}`,
    ]),
  );
}
