import { createHash } from 'node:crypto';
import { readSettings } from '../../operator/settings.ts';
import type { Report } from '../cluster/report.ts';
import { run } from '../cluster/run.ts';
import type { Digests } from './pinned-images.ts';

/** The images that the operator gives to registries and that somebody else releases. */
export function imagesOfOthers(): readonly string[] {
  const { postgres, redis } = readSettings({}).images;
  return [postgres, redis];
}

/**
 * What the tags of images lead to today, for all their platforms, as their registry says it.
 * @param execute runs skopeo
 * @returns those that could be asked for; of the others it is said that they keep their tag
 */
export async function digestsOfOthers(
  images: readonly string[],
  report: Report,
  execute: typeof run = run,
): Promise<Digests> {
  const digests = new Map<string, string>();
  for (const image of images) {
    try {
      // As it came: its digest is that of these very bytes.
      const manifest = await execute('skopeo', ['inspect', '--raw', `docker://${image}`]);
      digests.set(image, `sha256:${createHash('sha256').update(manifest).digest('hex')}`);
    } catch (error) {
      const why = (error as Error).message.trim().split('\n').at(-1)?.trim();
      report(`${image} keeps its tag in this release, because its digest could not be asked for: ${why}`);
    }
  }
  return digests;
}
