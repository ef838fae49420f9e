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

/** What an SBOM is of. */
export interface Product {
  /** Such as `schema-registry`. */
  readonly name: string;
  readonly version: string;
  /** Package URLs (https://github.com/package-url/purl-spec) of the npm packages that are kept. */
  readonly purls: ReadonlySet<string>;
  /** The version of Node.js that runs it. */
  readonly node: string;
}

/** The package URL of an npm package. */
export const purlOf = (name: string, version: string): string =>
  `pkg:npm/${name.replace('@', '%40')}@${version}`;

const nodePurl = (version: string): string => `pkg:generic/node@${version}`;

export function cycloneDxOf(whole: unknown, { name, version, purls, node }: Product): object {
  const document = whole as CycloneDx;
  const components = document.components.filter(({ purl }) => purls.has(purl));
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
  return {
    ...document,
    metadata: { ...document.metadata, component: product },
    components: [...components, runtime],
    dependencies: [
      { ref: product['bom-ref'], dependsOn: [...refs, runtime['bom-ref']] },
      ...document.dependencies
        .filter(({ ref }) => refs.has(ref))
        .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((each) => refs.has(each)) })),
    ],
  };
}

export function spdxOf(whole: unknown, { name, version, purls, node }: Product): object {
  const document = whole as Spdx;
  const packages = document.packages.filter(({ externalRefs = [] }) =>
    externalRefs.some(({ referenceLocator }) => purls.has(referenceLocator)),
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
  return {
    ...document,
    name: `${name}@${version}`,
    documentDescribes: [own],
    packages: [
      aPackage(own, { name, version, licence: 'Apache-2.0' }),
      ...packages,
      aPackage(nodeId, { name: 'node', version: node, licence: 'MIT', purl: nodePurl(node) }),
    ],
    relationships: [
      { spdxElementId: 'SPDXRef-DOCUMENT', relatedSpdxElement: own, relationshipType: 'DESCRIBES' },
      ...[...ids, nodeId].map((id) => ({
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
