import type { KubeObject } from '../../operator/kube/kubernetes.ts';

/** The digest of each image, by its name with a tag. */
export type Digests = ReadonlyMap<string, string>;

interface Operator {
  readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
}

/** What the operator is told of images, and how the names of these go on before their tag. */
const toldImages = {
  SERVER_IMAGE: '/schema-registry',
  POSTGRES_IMAGE: '/postgres',
  REDIS_IMAGE: '/valkey',
} as const;

/**
 * The operator's objects with its image, and those that it gives to registries, by digest as far as it is known: what is
 * installed is what was signed, or tried, whatever becomes of the tags.
 */
export function withPinnedImages(objects: readonly KubeObject[], digests: Digests): KubeObject[] {
  const pinned = (image: string) => {
    const digest = digests.get(image);
    return digest === undefined ? image : `${image}@${digest}`;
  };
  const told = Object.entries(toldImages).flatMap(([variable, name]) => {
    const image = [...digests.keys()].find((each) => each.includes(`${name}:`));
    return image === undefined ? [] : [[variable, pinned(image)]];
  });
  return objects.flatMap((object) => {
    if (object.kind !== 'Deployment') return [object];
    const { template, ...rest } = object.spec as Operator;
    const containers = template.spec.containers.map((container) => ({
      ...container,
      image: pinned(container.image),
    }));
    const deployment = {
      ...object,
      spec: { ...rest, template: { ...template, spec: { ...template.spec, containers } } },
    };
    return told.length === 0 ? [deployment] : [settings(object, Object.fromEntries(told)), deployment];
  });
}

/** What the Deployment takes its environment from. */
function settings({ metadata }: KubeObject, data: Readonly<Record<string, string>>): KubeObject {
  const { name, namespace, labels } = metadata;
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, labels },
    data,
  };
}
