import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cacheFolder } from '../../hack/cluster/folders.ts';
import type { Report } from '../../hack/cluster/report.ts';
import { buildImages } from '../../hack/images/build-images.ts';
import { type DebianFiles, unpackDebian } from '../../hack/images/debian.ts';
import { hashOf } from '../../hack/images/debian-image.ts';
import { packImage } from '../../hack/images/pack.ts';
import { services } from '../../hack/images/table.ts';
import { findGoTool } from '../build/go-tool.ts';

/** What stands in for an image that cannot be pulled: the same program or an older release of it, for the same user. */
interface StandIn {
  readonly debian: DebianFiles;
  /** Of this machine, by their path in the image. */
  readonly files?: () => Readonly<Record<string, string>>;
  /** Folders at which a volume is mounted, with their owner in the official image. */
  readonly folders: Readonly<Record<string, number>>;
  readonly config: Readonly<Record<string, unknown>>;
}

const [postgres, redis] = services;
if (postgres === undefined || redis === undefined) throw new Error('hack/images/table.ts lacks a service');

const shell = ['base-files', 'libc-bin', 'dash', 'coreutils', 'wget'];
const path = 'PATH=/usr/local/bin:/usr/bin:/bin';
const left = [
  ...['adduser', 'debconf', 'init-system-helpers', 'daemon', 'systemd-sysv', 'perl-base', 'dpkg', 'tzdata'],
  ...['mawk', 'fonts-glyphicons-halflings', 'libjs-bootstrap4', 'libjs-jquery', 'libjs-jquery-hotkeys'],
  ...['libjs-eonasdan-bootstrap-datetimepicker', 'libjs-moment', 'libjs-moment-timezone', 'libjs-mustache'],
  ...['libjs-popper.js', 'libjs-rickshaw'],
];

const users = [
  ['root', 0],
  ['data', 999],
  ['nobody', 65_534],
] as const;

function versitygw(): string {
  const tool = findGoTool({ command: 'github.com/versity/versitygw/cmd/versitygw', version: 'v1.8.0' });
  if ('reason' in tool) throw new Error(tool.reason);
  return tool.program;
}

/** A program of Debian that keeps something in a folder of the user nobody, or nothing. */
const program = (name: string, folder?: string): StandIn => ({
  debian: { packages: [...shell, name], left },
  folders: folder === undefined ? {} : { [folder]: 65_534 },
  config: { Env: [path], Entrypoint: [name] },
});

/** By the name in docker-compose.yml, without its tag. */
const standIns: Readonly<Record<string, StandIn>> = {
  'docker.io/library/postgres': {
    debian: postgres.files,
    files: () => ({
      '/usr/local/bin/docker-entrypoint.sh': join(import.meta.dirname, 'postgres-entrypoint.sh'),
    }),
    folders: { '/var/lib/postgresql/data': 999, '/docker-entrypoint-initdb.d': 0 },
    config: { ...postgres.config, Entrypoint: ['/usr/local/bin/docker-entrypoint.sh'] },
  },
  'docker.io/valkey/valkey': { debian: redis.files, folders: { '/data': 999 }, config: redis.config },
  'docker.io/versity/versitygw': {
    debian: { packages: shell, left },
    files: () => ({ '/usr/local/bin/versitygw': versitygw() }),
    folders: {},
    config: { Env: [path], Entrypoint: ['versitygw'] },
  },
  'docker.io/prom/prometheus': program('prometheus', '/prometheus'),
  'docker.io/prom/alertmanager': program('prometheus-alertmanager', '/alertmanager'),
  'quay.io/prometheuscommunity/postgres-exporter': program('prometheus-postgres-exporter'),
  'docker.io/oliver006/redis_exporter': program('prometheus-redis-exporter'),
};

/** What can be had without a registry; anything else of docker-compose.yml has to be pulled. */
export const hasStandIn = (image: string): boolean =>
  image.startsWith('ghcr.io/llm-schema-registry/') || image.replace(/:[^:/]*$/, '') in standIns;

/** An OCI archive of each image, made once and kept by what went into it. */
export async function localImages(images: readonly string[], report: Report): Promise<string[]> {
  const ours = await buildImages(report);
  const archives: string[] = [];
  for (const image of new Set(images)) {
    const built = ours.find(({ name }) => name === image);
    archives.push(built === undefined ? await makeStandIn(image, report) : built.archivePath);
  }
  return archives;
}

async function makeStandIn(image: string, report: Report): Promise<string> {
  const standIn = standIns[image.replace(/:[^:/]*$/, '')];
  if (standIn === undefined) throw new Error(`nothing stands in for ${image}`);
  const hash = hashOf([image, JSON.stringify(standIn), readFileSync(import.meta.filename, 'utf8')]);
  const archive = join(cacheFolder, 'images', `compose-${image.replace(/[^\w.-]/g, '-')}-${hash}.tar`);
  if (existsSync(archive)) return archive;
  report(`Making a stand-in for ${image}`);
  const files = mkdtempSync(join(tmpdir(), 'stand-in-'));
  chmodSync(files, 0o755);
  try {
    await unpackDebian(files, standIn.debian);
    mkdirSync(join(files, 'etc'), { recursive: true });
    // initdb asks who runs it.
    writeFileSync(
      join(files, 'etc', 'passwd'),
      users.map(([name, id]) => `${name}:x:${id}:${id}::/:/bin/sh\n`).join(''),
    );
    mkdirSync(join(files, 'tmp'), { recursive: true });
    chmodSync(join(files, 'tmp'), 0o1777);
    for (const [to, from] of Object.entries(standIn.files?.() ?? {})) {
      mkdirSync(dirname(join(files, to)), { recursive: true });
      copyFileSync(from, join(files, to));
      chmodSync(join(files, to), 0o755);
    }
    for (const [folder, owner] of Object.entries(standIn.folders)) {
      mkdirSync(join(files, folder), { recursive: true });
      chownSync(join(files, folder), owner, owner);
    }
    await packImage({ name: image, archive, layers: [files], config: standIn.config });
  } finally {
    rmSync(files, { recursive: true, force: true });
  }
  return archive;
}
