/** From the least to the most: each may do what those before it may. */
export const roles = ['reader', 'writer', 'admin'] as const;

export type Role = (typeof roles)[number];

/** Who asks. */
export interface Principal {
  /** For the log; never a credential. */
  readonly name: string;
  /** Undefined for a token that names none of our roles. */
  readonly role: Role | undefined;
}

export function permits({ role }: Principal, needed: Role): boolean {
  return role !== undefined && roles.indexOf(role) >= roles.indexOf(needed);
}
