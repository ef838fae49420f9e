import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, parseDocument } from 'yaml';
import { run } from '../cluster/run.ts';
import { fixedInTar } from './fixed-in-tar.ts';
import type { Digests } from './pinned-images.ts';

const chart = join(import.meta.dirname, '..', '..', 'config', 'chart');
const name = 'llm-schema-registry';
/** Where the values have the digest of an image, by the end of its name. */
const places: Readonly<Record<string, readonly string[]>> = {
  '/operator': ['image', 'digest'],
  '/schema-registry': ['registryImages', 'server', 'digest'],
  '/postgres': ['registryImages', 'postgres', 'digest'],
  '/valkey': ['registryImages', 'redis', 'digest'],
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
    const flags = [...fixedInTar, '--mode=u=rwX,go=rX'];
    await run('tar', [...flags, '-I', 'gzip --no-name', '-C', work, '-cf', archive, name]);
    return archive;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const manifestType = 'application/vnd.oci.image.manifest.v1+json';

/**
 * An archive of a chart as an OCI layout, in which each tag leads to it: what `helm push` would make of it in a registry.
 * @param folder is made anew
 * @returns the digest of what every tag leads to
 */
export function writeChartLayout(folder: string, archive: string, tags: readonly string[]): string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'blobs', 'sha256'), { recursive: true });
  const blob = (mediaType: string, content: Buffer) => {
    const hex = createHash('sha256').update(content).digest('hex');
    writeFileSync(join(folder, 'blobs', 'sha256', hex), content);
    return { mediaType, digest: `sha256:${hex}`, size: content.length };
  };
  const json = (object: object) => Buffer.from(JSON.stringify(object));
  const metadata = parse(readFileSync(join(chart, 'Chart.yaml'), 'utf8')) as object & { version: string };
  const manifest = json({
    schemaVersion: 2,
    mediaType: manifestType,
    config: blob('application/vnd.cncf.helm.config.v1+json', json(metadata)),
    layers: [blob('application/vnd.cncf.helm.chart.content.v1.tar+gzip', readFileSync(archive))],
    annotations: {
      'org.opencontainers.image.title': name,
      'org.opencontainers.image.version': metadata.version,
      'org.opencontainers.image.source': 'https://github.com/llm-schema-registry/llm-schema-registry',
    },
  });
  const found = blob(manifestType, manifest);
  const manifests = tags.map((tag) => ({
    ...found,
    annotations: { 'org.opencontainers.image.ref.name': tag },
  }));
  writeFileSync(join(folder, 'index.json'), json({ schemaVersion: 2, manifests }));
  writeFileSync(join(folder, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }));
  return found.digest;
}

function withDigests(text: string, digests: Digests): string {
  const document = parseDocument(text);
  for (const [image, digest] of digests) {
    const place = Object.entries(places).find(([end]) => image.split(':')[0]?.endsWith(end))?.[1];
    if (place !== undefined) document.setIn(place, digest);
  }
  return document.toString({ lineWidth: 0 });
}
