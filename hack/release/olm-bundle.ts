import { stringify } from 'yaml';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';

/** What a bundle for the Operator Lifecycle Manager is made of. */
export interface BundleParts {
  readonly version: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** config/olm/clusterserviceversion.yaml */
  readonly base: KubeObject;
  /** An SVG. */
  readonly icon: string;
  /** The kind, and the operator for all namespaces, as they are applied, with the images of the release. */
  readonly objects: readonly KubeObject[];
  /** What people begin with. */
  readonly samples: readonly KubeObject[];
}

const packageName = 'llm-schema-registry';
const operatorName = 'llm-schema-registry-operator';

interface Container {
  readonly image: string;
  readonly env: readonly object[];
}

/** Labels of the bundle's image, which metadata/annotations.yaml repeats (https://olm.operatorframework.io/docs/tasks/creating-operator-bundle). */
export const bundleLabels: Readonly<Record<string, string>> = {
  'operators.operatorframework.io.bundle.mediatype.v1': 'registry+v1',
  'operators.operatorframework.io.bundle.manifests.v1': 'manifests/',
  'operators.operatorframework.io.bundle.metadata.v1': 'metadata/',
  'operators.operatorframework.io.bundle.package.v1': packageName,
  'operators.operatorframework.io.bundle.channels.v1': 'alpha',
  'operators.operatorframework.io.bundle.channel.default.v1': 'alpha',
};

/** The files of a bundle by their path. Pure. */
export function olmBundle(parts: BundleParts): Readonly<Record<string, string>> {
  const { objects } = parts;
  const others = objects.filter(({ kind, metadata }) =>
    kind === 'ClusterRole' ? metadata.name !== operatorName : kind === 'PodDisruptionBudget',
  );
  const yaml = (object: object) => stringify(object, { aliasDuplicateObjects: false, lineWidth: 0 });
  return {
    [`manifests/${packageName}.clusterserviceversion.yaml`]: yaml(serviceVersion(parts)),
    'manifests/llm-schema-registry.io_schemaregistries.yaml': yaml(only(objects, 'CustomResourceDefinition')),
    ...Object.fromEntries(
      others.map((object) => [
        `manifests/${object.metadata.name}_${object.kind.toLowerCase()}.yaml`,
        yaml(withoutNamespace(object)),
      ]),
    ),
    'metadata/annotations.yaml': yaml({ annotations: bundleLabels }),
  };
}

function serviceVersion({ version, createdAt, base, icon, objects, samples }: BundleParts): object {
  const deployment = only(objects, 'Deployment');
  const { template, ...rest } = deployment.spec as {
    readonly template: { readonly spec: { readonly containers: readonly Container[] } };
  };
  const told = settingsIn(objects);
  const [container] = template.spec.containers;
  if (container === undefined) throw new Error('the Deployment of the operator has no container');
  const env = [
    ...container.env,
    // OLM writes the namespaces of its OperatorGroup there; none means all.
    {
      name: 'WATCH_NAMESPACES',
      valueFrom: { fieldRef: { fieldPath: "metadata.annotations['olm.targetNamespaces']" } },
    },
    ...Object.entries(told).map(([name, value]) => ({ name, value })),
  ];
  const podSpec = { ...template.spec, containers: [{ ...container, env }] };
  const { rules } = objects.find(
    ({ kind, metadata }) => kind === 'ClusterRole' && metadata.name === operatorName,
  ) as unknown as { rules: readonly object[] };
  return {
    ...base,
    metadata: {
      ...base.metadata,
      name: `${packageName}.v${version}`,
      namespace: 'placeholder',
      annotations: {
        ...base.metadata.annotations,
        'alm-examples': JSON.stringify(samples, undefined, 2),
        containerImage: container.image,
        createdAt,
        // Every version goes up to this one at once: the tables of a database go forward from any of them.
        'olm.skipRange': `<${version}`,
      },
    },
    spec: {
      ...(base.spec as object),
      version,
      icon: [{ base64data: Buffer.from(icon).toString('base64'), mediatype: 'image/svg+xml' }],
      install: {
        strategy: 'deployment',
        spec: {
          // OLM makes Roles of them in the namespaces that are watched, and a ClusterRole where all are.
          permissions: [{ serviceAccountName: operatorName, rules }],
          deployments: [
            {
              name: deployment.metadata.name,
              label: deployment.metadata.labels,
              spec: { ...rest, template: { ...template, spec: podSpec } },
            },
          ],
        },
      },
      relatedImages: [
        { name: 'operator', image: container.image },
        ...Object.entries(told).map(([name, image]) => ({
          name: name.replace('_IMAGE', '').toLowerCase(),
          image,
        })),
      ],
    },
  };
}

/** What the operator is told of images. */
function settingsIn(objects: readonly KubeObject[]): Readonly<Record<string, string>> {
  const config = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === operatorName);
  return ((config as unknown as { data?: Record<string, string> })?.data ?? {}) as Record<string, string>;
}

function only(objects: readonly KubeObject[], wanted: string): KubeObject {
  const found = objects.filter(({ kind }) => kind === wanted);
  if (found.length !== 1 || found[0] === undefined)
    throw new Error(`there are ${found.length} objects of kind ${wanted}; a bundle has one`);
  return found[0];
}

/** It goes where the operator is installed. */
function withoutNamespace(object: KubeObject): object {
  const { namespace: _namespace, ...metadata } = object.metadata;
  return { ...object, metadata };
}
