import { type Role, roles } from './key-list.ts';

type Claims = Readonly<Record<string, unknown>>;

/**
 * The highest of our roles that a claim names: as its value, as one of its words (`scope`), or in a list (`roles`).
 * Dots lead into a claim, such as realm_access.roles, unless a claim has that very name.
 */
export function roleOfClaims(claims: Claims, claim: string): Role | undefined {
  const value = Object.hasOwn(claims, claim) ? claims[claim] : at(claims, claim.split('.'));
  const words = [value].flat().flatMap((part) => (typeof part === 'string' ? part.split(' ') : []));
  return roles.findLast((role) => words.includes(role));
}

function at(value: unknown, [first, ...rest]: readonly string[]): unknown {
  if (first === undefined) return value;
  const isObject = typeof value === 'object' && value !== null && Object.hasOwn(value, first);
  return isObject ? at((value as Claims)[first], rest) : undefined;
}
