import type { IncomingMessage } from 'node:http';

/** From the least to the most: each may do what those before it may. */
export const roles = ['reader', 'writer', 'admin'] as const;

export type Role = (typeof roles)[number];

/** Who asks. */
export interface Principal {
  /** For the log; never a credential. */
  readonly name: string;
  /** undefined: a token that names none of ours. */
  readonly role: Role | undefined;
}

export function permits({ role }: Principal, needed: Role): boolean {
  return role !== undefined && roles.indexOf(role) >= roles.indexOf(needed);
}

interface Authenticated extends IncomingMessage {
  principal?: Principal;
}

export function keepPrincipal(request: IncomingMessage, principal: Principal): void {
  (request as Authenticated).principal = principal;
}

/** undefined where nobody was asked who they are. */
export function principalOf(request: IncomingMessage): Principal | undefined {
  return (request as Authenticated).principal;
}
