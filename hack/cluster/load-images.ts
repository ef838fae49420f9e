import { clusterFolders } from './folders.ts';
import { Problem } from './problem.ts';
import type { Report } from './report.ts';
import { run } from './run.ts';

type Index = {
  readonly manifests: readonly {
    readonly digest: string;
    readonly annotations?: Readonly<Record<string, string>>;
  }[];
};

/** The images in an OCI archive: name → digest. */
export const imagesIn = (index: Index): Map<string, string> =>
  new Map(
    index.manifests.map(({ digest, annotations }) => [
      annotations?.['io.containerd.image.name'] ?? annotations?.['org.opencontainers.image.ref.name'] ?? '',
      digest,
    ]),
  );

/** Digests by name, as `ctr images list` tells them. */
export const loadedImages = (list: string): Map<string, string> =>
  new Map(
    list
      .split('\n')
      .slice(1)
      .map((line) => line.split(/\s+/))
      .flatMap(([name, , digest]) => (name && digest ? [[name, digest] as const] : [])),
  );

const ctrOf =
  (name: string) =>
  (...args: string[]) =>
    run('ctr', ['--address', clusterFolders(name).containerdSocket, '--namespace', 'k8s.io', ...args]);

/** Gives an image that a cluster's node has one more name there. */
export const tagImage = (name: string, image: string, tag: string): Promise<string> =>
  ctrOf(name)('images', 'tag', '--force', image, tag);

/** Loads OCI archives into a cluster's node, save those that it has with the same digest. */
export const loadImages = async (
  name: string,
  archives: readonly string[],
  report: Report,
): Promise<void> => {
  const ctr = ctrOf(name);
  const loaded = loadedImages(await ctr('images', 'list'));
  for (const archive of archives) {
    const text = await run('tar', ['-xOf', archive, 'index.json']).catch((error) => {
      throw new Problem(`${archive} is no OCI archive: ${error.message}`, { cause: error });
    });
    const wanted = imagesIn(JSON.parse(text));
    if ([...wanted].every(([image, digest]) => loaded.get(image) === digest)) continue;
    report('Loading images', [...wanted.keys()].join(', '));
    await ctr('images', 'import', archive);
  }
};
