import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { packImage } from '../images/pack.ts';
import { binariesOf, type GoModule } from './binaries.ts';
import { cacheFolder } from './folders.ts';
import type { Report } from './report.ts';

const prefix = 'localhost/llm-schema-registry';

export const pauseImage = `${prefix}/pause:1`;

/** One static binary each, on nothing. The names are those in addons/*.yaml. */
const images: readonly { name: string; module: GoModule; binary: string }[] = [
  { name: pauseImage, module: 'pause', binary: 'pause' },
  { name: `${prefix}/coredns:1.14.7`, module: 'addons', binary: 'coredns' },
  { name: `${prefix}/metrics-server:0.9.0`, module: 'addons', binary: 'metrics-server' },
];

/** Packs what is missing; gives the archives of all. */
export const packSystemImages = async (report: Report): Promise<string[]> => {
  const folder = join(cacheFolder, 'images');
  mkdirSync(folder, { recursive: true });
  const archives: string[] = [];
  for (const { name, module, binary } of images) {
    // The folder of the binary carries the hash of what it was built from.
    const archive = join(folder, `${binary}-${basename(binariesOf(module))}.tar`);
    archives.push(archive);
    if (existsSync(archive)) continue;
    report('Packing the images of the cluster itself', binary);
    const root = mkdtempSync(join(tmpdir(), 'image-'));
    try {
      copyFileSync(join(binariesOf(module), binary), join(root, binary));
      await packImage({
        name,
        archive,
        layers: [root],
        config: { Entrypoint: [`/${binary}`], User: '65534:65534' },
      });
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  }
  return archives;
};
