import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { run } from '../cluster/run.ts';
import type { Digests } from './pinned-images.ts';

const chart = join(import.meta.dirname, '..', '..', 'config', 'chart');
const name = 'llm-schema-registry';
/** Where the values have the digest of an image, by the end of its name. */
const places: Readonly<Record<string, readonly string[]>> = {
  '/operator': ['image', 'digest'],
  '/schema-registry': ['registryImages', 'server', 'digest'],
};

/**
 * The chart as `helm package` would make it, but the same file for the same content, and with the images by digest.
 * @returns its path in the folder
 */
export async function packChart(version: string, digests: Digests, folder: string): Promise<string> {
  const work = mkdtempSync(join(tmpdir(), 'chart-'));
  try {
    cpSync(chart, join(work, name), { recursive: true });
    const values = join(work, name, 'values.yaml');
    writeFileSync(values, withDigests(readFileSync(values, 'utf8'), digests));
    const archive = join(folder, `${name}-${version}.tgz`);
    const fixed = [
      '--sort=name',
      '--mtime=@0',
      '--owner=0',
      '--group=0',
      '--numeric-owner',
      '--mode=u=rwX,go=rX',
    ];
    await run('tar', [...fixed, '-I', 'gzip --no-name', '-C', work, '-cf', archive, name]);
    return archive;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function withDigests(text: string, digests: Digests): string {
  const document = parseDocument(text);
  for (const [image, digest] of digests) {
    const place = Object.entries(places).find(([end]) => image.split(':')[0]?.endsWith(end))?.[1];
    if (place !== undefined) document.setIn(place, digest);
  }
  return document.toString({ lineWidth: 0 });
}
