import type { KubeObject } from '../../operator/kubernetes.ts';

/** The digest of each image, by its name with a tag. */
export type Digests = ReadonlyMap<string, string>;

interface Operator {
  readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
}

/**
 * The operator's objects with its image, and the server's that it gives to registries, by digest: what is
 * installed is what was signed, whatever becomes of the tags.
 */
export function withPinnedImages(objects: readonly KubeObject[], digests: Digests): KubeObject[] {
  const pinned = (image: string) => {
    const digest = digests.get(image);
    return digest === undefined ? image : `${image}@${digest}`;
  };
  const server = [...digests.keys()].find((image) => image.includes('/schema-registry:'));
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
    return server === undefined ? [deployment] : [settings(object, pinned(server)), deployment];
  });
}

/** What the Deployment takes its environment from. */
function settings({ metadata }: KubeObject, server: string): KubeObject {
  const { name, namespace, labels } = metadata;
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, labels },
    data: { SERVER_IMAGE: server },
  };
}
