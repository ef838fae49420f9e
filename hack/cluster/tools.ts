import { accessSync, constants, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Problem } from './problem.ts';
import type { Report } from './report.ts';
import { run } from './run.ts';

/** A tool is there when one of these files is on PATH, or at its absolute path. The package is Debian's. */
const tools = {
  containerd: { file: 'containerd', package: 'containerd' },
  runc: { file: 'runc', package: 'runc' },
  'CNI plugins': { file: '/usr/lib/cni/bridge', package: 'containernetworking-plugins' },
  iptables: { file: 'iptables', package: 'iptables' },
  conntrack: { file: 'conntrack', package: 'conntrack' },
  ethtool: { file: 'ethtool', package: 'ethtool' },
  socat: { file: 'socat', package: 'socat' },
  openssl: { file: 'openssl', package: 'openssl' },
  ip: { file: 'ip', package: 'iproute2' },
  nsenter: { file: 'nsenter', package: 'util-linux' },
  mount: { file: 'umount', package: 'mount' },
  qemu: { file: 'qemu-aarch64-static', package: 'qemu-user-static' },
  buildah: { file: 'buildah', package: 'buildah' },
  podman: { file: 'podman', package: 'podman' },
  netavark: { file: '/usr/lib/podman/netavark', package: 'netavark' },
  skopeo: { file: 'skopeo', package: 'skopeo' },
  'aardvark-dns': { file: '/usr/lib/podman/aardvark-dns', package: 'aardvark-dns' },
} as const;

export type Tool = keyof typeof tools;

export const nodeTools: readonly Tool[] = [
  ...(['containerd', 'runc', 'CNI plugins', 'iptables', 'conntrack', 'ethtool', 'socat'] as const),
  ...(['openssl', 'ip', 'nsenter', 'mount'] as const),
];

const isThere = (file: string): boolean => {
  const places = file.startsWith('/')
    ? [file]
    : [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'].map((folder) =>
        join(folder, file),
      );
  return places.some((place) => {
    try {
      accessSync(place, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
};

export const missingTools = (wanted: readonly Tool[]): Tool[] =>
  wanted.filter((tool) => !isThere(tools[tool].file));

const isDebian = (): boolean =>
  existsSync('/etc/os-release') && /^ID(_LIKE)?=.*debian/m.test(readFileSync('/etc/os-release', 'utf8'));

export const isRoot = (): boolean => process.getuid?.() === 0;

export const requireRoot = (what: string): void => {
  if (!isRoot())
    throw new Problem(`${what} needs root (network namespaces, mounts, cgroups): run it with sudo.`);
};

/** Asks Debian to start no service of a package that is being installed, unless it was told so already. */
const withoutServices = async (work: () => Promise<unknown>): Promise<void> => {
  const policy = '/usr/sbin/policy-rc.d';
  if (existsSync(policy)) {
    await work();
    return;
  }
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await work();
  } finally {
    rmSync(policy);
  }
};

/** Installs what is missing where that is safe (Debian, root); else says what to install. */
export const installTools = async (wanted: readonly Tool[], report: Report): Promise<void> => {
  const missing = missingTools(wanted);
  if (missing.length === 0) return;
  const packages = missing.map((tool) => tools[tool].package);
  if (!isRoot() || !isDebian()) {
    throw new Problem(
      `Missing: ${missing.join(', ')}. Install them (on Debian: apt-get install ${packages.join(' ')}).`,
    );
  }
  report(`Installing Debian packages: ${packages.join(', ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await withoutServices(async () => {
    await run('apt-get', ['update'], { env });
    await run('apt-get', ['install', '-y', '--no-install-recommends', ...packages], { env });
  });
  const still = missingTools(wanted);
  if (still.length > 0) throw new Problem(`Still missing after the installation: ${still.join(', ')}.`);
};
