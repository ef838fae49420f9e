import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { checkSpace, gibibyte } from './check-space.ts';
import { cacheFolder } from './folders.ts';
import { Problem } from './problem.ts';
import { findProcess } from './processes.ts';
import type { Report } from './report.ts';
import { run } from './run.ts';

export const kubernetesVersion = '1.34.4';
/** The version that go/helm/go.mod names. */
const helmVersion = 'v4.2.4';

const version = (field: string, value: string) => `-X k8s.io/component-base/version.${field}=${value}`;

/** Go modules below go/, each built as a whole; `names` are the further names that the binary answers to. */
const modules = {
  node: {
    names: [
      ...['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy'],
      ...['kubectl', 'relay', 'volumes'],
    ],
    linkerFlags: [
      version('gitVersion', `v${kubernetesVersion}`),
      version('gitMajor', '1'),
      version('gitMinor', kubernetesVersion.split('.')[1] ?? ''),
    ],
    packages: 2_700,
  },
  pause: { names: [], linkerFlags: [], packages: 50 },
  addons: { names: [], linkerFlags: [], packages: 1_400 },
  // Not a part of a cluster: what tests the chart.
  helm: {
    names: [],
    linkerFlags: [`-X helm.sh/helm/v4/internal/version.version=${helmVersion}`],
    packages: 1_100,
  },
} as const;

export type GoModule = keyof typeof modules;

const sourceFolder = (module: GoModule) => join(import.meta.dirname, 'go', module);

/** Each file with its content, in a fixed order. */
const hashFolder = (folder: string): string => {
  const hash = createHash('sha256');
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()) {
    hash.update(`${entry.slice(folder.length)}\0`).update(readFileSync(entry));
  }
  return hash.digest('hex').slice(0, 12);
};

/** Where a module's binaries are, or will be once built. */
export const binariesOf = (module: GoModule): string =>
  join(cacheFolder, 'bin', `${module}-${kubernetesVersion}-${hashFolder(sourceFolder(module))}`);

export const isBuilt = (module: GoModule): boolean => existsSync(binariesOf(module));

const neededGo = (): string => {
  const wanted = (Object.keys(modules) as GoModule[]).map(
    (module) => /^go (\S+)/m.exec(readFileSync(join(sourceFolder(module), 'go.mod'), 'utf8'))?.[1] ?? '0',
  );
  return wanted.sort((a, b) => compareVersions(a, b)).at(-1) ?? '0';
};

export const compareVersions = (a: string, b: string): number => {
  const [left, right] = [a, b].map((text) => text.split('.').map(Number)) as [number[], number[]];
  for (let i = 0; i < 3; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
};

const checkGo = (): void => {
  const needed = neededGo();
  let found: string;
  try {
    found = execFileSync('go', ['env', 'GOVERSION'], {
      encoding: 'utf8',
      env: { ...process.env, GOTOOLCHAIN: 'local' },
      cwd: '/',
    }).trim();
  } catch (error) {
    throw new Problem(
      `Go is missing: install Go ${needed} or later (https://go.dev/dl) and put it on PATH.`,
      {
        cause: error,
      },
    );
  }
  if (compareVersions(found.replace(/^go/, ''), needed) < 0) {
    throw new Problem(
      `${found} is too old: building this cluster needs Go ${needed} or later (https://go.dev/dl).`,
    );
  }
};

/** What builds that were killed have left: `.new-PID-…` of processes that are no more. */
export const removeLeftovers = (folder: string): void => {
  for (const entry of readdirSync(folder)) {
    const pid = /^\.new-(\d+)-/.exec(entry)?.[1];
    if (pid && !findProcess(Number(pid))) rmSync(join(folder, entry), { recursive: true, force: true });
  }
};

const build = async (module: GoModule, report: Report, signal?: AbortSignal): Promise<void> => {
  const { names, linkerFlags, packages } = modules[module];
  const target = binariesOf(module);
  const temporary = join(cacheFolder, 'bin', `.new-${process.pid}-${module}`);
  const logFile = join(cacheFolder, 'logs', `build-${module}.log`);
  mkdirSync(join(cacheFolder, 'logs'), { recursive: true });
  mkdirSync(temporary, { recursive: true });
  writeFileSync(logFile, '');
  const stage = `Building ${module} from Go modules (once; kept in ${cacheFolder})`;
  report(stage);
  const startedAt = performance.now();
  let compiled = 0;
  let downloaded = 0;
  let toldAt = 0;
  try {
    await run(
      'go',
      [
        ...['build', '-v', '-p', '2', '-trimpath', '-buildvcs=false', '-mod=readonly'],
        ...['-ldflags', ['-s', '-w', ...linkerFlags].join(' '), '-o', `${temporary}/`, './...'],
      ],
      {
        cwd: sourceFolder(module),
        env: { CGO_ENABLED: '0', GOTOOLCHAIN: 'local' },
        signal,
        onLine: (line) => {
          appendFileSync(logFile, `${line}\n`);
          if (line.startsWith('go: downloading')) downloaded++;
          else compiled++;
          const seconds = Math.round((performance.now() - startedAt) / 1000);
          if (seconds >= toldAt + 2) {
            toldAt = seconds;
            report(
              stage,
              `${compiled} of ~${packages} packages, ${downloaded} modules fetched, ${seconds} s`,
            );
          }
        },
      },
    );
    for (const name of names) symlinkSync(module, join(temporary, name));
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    if (existsSync(target)) return; // Another build of the same was quicker.
    if (signal?.aborted) throw error;
    throw new Problem(`Building ${module} failed; the whole log is ${logFile}\n${(error as Error).message}`, {
      cause: error,
    });
  }
};

/** Builds what is missing of the modules named. */
export const buildBinaries = async (
  wanted: readonly GoModule[],
  report: Report,
  signal?: AbortSignal,
): Promise<void> => {
  const missing = wanted.filter((module) => !isBuilt(module));
  if (missing.length === 0) return;
  checkGo();
  const folder = join(cacheFolder, 'bin');
  checkSpace(folder, 1 * gibibyte, 'Keeping the binaries');
  const goCache = execFileSync('go', ['env', 'GOCACHE'], { encoding: 'utf8' }).trim();
  checkSpace(goCache, 6 * gibibyte, "Go's build cache");
  removeLeftovers(folder);
  for (const module of missing) await build(module, report, signal);
};
