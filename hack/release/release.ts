import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse, parseAllDocuments, stringify } from 'yaml';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import packageLock from '../../package-lock.json' with { type: 'json' };
import { binariesOf, buildBinaries } from '../cluster/binaries.ts';
import { Problem } from '../cluster/problem.ts';
import type { Report } from '../cluster/report.ts';
import { run } from '../cluster/run.ts';
import { installTools } from '../cluster/tools.ts';
import { type Architecture, architectures } from '../images/architecture.ts';
import { type BuiltImage, buildProgramsFor } from '../images/build-images.ts';
import type { DebianPackage } from '../images/debian.ts';
import { keptPackages } from '../images/kept-packages.ts';
import { packImage, sha256OfFile } from '../images/pack.ts';
import { notesOf } from './changelog.ts';
import { debianPackagesOf } from './debian-packages-of.ts';
import { fixedInTar } from './fixed-in-tar.ts';
import { writeImageLayout } from './image-layout.ts';
import { digestsOfOthers, imagesOfOthers } from './images-of-others.ts';
import { tooLarge } from './largest-images.ts';
import { bundleLabels, olmBundle } from './olm-bundle.ts';
import { packBinaries } from './pack-binaries.ts';
import { packChart, writeChartLayout } from './pack-chart.ts';
import { packCommand } from './pack-command.ts';
import { type Digests, withPinnedImages } from './pinned-images.ts';
import { provenance, type Subject } from './provenance.ts';
import { cycloneDxOf, type Product, purlOf, spdxOf } from './sbom.ts';
import { sign } from './sign.ts';
import { tagsOf } from './version.ts';

const root = join(import.meta.dirname, '..', '..');
const prefix = 'ghcr.io/llm-schema-registry/';
const chartName = 'llm-schema-registry';

/** Each image's program, whose imports decide what is in it; the server's has not the command that lies in its folder. */
const programs: Readonly<Record<string, { readonly program: string; readonly left?: string }>> = {
  operator: { program: 'operator' },
  'schema-registry': { program: 'registry-server', left: 'registry-server/cli' },
  'schema-registry-cli': { program: 'registry-server/cli' },
};

/** What is applied as one file, and the folders that kustomize makes it from. */
const installs: Readonly<Record<string, readonly string[]>> = {
  'crds.yaml': ['crds'],
  'install.yaml': ['crds', 'config/default'],
  'install-namespaced.yaml': ['crds', 'config/namespaced'],
};

/**
 * Makes all that a release consists of in a folder: images with their tags, what is applied, bills of materials, provenance,
 * checksums, and signatures where there is a key.
 * @param folder is made anew
 * @throws Problem with what is missing
 */
export async function release(version: string, folder: string, report: Report): Promise<void> {
  const startedOn = new Date().toISOString();
  const notes = notesOf(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'), version);
  const commit = await cleanCommit();
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  write('notes.md', `${notes}\n`);

  const { digests, debian } = await packImages(version, folder, report);
  await installTools(['skopeo'], report);
  const others = await digestsOfOthers(imagesOfOthers(), report);
  const named = new Map([...digests, ...others]);

  report('Writing what is applied');
  await buildBinaries(['node'], report);
  for (const [name, folders] of Object.entries(installs))
    write(name, textOf(await pinnedObjects(folders, named)));

  report('Packing the chart');
  const archive = await packChart(version, named, folder);
  const layout = join(folder, 'chart');
  const chart = new Map([
    [`${prefix}charts/${chartName}:${version}`, writeChartLayout(layout, archive, tagsOf(version))],
  ]);
  await packLayout(layout, `${chartName}-${version}.oci.tar`, folder);
  const withDigest = (image: string) => (others.has(image) ? `${image}@${others.get(image)}` : image);
  write(
    'images-of-others.txt',
    imagesOfOthers()
      .map((image) => `${withDigest(image)}\n`)
      .join(''),
  );
  report('Packing the bundle');
  const bundle = await packBundle(version, startedOn, named, folder);

  const images = [...digests, ...chart, bundle];
  write('images.txt', images.map(([image, digest]) => `${image}@${digest}\n`).join(''));

  report('Packing the command');
  await packCommand(version, folder);
  await packBinaries(version, folder, report);

  report('Listing what is in the images');
  for (const [name, text] of await billsOfMaterials(version, debian)) write(name, text);

  const subjects = await Promise.all(readdirSync(folder).map((name) => subjectOf(folder, name)));
  const finishedOn = new Date().toISOString();
  const statement = provenance(subjects, { version, commit, startedOn, finishedOn, runUrl: runUrl() });
  write('provenance.intoto.json', `${JSON.stringify(statement, null, 2)}\n`);
  const summed = [...subjects, await subjectOf(folder, 'provenance.intoto.json')].toSorted((one, other) =>
    one.name.localeCompare(other.name),
  );
  write('SHA256SUMS', summed.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join(''));
  await sign(folder, ['SHA256SUMS', 'provenance.intoto.json'], report);
}

async function subjectOf(folder: string, name: string): Promise<Subject> {
  return { name, sha256: await sha256OfFile(join(folder, name)) };
}

/** The commit that is built: what is released is what everybody can check out. */
async function cleanCommit(): Promise<string> {
  const git = (...args: string[]) => run('git', ['-C', root, ...args]);
  const changed = (await git('status', '--porcelain')).trim();
  if (changed !== '')
    throw new Problem(`These files are not committed; a release is built from a commit:\n${changed}`);
  return (await git('rev-parse', 'HEAD')).trim();
}

interface Packed {
  readonly digests: Digests;
  /** What each image has of Debian, by the image's name. */
  readonly debian: ReadonlyMap<string, readonly DebianPackage[]>;
}

async function packImages(version: string, folder: string, report: Report): Promise<Packed> {
  const built = new Map<Architecture, readonly BuiltImage[]>();
  for (const architecture of architectures)
    built.set(architecture, await buildProgramsFor(architecture, report));
  const digests = new Map<string, string>();
  const debian = new Map<string, readonly DebianPackage[]>();
  for (const name of Object.keys(programs)) {
    const tagged = `${prefix}${name}:${version}`;
    const archives = [...built].map(([architecture, images]) => {
      const image = images.find((each) => each.name === tagged);
      if (image === undefined) throw new Problem(`No image ${tagged} was built for ${architecture}.`);
      const words = tooLarge(name, image.bytesCompressed);
      if (words !== undefined) throw new Problem(`${words}; see hack/release/largest-images.ts.`);
      return { platform: `linux/${architecture}`, archivePath: image.archivePath };
    });
    report(`Packing ${tagged}`);
    const layout = join(folder, name);
    digests.set(tagged, await writeImageLayout(layout, archives, tagsOf(version)));
    debian.set(name, await debianPackagesOf(layout));
    await packLayout(layout, `${name}-${version}.oci.tar`, folder);
  }
  return { digests, debian };
}

/** The layout becomes one file, the same for the same content. */
async function packLayout(layout: string, name: string, folder: string): Promise<void> {
  await run('tar', [...fixedInTar, '-C', layout, '-cf', join(folder, name), '.']);
  rmSync(layout, { recursive: true });
}

async function pinnedObjects(folders: readonly string[], digests: Digests): Promise<readonly KubeObject[]> {
  const kubectl = join(binariesOf('node'), 'kubectl');
  const texts = await Promise.all(folders.map((folder) => run(kubectl, ['kustomize', join(root, folder)])));
  const objects = texts.flatMap((text) =>
    parseAllDocuments(text).map((document) => document.toJS() as KubeObject),
  );
  return withPinnedImages(objects, digests);
}

function textOf(objects: readonly KubeObject[]): string {
  // Without anchors, which not every reader of YAML takes.
  const options = { aliasDuplicateObjects: false, lineWidth: 0 };
  return objects.map((object) => `---\n${stringify(object, options)}`).join('');
}

/**
 * The bundle for the Operator Lifecycle Manager, as an image and as files.
 * @returns the image with its digest
 */
async function packBundle(
  version: string,
  createdAt: string,
  digests: Digests,
  folder: string,
): Promise<[image: string, digest: string]> {
  const text = (path: string) => readFileSync(join(root, 'config', path), 'utf8');
  const name = 'operator-bundle';
  const work = mkdtempSync(join(tmpdir(), 'bundle-'));
  try {
    const files = join(work, 'files');
    const bundle = olmBundle({
      version,
      createdAt,
      base: parse(text('olm/clusterserviceversion.yaml')) as KubeObject,
      icon: text('olm/icon.svg'),
      objects: await pinnedObjects(['crds', 'config/default'], digests),
      samples: ['minimal', 'production'].map((each) => parse(text(`samples/${each}.yaml`)) as KubeObject),
    });
    for (const [path, content] of Object.entries(bundle)) {
      mkdirSync(dirname(join(files, path)), { recursive: true });
      writeFileSync(join(files, path), content);
    }
    const flags = [...fixedInTar, '--mode=u=rwX,go=rX', '-I', 'gzip --no-name'];
    await run('tar', [...flags, '-C', files, '-cf', join(folder, `${name}-${version}.tgz`), '.']);
    const tagged = `${prefix}${name}:${version}`;
    const archives = architectures.map((architecture) => ({
      platform: `linux/${architecture}`,
      archivePath: join(work, `${architecture}.tar`),
      architecture,
    }));
    for (const { architecture, archivePath } of archives)
      await packImage({
        ...{ name: tagged, archive: archivePath, layers: [files], architecture },
        config: { Labels: bundleLabels },
      });
    const layout = join(folder, name);
    const digest = await writeImageLayout(layout, archives, tagsOf(version));
    await packLayout(layout, `${name}-${version}.oci.tar`, folder);
    return [tagged, digest];
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function billsOfMaterials(
  version: string,
  debian: Packed['debian'],
): Promise<[name: string, text: string][]> {
  const of = async (format: string) =>
    JSON.parse(
      // Not with --omit dev, which leaves out of the runtime's packages those that a tool needs as well (npm 11).
      await run('npm', ['sbom', '--package-lock-only', '--sbom-format', format], { cwd: root }),
    ) as unknown;
  const [cycloneDx, spdx] = [await of('cyclonedx'), await of('spdx')];
  return Object.entries(programs).flatMap(([name, { program, left }]): [string, string][] => {
    const product: Product = {
      name,
      version,
      purls: new Set([...keptPackages(program, root, left)].map(purlIn)),
      node: packageLock.packages['node_modules/node'].version,
      debian: debian.get(name) ?? [],
    };
    const text = (document: object) => `${JSON.stringify(document, null, 2)}\n`;
    return [
      [`${name}-${version}.cdx.json`, text(cycloneDxOf(cycloneDx, product))],
      [`${name}-${version}.spdx.json`, text(spdxOf(spdx, product))],
    ];
  });
}

function purlIn(folder: string): string {
  const { name, version } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
  };
  return purlOf(name, version);
}

/** Of the workflow's run, in GitHub's own variables. */
function runUrl(): string | undefined {
  const { GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID } = process.env;
  if (GITHUB_RUN_ID === undefined) return undefined;
  return `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}`;
}
