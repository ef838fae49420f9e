/** What the operator lets a SchemaRegistry ask for, beyond what its schema allows; docs/security.md has each row. */
export interface Policy {
  /** Restricted: an overlay sets what desired/overlay-policy.ts lists. */
  readonly podTemplate: 'Restricted' | 'Unrestricted';
  /** Restricted: no registry is led to a cloud's metadata service (metadata-addresses.ts). */
  readonly metadata: 'Restricted' | 'Unrestricted';
  /** Annotations besides those of desired/ingress-annotations.ts: a key, `domain/*` or `*`. */
  readonly ingressAnnotations: readonly string[];
  /** Labelled: a Secret that a spec names must carry the label of desired/consent.ts. */
  readonly secrets: 'Named' | 'Labelled';
  /** What the images that a spec names have to begin with; undefined: they may be any. */
  readonly images: readonly string[] | undefined;
}

/** Who installs the operator may give more, or less (settings.ts). */
export const defaultPolicy: Policy = {
  podTemplate: 'Restricted',
  metadata: 'Restricted',
  ingressAnnotations: [],
  secrets: 'Named',
  images: undefined,
};
