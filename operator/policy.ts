/** What the operator lets a SchemaRegistry ask for, beyond what its schema allows; docs/security.md has each row. */
export interface Policy {
  /** Restricted: an overlay sets what desired/overlay-policy.ts lists. */
  readonly podTemplate: 'Restricted' | 'Unrestricted';
}

/** The least power; who installs the operator may give more, or less (settings.ts). */
export const defaultPolicy: Policy = { podTemplate: 'Restricted' };
