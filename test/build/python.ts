import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../hack/cluster/folders.ts';
import { run } from '../../hack/cluster/run.ts';

const packages = ['confluent-kafka[avro,json,schemaregistry]==2.15.0'];

/** A Python with Confluent's client, made once and kept by version; `reason` where it cannot be had. */
export async function findPython(): Promise<{ python: string } | { reason: string }> {
  const folder = join(
    cacheFolder,
    `python-${createHash('sha256').update(packages.join(' ')).digest('hex').slice(0, 12)}`,
  );
  const python = join(folder, 'bin', 'python');
  if (existsSync(join(folder, 'complete'))) return { python };
  mkdirSync(cacheFolder, { recursive: true });
  rmSync(folder, { recursive: true, force: true });
  try {
    process.stderr.write(`    Installing ${packages.join(' ')} into the cache\n`);
    await run('python3', ['-m', 'venv', folder]);
    await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages]);
    mkdirSync(join(folder, 'installing'));
    renameSync(join(folder, 'installing'), join(folder, 'complete'));
    return { python };
  } catch (error) {
    return { reason: (error as Error).message };
  }
}
