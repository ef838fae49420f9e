import { type Role, roles } from './key-list.ts';
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
