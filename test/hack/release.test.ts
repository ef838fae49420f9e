import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse, parseAllDocuments } from 'yaml';
import { packImage } from '../../hack/images/pack.ts';
import { cutChangelog, isCut, notesOf } from '../../hack/release/changelog.ts';
import { writeImageLayout } from '../../hack/release/image-layout.ts';
import { digestsOfOthers, imagesOfOthers } from '../../hack/release/images-of-others.ts';
import { tooLarge, usualBytes } from '../../hack/release/largest-images.ts';
import { bundleLabels, olmBundle } from '../../hack/release/olm-bundle.ts';
import { withPinnedImages } from '../../hack/release/pinned-images.ts';
import { provenance } from '../../hack/release/provenance.ts';
import { cycloneDxOf, purlOf, spdxOf } from '../../hack/release/sbom.ts';
import { parseVersion, places, tagsOf, withVersion } from '../../hack/release/version.ts';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import packageJson from '../../package.json' with { type: 'json' };
import packageLock from '../../package-lock.json' with { type: 'json' };

const root = join(import.meta.dirname, '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

describe('the version of a release', () => {
  it('moves the shorter tags of its images along', () =>
    expect(tagsOf('1.2.3')).to.deep.equal(['1.2.3', '1.2', '1', 'latest']));

  it('before a release has a tag of its own alone', () =>
    expect(tagsOf('1.2.3-rc.1')).to.deep.equal(['1.2.3-rc.1']));

  for (const text of ['1.2', 'v1.2.3', '01.2.3', '1.2.3+build', 'next', ''])
    it(`is not "${text}"`, () =>
      expect(() => parseVersion(text)).to.throw(`"${text}" is not a version; write 1.2.3`));

  for (const place of places) {
    it(`stands in ${place.path} as in package.json`, () => {
      const text = read(place.path);
      const found = text.match(new RegExp(place.pattern, 'g'));
      expect(found).not.to.equal(null);
      expect(new Set(found)).to.deep.equal(new Set([packageJson.version]));
      expect(withVersion(withVersion(text, place, '9.8.7'), place, packageJson.version)).to.equal(text);
    });
  }

  it('is put into the lock file as npm does', () => {
    const place = places.find(({ path }) => path === 'package-lock.json');
    if (place === undefined) throw new Error('the lock file is no place');
    const changed = JSON.parse(withVersion(read(place.path), place, '9.8.7')) as typeof packageLock;
    const own = packageLock.packages[''];
    expect(changed).to.deep.equal({
      ...packageLock,
      version: '9.8.7',
      packages: { ...packageLock.packages, '': { ...own, version: '9.8.7' } },
    });
  });

  it('that has no place any more is said', () =>
    expect(() => withVersion('nothing', { path: 'file', pattern: /version/ }, '1.0.0')).to.throw('file: no'));
});

describe('the changelog of a release', () => {
  const changelog =
    '# Changelog\n\n## [Unreleased]\n\n### Added\n\n- This.\n\n## [0.1.0] - 2026-01-01\n\n- That.\n';
  const cut = cutChangelog(changelog, '0.2.0', '2026-02-03');

  it('gives what was not released a version and a day', () => {
    expect(cut).to.equal(
      changelog.replace('## [Unreleased]\n', '## [Unreleased]\n\n## [0.2.0] - 2026-02-03\n'),
    );
    expect([isCut(changelog, '0.2.0'), isCut(cut, '0.2.0')]).to.deep.equal([false, true]);
  });

  it('has the notes of each version', () => {
    expect(notesOf(cut, '0.2.0')).to.equal('### Added\n\n- This.');
    expect(notesOf(cut, '0.1.0')).to.equal('- That.');
    expect(notesOf(cut, 'Unreleased')).to.equal('');
  });

  it('is not cut where there is nothing to release, or twice', () => {
    expect(() => cutChangelog(cut, '0.3.0', '2026-02-04')).to.throw('there is nothing to release');
    expect(() => cutChangelog(cut, '0.2.0', '2026-02-04')).to.throw('has a section for 0.2.0 already');
    expect(() => notesOf(cut, '0.4.0')).to.throw('no section for 0.4.0');
  });
});

describe('what is applied of a release', () => {
  it('has the images by digest, the one of registries too', () => {
    const metadata = { name: 'operator', namespace: 'ns', labels: { app: 'operator' } };
    const container = { name: 'operator', image: 'host/operator:1.0.0' };
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: { template: { spec: { containers: [container, { name: 'other', image: 'other:1' }] } } },
    };
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'role' },
    };
    const digests = new Map([
      ['host/operator:1.0.0', 'sha256:aa'],
      ['host/schema-registry:1.0.0', 'sha256:bb'],
    ]);
    const pinned = { ...container, image: 'host/operator:1.0.0@sha256:aa' };
    expect(withPinnedImages([role, deployment], digests)).to.deep.equal([
      role,
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata,
        data: { SERVER_IMAGE: 'host/schema-registry:1.0.0@sha256:bb' },
      },
      {
        ...deployment,
        spec: { template: { spec: { containers: [pinned, { name: 'other', image: 'other:1' }] } } },
      },
    ]);
  });
});

describe('the images of others in a release', () => {
  const images = ['docker.io/library/postgres:17-bookworm', 'docker.io/valkey/valkey:8.1'];
  const manifest = '{"schemaVersion": 2, "é": 1}\n';
  const digest = `sha256:${createHash('sha256').update(manifest).digest('hex')}`;

  it('are those that the operator gives to registries', () => expect(imagesOfOthers()).to.deep.equal(images));

  it('have the digest of what their tag leads to', async () => {
    const asked: string[] = [];
    const found = await digestsOfOthers(
      images,
      () => expect.fail('nothing is to be said'),
      async (program, args) => {
        asked.push([program, ...args].join(' '));
        return manifest;
      },
    );
    expect(asked).to.deep.equal(images.map((image) => `skopeo inspect --raw docker://${image}`));
    expect([...found]).to.deep.equal(images.map((image) => [image, digest]));
  });

  it('keep their tag where the registry does not answer, and that is said', async () => {
    const said: string[] = [];
    const found = await digestsOfOthers(
      images,
      (words) => said.push(words),
      async (_program, args) => {
        if (args.some((arg) => arg.includes('valkey')))
          throw new Error('skopeo ended with 1:\n  no such host');
        return manifest;
      },
    );
    expect([...found.keys()]).to.deep.equal([images[0]]);
    expect(said).to.deep.equal([
      `${images[1]} keeps its tag in this release, because its digest could not be asked for: no such host`,
    ]);
  });

  it('are in what is applied by digest, each as far as it is known', () => {
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'operator', namespace: 'ns' },
      spec: { template: { spec: { containers: [{ name: 'operator', image: 'host/operator:1.0.0' }] } } },
    };
    const digests = new Map([
      ['host/schema-registry:1.0.0', 'sha256:bb'],
      [images[0] ?? '', digest],
    ]);
    expect(withPinnedImages([deployment], digests)[0]).to.deep.include({
      kind: 'ConfigMap',
      data: {
        SERVER_IMAGE: 'host/schema-registry:1.0.0@sha256:bb',
        POSTGRES_IMAGE: `${images[0]}@${digest}`,
      },
    });
  });
});

describe('the bundle for the Operator Lifecycle Manager', () => {
  const objects = (path: string) =>
    parseAllDocuments(read(path)).map((document) => document.toJS() as KubeObject);
  const [base] = objects('config/olm/clusterserviceversion.yaml');
  if (base === undefined) throw new Error('the base of the bundle is empty');
  const told: KubeObject & { readonly data: object } = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'llm-schema-registry-operator' },
    data: { SERVER_IMAGE: 'host/server:1.2.3', POSTGRES_IMAGE: 'host/postgres:17' },
  };
  const applied = [
    'crds/schema-registry.yaml',
    'config/rbac/role.yaml',
    'config/rbac/user-roles.yaml',
    'config/operator/deployment.yaml',
  ].flatMap(objects);
  const samples = objects('config/samples/production.yaml');
  const createdAt = '2026-01-02T03:04:05Z';
  const bundle = olmBundle({
    ...{ version: '1.2.3', createdAt, base, icon: '<svg/>', samples },
    objects: [...applied, told],
  });
  const version = parse(bundle['manifests/llm-schema-registry.clusterserviceversion.yaml'] ?? '');
  const only = (kind: string) => applied.find((object) => object.kind === kind) as KubeObject;

  it('has the kind, the roles of people and the budget beside it', () => {
    const kinds = Object.entries(bundle)
      .filter(([path]) => path.startsWith('manifests/'))
      .map(([, text]) => (parse(text) as KubeObject).kind);
    expect(kinds.toSorted()).to.deep.equal([
      ...['ClusterRole', 'ClusterRole', 'ClusterRole', 'ClusterServiceVersion'],
      ...['CustomResourceDefinition', 'PodDisruptionBudget'],
    ]);
    expect(parse(bundle['metadata/annotations.yaml'] ?? '').annotations).to.deep.equal(bundleLabels);
  });

  it('gives the operator the rights and the Deployment that are applied elsewhere, and its namespaces by OLM', () => {
    const { permissions, deployments } = version.spec.install.spec;
    expect(permissions).to.deep.equal([
      {
        serviceAccountName: 'llm-schema-registry-operator',
        rules: (only('ClusterRole') as unknown as { rules: object }).rules,
      },
    ]);
    const [deployment] = deployments;
    const [container] = deployment.spec.template.spec.containers;
    const wanted = only('Deployment').spec as { template: { spec: { containers: { env: object[] }[] } } };
    const [ours] = wanted.template.spec.containers;
    expect(container.env).to.deep.equal([
      ...(ours?.env ?? []),
      {
        name: 'WATCH_NAMESPACES',
        valueFrom: { fieldRef: { fieldPath: "metadata.annotations['olm.targetNamespaces']" } },
      },
      { name: 'SERVER_IMAGE', value: 'host/server:1.2.3' },
      { name: 'POSTGRES_IMAGE', value: 'host/postgres:17' },
    ]);
    container.env = ours?.env;
    expect(deployment.spec).to.deep.equal(wanted);
  });

  it('names every image, the examples and the version that it follows', () => {
    expect(version.spec.relatedImages.map(({ name }: { name: string }) => name)).to.deep.equal([
      ...['operator', 'server', 'postgres'],
    ]);
    expect(version.metadata.name).to.equal('llm-schema-registry.v1.2.3');
    expect(version.metadata.annotations).to.include({ createdAt, 'olm.skipRange': '<1.2.3' });
    expect(JSON.parse(version.metadata.annotations['alm-examples'])).to.deep.equal(samples);
    const [owned] = version.spec.customresourcedefinitions.owned;
    const crd = only('CustomResourceDefinition').spec as {
      names: { kind: string };
      versions: { name: string }[];
    };
    expect([owned.kind, owned.version]).to.deep.equal([crd.names.kind, crd.versions[0]?.name]);
  });
});

describe('the image of a release', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'layout-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('leads from each tag to every platform, under one digest', async () => {
    const archives = [];
    for (const platform of ['linux/amd64', 'linux/arm64']) {
      const files = join(folder, platform);
      mkdirSync(files, { recursive: true });
      writeFileSync(join(files, 'program'), platform);
      const archivePath = join(folder, `${platform.replace('/', '-')}.tar`);
      await packImage({ name: 'program:1', archive: archivePath, layers: [files], config: {} });
      archives.push({ platform, archivePath });
    }
    const layout = join(folder, 'layout');
    const digest = await writeImageLayout(layout, archives, ['1.0.0', 'latest']);
    expect(await writeImageLayout(layout, archives, ['1.0.0', 'latest'])).to.equal(digest);
    const json = (path: string) => JSON.parse(readFileSync(join(layout, path), 'utf8'));
    const blob = (named: string) => json(join('blobs', ...named.split(':')));
    const { manifests } = json('index.json');
    expect(
      manifests.map((each: { digest: string; annotations: object }) => [each.digest, each.annotations]),
    ).to.deep.equal(['1.0.0', 'latest'].map((tag) => [digest, { 'org.opencontainers.image.ref.name': tag }]));
    const platforms = blob(digest).manifests as { digest: string; platform: object }[];
    expect(platforms.map(({ platform }) => platform)).to.deep.equal([
      { architecture: 'amd64', os: 'linux' },
      { architecture: 'arm64', os: 'linux' },
    ]);
    for (const { digest: manifest } of platforms) {
      const [layer] = blob(manifest).layers as { digest: string }[];
      expect(layer?.digest.split(':')[1]).to.equal(
        execFileSync('sha256sum', [join(layout, 'blobs', ...(layer?.digest.split(':') ?? []))], {
          encoding: 'utf8',
        }).slice(0, 64),
      );
    }
  });

  it('is as large as the pages say, and smaller than 60 MB', () => {
    const [operator = 0, server = 0] = ['operator', 'schema-registry'].map((name) => usualBytes[name]);
    const words = [operator, server].map((bytes) => `${Math.round(bytes / 1e6)} MB`);
    expect(read('README.md')).to.include(`compressed | ${words.join(', ')} |`);
    expect(read('hack/images/README.md'))
      .to.include(`\`Dockerfile.operator\` | ${words[0]} |`)
      .and.include(`\`Dockerfile.server\` | ${words[1]} |`);
    for (const bytes of [operator, server]) expect(bytes).to.be.below(60_000_000);
  });

  it('may grow by five megabytes, and not by more', () => {
    const usual = usualBytes.operator ?? 0;
    expect(tooLarge('operator', usual + 5_000_000)).to.equal(undefined);
    expect(tooLarge('operator', usual + 5_000_001)).to.match(
      /^the image operator has 5\d\.\d MB, and had 5\d\.\d MB$/,
    );
  });
});

describe('the bill of materials of an image', () => {
  const product = {
    name: 'operator',
    version: '1.0.0',
    purls: new Set([purlOf('@a/kept', '1.0.0'), purlOf('needed', '2.0.0')]),
    node: '24.0.0',
    debian: [{ name: 'libstdc++6', version: '12.2.0-14+deb12u1', architecture: 'arm64' }],
  };

  it('is of what is kept, and of Node.js, in CycloneDX', () => {
    const component = (name: string, version: string) => ({
      purl: purlOf(name, version),
      'bom-ref': `${name}@${version}`,
    });
    const whole = {
      bomFormat: 'CycloneDX',
      metadata: { component: { name: 'folder' } },
      components: [component('@a/kept', '1.0.0'), component('needed', '2.0.0'), component('left', '3.0.0')],
      dependencies: [
        { ref: '@a/kept@1.0.0', dependsOn: ['needed@2.0.0', 'left@3.0.0'] },
        { ref: 'left@3.0.0', dependsOn: [] },
      ],
    };
    const made = cycloneDxOf(whole, product) as typeof whole;
    expect(made.components.map((each) => each.purl)).to.deep.equal([
      'pkg:npm/%40a/kept@1.0.0',
      'pkg:npm/needed@2.0.0',
      'pkg:generic/node@24.0.0',
      'pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bdeb12u1?arch=arm64&distro=debian-12',
    ]);
    expect(made.metadata.component.name).to.equal('operator');
    expect(made.dependencies).to.deep.equal([
      {
        ref: 'operator@1.0.0',
        dependsOn: ['@a/kept@1.0.0', 'needed@2.0.0', 'node@24.0.0', made.components[3]?.['bom-ref']],
      },
      { ref: '@a/kept@1.0.0', dependsOn: ['needed@2.0.0'] },
    ]);
  });

  it('is refused where it lacks a package that is kept', () => {
    const document = { metadata: {}, components: [], dependencies: [], packages: [], relationships: [] };
    for (const billOf of [cycloneDxOf, spdxOf])
      expect(() => billOf(document, product)).to.throw(
        'of operator lacks pkg:npm/%40a/kept@1.0.0, pkg:npm/needed@2.0.0',
      );
  });

  it('is of what is kept, and of Node.js, in SPDX', () => {
    const aPackage = (name: string, version: string) => ({
      SPDXID: `SPDXRef-${name}`,
      name,
      externalRefs: [{ referenceLocator: purlOf(name, version) }],
    });
    const whole = {
      spdxVersion: 'SPDX-2.3',
      documentDescribes: [],
      packages: [aPackage('@a/kept', '1.0.0'), aPackage('needed', '2.0.0'), aPackage('left', '3.0.0')],
      relationships: [
        {
          spdxElementId: 'SPDXRef-@a/kept',
          relatedSpdxElement: 'SPDXRef-left',
          relationshipType: 'DEPENDENCY_OF',
        },
      ],
    };
    const made = spdxOf(whole, product) as typeof whole;
    expect(made.packages.map(({ name }) => name)).to.deep.equal([
      'operator',
      '@a/kept',
      'needed',
      'node',
      'libstdc++6',
    ]);
    expect(made.relationships.map(({ relatedSpdxElement }) => relatedSpdxElement)).to.deep.equal([
      'SPDXRef-Package-operator',
      'SPDXRef-@a/kept',
      'SPDXRef-needed',
      'SPDXRef-Package-node',
      'SPDXRef-Package-deb-libstdc--6-arm64',
    ]);
  });
});

describe('the provenance of a release', () => {
  it('names the files, the commit, and who built it', () => {
    const build = {
      version: '1.0.0',
      commit: 'c'.repeat(40),
      startedOn: 's',
      finishedOn: 'f',
      runUrl: undefined,
    };
    const statement = provenance([{ name: 'install.yaml', sha256: 'aa' }], build);
    expect(statement).to.deep.include({
      predicateType: 'https://slsa.dev/provenance/v1',
      subject: [{ name: 'install.yaml', digest: { sha256: 'aa' } }],
    });
    expect(JSON.stringify(statement))
      .to.include('"gitCommit":"cccc')
      .and.to.include('"builder":{"id":"local"}');
    expect(JSON.stringify(provenance([], { ...build, runUrl: 'https://host/runs/1' }))).to.include(
      '"invocationId":"https://host/runs/1"',
    );
  });
});
