/** Which way a new schema is compared with earlier ones, and how far back. */
export interface Mode {
  /** The new schema reads what earlier ones wrote. */
  readonly backward: boolean;
  /** Earlier schemas read what the new one writes. */
  readonly forward: boolean;
  /** Against every live version, not the latest alone. */
  readonly isTransitive: boolean;
}

export const modes = {
  NONE: { backward: false, forward: false, isTransitive: false },
  BACKWARD: { backward: true, forward: false, isTransitive: false },
  BACKWARD_TRANSITIVE: { backward: true, forward: false, isTransitive: true },
  FORWARD: { backward: false, forward: true, isTransitive: false },
  FORWARD_TRANSITIVE: { backward: false, forward: true, isTransitive: true },
  FULL: { backward: true, forward: true, isTransitive: false },
  FULL_TRANSITIVE: { backward: true, forward: true, isTransitive: true },
} as const satisfies Record<string, Mode>;

/** How strict a check is: LENIENT overlooks what only an open content model makes a break (JSON Schema). */
export const compatibilityPolicies = ['STRICT', 'LENIENT', 'LOGICAL'] as const;
export type CompatibilityPolicy = (typeof compatibilityPolicies)[number];

export type CompatibilityLevel = keyof typeof modes;

export const compatibilityLevels = Object.keys(modes) as readonly CompatibilityLevel[];
