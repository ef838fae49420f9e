import type { DebianFiles } from './debian.ts';

const prefix = 'localhost/llm-schema-registry';

type User = { readonly name: string; readonly id: number; readonly home: string };

/** Made from Debian packages where no registry can be reached. */
export type DebianImage = {
  readonly name: string;
  readonly files: DebianFiles;
  readonly user?: User;
  /** Folders that belong to the user. */
  readonly folders: readonly string[];
  readonly config: Readonly<Record<string, unknown>>;
  /** Node comes from npm, where the version of package-lock.json is. */
  readonly node?: 'runtime' | 'with npm';
};

/** Built from a Dockerfile at the root of the tree. */
export type ProgramImage = {
  readonly name: string;
  readonly dockerfile: string;
  /** Its stage; without one, the last. */
  readonly target?: string;
  /** Everything that goes in: a change of any of it makes a new image. */
  readonly inputs: readonly string[];
};

const shell = ['base-files', 'libc-bin', 'dash', 'bash', 'coreutils', 'sed', 'grep', 'findutils', 'hostname'];
const linkedByNode = ['libc6', 'libstdc++6', 'libgcc-s1'];
const neverNeeded = [
  ...['debconf', 'cdebconf', 'perl', 'perl-base', 'adduser', 'passwd', 'dpkg', 'install-info'],
  ...['base-passwd', 'debianutils', 'mawk', 'awk', 'init-system-helpers', 'lsb-base', 'sysvinit-utils'],
];
const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const nodeConfig = { Env: [`PATH=/nodejs/bin:${path}`, 'LANG=C.UTF-8'] };

/** What the Dockerfiles' NODE_IMAGE and RUNTIME_IMAGE are when no registry can be reached. */
export const bases = {
  build: {
    name: `${prefix}/node-build:24`,
    files: { packages: [...shell, ...linkedByNode], left: neverNeeded },
    folders: [],
    config: nodeConfig,
    node: 'with npm',
  },
  runtime: {
    name: `${prefix}/node-runtime:24`,
    // As in the distroless image: what the node binary links to, which Debian that is, and nothing that could be run beside it.
    files: {
      packages: ['base-files', ...linkedByNode],
      left: neverNeeded,
      leftPaths: ['./usr/share/gdb/*', './usr/share/gcc/*', './usr/lib/*-linux-gnu/gconv/*'],
    },
    folders: [],
    config: nodeConfig,
    node: 'runtime',
  },
} as const satisfies Record<string, DebianImage>;

/** The registry's own database and cache in a local cluster. Users and paths are those of the official images. */
export const services: readonly DebianImage[] = [
  {
    name: `${prefix}/postgres:15`,
    files: {
      // util-linux is in every Debian image, and has flock.
      packages: [...shell, 'util-linux', 'postgresql-15', 'postgresql-client-15'],
      left: [
        ...neverNeeded,
        'libllvm14',
        'locales',
        'locales-all',
        'postgresql-common',
        'postgresql-client-common',
        'ssl-cert',
      ],
      leftPaths: ['./usr/lib/postgresql/15/lib/bitcode/*', '*/llvmjit*', './usr/share/postgresql/15/man/*'],
    },
    user: { name: 'postgres', id: 999, home: '/var/lib/postgresql' },
    folders: ['/var/lib/postgresql', '/var/lib/postgresql/data', '/var/run/postgresql'],
    config: {
      User: '999:999',
      Env: [`PATH=/usr/lib/postgresql/15/bin:${path}`, 'LANG=C.UTF-8', 'PGDATA=/var/lib/postgresql/data'],
      Cmd: ['postgres'],
      StopSignal: 'SIGINT',
      ExposedPorts: { '5432/tcp': {} },
    },
  },
  {
    name: `${prefix}/redis:7`,
    files: { packages: [...shell, 'redis-server', 'redis-tools'], left: neverNeeded },
    user: { name: 'redis', id: 999, home: '/data' },
    folders: ['/data'],
    config: {
      User: '999:999',
      Env: [`PATH=${path}`, 'LANG=C.UTF-8'],
      WorkingDir: '/data',
      Cmd: ['redis-server'],
      ExposedPorts: { '6379/tcp': {} },
    },
  },
];

const shared = [
  'package.json',
  'package-lock.json',
  'LICENSE',
  '.dockerignore',
  'hack/images/keep-what-is-imported.ts',
  'hack/images/imported-packages.ts',
  'hack/images/kept-packages.ts',
  'hack/images/licences.ts',
];

export const programs = (version: string): ProgramImage[] => [
  {
    name: `ghcr.io/llm-schema-registry/operator:${version}`,
    dockerfile: 'Dockerfile.operator',
    inputs: ['Dockerfile.operator', 'operator', 'registry-server/authentication/key-list.ts', ...shared],
  },
  {
    name: `ghcr.io/llm-schema-registry/schema-registry:${version}`,
    dockerfile: 'Dockerfile.server',
    inputs: ['Dockerfile.server', 'registry-server', ...shared],
  },
];

/** The `registry` command, which no cluster runs. */
export const command = (version: string): ProgramImage => ({
  name: `ghcr.io/llm-schema-registry/schema-registry-cli:${version}`,
  dockerfile: 'Dockerfile.server',
  target: 'runtime-cli',
  inputs: ['Dockerfile.server', 'registry-server/cli', 'registry-server/version.ts', ...shared],
});
