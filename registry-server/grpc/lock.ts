import type { Authenticator } from '../authentication/authenticate.ts';
import { isRefusal } from '../authentication/outcome.ts';
import { type Principal, permits, type Role } from '../authentication/principal.ts';
import { RegistryError } from '../errors.ts';
import type { Metrics } from '../metrics.ts';

/** A call, as far as it matters who may make it. */
export interface CalledMethod {
  readonly service: string;
  readonly method: string;
  /** registry.proto says that it changes nothing. */
  readonly isRead: boolean;
  readonly subject: string;
}

/** Answers who calls, undefined where nobody is asked; throws the RegistryError that says why they may not. */
export type Authorize = (
  headers: Readonly<Record<string, string | undefined>>,
  called: CalledMethod,
) => Promise<Principal | undefined>;

/** As guard.ts, before the services of gRPC. Health and reflection are open, like /health and the OpenAPI document. */
export function openLock(authenticator: Authenticator | undefined, metrics: Metrics): Authorize {
  return async (headers, called) => {
    if (!authenticator) return undefined;
    const outcome = await authenticator.authenticate(headers);
    if (isRefusal(outcome)) {
      metrics.authenticationFailed(outcome.reason);
      throw outcome.error;
    }
    const need = neededRole(called);
    if (permits(outcome, need)) return outcome;
    const { service, method, subject } = called;
    const scope = subject === '' ? 'Global' : `Subject: ${subject}`;
    throw new RegistryError('FORBIDDEN', {
      detail: `${service}/${method} on ${scope}: this needs the role ${need}`,
    });
  };
}

/** As its route needs it. A method that is forgotten here needs the most. */
export function neededRole({ service, method, isRead }: CalledMethod): Role {
  if (isRead) return 'reader';
  return `${service}/${method}` === 'SchemaService/RegisterSchema' ? 'writer' : 'admin';
}
