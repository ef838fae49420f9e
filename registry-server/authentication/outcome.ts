import { RegistryError } from '../errors.ts';
import type { Principal } from './principal.ts';

/** Why somebody is not let in: the reasons in the metrics, and the words for the client. */
export const refusals = {
  'no-credentials': 'no credentials were sent',
  'unreadable-header': 'the header Authorization holds nothing that is taken here',
  'unknown-key': 'the API key is not known',
  'token-expired': 'the token has expired',
  'token-not-yet-valid': 'the token is not valid yet',
  'token-claim': 'a claim of the token is not what is expected',
  'token-signature': 'the token is not signed by a key that is trusted here',
  'token-key': 'the key that the token names cannot be used',
  'token-algorithm': 'the token is signed with an algorithm that is not taken here',
  'token-unreadable': 'the token cannot be read',
  'keys-unavailable': 'the keys of the identity provider cannot be read',
} as const;

export type RefusalReason = keyof typeof refusals;

export interface Refusal {
  readonly reason: RefusalReason;
  readonly error: RegistryError;
}

/** A principal, or why there is none. */
export type Outcome = Principal | Refusal;

export function isRefusal(outcome: Outcome): outcome is Refusal {
  return 'reason' in outcome;
}

/** @param more what is wrong in particular, or what would be right */
export function refuse(reason: RefusalReason, more = '', cause?: unknown): Refusal {
  const kind = reason === 'keys-unavailable' ? 'KEYS_UNAVAILABLE' : 'UNAUTHORIZED';
  const detail = `${refusals[reason]}${more === '' ? '' : `: ${more}`}`;
  return { reason, error: new RegistryError(kind, { detail }, { cause }) };
}
