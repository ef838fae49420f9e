import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { cacheFolder } from '../../hack/cluster/folders.ts';
import { run } from '../../hack/cluster/run.ts';
import { architectures } from '../../hack/images/architecture.ts';
import { purlOf } from '../../hack/release/sbom.ts';
import packageJson from '../../package.json' with { type: 'json' };
import packageLock from '../../package-lock.json' with { type: 'json' };
import { findGoTool } from '../build/go-tool.ts';
import { findTrivy } from '../build/trivy.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const version = '98.7.6';
const images = ['operator', 'schema-registry', 'schema-registry-cli'];

interface Descriptor {
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly architecture: string };
}

interface Manifest {
  readonly manifests?: readonly Descriptor[];
  readonly layers?: readonly Descriptor[];
  readonly config?: Descriptor;
}

/** `npm run test:release`: a release of the last commit, made in a clone of it as the workflow makes one, and signed with a key. */
describe('a release', function () {
  this.timeout(60 * 60_000);
  let work: string;
  let folder: string;
  let env: NodeJS.ProcessEnv;

  before(async () => {
    work = mkdtempSync(join(tmpdir(), 'release-'));
    env = await signingKey(work);
    const clone = join(work, 'clone');
    await run('git', ['clone', '--quiet', '--no-hardlinks', root, clone]);
    await run('cp', ['-al', join(root, 'node_modules'), clone]);
    const make = () => run(process.execPath, ['hack/release/main.ts', version], { cwd: clone, env });
    await make();
    const author = ['-c', 'user.name=test', '-c', 'user.email=test@example.com'];
    await run('git', [...author, 'commit', '--quiet', '--all', '--message', version], { cwd: clone });
    await make();
    folder = join(clone, 'dist', version);
  });
  after(() => {
    rmSync(work, { recursive: true, force: true });
    const cached = join(cacheFolder, 'images');
    for (const file of readdirSync(cached).filter((each) => each.includes(`-${version}-`)))
      rmSync(join(cached, file));
  });

  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  /** An image of the release, as a layout on disk. */
  const layoutOf = async (name: string) => {
    const layout = join(work, `layout-${name}`);
    if (existsSync(layout)) return layout;
    mkdirSync(layout);
    await run('tar', ['-xf', join(folder, `${name}-${version}.oci.tar`), '-C', layout]);
    return layout;
  };
  const blobOf = (layout: string, { digest }: Descriptor) => join(layout, 'blobs', ...digest.split(':'));
  const manifestAt = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as Manifest;
  /** The image of each platform. */
  const platformsOf = async (name: string) => {
    const layout = await layoutOf(name);
    const [tagged] = manifestAt(join(layout, 'index.json')).manifests ?? [];
    if (tagged === undefined) throw new Error(`${name} has no tag`);
    const { manifests = [] } = manifestAt(blobOf(layout, tagged));
    return manifests.map((each) => ({
      architecture: each.platform?.architecture,
      layers: (manifestAt(blobOf(layout, each)).layers ?? []).map((layer) => blobOf(layout, layer)),
    }));
  };

  it('consists of the files that docs/releases.md names, and of no other', () => {
    const page = readFileSync(join(work, 'clone', 'docs', 'releases.md'), 'utf8');
    const cells = [...page.matchAll(/^\| (`.+?`) \|/gm)].flatMap(([, cell = '']) => cell.split(', '));
    const named = cells.map((cell) => cell.replaceAll('`', '').replace('VERSION', version));
    const patterns = named.map((name) => new RegExp(`^${name.replaceAll('.', '\\.').replace('*', '.*')}$`));
    const files = readdirSync(folder);
    expect(files.filter((file) => !patterns.some((pattern) => pattern.test(file)))).to.deep.equal([]);
    expect(named.filter((_, at) => !files.some((file) => patterns[at]?.test(file)))).to.deep.equal([]);
  });

  it('is whole, by its checksums', async () => {
    const said = await run('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: folder });
    expect(said.trim().split('\n').length).to.be.above(12);
  });

  for (const file of ['SHA256SUMS', 'provenance.intoto.json'])
    it(`has a signature of ${file} that cosign verifies, and of nothing else`, async () => {
      const verify = (name: string) =>
        run(
          'cosign',
          [
            ...['verify-blob', '--key', join(work, 'cosign.pub'), '--bundle', `${file}.sigstore.json`],
            ...['--insecure-ignore-tlog', name],
          ],
          { cwd: folder, env },
        );
      await verify(file);
      const refused = await verify('install.yaml').then(
        () => 'verified',
        (error: Error) => error.message,
      );
      expect(refused).to.include('invalid signature');
    });

  it('has images and a chart whose every part is what its digest says, under the digest that images.txt has', async () => {
    const listed = read('images.txt').trim().split('\n');
    expect(listed).to.have.length(5);
    for (const [name, line] of [...images, 'llm-schema-registry', 'operator-bundle'].map((each) => [
      each,
      listed.find((text) => text.includes(`/${each}:${version}@`)),
    ])) {
      const layout = await layoutOf(name ?? '');
      const check = (descriptor: Descriptor): void => {
        const content = readFileSync(blobOf(layout, descriptor));
        const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
        expect([digest, content.length]).to.deep.equal([descriptor.digest, descriptor.size]);
        // What is no JSON is a layer.
        if (content[0] !== '{'.charCodeAt(0)) return;
        const { manifests = [], layers = [], config } = JSON.parse(content.toString()) as Manifest;
        for (const each of [...manifests, ...layers, ...(config?.digest ? [config] : [])]) check(each);
      };
      const { manifests = [] } = manifestAt(join(layout, 'index.json'));
      for (const each of manifests) check(each);
      expect(line?.split('@')[1]).to.equal(manifests[0]?.digest);
    }
  });

  it('has images that run on each platform', async () => {
    for (const { architecture, layers } of await platformsOf('schema-registry')) {
      expect(architectures).to.include(architecture);
      const image = join(work, `image-${architecture}`);
      mkdirSync(image);
      for (const layer of layers) await run('tar', ['-xzf', layer, '-C', image]);
      const program = ['/nodejs/bin/node', '/app/registry-server/main.ts', '--help'];
      expect(await run('chroot', ['--userspec=1000:1000', image, ...program])).to.include(version);
    }
  });

  for (const file of ['install.yaml', 'install-namespaced.yaml'])
    it(`names in ${file} each image by digest, or says in images-of-others.txt that it could not`, () => {
      const objects = parseAllDocuments(read(file)).map((document) => document.toJS() as object);
      const text = JSON.stringify(objects);
      const named = [...text.matchAll(/"(?:image|\w+_IMAGE)":"([^"]+)"/g)].map(([, image = '']) => image);
      const others = read('images-of-others.txt').trim().split('\n');
      const [operator, server, ...rest] = named.toSorted();
      for (const image of [operator, server])
        expect(image).to.match(new RegExp(`:${version}@sha256:[0-9a-f]{64}$`));
      for (const image of rest) expect(others).to.include(image);
      for (const image of others) expect(named.includes(image) || !image.includes('@'), image).to.equal(true);
    });

  it('has a bundle that the rules of OLM and of OperatorHub have nothing to say to', async () => {
    const tool = findGoTool({
      command: 'github.com/operator-framework/api/cmd/operator-verify',
      version: 'v0.9.1',
    });
    if ('reason' in tool) throw new Error(tool.reason);
    const bundle = join(work, 'bundle');
    mkdirSync(bundle);
    await run('tar', ['-xzf', join(folder, `operator-bundle-${version}.tgz`), '-C', bundle]);
    const verify = () =>
      spawnSync(tool.program, ['manifests', bundle, '--operatorhub_validate', '--object_validate'], {
        encoding: 'utf8',
      });
    const { status, stdout, stderr } = verify();
    expect([status, stdout, stderr]).to.deep.equal([0, '', '']);
    const manifests = join(bundle, 'manifests');
    const file = join(
      manifests,
      readdirSync(manifests).find((name) => name.includes('clusterserviceversion')) ?? '',
    );
    writeFileSync(file, readFileSync(file, 'utf8').replace('Streaming & Messaging', 'No Such Category'));
    expect(verify().stderr).to.include('No Such Category');
  });

  it('has images in which Trivy finds what their bills of materials say of Debian', async () => {
    const offline = ['--skip-db-update', '--skip-java-db-update', '--offline-scan', '--quiet'];
    const debianIn = (text: string) =>
      purlsIn(text)
        .filter((purl) => purl.startsWith('pkg:deb/'))
        .map((purl) => purl.replace(/&distro=.*$/, ''));
    for (const name of images) {
      const layout = await layoutOf(name);
      const [tagged] = manifestAt(join(layout, 'index.json')).manifests ?? [];
      if (tagged === undefined) throw new Error(`${name} has no tag`);
      const found = [];
      for (const each of manifestAt(blobOf(layout, tagged)).manifests ?? []) {
        // Of several platforms Trivy takes the first, so each is shown to it alone.
        const alone = `${layout}-${each.platform?.architecture}`;
        mkdirSync(alone);
        symlinkSync(join(layout, 'blobs'), join(alone, 'blobs'));
        writeFileSync(join(alone, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
        writeFileSync(join(alone, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [each] }));
        const args = ['image', '--input', alone, '--format', 'cyclonedx', ...offline];
        found.push(...debianIn(await run(findTrivy(), args)));
      }
      expect([...new Set(found)]).to.have.members([
        ...new Set(debianIn(read(`${name}-${version}.cdx.json`))),
      ]);
    }
  });

  it('has bills of materials that name each runtime dependency of the lock file', () => {
    const purls = images.flatMap((name) => purlsIn(read(`${name}-${version}.cdx.json`)));
    const wanted = Object.keys(packageJson.dependencies).map((name) =>
      purlOf(
        name,
        (packageLock.packages as unknown as Record<string, { version: string }>)[`node_modules/${name}`]
          ?.version ?? '',
      ),
    );
    expect(wanted.filter((purl) => !purls.includes(purl))).to.deep.equal([]);
  });

  for (const name of images)
    for (const format of ['cdx', 'spdx'])
      it(`has in ${name}'s ${format}.json each package of npm and of Debian that is in the image, and Node.js`, async () => {
        const text = read(`${name}-${version}.${format}.json`);
        const purls = new Set(purlsIn(text));
        expect(purls.has(`pkg:generic/node@${packageLock.packages['node_modules/node'].version}`)).to.equal(
          true,
        );
        for (const { architecture, layers } of await platformsOf(name)) {
          const files = (await Promise.all(layers.map((layer) => run('tar', ['-tzf', layer])))).flatMap(
            (list) => list.split('\n'),
          );
          const debian = files.flatMap((file) => /usr\/share\/doc\/([^/]+)\/?$/.exec(file)?.[1] ?? []);
          expect(debian).to.include.members(['libc6', 'libstdc++6']);
          for (const each of debian)
            expect(text, each).to.match(
              new RegExp(`deb/debian/${encodeURIComponent(each)}@[^"]+arch=(all|${architecture})&`),
            );
          const npm = files.flatMap(
            (file) =>
              /^(?:\.\/)?app\/(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\/package\.json$/.exec(file)?.[1] ??
              [],
          );
          expect(npm.length).to.be.above(0);
          for (const each of npm)
            expect(
              [...purls].some((purl) => purl.startsWith(`${purlOf(each, '')}`)),
              each,
            ).to.equal(true);
        }
      });
});

function purlsIn(text: string): readonly string[] {
  return [...text.matchAll(/"(pkg:[^"]+)"/g)].map(([, purl = '']) => purl);
}

/** cosign on PATH, with a key of its own. */
async function signingKey(work: string): Promise<NodeJS.ProcessEnv> {
  const tool = findGoTool({ command: 'github.com/sigstore/cosign/v3/cmd/cosign', version: 'v3.1.3' });
  if ('reason' in tool) throw new Error(tool.reason);
  const bin = join(work, 'bin');
  mkdirSync(bin);
  symlinkSync(tool.program, join(bin, 'cosign'));
  const env = {
    PATH: `${bin}:${process.env.PATH}`,
    COSIGN_PASSWORD: 'of a test',
    COSIGN_KEY: join(work, 'cosign.key'),
  };
  await run('cosign', ['generate-key-pair'], { cwd: work, env });
  return env;
}
