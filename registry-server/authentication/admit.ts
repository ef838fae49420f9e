import type { IncomingHttpHeaders } from 'node:http';
import { RegistryError } from '../errors.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Authenticator } from './authenticate.ts';
import type { Role } from './key-list.ts';
import { isRefusal, type Outcome, type RefusalReason } from './outcome.ts';
import { type Principal, permits } from './principal.ts';

/** `open` asks nobody who they are; `optional` is open as well, and whoever says who they are may be told more. */
export type Need = Role | 'open' | 'optional';

/** Who asks, where anybody is asked, and why they may not, where they may not. */
export interface Admission {
  readonly principal?: Principal;
  readonly refused?: RefusalReason;
  readonly error?: RegistryError;
}

/** The admission where nobody is asked who they are. */
export const unasked: Admission = {};

/**
 * Whether the sender of these headers may do what needs this role. At once, as far as the authenticator answers at once.
 * @param operation what it is, for who may not
 */
export type Admit = (
  headers: IncomingHttpHeaders,
  need: Exclude<Need, 'open'>,
  operation: () => string,
) => Admission | Promise<Admission>;

/** REST and gRPC ask here alike. */
export function openAdmission(
  { authenticate }: Pick<Authenticator, 'authenticate'>,
  metrics: Pick<Metrics, 'authenticationFailed'>,
): Admit {
  return (headers, need, operation) => {
    const outcome = authenticate(headers);
    return outcome instanceof Promise
      ? outcome.then((later) => judge(later, need, operation))
      : judge(outcome, need, operation);
  };

  function judge(outcome: Outcome, need: Exclude<Need, 'open'>, operation: () => string): Admission {
    if (isRefusal(outcome)) {
      // Who says nothing there is a probe; whoever tries keys there is on record as anywhere.
      if (need === 'optional' && outcome.reason === 'no-credentials') return unasked;
      metrics.authenticationFailed(outcome.reason);
      return { refused: outcome.reason, error: outcome.error };
    }
    if (need === 'optional' || permits(outcome, need)) return { principal: outcome };
    const detail = `${operation()}: this needs the role ${need}`;
    return { principal: outcome, error: new RegistryError('FORBIDDEN', { detail }) };
  }
}
