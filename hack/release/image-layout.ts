import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../cluster/run.ts';

/** One image for one platform, as an OCI archive. */
export interface PlatformArchive {
  /** Such as `linux/amd64`. */
  readonly platform: string;
  readonly archivePath: string;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const indexType = 'application/vnd.oci.image.index.v1+json';

/**
 * Puts the archives of an image's platforms together into one OCI image layout, in which each tag leads to all of them.
 * The same archives give the same digest.
 * @param folder is made anew
 * @returns the digest of what every tag leads to
 */
export async function writeImageLayout(
  folder: string,
  archives: readonly PlatformArchive[],
  tags: readonly string[],
): Promise<string> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const manifests: object[] = [];
  for (const { platform, archivePath } of archives) {
    await run('tar', ['-xf', archivePath, '-C', folder]);
    const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as {
      readonly manifests: readonly Descriptor[];
    };
    const [os, architecture] = platform.split('/');
    for (const { mediaType, digest, size } of index.manifests)
      manifests.push({ mediaType, digest, size, platform: { architecture, os } });
  }
  const text = JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests });
  const hex = createHash('sha256').update(text).digest('hex');
  writeFileSync(join(folder, 'blobs', 'sha256', hex), text);
  const digest = `sha256:${hex}`;
  const tagged = tags.map((tag) => ({
    mediaType: indexType,
    digest,
    size: Buffer.byteLength(text),
    annotations: { 'org.opencontainers.image.ref.name': tag },
  }));
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: tagged }));
  writeFileSync(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  return digest;
}
