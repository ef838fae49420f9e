import { type Admission, type Admit, unasked } from '../authentication/admit.ts';
import type { Role } from '../authentication/key-list.ts';

/** A call, as far as it matters who may make it. */
export interface CalledMethod {
  readonly service: string;
  readonly method: string;
  /** registry.proto says that it changes nothing. */
  readonly isRead: boolean;
}

/**
 * As before-koa/authorize.ts, before the services of gRPC. Health and reflection are open, like /health and the OpenAPI
 * document.
 * @param admit undefined where nobody is asked who they are
 */
export async function authorize(
  admit: Admit | undefined,
  headers: Readonly<Record<string, string | undefined>>,
  called: CalledMethod,
): Promise<Admission> {
  if (admit === undefined) return unasked;
  return admit(headers, neededRole(called), () => `${called.service}/${called.method}`);
}

/** A method needs what its route needs. One that is forgotten here needs the most. */
function neededRole({ service, method, isRead }: CalledMethod): Role {
  if (isRead) return 'reader';
  return `${service}/${method}` === 'SchemaService/RegisterSchema' ? 'writer' : 'admin';
}
