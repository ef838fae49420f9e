/**
 * Loaded before the tests, and before each server that they start: an embedded database begins as a copy of one that was
 * made once on this machine, and compiled code is kept. Without it each of some two hundred servers would do what `initdb`
 * does, which is four fifths of its start. test/registry-server/main.test.ts starts servers without it, as users do.
 */
import { existsSync, mkdirSync, openAsBlob, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PGlite, PGliteOptions } from '@electric-sql/pglite';
import { cacheFolder } from '../../hack/cluster/folders.ts';

const pglite = new URL('../../node_modules/@electric-sql/pglite/', import.meta.url);

/** For the environment of a server that a test starts. */
export const quickStart = {
  NODE_COMPILE_CACHE: join(cacheFolder, 'compile-cache'),
  NODE_OPTIONS: `--import=${import.meta.url}`,
} as const;

// A server with a PostgreSQL of its own never needs the other one.
if (!process.env.DATABASE_URL) await beginAsCopies();

async function beginAsCopies(): Promise<void> {
  const { PGlite } = await import('@electric-sql/pglite');
  const { version } = JSON.parse(readFileSync(new URL('package.json', pglite), 'utf8')) as {
    version: string;
  };
  const copyPath = join(cacheFolder, `embedded-postgres-${version}.tar`);
  const create: (options: PGliteOptions) => Promise<PGlite> = PGlite.create.bind(PGlite);

  async function fromNothing(options: PGliteOptions): Promise<PGlite> {
    const made = await create(options);
    const copy = await made.dumpDataDir('none');
    mkdirSync(cacheFolder, { recursive: true });
    const unfinished = `${copyPath}.${process.pid}`;
    writeFileSync(unfinished, Buffer.from(await copy.arrayBuffer()));
    renameSync(unfinished, copyPath);
    return made;
  }

  PGlite.create = (async (options: PGliteOptions = {}) => {
    if (options.dataDir !== undefined && existsSync(options.dataDir)) return create(options);
    if (!existsSync(copyPath)) return fromNothing(options);
    return create({ ...options, loadDataDir: await openAsBlob(copyPath) });
  }) as typeof PGlite.create;
}
