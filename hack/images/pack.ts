import { createHash } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { run } from '../cluster/run.ts';
import { type Architecture, ownArchitecture } from './architecture.ts';

type Image = {
  readonly name: string;
  /** The OCI archive to write. */
  readonly archive: string;
  /** A folder for each layer, packed as it is; owners are kept. */
  readonly layers: readonly string[];
  readonly architecture?: Architecture;
  /** `config` of the OCI image configuration. */
  readonly config: Readonly<Record<string, unknown>>;
};

/** The digest, in hexadecimal digits. */
export const sha256OfFile = async (file: string): Promise<string> => {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest('hex');
};

const noTime = '1970-01-01T00:00:00Z';

/**
 * Writes an OCI archive from folders, without a container engine.
 * No times and no random names go in: the same folders give the same digest.
 */
export const packImage = async ({
  name,
  archive,
  layers,
  architecture = ownArchitecture(),
  config,
}: Image): Promise<void> => {
  mkdirSync(dirname(archive), { recursive: true });
  const work = mkdtempSync(join(dirname(archive), `.new-${process.pid}-`));
  try {
    const blobs = join(work, 'blobs', 'sha256');
    mkdirSync(blobs, { recursive: true });
    const addJson = (mediaType: string, value: object) => {
      const text = JSON.stringify(value);
      const hex = createHash('sha256').update(text).digest('hex');
      writeFileSync(join(blobs, hex), text);
      return { mediaType, digest: `sha256:${hex}`, size: Buffer.byteLength(text) };
    };
    const addLayer = async (folder: string) => {
      const tar = join(work, 'layer.tar');
      const fixed = ['--sort=name', '--mtime=@0', '--numeric-owner', '--format=gnu'];
      await run('tar', [...fixed, '-C', folder, '-cf', tar, '.']);
      const diffId = `sha256:${await sha256OfFile(tar)}`;
      await pipeline(createReadStream(tar), createGzip({ level: 6 }), createWriteStream(`${tar}.gz`));
      const hex = await sha256OfFile(`${tar}.gz`);
      const { size } = statSync(`${tar}.gz`);
      renameSync(`${tar}.gz`, join(blobs, hex));
      rmSync(tar);
      const mediaType = 'application/vnd.oci.image.layer.v1.tar+gzip';
      return { diffId, descriptor: { mediaType, digest: `sha256:${hex}`, size } };
    };
    const added: Awaited<ReturnType<typeof addLayer>>[] = [];
    for (const folder of layers) added.push(await addLayer(folder));
    const configDescriptor = addJson('application/vnd.oci.image.config.v1+json', {
      architecture,
      os: 'linux',
      created: noTime,
      config,
      rootfs: { type: 'layers', diff_ids: added.map(({ diffId }) => diffId) },
      // One entry per layer, or buildah refuses the image as a base; with a time, or it caches nothing built on it.
      history: added.map(() => ({ created: noTime, created_by: 'hack/images/pack.ts' })),
    });
    const manifest = addJson('application/vnd.oci.image.manifest.v1+json', {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: configDescriptor,
      layers: added.map(({ descriptor }) => descriptor),
    });
    const annotations = { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name };
    writeFileSync(
      join(work, 'index.json'),
      JSON.stringify({ schemaVersion: 2, manifests: [{ ...manifest, annotations }] }),
    );
    writeFileSync(join(work, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
    const finished = join(dirname(archive), `.new-${process.pid}-${basename(archive)}`);
    await run('tar', ['-C', work, '-cf', finished, 'oci-layout', 'index.json', 'blobs']);
    renameSync(finished, archive);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
};
