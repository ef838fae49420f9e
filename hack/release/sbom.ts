import type { DebianPackage } from '../images/debian.ts';

/** What an image contains, in the two formats that npm writes (CycloneDX 1.5, SPDX 2.3), cut down to what the image keeps. */

interface CycloneDx {
  readonly metadata: { readonly component: object };
  readonly components: readonly { readonly purl: string; readonly 'bom-ref': string }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

interface Spdx {
  readonly documentDescribes: readonly string[];
  readonly packages: readonly {
    readonly SPDXID: string;
    readonly externalRefs?: readonly { readonly referenceLocator: string }[];
  }[];
  readonly relationships: readonly {
    readonly spdxElementId: string;
    readonly relatedSpdxElement: string;
  }[];
}

/** The image that a bill of materials is of. */
export interface Product {
  /** Such as `schema-registry`. */
  readonly name: string;
  readonly version: string;
  /** Package URLs (https://github.com/package-url/purl-spec) of the npm packages that are kept. */
  readonly purls: ReadonlySet<string>;
  /** The version of Node.js that runs it. */
  readonly node: string;
  /** For each architecture. */
  readonly debian: readonly DebianPackage[];
}

/** The package URL of an npm package. */
export const purlOf = (name: string, version: string): string =>
  `pkg:npm/${name.replace('@', '%40')}@${version}`;

/** The distribution is the one that hack/images takes its packages from. */
export const debianPurlOf = ({ name, version, architecture }: DebianPackage): string =>
  `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}&distro=debian-12`;

const nodePurl = (version: string): string => `pkg:generic/node@${version}`;

function mustHaveAll(name: string, wanted: ReadonlySet<string>, found: readonly string[]): void {
  const missing = [...wanted].filter((purl) => !found.includes(purl));
  if (missing.length > 0) throw new Error(`the bill of materials of ${name} lacks ${missing.join(', ')}`);
}

/** @throws Error that names the packages of which npm's own bill says nothing */
export function cycloneDxOf(whole: unknown, { name, version, purls, node, debian }: Product): object {
  const document = whole as CycloneDx;
  const components = document.components.filter(({ purl }) => purls.has(purl));
  mustHaveAll(
    name,
    purls,
    components.map(({ purl }) => purl),
  );
  const refs = new Set(components.map((component) => component['bom-ref']));
  const product = { type: 'container', 'bom-ref': `${name}@${version}`, name, version };
  const runtime = {
    type: 'platform',
    'bom-ref': `node@${node}`,
    name: 'node',
    version: node,
    purl: nodePurl(node),
    licenses: [{ license: { id: 'MIT' } }],
  };
  const ofDebian = debian.map((each) => ({
    type: 'library',
    'bom-ref': debianPurlOf(each),
    name: each.name,
    version: each.version,
    purl: debianPurlOf(each),
  }));
  const beside = [runtime, ...ofDebian];
  return {
    ...document,
    metadata: { ...document.metadata, component: product },
    components: [...components, ...beside],
    dependencies: [
      { ref: product['bom-ref'], dependsOn: [...refs, ...beside.map((component) => component['bom-ref'])] },
      ...document.dependencies
        .filter(({ ref }) => refs.has(ref))
        .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((each) => refs.has(each)) })),
    ],
  };
}

/** @throws Error that names the packages of which npm's own bill says nothing */
export function spdxOf(whole: unknown, { name, version, purls, node, debian }: Product): object {
  const document = whole as Spdx;
  const packages = document.packages.filter(({ externalRefs = [] }) =>
    externalRefs.some(({ referenceLocator }) => purls.has(referenceLocator)),
  );
  mustHaveAll(
    name,
    purls,
    packages.flatMap(({ externalRefs = [] }) => externalRefs.map((each) => each.referenceLocator)),
  );
  const ids = new Set(packages.map(({ SPDXID }) => SPDXID));
  const own = `SPDXRef-Package-${name}`;
  const aPackage = (id: string, of: { name: string; version: string; licence: string; purl?: string }) => ({
    SPDXID: id,
    name: of.name,
    versionInfo: of.version,
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    licenseDeclared: of.licence,
    ...(of.purl === undefined
      ? {}
      : {
          externalRefs: [
            { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: of.purl },
          ],
        }),
  });
  const nodeId = 'SPDXRef-Package-node';
  const ofDebian = debian.map((each) => {
    const id = `SPDXRef-Package-deb-${each.name.replaceAll(/[^A-Za-z0-9.-]/g, '-')}-${each.architecture}`;
    return aPackage(id, {
      name: each.name,
      version: each.version,
      licence: 'NOASSERTION',
      purl: debianPurlOf(each),
    });
  });
  return {
    ...document,
    name: `${name}@${version}`,
    documentDescribes: [own],
    packages: [
      aPackage(own, { name, version, licence: 'Apache-2.0' }),
      ...packages,
      aPackage(nodeId, { name: 'node', version: node, licence: 'MIT', purl: nodePurl(node) }),
      ...ofDebian,
    ],
    relationships: [
      { spdxElementId: 'SPDXRef-DOCUMENT', relatedSpdxElement: own, relationshipType: 'DESCRIBES' },
      ...[...ids, nodeId, ...ofDebian.map(({ SPDXID }) => SPDXID)].map((id) => ({
        spdxElementId: own,
        relatedSpdxElement: id,
        relationshipType: 'CONTAINS',
      })),
      ...document.relationships.filter(
        ({ spdxElementId, relatedSpdxElement }) => ids.has(spdxElementId) && ids.has(relatedSpdxElement),
      ),
    ],
  };
}
