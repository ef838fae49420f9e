import type { Authenticator } from '../authentication/authenticate.ts';
import { isRefusal, type RefusalReason } from '../authentication/outcome.ts';
import { type Principal, permits, type Role } from '../authentication/principal.ts';
import { RegistryError } from '../errors.ts';
import type { Metrics } from '../metrics.ts';

/** A call, as far as it matters who may make it. */
export interface CalledMethod {
  readonly service: string;
  readonly method: string;
  /** registry.proto says that it changes nothing. */
  readonly isRead: boolean;
}

/** Who calls, where anybody is asked, and why they may not, where they may not. */
export interface Admission {
  readonly principal?: Principal;
  readonly refused?: RefusalReason;
  readonly error?: RegistryError;
}

export type Authorize = (
  headers: Readonly<Record<string, string | undefined>>,
  called: CalledMethod,
) => Promise<Admission>;

/** As before-koa/authorize.ts, before the services of gRPC. Health and reflection are open, like /health and the OpenAPI document. */
export function openLock(authenticator: Authenticator | undefined, metrics: Metrics): Authorize {
  return async (headers, called) => {
    if (!authenticator) return {};
    const outcome = await authenticator.authenticate(headers);
    if (isRefusal(outcome)) {
      metrics.authenticationFailed(outcome.reason);
      return { refused: outcome.reason, error: outcome.error };
    }
    const need = neededRole(called);
    if (permits(outcome, need)) return { principal: outcome };
    const { service, method } = called;
    const detail = `${service}/${method}: this needs the role ${need}`;
    return { principal: outcome, error: new RegistryError('FORBIDDEN', { detail }) };
  };
}

/** As its route needs it. A method that is forgotten here needs the most. */
export function neededRole({ service, method, isRead }: CalledMethod): Role {
  if (isRead) return 'reader';
  return `${service}/${method}` === 'SchemaService/RegisterSchema' ? 'writer' : 'admin';
}
