// Where Docker or Podman runs, it builds the two programs' images, from the Dockerfiles' own public bases. Like the
// kind path that needs it, this has not been run where it was written: no container engine was there.
import { createHash } from 'node:crypto';
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { cacheFolder } from '../cluster/folders.ts';
import type { Report } from '../cluster/report.ts';
import { run } from '../cluster/run.ts';
import type { BuiltImage } from './build-images.ts';
import { type ProgramImage, programs } from './table.ts';

const root = join(import.meta.dirname, '..', '..');
const folder = join(cacheFolder, 'engine-images');

/** PostgreSQL and Redis are the released images: a cluster that can be had this way can pull them. */
export async function buildWithEngine(
  engine: string,
  report: Report,
  images: readonly ProgramImage[] = programs(packageJson.version),
): Promise<BuiltImage[]> {
  mkdirSync(folder, { recursive: true });
  const built: BuiltImage[] = [];
  for (const { name, dockerfile, target } of images) {
    const stage = `Building ${name} with ${engine}`;
    report(stage);
    const onLine = (line: string) => report(stage, line.trim());
    const stageOf = target === undefined ? [] : ['--target', target];
    await run(engine, ['build', '--file', join(root, dockerfile), ...stageOf, '--tag', name, root], {
      onLine,
    });
    const id = (await run(engine, ['image', 'inspect', '--format', '{{.Id}}', name])).trim();
    const archivePath = join(folder, `${createHash('sha256').update(id).digest('hex').slice(0, 12)}.tar`);
    await run(engine, ['save', '--output', archivePath, name]);
    built.push({ name, archivePath, bytesCompressed: statSync(archivePath).size });
  }
  return built;
}
